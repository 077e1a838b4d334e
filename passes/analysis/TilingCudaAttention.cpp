// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tasks of an attention on a GPU: heads x blocks of queries x blocks of the
// values' columns. Wide values are cut, and scores computed for each part
// again, as all of a block's sums stay in registers.
#include "passes/analysis/AttentionShape.h"
#include "passes/analysis/AttentionTile.h"
#include "passes/analysis/TilingCuda.h"

using namespace mlir;
using namespace strait;

/// Extents assumed where only the run tells them.
static constexpr int64_t typicalRows = 256, typicalColumns = 64;
static constexpr int64_t mostRows = 64, mostKeys = 64, mostColumns = 128;
/// Four rows of a thread read a key for four products.
static constexpr int64_t threadRows = 4;

/// The least power of two of at least `least` that covers `extent`.
static int64_t cover(int64_t extent, int64_t least, int64_t most) {
  return std::clamp<int64_t>(llvm::PowerOf2Ceil(std::max<int64_t>(extent, 1)),
                             least, most);
}

FailureOr<LaunchShape> cuda::cutAttention(kernel::AttentionOp,
                                          const RootShape &shape,
                                          graph::TargetAttr target) {
  auto attention = AttentionShape::compute(shape.regionOrFunc());
  if (failed(attention))
    return failure();
  AffineExpr heads =
      multiplyExtents(attention->q.extents[0], attention->q.extents[1]);
  int64_t queries = extentOr(attention->queryRows(), typicalRows);
  AttentionTile tile;
  tile.depth = 16;
  tile.keys = cover(extentOr(attention->keyRows(), mostKeys), 32, mostKeys);
  tile.columns =
      cover(extentOr(attention->width(), typicalColumns), 32, mostColumns);
  // A warp has four rows at the least; one query is one row each of four.
  tile.threadRows = queries <= 4 ? 1 : threadRows;
  tile.rows = cover(queries, 4 * tile.threadRows, mostRows);
  // Rather few rows per block than few blocks.
  while (tile.rows > 4 * tile.threadRows &&
         extentOr(heads, 1) * ceilDiv(queries, tile.rows) < target.getCores())
    tile.rows /= 2;
  AffineExpr tasks = heads * attention->queryRows().ceilDiv(tile.rows) *
                     attention->width().ceilDiv(tile.columns);
  return LaunchShape(shape.numSizes(),
                     {{"columns", tile.columns},
                      {"depth", tile.depth},
                      {"keys", tile.keys},
                      {"rows", tile.rows},
                      {"thread_rows", tile.threadRows},
                      {"threads", tile.threads()}},
                     tasks, shape.constant(tile.sharedBytes()));
}
