// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Affine expressions as arith ops on index values.
#ifndef STRAIT_PASSES_ANALYSIS_EXPRARITHMETIC_H
#define STRAIT_PASSES_ANALYSIS_EXPRARITHMETIC_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"

namespace strait {

/// What is divided: any number, by rounding down, or extents and positions,
/// which are never negative, by the cheaper unsigned ops.
enum class Division { ofAny, ofExtents };

/// `expr` as folded arith ops. `known` gives the values of dims and symbols,
/// and of any other part that has one; null: it is to be computed. Divisors may
/// be expressions, too.
mlir::Value emitExpr(mlir::OpBuilder &builder, mlir::Location loc,
                     mlir::AffineExpr expr,
                     llvm::function_ref<mlir::Value(mlir::AffineExpr)> known,
                     Division division);

} // namespace strait

#endif // STRAIT_PASSES_ANALYSIS_EXPRARITHMETIC_H
