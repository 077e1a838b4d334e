// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From accumulators in registers to memory, through the epilogue.
#ifndef STRAIT_PASSES_CPU_BLOCKSTORE_H
#define STRAIT_PASSES_CPU_BLOCKSTORE_H

#include "passes/loops/Epilogue.h"

namespace strait::cpu {

/// Columns of a block: vectors of `lanes`, the last of which may be partial.
struct BlockColumns {
  int64_t lanes = 8;
  int64_t vectors = 2;
  llvm::SmallVector<mlir::Value> masks; // per vector; null: all lanes exist

  mlir::Value mask(int64_t vector) const {
    return masks.empty() ? mlir::Value() : masks[vector];
  }
  /// The columns of a block that has `count` columns, known now.
  static BlockColumns fixed(mlir::OpBuilder &builder, mlir::Location loc,
                            int64_t count, int64_t lanes);
};

/// Position of a row of the block in the root's result, without the last
/// dimension; rows are counted from the block's first.
using RowPosition = llvm::function_ref<llvm::SmallVector<mlir::Value>(
    mlir::OpBuilder &, mlir::Value row)>;

/// Stores accumulators ([row * vectors + vector]) of the block whose first
/// column is `column`.
llvm::LogicalResult storeBlock(mlir::OpBuilder &builder,
                               KernelFunction &function,
                               const Epilogue &epilogue,
                               llvm::ArrayRef<mlir::Value> accumulators,
                               const BlockColumns &columns, mlir::Value column,
                               RowPosition position);

} // namespace strait::cpu

#endif // STRAIT_PASSES_CPU_BLOCKSTORE_H
