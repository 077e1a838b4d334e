// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Launches whose points are independent of each other: each thread does one, its
// neighbours the next ones.
#ifndef STRAIT_PASSES_CUDA_THREADPOINTS_H
#define STRAIT_PASSES_CUDA_THREADPOINTS_H

#include "passes/cuda/Threads.h"
#include "passes/loops/KernelFunction.h"

namespace strait::cuda {

using EmitPointFn = llvm::function_ref<llvm::LogicalResult(
    mlir::OpBuilder &, mlir::Value point)>;

/// What this thread does for `task`: point task * threads + thread, if there is
/// such a one among `points`.
llvm::LogicalResult emitThreadPoint(mlir::OpBuilder &b, mlir::Location loc,
                                    const Threads &threads, mlir::Value task,
                                    mlir::Value points, EmitPointFn emit);
/// The same for all tasks of a launch over `points`.
llvm::LogicalResult forEachPoint(KernelFunction &function, int64_t threads,
                                 mlir::AffineExpr points, EmitPointFn emit);

/// Where element number `point` of an array of `extents` lies, row by row.
llvm::SmallVector<mlir::Value> positionOf(mlir::OpBuilder &b,
                                          mlir::Location loc,
                                          mlir::Value point,
                                          llvm::ArrayRef<mlir::Value> extents);

/// i1: `exists`, and what `test` says, which is asked only then.
mlir::Value testIf(mlir::OpBuilder &b, mlir::Location loc, mlir::Value exists,
                   llvm::function_ref<mlir::Value(mlir::OpBuilder &)> test);

} // namespace strait::cuda

#endif // STRAIT_PASSES_CUDA_THREADPOINTS_H
