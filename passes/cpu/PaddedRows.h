// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The input rows under a block of a window op's output rows.
#ifndef STRAIT_PASSES_CPU_PADDEDROWS_H
#define STRAIT_PASSES_CPU_PADDEDROWS_H

#include "passes/analysis/Window.h"
#include "mlir/IR/Builders.h"

namespace strait::cpu {

/// A channels-last image batch in memory.
struct ImageSource {
  mlir::Value memref;        // flat
  mlir::Value height, width; // of the input
  int64_t channels;
  int64_t lanes;
};

/// Output rows [row, row + count) of an image; `most` bounds the count.
struct OutputRows {
  mlir::Value image, row, count;
  int64_t most;
};

/// Rows as a window op reads them. What output row i of the block meets under
/// kh starts at `at + i * strideH * pitch + kh * windowPitch`, its first pixel
/// being that under output column 0. Rows of the window outside of
/// [begin, end) lie in the padding for the whole block; they are not there.
struct WindowRows {
  mlir::Value memref, at, pitch, windowPitch, begin, end;
};

/// The input under `rows`: in place if the window has no padding, else copied
/// to `scratch` with zeros around. A wide dilation copies no row between those
/// that it reads.
WindowRows emitWindowRows(mlir::OpBuilder &builder, mlir::Location loc,
                          const Window &window, const ImageSource &source,
                          const OutputRows &rows, mlir::Value scratch);

} // namespace strait::cpu

#endif // STRAIT_PASSES_CPU_PADDEDROWS_H
