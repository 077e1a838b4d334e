// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which positions a slice reads along one axis.
#ifndef STRAIT_DIALECTS_GRAPH_SLICESPAN_H
#define STRAIT_DIALECTS_GRAPH_SLICESPAN_H

#include "dialects/graph/SymbolicShape.h"

namespace strait::graph {

/// Positions first, first + step, ...: `count` of them, all before `last` (all
/// after it for a negative step).
struct SliceSpan {
  mlir::AffineExpr first, last, count;
  int64_t step;
};

/// ONNX's reading of a slice: negative positions count from the end, those
/// outside are moved to the border. Positions that do not depend on data stay
/// as they are where an expression is then simpler: they have to lie inside.
/// nullopt when `step` is not constant.
std::optional<SliceSpan> sliceSpan(mlir::AffineExpr size,
                                   mlir::AffineExpr start,
                                   mlir::AffineExpr end, mlir::AffineExpr step,
                                   SymbolicShapeAnalysis &shapes);

} // namespace strait::graph

#endif // STRAIT_DIALECTS_GRAPH_SLICESPAN_H
