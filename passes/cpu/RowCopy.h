// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Moves and clears runs of f32 elements.
#ifndef STRAIT_PASSES_CPU_ROWCOPY_H
#define STRAIT_PASSES_CPU_ROWCOPY_H

#include "mlir/IR/Builders.h"

namespace strait::cpu {

/// to[toAt + i] = from[fromAt + i] for i in [0, count).
void emitCopyRun(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value from,
                 mlir::Value fromAt, mlir::Value to, mlir::Value toAt,
                 mlir::Value count, int64_t lanes);
/// to[at + i] = 0 for i in [0, count).
void emitClearRun(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value to,
                  mlir::Value at, mlir::Value count, int64_t lanes);

} // namespace strait::cpu

#endif // STRAIT_PASSES_CPU_ROWCOPY_H
