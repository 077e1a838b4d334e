// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.func -> the same with `flops` and `bytes` per launch, where its shapes
// are static: what reports and profiles divide times by.
#include "passes/analysis/KernelCost.h"
#include "passes/kernel/Passes.h"

namespace strait {
#define GEN_PASS_DEF_ANNOTATECOSTSPASS
#include "passes/kernel/Passes.h.inc"
} // namespace strait

using namespace mlir;
using namespace strait;

namespace {
class AnnotateCostsPass
    : public strait::impl::AnnotateCostsPassBase<AnnotateCostsPass> {
  void runOnOperation() override {
    Builder builder(&getContext());
    for (auto kernel : getOperation().getOps<kernel::FuncOp>()) {
      auto cost = computeKernelCost(kernel);
      if (!cost)
        continue;
      kernel->setAttr("flops", builder.getI64IntegerAttr(cost->flops));
      kernel->setAttr("bytes", builder.getI64IntegerAttr(cost->bytes));
    }
  }
};
} // namespace
