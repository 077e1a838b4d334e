// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pipeline from kernels to the llvm dialect.
#include "passes/cpu/Passes.h"

#include "mlir/Pass/PassRegistry.h"
#include "passes/loops/Passes.h"

using namespace mlir;
using namespace strait;

void cpu::buildCpuToLLVMPipeline(OpPassManager &manager) {
  buildLoopsToLLVMPipeline(manager);
  manager.addPass(createExportKernelsPass());
}

void cpu::buildCpuPipeline(OpPassManager &manager) {
  manager.addPass(createLowerKernelsToCpuPass());
  manager.addNestedPass<func::FuncOp>(createLowerUkernelsPass());
  buildCpuToLLVMPipeline(manager);
}

void cpu::registerCpuPipelines() {
  PassPipelineRegistration<>(
      "strait-cpu-to-llvm", "loops of CPU kernels -> llvm dialect",
      [](OpPassManager &manager) { buildCpuToLLVMPipeline(manager); });
  PassPipelineRegistration<>(
      "strait-kernels-to-llvm", "kernel.func -> llvm dialect",
      [](OpPassManager &manager) { buildCpuPipeline(manager); });
}
