// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.func -> func.func of what a thread does, by the generator of its root.
#include "passes/cuda/Passes.h"

#include "passes/analysis/RootShape.h"
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

static LogicalResult lowerKernel(kernel::FuncOp kernel) {
  if (kernel::RootInterface root = kernel::findRoot(kernel))
    return root->emitOpError("has no code generator for GPUs");
  int64_t threads = 0;
  if (failed(TileAttributes(kernel).read({{"threads", &threads}})))
    return failure();
  KernelFunction function(kernel);
  function.function()->setAttr(
      NVVM::NVVMDialect::getReqntidAttrName(),
      function.builder().getDenseI32ArrayAttr({int32_t(threads)}));
  if (failed(emitCascade(function, threads)))
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
