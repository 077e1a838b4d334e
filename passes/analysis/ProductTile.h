// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How a block of a GPU's threads computes a block of a product.
#ifndef STRAIT_PASSES_ANALYSIS_PRODUCTTILE_H
#define STRAIT_PASSES_ANALYSIS_PRODUCTTILE_H

#include <cstdint>
#include <optional>

namespace strait {

/// Every thread keeps `threadRows` x `threadColumns` sums in registers. The
/// operands pass through shared memory, `depth` steps of the sum at a time, in
/// two stages: one is read while the other is filled.
struct ProductTile {
  int64_t rows = 0, columns = 0; // of the block
  int64_t threadRows = 0, threadColumns = 0;
  int64_t depth = 0;

  int64_t threads() const {
    return rows / threadRows * (columns / threadColumns);
  }
  /// Elements of a step of `width` rows or columns in shared memory: the gap
  /// sends the elements of neighbouring steps to different banks.
  static int64_t stride(int64_t width) { return width + 4; }
  int64_t stageElements() const {
    return depth * (stride(rows) + stride(columns));
  }
  int64_t sharedBytes() const { return 2 * 4 * stageElements(); }
};

struct ProductShape {
  std::optional<int64_t> rows, columns; // nothing: known at run time
  int64_t batch;
};

/// The tile with the least work for the busiest of `cores` multiprocessors.
ProductTile chooseProductTile(const ProductShape &shape, int64_t cores);

} // namespace strait

#endif // STRAIT_PASSES_ANALYSIS_PRODUCTTILE_H
