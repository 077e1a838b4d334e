// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Maps (regions of one all-parallel linalg.generic) under other loop shapes.
#ifndef STRAIT_PASSES_KERNEL_MAPREGION_H
#define STRAIT_PASSES_KERNEL_MAPREGION_H

#include "passes/kernel/SizeExpressions.h"

namespace strait {

/// The generic of a region that is one map yielding its only result.
mlir::linalg::GenericOp mapOf(kernel::RegionOp region);

/// Re-expresses a map over loops with extents `target`: loops are split and
/// merged, inputs become views. Returns the new region, whose users see the old
/// shape through a view, or null when an operand's indexing does not allow it.
/// The old region is erased on success.
kernel::RegionOp reshapeMap(kernel::RegionOp region,
                            llvm::ArrayRef<mlir::AffineExpr> target,
                            SizeExpressions &sizes);

/// Replaces input `index` of a cascade by `replacement`, which holds the same
/// elements and differs only in dims of extent 1. Returns false when a use of
/// the input does not allow it.
bool dropUnitDims(kernel::RegionOp region, unsigned index,
                  const ShapedValue &replacement, SizeExpressions &sizes);

} // namespace strait

#endif // STRAIT_PASSES_KERNEL_MAPREGION_H
