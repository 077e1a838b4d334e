// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/schedule/ModelSymbols.h"

using namespace mlir;
using namespace strait;

LLVM::LLVMFuncOp strait::entryFunction(ModuleOp module,
                                       schedule::ProgramOp program) {
  std::string name = ("strait_entry_" + program.getSymName()).str();
  if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return known;
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  // strait_entry_fn(services, run, weights, inputs, outputs, query)
  auto pointer = LLVM::LLVMPointerType::get(module.getContext());
  auto i32 = builder.getI32Type();
  auto type = LLVM::LLVMFunctionType::get(
      i32, {pointer, pointer, pointer, pointer, pointer, i32});
  auto function =
      LLVM::LLVMFuncOp::create(builder, program.getLoc(), name, type);
  function.setVisibility_(LLVM::Visibility::Hidden);
  return function;
}

SmallVector<schedule::LaunchOp> strait::numberedLaunches(ModuleOp module) {
  SmallVector<schedule::LaunchOp> launches;
  for (auto program : module.getOps<schedule::ProgramOp>())
    program.walk([&](schedule::LaunchOp op) { launches.push_back(op); });
  return launches;
}

int64_t strait::numberOfState(Operation *user, FlatSymbolRefAttr state) {
  auto module = user->getParentOfType<ModuleOp>();
  int64_t number = 0;
  for (auto other : module.getOps<schedule::StateOp>()) {
    if (other.getSymNameAttr() == state.getAttr())
      break;
    ++number;
  }
  return number;
}

int64_t strait::countPlans(schedule::ProgramOp program) {
  int64_t count = 0;
  program.walk([&](Operation *op) {
    if (auto slab = dyn_cast<schedule::SlabOp>(op))
      count = std::max<int64_t>(count, slab.getPlan() + 1);
    if (auto grow = dyn_cast<schedule::GrowOp>(op))
      count = std::max<int64_t>(count, grow.getPlan() + 1);
    if (auto plan = dyn_cast<schedule::PlanOp>(op))
      count = std::max<int64_t>(count, plan.getPlan() + 1);
  });
  return count;
}

std::string strait::versionSymbol(StringRef name,
                                  ArrayRef<graph::TargetAttr> targets,
                                  size_t index) {
  if (index == 0)
    return name.str();
  return (name + "." + graph::stringifyIsa(targets[index].getIsa())).str();
}

std::string strait::imageSymbol(graph::TargetAttr target) {
  return ("strait.image." + graph::stringifyIsa(target.getIsa())).str();
}
