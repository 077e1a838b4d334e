// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// An all-parallel linalg.generic beside a kernel's root, evaluated where its
// elements are needed: on one vector along the last dimension.
#ifndef STRAIT_PASSES_LOOPS_FUSEDMAP_H
#define STRAIT_PASSES_LOOPS_FUSEDMAP_H

#include "passes/loops/KernelFunction.h"
#include "passes/loops/ScalarBody.h"

namespace strait {

class FusedMap {
public:
  /// `isAligned`: the positions that it is evaluated at are multiples of the
  /// lanes along the last dimension, and buffers start at `operandAlignment`.
  FusedMap(KernelFunction &function, mlir::linalg::GenericOp generic,
           bool isAligned = false)
      : function(&function), generic(generic), isAligned(isAligned) {}

  /// The map's results from `position` on, `lanes` along the last dimension.
  /// Reads inputs of the kernel and, in place of the value `root` (null: none),
  /// the vector `computed`. Lanes outside of `mask` (null: none) read nothing.
  llvm::FailureOr<llvm::SmallVector<Lanes>>
  evaluate(mlir::OpBuilder &builder, llvm::ArrayRef<mlir::Value> position,
           mlir::Value mask, int64_t lanes, mlir::Value root = {},
           mlir::Value computed = {}) const;

  /// Positions in the flat form of a buffer of the given extents.
  static mlir::Value linearise(KernelFunction &function,
                               mlir::OpBuilder &builder, mlir::Location loc,
                               llvm::ArrayRef<mlir::Value> position,
                               llvm::ArrayRef<mlir::AffineExpr> extents);
  /// Do rows of a buffer of these extents start at a multiple of `lanes`?
  static bool hasAlignedRows(llvm::ArrayRef<mlir::AffineExpr> extents,
                             int64_t lanes);

private:
  llvm::FailureOr<Lanes> loadInput(mlir::OpBuilder &builder, unsigned input,
                                   llvm::ArrayRef<Lanes> position,
                                   mlir::Value mask, int64_t lanes,
                                   bool startsAligned) const;
  llvm::FailureOr<Lanes> operand(mlir::OpBuilder &builder, mlir::OpOperand &use,
                                 llvm::ArrayRef<mlir::Value> position,
                                 mlir::Value mask, int64_t lanes) const;
  mlir::Value outerValue(mlir::Value value) const;

  KernelFunction *function;
  mlir::linalg::GenericOp generic;
  bool isAligned;
};

} // namespace strait

#endif // STRAIT_PASSES_LOOPS_FUSEDMAP_H
