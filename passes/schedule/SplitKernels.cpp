// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.funcs -> nested modules of a few kernels each.
#include "passes/schedule/Passes.h"

#include "dialects/kernel/KernelOps.h"

namespace strait {
#define GEN_PASS_DEF_SPLITKERNELSPASS
#include "passes/schedule/Passes.h.inc"
} // namespace strait

using namespace mlir;
using namespace strait;

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
    SmallVector<kernel::FuncOp> kernels(module.getOps<kernel::FuncOp>());
    OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
    ModuleOp group;
    for (auto [index, kernel] : llvm::enumerate(kernels)) {
      if (int64_t(index) % kernelsPerModule == 0)
        group = ModuleOp::create(
            builder, module.getLoc(),
            ("kernels_" + Twine(index / kernelsPerModule)).str());
      kernel->moveBefore(group.getBody(), group.getBody()->end());
    }
  }
};
} // namespace
