// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From the loops of kernels to the llvm dialect, the same for all targets.
#ifndef STRAIT_PASSES_LOOPS_PASSES_H
#define STRAIT_PASSES_LOOPS_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace strait {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/loops/Passes.h.inc"

/// scf, vector, memref, arith, math -> llvm dialect.
void buildLoopsToLLVMPipeline(mlir::OpPassManager &manager);

} // namespace strait

#endif // STRAIT_PASSES_LOOPS_PASSES_H
