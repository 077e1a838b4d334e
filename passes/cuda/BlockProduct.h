// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A block of a product on a block of threads:
//
//   stage 0 <- steps [0, depth)
//   for k = 0 to K step depth:
//     registers <- steps [k + depth, k + 2 * depth) from global memory
//     for each step of this stage:
//       sums += rows x columns, from shared memory
//     other stage <- registers
//     barrier
//
// Loads from global memory are under way while the sums of a stage are worked
// out, and one barrier per stage is enough as there are two.
//
// A thread's sums are blocks of up to 4 rows x 4 columns, spread over the tile
// so that the lanes of a warp read neighbouring vectors of shared memory: 4
// lanes share a column, 8 a row.
#ifndef STRAIT_PASSES_CUDA_BLOCKPRODUCT_H
#define STRAIT_PASSES_CUDA_BLOCKPRODUCT_H

#include "passes/analysis/ProductTile.h"
#include "passes/cuda/Product.h"
#include "passes/cuda/StagedOperand.h"

namespace strait::cuda {

class BlockProduct : public Product {
public:
  /// Reads the tile of `function`'s kernel and takes the start of its scratch.
  static llvm::FailureOr<BlockProduct> create(KernelFunction &function,
                                              int64_t threads);
  /// A diagnostic where `threads` threads cannot work on the tile.
  static llvm::LogicalResult check(KernelFunction &function,
                                   const ProductTile &tile, int64_t threads);
  BlockProduct(KernelFunction &function, const ProductTile &tile);
  /// Lets the assembler give a thread as many registers as leave room for
  /// `count` blocks on a multiprocessor. One unless this is called: left to
  /// itself it rather spills than to have fewer threads at a time.
  static void setLeastBlocks(KernelFunction &function, int64_t count);

  const ProductTile &tile() const { return shape; }
  int64_t rows() const override { return shape.rows; }
  int64_t columns() const override { return shape.columns; }
  llvm::LogicalResult emit(mlir::OpBuilder &b, OperandSource &rows,
                           OperandSource &columns, const ProductBlock &block,
                           StoreFn store) const override;

  // Its parts. A thread's sums are vectors of columns, row by row.
  using Values = llvm::SmallVector<mlir::Value>;
  int64_t columnVectors() const { return shape.threadColumns / vectorWidth; }
  StagedOperand stageRows(mlir::OpBuilder &b, OperandSource &rows,
                          mlir::Value first, mlir::Value depth) const;
  StagedOperand stageColumns(mlir::OpBuilder &b, OperandSource &columns,
                             mlir::Value first, mlir::Value depth) const;
  Values emptySums(mlir::OpBuilder &b) const;
  /// sums + the steps [first, end). All threads come here; what they wrote to
  /// shared memory before is seen, and afterwards all of it is free.
  llvm::FailureOr<Values> sum(mlir::OpBuilder &b, ProductFactor &rows,
                              ProductFactor &columns, mlir::Value first,
                              mlir::Value end, mlir::ValueRange sums) const;
  llvm::LogicalResult storeSums(mlir::OpBuilder &b, const ProductBlock &block,
                                mlir::ValueRange sums, StoreFn store) const;
  /// Position in the tile of the thread's row, or vector of columns.
  mlir::Value rowOf(mlir::OpBuilder &b, int64_t row) const;
  mlir::Value columnOf(mlir::OpBuilder &b, int64_t vector) const;
  const Threads &block() const { return threads; }

private:
  Values multiply(mlir::OpBuilder &b, const ProductFactor &rows,
                  const ProductFactor &columns, StageStep at,
                  mlir::ValueRange sums) const;
  int64_t rowVector() const { return std::min(shape.threadRows, vectorWidth); }

  mlir::Location loc;
  ProductTile shape;
  Threads threads;
  mlir::Value shared;
  mlir::Value threadRow, threadColumn; // in the grid of threads
};

} // namespace strait::cuda

#endif // STRAIT_PASSES_CUDA_BLOCKPRODUCT_H
