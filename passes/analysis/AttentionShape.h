// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a kernel.attention reads and gives: extents and strides of its operands,
// whatever order they lie in.
#ifndef STRAIT_PASSES_ANALYSIS_ATTENTIONSHAPE_H
#define STRAIT_PASSES_ANALYSIS_ATTENTIONSHAPE_H

#include "passes/analysis/CascadeLoops.h"

namespace strait {

/// A tensor of four logical dims (batch, head, row, column), each with its
/// stride in elements.
struct HeadTensor {
  llvm::SmallVector<mlir::AffineExpr, 4> extents, strides;
};

struct AttentionShape {
  /// Fails with a diagnostic on groups that are no attention.
  static mlir::FailureOr<AttentionShape> compute(mlir::Operation *regionOrFunc);

  mlir::AffineExpr queryRows() const { return q.extents[2]; } // S
  mlir::AffineExpr keyRows() const { return k.extents[2]; }   // T
  mlir::AffineExpr depth() const { return q.extents[3]; }     // D
  mlir::AffineExpr width() const { return v.extents[3]; }     // E

  kernel::AttentionOp op;
  KernelGroup group;
  HeadTensor q, k, v, bias, result; // bias without extents: none

private:
  explicit AttentionShape(mlir::Operation *regionOrFunc)
      : group(regionOrFunc) {}
  mlir::LogicalResult readOperands();
  mlir::FailureOr<HeadTensor> readInput(mlir::Value value,
                                        llvm::ArrayRef<int64_t> order,
                                        llvm::StringRef name);
};

} // namespace strait

#endif // STRAIT_PASSES_ANALYSIS_ATTENTIONSHAPE_H
