// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a pool makes of one window, for one channel or a vector of them. Targets
// write the loops around it.
#ifndef STRAIT_PASSES_LOOPS_POOLWINDOW_H
#define STRAIT_PASSES_LOOPS_POOLWINDOW_H

#include "passes/loops/KernelFunction.h"

namespace strait {

class PoolWindow {
public:
  /// The part of a window along one axis that lies inside the input.
  struct Span {
    mlir::Value first; // input position of element 0, may be negative
    mlir::Value begin, end; // elements inside
    mlir::Value counted;    // elements that an average divides by
  };
  enum Axis { vertical, horizontal };
  struct Channels {
    mlir::Value first;
    int64_t count;
    mlir::Value mask;       // those that exist; null: all
    bool isAligned = false; // do they start at a multiple of `count`?
  };

  /// Fails with a diagnostic for a pool that has no code.
  static llvm::FailureOr<PoolWindow> create(KernelFunction &function,
                                            kernel::Pool2DOp op);

  /// `at`: position in the result.
  Span spanOf(mlir::OpBuilder &b, mlir::Value at, Axis axis) const;
  /// The maximum or the mean of the windows, as f32.
  mlir::Value emit(mlir::OpBuilder &b, mlir::Value image, const Span &rows,
                   const Span &columns, const Channels &channels) const;

private:
  PoolWindow(kernel::Pool2DOp op) : op(op), loc(op.getLoc()) {}
  mlir::Value accumulate(mlir::OpBuilder &b, mlir::Value sum,
                         mlir::Value x) const;
  mlir::Value divisor(mlir::OpBuilder &b, const Span &rows,
                      const Span &columns) const;

  mutable kernel::Pool2DOp op;
  mlir::Location loc;
  mlir::Type element;
  mlir::Value input, height, width, depth; // of the input
};

} // namespace strait

#endif // STRAIT_PASSES_LOOPS_POOLWINDOW_H
