// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels to LLVM IR for CPUs.
#ifndef STRAIT_PASSES_CPU_PASSES_H
#define STRAIT_PASSES_CPU_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace strait::cpu {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/cpu/Passes.h.inc"

/// kernel.func -> llvm.func of type strait_kernel_fn, one per kernel, to be
/// run on a module that holds only kernels.
void buildCpuPipeline(mlir::OpPassManager &manager);
/// The second half: scf, vector, memref, arith, math -> llvm dialect.
void buildCpuToLLVMPipeline(mlir::OpPassManager &manager);
/// Makes the pipelines known to strait-opt.
void registerCpuPipelines();

} // namespace strait::cpu

#endif // STRAIT_PASSES_CPU_PASSES_H
