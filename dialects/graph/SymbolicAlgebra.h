// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Expressions of sizes in canonical form, so that equal sizes are equal
// expressions.
#ifndef STRAIT_DIALECTS_GRAPH_SYMBOLICALGEBRA_H
#define STRAIT_DIALECTS_GRAPH_SYMBOLICALGEBRA_H

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>
#include <string>

namespace strait::graph {

/// The value of a constant expression.
std::optional<int64_t> constantValue(mlir::AffineExpr expr);
/// All values, when all are constant.
std::optional<llvm::SmallVector<int64_t>>
constantValues(llvm::ArrayRef<mlir::AffineExpr> exprs);
/// Sorted product, so that equal products are equal expressions.
mlir::AffineExpr multiply(llvm::ArrayRef<mlir::AffineExpr> factors,
                          mlir::MLIRContext *context);
/// Product of `numerator` over product of `denominator`, rounded down, equal
/// factors cancelled.
mlir::AffineExpr divide(llvm::ArrayRef<mlir::AffineExpr> numerator,
                        llvm::ArrayRef<mlir::AffineExpr> denominator,
                        mlir::MLIRContext *context);
/// An expression as diagnostics show it.
std::string toString(mlir::AffineExpr expr);
/// Sum in one canonical form.
mlir::AffineExpr add(mlir::AffineExpr a, mlir::AffineExpr b);
mlir::AffineExpr subtract(mlir::AffineExpr a, mlir::AffineExpr b);

} // namespace strait::graph

#endif // STRAIT_DIALECTS_GRAPH_SYMBOLICALGEBRA_H
