// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How a block of a GPU's threads computes a block of an attention's rows.
#ifndef STRAIT_PASSES_ANALYSIS_ATTENTIONTILE_H
#define STRAIT_PASSES_ANALYSIS_ATTENTIONTILE_H

#include "passes/analysis/ProductTile.h"

#include <algorithm>

namespace strait {

/// Two products with the same rows in the same threads, so that what is known
/// of a row stays with them: `rows` queries by `keys` keys, then by `columns`
/// columns of the values. Between them the weights lie in shared memory, behind
/// the stages that both products use.
struct AttentionTile {
  /// Threads that share a row: neighbours in a warp.
  static constexpr int64_t rowThreads = 8;

  int64_t rows = 0, keys = 0, columns = 0;
  int64_t threadRows = 0;
  int64_t depth = 0;

  ProductTile scores() const {
    return {rows, keys, threadRows, keys / rowThreads, depth};
  }
  ProductTile values() const {
    return {rows, columns, threadRows, columns / rowThreads, depth};
  }
  int64_t threads() const { return rows / threadRows * rowThreads; }
  int64_t weightsAt() const { // bytes
    return std::max(scores().sharedBytes(), values().sharedBytes());
  }
  int64_t weights() const { return keys * ProductTile::stride(rows); }
  int64_t sharedBytes() const { return weightsAt() + 4 * weights(); }
};

} // namespace strait

#endif // STRAIT_PASSES_ANALYSIS_ATTENTIONTILE_H
