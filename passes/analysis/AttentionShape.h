// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Logical extents and strides of kernel.attention's operands, whose order in
// memory is a permutation.
#ifndef STRAIT_PASSES_ANALYSIS_ATTENTIONSHAPE_H
#define STRAIT_PASSES_ANALYSIS_ATTENTIONSHAPE_H

#include "dialects/kernel/KernelOps.h"

namespace strait {

/// A rank-4 tensor seen through its permutation: memory dim i is logical dim
/// order[i].
struct OrderedTensor {
  llvm::SmallVector<mlir::AffineExpr, 4> extents, strides; // by logical dim
  int64_t last = 3; // logical dim that is contiguous in memory

  static mlir::FailureOr<OrderedTensor>
  create(mlir::Operation *op, llvm::ArrayRef<mlir::AffineExpr> memory,
         llvm::ArrayRef<int64_t> order);
};

} // namespace strait

#endif // STRAIT_PASSES_ANALYSIS_ATTENTIONSHAPE_H
