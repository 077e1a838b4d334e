// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Index values read back as expressions, so that equal sizes are seen equal.
#ifndef STRAIT_PASSES_KERNEL_SIZEEXPRESSIONS_H
#define STRAIT_PASSES_KERNEL_SIZEEXPRESSIONS_H

#include "passes/kernel/RegionBuilder.h"

namespace strait {

/// Canonical expressions of `index` values: constants, affine.apply and integer
/// arithmetic over base values (tensor.dim of an argument, an element read from
/// a tensor), which become symbols. Equal base operations share one symbol.
class SizeExpressions {
public:
  explicit SizeExpressions(mlir::MLIRContext *context);
  mlir::AffineExpr get(mlir::Value index);
  /// The dims that a shape map of `region` denotes.
  llvm::SmallVector<mlir::AffineExpr> dims(kernel::RegionOp region,
                                           mlir::AffineMap map);
  ShapedValue input(kernel::RegionOp region, unsigned index);
  llvm::SmallVector<mlir::AffineExpr> resultDims(kernel::RegionOp region,
                                                 unsigned index);
  const SizeMaterializer &materializer() const { return sizes; }

private:
  mlir::MLIRContext *context;
  llvm::DenseMap<mlir::Value, mlir::AffineExpr> known;
  llvm::SmallVector<mlir::Value> bases; // by symbol
  SizeMaterializer sizes;
};

} // namespace strait

#endif // STRAIT_PASSES_KERNEL_SIZEEXPRESSIONS_H
