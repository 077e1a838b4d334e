// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Two kernel.regions -> one, whatever its use: FuseRegions.cpp decides.
#ifndef STRAIT_PASSES_KERNEL_MERGEREGIONS_H
#define STRAIT_PASSES_KERNEL_MERGEREGIONS_H

#include "passes/kernel/SizeExpressions.h"

namespace strait {

/// The number of loops that the generics of a cascade share; 0 with a root.
int64_t rowRankOf(kernel::RegionOp region);

/// One region computing both; `producer`'s result `number` is `consumer`'s
/// input `input`. With `keep`, those of the producer's results that others read
/// stay results. Both regions are replaced.
kernel::RegionOp mergeRegions(kernel::RegionOp producer,
                              kernel::RegionOp consumer, unsigned input,
                              unsigned number, bool keep,
                              SizeExpressions &sizes);

/// Removes views of the region's results that nobody reads any more: they would
/// count as readers.
void eraseDeadViews(kernel::RegionOp region);

} // namespace strait

#endif // STRAIT_PASSES_KERNEL_MERGEREGIONS_H
