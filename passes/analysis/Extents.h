// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arithmetic on extents: constants or expressions over sizes.
#ifndef STRAIT_PASSES_ANALYSIS_EXTENTS_H
#define STRAIT_PASSES_ANALYSIS_EXTENTS_H

#include "mlir/IR/AffineExpr.h"
#include <optional>

namespace strait {

/// The constant that `expr` is, if it is one.
inline std::optional<int64_t> constantExtent(mlir::AffineExpr expr) {
  if (auto constant = llvm::dyn_cast<mlir::AffineConstantExpr>(expr))
    return constant.getValue();
  return std::nullopt;
}
/// `expr`, or `otherwise` where only the run tells it.
inline int64_t extentOr(mlir::AffineExpr expr, int64_t otherwise) {
  return constantExtent(expr).value_or(otherwise);
}

/// Product of extents and strides; equal products are equal expressions.
mlir::AffineExpr multiplyExtents(mlir::AffineExpr a, mlir::AffineExpr b);

/// Of numbers that are not negative.
constexpr int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }
constexpr int64_t roundUp(int64_t value, int64_t to) {
  return ceilDiv(value, to) * to;
}

} // namespace strait

#endif // STRAIT_PASSES_ANALYSIS_EXTENTS_H
