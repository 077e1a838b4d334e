// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.func -> func.func of what a thread does, by the generator of its root.
#include "passes/cuda/Passes.h"

#include "passes/cuda/Generators.h"
#include "passes/loops/TileAttributes.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

namespace strait::cuda {
#define GEN_PASS_DEF_LOWERKERNELSTOCUDAPASS
#include "passes/cuda/Passes.h.inc"
} // namespace strait::cuda

using namespace mlir;
using namespace strait;
using namespace strait::cuda;

/// A row of the table, from the generator of one kind of root.
template <typename RootOp,
          LogicalResult (*emit)(KernelFunction &, RootOp, int64_t)>
static RootRow<EmitFn> emitRow() {
  return {RootOp::getOperationName(),
          [](KernelFunction &function, int64_t threads) {
            Operation *root = kernel::findRoot(function.kernel());
            return emit(function, cast<RootOp>(root), threads);
          }};
}

const RootTable<EmitFn> &cuda::generators() {
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
                                                 "GPUs");
  int64_t threads = 0;
  if (failed(TileAttributes(kernel).read({{"threads", &threads}})))
    return failure();
  KernelFunction function(kernel);
  function.function()->setAttr(
      NVVM::NVVMDialect::getReqntidAttrName(),
      function.builder().getDenseI32ArrayAttr({int32_t(threads)}));
  if (failed(emit(function, threads)))
    return failure();
  kernel.erase();
  return success();
}

namespace {
struct LowerKernelsToCuda
    : cuda::impl::LowerKernelsToCudaPassBase<LowerKernelsToCuda> {
  void runOnOperation() override {
    auto kernels = llvm::to_vector(getOperation().getOps<kernel::FuncOp>());
    for (kernel::FuncOp kernel : kernels)
      if (failed(lowerKernel(kernel)))
        return signalPassFailure();
  }
};
} // namespace
