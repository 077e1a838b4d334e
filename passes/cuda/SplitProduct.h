// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A product of so few rows that reading its right operand is all that matters:
// the sums are split over threads, and no operand passes through shared memory.
//
//   thread = (4 columns, part of the depth):
//     for k = my first to K step all parts: sums of all rows += row[k] *
//     column[k] sums to shared memory, barrier
//   a thread for each (row, column): adds up the parts' sums
//
// Neighbouring threads have neighbouring columns where rows of the operand are
// contiguous, and neighbouring parts where columns are.
#ifndef STRAIT_PASSES_CUDA_SPLITPRODUCT_H
#define STRAIT_PASSES_CUDA_SPLITPRODUCT_H

#include "passes/cuda/Product.h"
#include "passes/cuda/Threads.h"

namespace strait::cuda {

/// All `rows` of a product by `columns` of its columns, each sum in `split`
/// parts.
struct SplitTile {
  int64_t rows = 0, columns = 0, split = 0;

  int64_t threads() const { return columns / vectorWidth * split; }
};

class SplitProduct : public Product {
public:
  /// Reads the tile of `function`'s kernel and takes the start of its scratch.
  static llvm::FailureOr<SplitProduct> create(KernelFunction &function,
                                              int64_t threads);

  int64_t rows() const override { return shape.rows; }
  int64_t columns() const override { return shape.columns; }
  llvm::LogicalResult emit(mlir::OpBuilder &b, OperandSource &rows,
                           OperandSource &columns, const ProductBlock &block,
                           StoreFn store) const override;

private:
  using Values = llvm::SmallVector<mlir::Value>;
  SplitProduct(KernelFunction &function, const SplitTile &tile);
  /// The f32 of one load.
  llvm::LogicalResult load(mlir::OpBuilder &b, OperandSource &source,
                           mlir::ValueRange located, mlir::Value k,
                           mlir::Value exists, Values &elements) const;
  llvm::FailureOr<Values> sum(mlir::OpBuilder &b, OperandSource &rows,
                              OperandSource &columns, const ProductBlock &block,
                              mlir::Value column, mlir::Value part) const;
  void storeParts(mlir::OpBuilder &b, mlir::Value column, mlir::Value part,
                  mlir::ValueRange sums) const;
  llvm::LogicalResult combineParts(mlir::OpBuilder &b,
                                   const ProductBlock &block,
                                   StoreFn store) const;

  mlir::Location loc;
  SplitTile shape;
  Threads threads;
  mlir::Value shared; // [part][row][column]
};

} // namespace strait::cuda

#endif // STRAIT_PASSES_CUDA_SPLITPRODUCT_H
