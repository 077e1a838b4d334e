// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Geometry of a channels-last window op (convolution, depthwise convolution).
#ifndef STRAIT_PASSES_ANALYSIS_WINDOW_H
#define STRAIT_PASSES_ANALYSIS_WINDOW_H

#include "dialects/kernel/KernelOps.h"

namespace strait {

struct Window {
  int64_t kernelH, kernelW, strideH, strideW, dilationH, dilationW;
  int64_t top, left, bottom, right; // padding

  /// Input rows or columns under `outputs` neighbouring outputs.
  int64_t inputRows(int64_t outputs) const {
    return (outputs - 1) * strideH + (kernelH - 1) * dilationH + 1;
  }
  int64_t inputColumns(int64_t outputs) const {
    return (outputs - 1) * strideW + (kernelW - 1) * dilationW + 1;
  }
  /// Whether the input rows under each kh, for `outputs` neighbouring rows,
  /// lie apart from those under the next one.
  bool hasBands(int64_t outputs) const {
    return kernelH > 1 && dilationH > bandRows(outputs);
  }
  /// Input rows from the first to the last of `outputs` under one kh.
  int64_t bandRows(int64_t outputs) const {
    return (outputs - 1) * strideH + 1;
  }
  /// Input rows that `outputs` neighbouring rows may read, and some between.
  int64_t heldRows(int64_t outputs) const {
    return hasBands(outputs) ? kernelH * bandRows(outputs)
                             : inputRows(outputs);
  }
  bool hasPadding() const { return top || left || bottom || right; }

  template <typename Op>
  static Window of(Op op, int64_t kernelH, int64_t kernelW) {
    llvm::ArrayRef<int64_t> s = op.getStrides(), d = op.getDilations(),
                            p = op.getPads();
    return {kernelH, kernelW, s[0], s[1], d[0], d[1], p[0], p[1], p[2], p[3]};
  }
  /// Checks the attributes that a file may have set to anything.
  template <typename Op>
  static llvm::LogicalResult check(Op op) {
    if (op.getStrides().size() != 2 || op.getDilations().size() != 2 ||
        op.getPads().size() != 4)
      return op.emitOpError("expected 2 strides, 2 dilations and 4 pads");
    for (int64_t value : llvm::concat<const int64_t>(op.getStrides(),
                                                     op.getDilations()))
      if (value < 1)
        return op.emitOpError("expected strides and dilations of at least 1, "
                              "found ")
               << value;
    for (int64_t value : op.getPads())
      if (value < 0)
        return op.emitOpError("expected pads of at least 0, found ") << value;
    return mlir::success();
  }
};

} // namespace strait

#endif // STRAIT_PASSES_ANALYSIS_WINDOW_H
