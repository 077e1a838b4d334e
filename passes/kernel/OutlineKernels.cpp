// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.region -> kernel.launch of a kernel.func, one per distinct body.
#include "passes/kernel/Passes.h"

#include "dialects/kernel/KernelOps.h"
#include "llvm/ADT/StringMap.h"

namespace strait {
#define GEN_PASS_DEF_OUTLINEKERNELSPASS
#include "passes/kernel/Passes.h.inc"
} // namespace strait

using namespace mlir;
using namespace strait;

/// All that makes a kernel: attributes and body, as text without locations.
static std::string textOf(kernel::FuncOp kernel) {
  std::string text;
  llvm::raw_string_ostream os(text);
  kernel->print(os, OpPrintingFlags()
                        .enableDebugInfo(false)
                        .useLocalScope()
                        .printGenericOpForm());
  return text;
}

namespace {
struct OutlineKernelsPass
    : strait::impl::OutlineKernelsPassBase<OutlineKernelsPass> {
  void runOnOperation() override;

private:
  kernel::FuncOp outline(kernel::RegionOp region);
  void replaceByLaunch(kernel::RegionOp region, kernel::FuncOp kernel);

  std::optional<SymbolTable> symbols;      // as they were before
  llvm::StringMap<kernel::FuncOp> kernels; // by textOf, all under one name
  llvm::StringMap<unsigned> counts;        // by kind
};
} // namespace

/// The kernel of `region`'s body, new or known. Takes the body.
kernel::FuncOp OutlineKernelsPass::outline(kernel::RegionOp region) {
  OpBuilder builder = OpBuilder::atBlockEnd(getOperation().getBody());
  StringRef kind = kernel::kindOf(region);
  auto kernel = kernel::FuncOp::create(
      builder, region.getLoc(), "kernel", region.getInputs().size(),
      region.getInputShapesAttr(), region.getResultShapesAttr(),
      region.getRowRankAttr(), region.getTileAttr(), region.getTasksAttr(),
      region.getScratchAttr(), region.getVersionsAttr());
  for (NamedAttribute attribute : region->getDiscardableAttrs())
    kernel->setDiscardableAttr(attribute.getName(), attribute.getValue());
  kernel.getBody().takeBody(region.getBody());
  auto [known, isNew] = kernels.try_emplace(textOf(kernel), kernel);
  if (!isNew) {
    kernel.erase();
    return known->second;
  }
  std::string name;
  do {
    name = (kind + "_" + Twine(counts[kind]++)).str();
  } while (symbols->lookup(name));
  kernel.setSymName(name);
  return kernel;
}

void OutlineKernelsPass::replaceByLaunch(kernel::RegionOp region,
                                         kernel::FuncOp kernel) {
  OpBuilder builder(region);
  auto launch = kernel::LaunchOp::create(
      builder, region.getLoc(), region.getResultTypes(),
      FlatSymbolRefAttr::get(kernel.getSymNameAttr()), region.getInputs(),
      region.getSizes(), region.getResultShapesAttr());
  region->replaceAllUsesWith(launch);
  region.erase();
}

void OutlineKernelsPass::runOnOperation() {
  symbols.emplace(getOperation());
  kernels.clear();
  counts.clear();
  SmallVector<kernel::RegionOp> regions;
  getOperation().walk(
      [&](kernel::RegionOp region) { regions.push_back(region); });
  for (kernel::RegionOp region : regions)
    replaceByLaunch(region, outline(region));
}
