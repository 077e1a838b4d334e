// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Windows of any rank, stride, padding and grouping as one reduction that
// computes each position it reads: right for everything, fast for nothing.
#ifndef STRAIT_PASSES_KERNEL_GATHEREDWINDOWS_H
#define STRAIT_PASSES_KERNEL_GATHEREDWINDOWS_H

#include "passes/kernel/GraphToKernel.h"

namespace strait {

/// Window parameters of the spatial dims. Pads are begins, then ends; those of
/// auto_pad may follow from open sizes.
struct Window {
  llvm::SmallVector<int64_t> kernel, strides, dilations;
  llvm::SmallVector<mlir::AffineExpr> pads;

  unsigned rank() const { return kernel.size(); }
  /// The pads, if all are known.
  std::optional<llvm::SmallVector<int64_t>> knownPads() const;
};

/// Operands and results are channels-last, `dims` those of the result [N,
/// spatial dims, O]. Filters are [O, C / groups, window], those of a transposed
/// convolution [C, O / groups, window]; `bias` [O] may be null.
ShapedValue gatherConv(GraphToKernel &state, mlir::Location loc, ShapedValue x,
                       ShapedValue filters, ShapedValue bias,
                       const Window &window, int64_t groups,
                       llvm::ArrayRef<mlir::AffineExpr> dims);
ShapedValue gatherConvTranspose(GraphToKernel &state, mlir::Location loc,
                                ShapedValue x, ShapedValue filters,
                                ShapedValue bias, const Window &window,
                                int64_t groups,
                                llvm::ArrayRef<mlir::AffineExpr> dims);
ShapedValue gatherPool(GraphToKernel &state, mlir::Location loc, ShapedValue x,
                       const Window &window, bool average,
                       bool countIncludePad,
                       llvm::ArrayRef<mlir::AffineExpr> dims);

} // namespace strait

#endif // STRAIT_PASSES_KERNEL_GATHEREDWINDOWS_H
