// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How many positions a sliding window takes.
#ifndef STRAIT_DIALECTS_GRAPH_WINDOWSHAPES_H
#define STRAIT_DIALECTS_GRAPH_WINDOWSHAPES_H

#include "dialects/graph/GraphOps.h"
#include "dialects/graph/SymbolicShape.h"

namespace strait::graph {

/// The number of windows of `kernel` elements that fit `size` elements with
/// `begin` and `end` padding.
mlir::AffineExpr windowCount(mlir::AffineExpr size, mlir::AffineExpr kernel,
                             int64_t stride, int64_t dilation, int64_t begin,
                             int64_t end, AutoPad autoPad, bool ceilMode);

} // namespace strait::graph

#endif // STRAIT_DIALECTS_GRAPH_WINDOWSHAPES_H
