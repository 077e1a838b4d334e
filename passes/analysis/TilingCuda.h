// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What tilings and code generators of GPUs agree on beyond `tile`.
#ifndef STRAIT_PASSES_ANALYSIS_TILINGCUDA_H
#define STRAIT_PASSES_ANALYSIS_TILINGCUDA_H

#include "passes/analysis/Tiling.h"

namespace strait {

/// Shared memory through which the warps of a block combine partial results,
/// behind the scratch of a cascade.
constexpr int64_t exchangeBytes = 256;

} // namespace strait

#endif // STRAIT_PASSES_ANALYSIS_TILINGCUDA_H
