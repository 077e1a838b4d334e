// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels to LLVM IR for NVIDIA GPUs.
#ifndef STRAIT_PASSES_CUDA_PASSES_H
#define STRAIT_PASSES_CUDA_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace strait::cuda {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/cuda/Passes.h.inc"

/// Loops and thread numbers -> llvm and nvvm dialects, one entry per kernel; to
/// be run on a module that holds only kernels.
void buildCudaToLLVMPipeline(mlir::OpPassManager &manager);
/// Makes the pipelines known to strait-opt.
void registerCudaPipelines();

} // namespace strait::cuda

#endif // STRAIT_PASSES_CUDA_PASSES_H
