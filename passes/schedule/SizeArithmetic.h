// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sizes of the host program as folded arith ops on index values.
#ifndef STRAIT_PASSES_SCHEDULE_SIZEARITHMETIC_H
#define STRAIT_PASSES_SCHEDULE_SIZEARITHMETIC_H

#include "dialects/kernel/KernelOps.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"
#include <optional>

namespace strait {

mlir::Value indexConstant(mlir::OpBuilder &builder, mlir::Location loc,
                          int64_t value);
std::optional<int64_t> constantIndexOf(mlir::Value value);

/// `expr` over `dims` and `symbols`, all index values. Division rounds down.
mlir::Value emitExpr(mlir::OpBuilder &builder, mlir::Location loc,
                     mlir::AffineExpr expr, mlir::ValueRange dims,
                     mlir::ValueRange symbols);

/// Product of `dims` and `factor`.
mlir::Value emitProduct(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::ValueRange dims, int64_t factor);

} // namespace strait

#endif // STRAIT_PASSES_SCHEDULE_SIZEARITHMETIC_H
