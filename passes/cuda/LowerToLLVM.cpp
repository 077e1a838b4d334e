// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pipeline from what threads do to the llvm and nvvm dialects.
#include "passes/cuda/Passes.h"

#include "mlir/Pass/PassRegistry.h"
#include "passes/loops/Passes.h"

using namespace mlir;
using namespace strait;

void cuda::buildCudaToLLVMPipeline(OpPassManager &manager) {
  buildLoopsToLLVMPipeline(manager);
  manager.addPass(createExportCudaKernelsPass());
}

void cuda::registerCudaPipelines() {
  PassPipelineRegistration<>(
      "strait-kernels-to-nvvm", "kernel.func -> llvm and nvvm dialects",
      [](OpPassManager &manager) {
        manager.addPass(createLowerKernelsToCudaPass());
        buildCudaToLLVMPipeline(manager);
      });
}
