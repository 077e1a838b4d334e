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

/// Rows as a window op reads them: row i under the block starts at
/// `at + i * pitch`, its first pixel being that under output column 0.
struct WindowRows {
  mlir::Value memref, at, pitch;
};

/// The input under output rows [row, row + rowCount) of `image`: in place if
/// the window has no padding, else copied to `scratch` with zeros around.
WindowRows emitWindowRows(mlir::OpBuilder &builder, mlir::Location loc,
                          const Window &window, const ImageSource &source,
                          mlir::Value image, mlir::Value row,
                          mlir::Value rowCount, mlir::Value scratch);

} // namespace strait::cpu

#endif // STRAIT_PASSES_CPU_PADDEDROWS_H
