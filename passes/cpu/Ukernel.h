// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How code generators of contractions write kernel.ukernel.
#ifndef STRAIT_PASSES_CPU_UKERNEL_H
#define STRAIT_PASSES_CPU_UKERNEL_H

#include "passes/cpu/MicroKernel.h"

namespace strait::cpu {

/// Columns of a block: vectors of `lanes`, the last of which may be partial.
struct UkernelColumns {
  int64_t vectors = 2;
  mlir::Value count; // null: all columns of all vectors exist

  /// The first `count` columns: of one panel where the number is not known now.
  static UkernelColumns first(mlir::OpBuilder &builder, mlir::Location loc,
                              mlir::Value count, int64_t lanes);
  static UkernelColumns first(mlir::OpBuilder &builder, mlir::Location loc,
                              int64_t count, int64_t lanes);

  /// Panels that the vectors lie in.
  int64_t panels(int64_t lanes) const {
    return (vectors * lanes + panelWidth - 1) / panelWidth;
  }
};

/// Regions that compute more than this per element run in a loop over the rows.
inline constexpr int64_t maxInlineLength = 8;

/// The region of a kernel.ukernel, to be filled: what becomes of a vector of
/// sums of one row.
struct BlockSums {
  mlir::OpBuilder builder;      // before the region's end
  mlir::ValueRange coordinates; // of the row
  mlir::Value column;           // the first, counted from the block's first
  mlir::Value sums;
  mlir::Value mask; // of the columns that exist; null: all
};

/// Creates a kernel.ukernel. `coordinates` are those of the first row, then of
/// the second, ...: whatever the region needs to know of a row. `columns`: how
/// many exist; null: all. `length`: how much the region will compute.
BlockSums createUkernel(mlir::OpBuilder &builder, mlir::Location loc,
                        const BlockTile &tile, const BlockOperands &operands,
                        llvm::ArrayRef<ReductionLoop> loops,
                        llvm::ArrayRef<mlir::Value> coordinates,
                        mlir::Value columns = {}, int64_t length = 0);

} // namespace strait::cpu

#endif // STRAIT_PASSES_CPU_UKERNEL_H
