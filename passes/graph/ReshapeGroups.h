// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How a reshape splits and merges dims, and its shape operand as a constant.
#ifndef STRAIT_PASSES_GRAPH_RESHAPEGROUPS_H
#define STRAIT_PASSES_GRAPH_RESHAPEGROUPS_H

#include "dialects/graph/SymbolicShape.h"

namespace strait::graph {

/// Dims [from, from + fromCount) of the operand hold the elements of dims
/// [to, to + toCount) of the result.
struct ReshapeGroup {
  size_t from, fromCount, to, toCount;
};

/// The finest such groups, in order; nullopt where the shapes do not tell.
std::optional<llvm::SmallVector<ReshapeGroup>>
groupDims(llvm::ArrayRef<mlir::AffineExpr> from,
          llvm::ArrayRef<mlir::AffineExpr> to, mlir::MLIRContext *context);

/// Entries of a constant shape operand that reshapes `from` to `to`: sizes, 0
/// for copied dims, one -1; nullopt where that does not suffice.
std::optional<llvm::SmallVector<int64_t>>
reshapeEntries(llvm::ArrayRef<mlir::AffineExpr> from,
               llvm::ArrayRef<mlir::AffineExpr> to);

} // namespace strait::graph

#endif // STRAIT_PASSES_GRAPH_RESHAPEGROUPS_H
