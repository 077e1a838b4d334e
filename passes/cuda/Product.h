// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How a block of threads computes a block of a product, whatever the product
// stands for.
#ifndef STRAIT_PASSES_CUDA_PRODUCT_H
#define STRAIT_PASSES_CUDA_PRODUCT_H

#include "passes/cuda/OperandSource.h"

namespace strait::cuda {

/// What is computed of a product: from (row, column) on, up to the end of the
/// product or the tile.
struct ProductBlock {
  mlir::Value row, column;
  mlir::Value rows, columns, depth; // of the product
};

class Product {
public:
  virtual ~Product() = default;
  /// Of the blocks that a product is cut into.
  virtual int64_t rows() const = 0;
  virtual int64_t columns() const = 0;

  /// What becomes of sums: a vector of them, or one, from (row, column) of the
  /// product on.
  using StoreFn = llvm::function_ref<llvm::LogicalResult(
      mlir::OpBuilder &b, mlir::Value row, mlir::Value column,
      mlir::Value sums)>;
  virtual llvm::LogicalResult emit(mlir::OpBuilder &b, OperandSource &rows,
                                   OperandSource &columns,
                                   const ProductBlock &block,
                                   StoreFn store) const = 0;
};

} // namespace strait::cuda

#endif // STRAIT_PASSES_CUDA_PRODUCT_H
