// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How many positions a sliding window takes.
#ifndef STRAIT_DIALECTS_GRAPH_WINDOWSHAPES_H
#define STRAIT_DIALECTS_GRAPH_WINDOWSHAPES_H

#include "dialects/graph/GraphOps.h"
#include "dialects/graph/SymbolicShape.h"

namespace strait::graph {

/// One axis of a window op.
struct WindowAxis {
  mlir::AffineExpr size, kernel;
  int64_t stride, dilation, begin, end;
  AutoPad autoPad;
};

/// The number of windows that fit the input and its padding.
mlir::AffineExpr convolvedSize(const WindowAxis &axis);

/// The same for a pool. In ceil mode the last window may be partial, but none
/// starts past the input and its begin padding. Otherwise a division that
/// rounds towards zero, which ONNX leaves open and onnxruntime does, lets one
/// window be partial that all but fits.
mlir::AffineExpr pooledSize(const WindowAxis &axis, bool ceilMode,
                            SymbolicShapeAnalysis &shapes);

} // namespace strait::graph

#endif // STRAIT_DIALECTS_GRAPH_WINDOWSHAPES_H
