// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The threads of a block: who they are, where they wait, how they combine
// values.
#ifndef STRAIT_PASSES_CUDA_THREADS_H
#define STRAIT_PASSES_CUDA_THREADS_H

#include "passes/loops/KernelFunction.h"

namespace strait::cuda {

constexpr int64_t warpSize = 32;

class Threads {
public:
  /// `count` threads: a power of two, at least a warp.
  Threads(mlir::OpBuilder &entry, mlir::Location loc, int64_t count);

  int64_t count() const { return number; }
  /// Number of this thread as an index.
  mlir::Value id() const { return thread; }
  /// i1: is this thread 0?
  mlir::Value isFirst() const { return first; }

  /// All threads wait until all have come here; what they wrote is seen then.
  void barrier(mlir::OpBuilder &b) const;

  /// Combines the threads' values, in the same order for every thread, and
  /// gives the result to all. `exchange`: shared memory for the warps' results,
  /// memref<?xi64> of at least 32 elements, free to use again afterwards.
  mlir::Value combineAll(mlir::OpBuilder &b, mlir::Operation *combiner,
                         mlir::Value value, mlir::Value exchange) const;
  /// The same for tuples; 32 elements of `exchange` for each of their values.
  using Tuple = llvm::SmallVector<mlir::Value>;
  using CombineFn = llvm::function_ref<Tuple(
      mlir::OpBuilder &, llvm::ArrayRef<mlir::Value>,
      llvm::ArrayRef<mlir::Value>)>;
  Tuple combineAll(mlir::OpBuilder &b, llvm::ArrayRef<mlir::Value> values,
                   CombineFn combine, mlir::Value exchange) const;

  /// How many threads before this one say `flag`, and how many of the block.
  /// `exchange` as above.
  struct Count {
    mlir::Value before, all;
  };
  Count countFlags(mlir::OpBuilder &b, mlir::Value flag,
                   mlir::Value exchange) const;

  /// The value of the thread whose number differs in the bits of `mask`, one of
  /// the same warp.
  mlir::Value shuffle(mlir::OpBuilder &b, mlir::Value value,
                      int64_t mask) const;
  mlir::Value lane(mlir::OpBuilder &b) const;
  mlir::Value warp(mlir::OpBuilder &b) const;
  mlir::Value isLane0(mlir::OpBuilder &b) const;

private:
  mlir::Location loc;
  int64_t number;
  mlir::Value thread, first;
};

/// The block's scratch as the exchange of tuples of `values` values.
mlir::Value carveExchange(KernelFunction &function, int64_t values);

} // namespace strait::cuda

#endif // STRAIT_PASSES_CUDA_THREADS_H
