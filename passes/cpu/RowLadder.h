// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Covers any number of rows with register tiles. With tiles of up to 6 rows, 56
// rows are six tiles of 6 and four of 5: a ragged last tile would leave the
// multipliers waiting. Counts too small for that (7, 8, 9, 13, ...) end in one
// smaller tile. Where the count is not known now, each height costs code, so
// there are few of them, and tiles overlap: a row that is computed twice comes
// out the same.
#ifndef STRAIT_PASSES_CPU_ROWLADDER_H
#define STRAIT_PASSES_CPU_ROWLADDER_H

#include "mlir/IR/Builders.h"

namespace strait::cpu {

/// How many tiles of each height cover `count` rows.
struct RowSplit {
  int64_t full, less, rest; // of `tile`, of `tile - 1`, height of a last one
};
RowSplit splitRows(int64_t count, int64_t tile);

/// Emits tiles for rows [0, count): `emit(builder, first row, height)`, once
/// for each height that can occur. `possible` lists what `count` may be, if
/// that is known; if it is not, `emit` may meet a row twice.
void emitRowLadder(
    mlir::OpBuilder &builder, mlir::Location loc, mlir::Value count,
    int64_t tile, llvm::ArrayRef<int64_t> possible,
    llvm::function_ref<void(mlir::OpBuilder &, mlir::Value, int64_t)> emit);

} // namespace strait::cpu

#endif // STRAIT_PASSES_CPU_ROWLADDER_H
