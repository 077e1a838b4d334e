// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.funcs -> nested modules of a few kernels each, one per target.
#include "passes/schedule/Passes.h"

#include "dialects/graph/GraphOps.h"
#include "dialects/kernel/KernelOps.h"
#include "passes/schedule/ModelSymbols.h"

namespace strait {
#define GEN_PASS_DEF_SPLITKERNELSPASS
#include "passes/schedule/Passes.h.inc"
} // namespace strait

using namespace mlir;
using namespace strait;

/// The version of `kernel` for a target, as a kernel without others.
static LogicalResult setVersion(kernel::FuncOp kernel, size_t target) {
  ArrayAttr versions = kernel.getVersionsAttr();
  kernel.removeVersionsAttr();
  if (target == 0)
    return success();
  if (!versions || versions.size() < target)
    return kernel.emitOpError("expected a version for each target, which "
                              "strait-select-tiles makes");
  auto version = cast<DictionaryAttr>(versions[target - 1]);
  kernel.setTileAttr(version.getAs<DictionaryAttr>("tile"));
  kernel.setTasksAttr(version.getAs<AffineMapAttr>("tasks"));
  kernel.setScratchAttr(version.getAs<AffineMapAttr>("scratch"));
  return success();
}

namespace {
struct SplitKernelsPass
    : strait::impl::SplitKernelsPassBase<SplitKernelsPass> {
  using SplitKernelsPassBase::SplitKernelsPassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (kernelsPerModule < 1) {
      module.emitError("expected kernels-per-module of at least 1, found ")
          << kernelsPerModule.getValue();
      return signalPassFailure();
    }
    auto targets = graph::TargetAttr::listOf(module);
    if (failed(targets))
      return signalPassFailure();
    SmallVector<kernel::FuncOp> kernels(module.getOps<kernel::FuncOp>());
    OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
    for (auto [number, target] : llvm::enumerate(*targets)) {
      ModuleOp group;
      // A GPU loads one image of all kernels.
      int64_t perModule =
          target.isGpu() ? int64_t(kernels.size()) : kernelsPerModule;
      for (auto [index, kernel] : llvm::enumerate(kernels)) {
        if (int64_t(index) % perModule == 0) {
          std::string name = ("kernels_" + Twine(index / perModule)).str();
          group = ModuleOp::create(builder, module.getLoc(),
                                   versionSymbol(name, *targets, number));
          graph::TargetAttr::setList(group, target);
        }
        auto inside = OpBuilder::atBlockEnd(group.getBody());
        auto version = cast<kernel::FuncOp>(inside.clone(*kernel));
        version.setSymName(
            versionSymbol(kernel.getSymName(), *targets, number));
        if (failed(setVersion(version, number)))
          return signalPassFailure();
      }
    }
    for (kernel::FuncOp kernel : kernels)
      kernel.erase();
  }
};
} // namespace
