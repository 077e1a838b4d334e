// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.func -> func.func of loops, by the code generator of its root.
#include "passes/cpu/Passes.h"

#include "passes/cpu/Generators.h"

namespace strait::cpu {
#define GEN_PASS_DEF_LOWERKERNELSTOCPUPASS
#include "passes/cpu/Passes.h.inc"
} // namespace strait::cpu

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

/// A row of the table, from the generator of one kind of root.
template <typename RootOp, LogicalResult (*emit)(KernelFunction &, RootOp)>
static RootRow<EmitFn> emitRow() {
  return {RootOp::getOperationName(), [](KernelFunction &function) {
            Operation *root = kernel::findRoot(function.kernel());
            return emit(function, cast<RootOp>(root));
          }};
}

const RootTable<EmitFn> &cpu::generators() {
  static const RootRow<EmitFn> rows[] = {
      emitRow<kernel::AttentionOp, emitAttention>(),
      emitRow<kernel::ConcatOp, emitConcat>(),
      emitRow<kernel::Conv2DOp, emitConv2D>(),
      emitRow<kernel::DepthwiseConv2DOp, emitDepthwiseConv2D>(),
      emitRow<kernel::MatmulOp, emitMatmul>(),
      emitRow<kernel::NonZeroOp, emitNonZero>(),
      emitRow<kernel::Pool2DOp, emitPool2D>(),
      emitRow<kernel::RecurrenceOp, emitRecurrence>(),
      emitRow<kernel::ScatterOp, emitScatter>(),
      emitRow<kernel::TopKOp, emitTopK>(),
  };
  static const RootTable<EmitFn> table = {emitCascade, rows};
  return table;
}

static LogicalResult lowerKernel(kernel::FuncOp kernel) {
  EmitFn emit = generators().of(kernel);
  if (!emit)
    return kernel::findRoot(kernel)->emitOpError("has no code generator for "
                                                 "CPUs");
  KernelFunction function(kernel);
  if (failed(emit(function)))
    return failure();
  kernel.erase();
  return success();
}

namespace {
struct LowerKernelsToCpu
    : cpu::impl::LowerKernelsToCpuPassBase<LowerKernelsToCpu> {
  using LowerKernelsToCpuPassBase::LowerKernelsToCpuPassBase;

  void runOnOperation() override {
    auto kernels = llvm::to_vector(getOperation().getOps<kernel::FuncOp>());
    for (kernel::FuncOp kernel : kernels)
      if (failed(lowerKernel(kernel)))
        return signalPassFailure();
  }
};
} // namespace
