// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/ProductTile.h"

#include "passes/analysis/Extents.h"

using namespace strait;

namespace {
/// `efficiency`: the share of multiplications among the instructions of the
/// main loop; what is left are reads of shared memory and copies into it.
struct TileRow {
  ProductTile tile;
  double efficiency;
};
constexpr TileRow table[] = {
    {{128, 128, 8, 8, 8}, 0.90}, {{128, 64, 8, 4, 8}, 0.84},
    {{64, 128, 4, 8, 8}, 0.84},  {{64, 64, 4, 4, 16}, 0.76},
    {{128, 32, 8, 4, 8}, 0.80},  {{64, 32, 4, 4, 16}, 0.72},
    {{32, 64, 4, 4, 16}, 0.72},  {{32, 32, 4, 4, 16}, 0.66},
    {{128, 16, 4, 4, 8}, 0.60},  {{16, 128, 4, 4, 8}, 0.60},
};
} // namespace

/// Extents assumed where only the run tells them.
static constexpr int64_t typicalRows = 256, typicalColumns = 256;
/// Threads that a multiprocessor needs to hide the latency of its multipliers.
static constexpr int64_t busyThreads = 256;

ProductTile strait::chooseProductTile(const ProductShape &shape,
                                      int64_t cores) {
  int64_t rows = shape.rows.value_or(typicalRows);
  int64_t columns = shape.columns.value_or(typicalColumns);
  ProductTile best = table[0].tile;
  double leastCost = 0;
  for (const TileRow &row : table) {
    const ProductTile &tile = row.tile;
    int64_t blocks =
        shape.batch * ceilDiv(rows, tile.rows) * ceilDiv(columns, tile.columns);
    int64_t perCore = std::max<int64_t>(1, ceilDiv(blocks, cores));
    double busy = std::min(1.0, double(perCore) * tile.threads() / busyThreads);
    double cost =
        double(perCore) * tile.rows * tile.columns / (row.efficiency * busy);
    if (&row == table || cost < leastCost) {
      best = tile;
      leastCost = cost;
    }
  }
  return best;
}
