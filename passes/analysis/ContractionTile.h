// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The block of accumulators that contractions keep in registers.
#ifndef STRAIT_PASSES_ANALYSIS_CONTRACTIONTILE_H
#define STRAIT_PASSES_ANALYSIS_CONTRACTIONTILE_H

#include "dialects/graph/GraphOps.h"

namespace strait {

struct RegisterTile {
  int64_t rows = 6;     // of A, or output pixels
  int64_t panels = 1;   // of B, each 16 columns wide
  int64_t unroll = 4;   // of the innermost sum
  int64_t prefetch = 0; // steps ahead that B is fetched
};

/// For a block of `rows` rows (if known) and `panels` panels. Measured on Zen 3:
/// 6 x 16 reaches 97 % of the multipliers' peak, one row alone is best at 96
/// columns (recipe of the CPU kernels).
RegisterTile chooseRegisterTile(std::optional<int64_t> rows, int64_t panels,
                                graph::TargetAttr target);

} // namespace strait

#endif // STRAIT_PASSES_ANALYSIS_CONTRACTIONTILE_H
