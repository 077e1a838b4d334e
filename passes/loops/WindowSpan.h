// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The elements of a window, along one axis, that lie inside the input.
#ifndef STRAIT_PASSES_LOOPS_WINDOWSPAN_H
#define STRAIT_PASSES_LOOPS_WINDOWSPAN_H

#include "passes/loops/IndexMath.h"

namespace strait {

/// One axis of a window: its elements `dilation` apart, `pad` positions of
/// padding before an input of `extent`.
struct WindowAxis {
  int64_t size, stride, dilation, pad;
  mlir::Value extent;

  /// Input position of the window's element 0; negative in the padding.
  mlir::Value first(IndexMath &math, mlir::Value output) const {
    return math.sub(math.mul(output, stride), math.constant(pad));
  }
  /// How many elements lie below `limit`, for an element 0 at `first`.
  mlir::Value below(IndexMath &math, mlir::Value first,
                    mlir::Value limit) const {
    mlir::Value distance =
        math.max(math.constant(0), math.sub(limit, first));
    return math.min(math.ceilDiv(distance, dilation), size);
  }
};

} // namespace strait

#endif // STRAIT_PASSES_LOOPS_WINDOWSPAN_H
