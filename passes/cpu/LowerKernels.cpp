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

static LogicalResult lowerKernel(kernel::FuncOp kernel) {
  kernel::RootInterface root = kernel::findRoot(kernel);
  KernelFunction function(kernel);
  LogicalResult result =
      !root ? emitCascade(function)
            : TypeSwitch<Operation *, LogicalResult>(root)
                  .Case<kernel::AttentionOp>(
                      [&](auto op) { return emitAttention(function, op); })
                  .Case<kernel::Conv2DOp>(
                      [&](auto op) { return emitConv2D(function, op); })
                  .Case<kernel::DepthwiseConv2DOp>([&](auto op) {
                    return emitDepthwiseConv2D(function, op);
                  })
                  .Case<kernel::MatmulOp>(
                      [&](auto op) { return emitMatmul(function, op); })
                  .Case<kernel::ConcatOp>(
                      [&](auto op) { return emitConcat(function, op); })
                  .Case<kernel::Pool2DOp>(
                      [&](auto op) { return emitPool2D(function, op); })
                  .Case<kernel::ScatterOp>(
                      [&](auto op) { return emitScatter(function, op); })
                  .Case<kernel::NonZeroOp>(
                      [&](auto op) { return emitNonZero(function, op); })
                  .Case<kernel::TopKOp>(
                      [&](auto op) { return emitTopK(function, op); })
                  .Case<kernel::RecurrenceOp>(
                      [&](auto op) { return emitRecurrence(function, op); })
                  .Default([](Operation *op) {
                    return op->emitOpError("has no code generator for CPUs");
                  });
  if (failed(result))
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
