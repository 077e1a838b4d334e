// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/AttentionPlan.h"

using namespace mlir;
using namespace strait;

/// Scores of this many rows (and 512 keys) leave room in L2 for the panels.
static constexpr int64_t mostBlockRows = 48;
/// Packing the keys and values of a head costs as much as about 2 rows.
static constexpr int64_t mostTaskRows = 256;
/// With few heads, rows have to be shared among workers too.
static constexpr int64_t mostTaskRowsFewHeads = 96;
static constexpr int64_t fewHeads = 8;

/// Tiles are 16 columns in as many vectors as they need, rows for the rest.
void AttentionPlan::cutRows() {
  int64_t mostTileRows = lanes == 16 ? 12 : lanes == 8 ? 6 : 2;
  AffineExpr allHeads = multiplyExtents(q.extents[0], q.extents[1]);
  auto heads = constantExtent(allHeads);
  int64_t most =
      heads && *heads < fewHeads ? mostTaskRowsFewHeads : mostTaskRows;
  tileRows = mostTileRows;
  taskRows = most;
  blockRows = roundUp(mostBlockRows, mostTileRows);
  if (auto rows = constantExtent(queryRows())) {
    // Cut evenly where the number of rows is known.
    int64_t count = std::max<int64_t>(*rows, 1);
    taskRows = ceilDiv(count, ceilDiv(count, most));
    int64_t blocks = ceilDiv(taskRows, mostBlockRows);
    int64_t perBlock = ceilDiv(taskRows, blocks);
    int64_t tiles = ceilDiv(perBlock, mostTileRows);
    tileRows = ceilDiv(perBlock, tiles);
    blockRows = tiles * tileRows;
  }
  tasks = allHeads * queryRows().ceilDiv(taskRows);
}

void AttentionPlan::layOutScratch() {
  keyColumns = keyRows().ceilDiv(panelWidth) * panelWidth;
  scoreStride = keyColumns + 16;
  auto bytes = [&](AffineExpr floats) {
    return (floats * 4).ceilDiv(operandAlignment) * operandAlignment;
  };
  AffineExpr paddedWidth = width().ceilDiv(panelWidth) * panelWidth;
  valuesAt = bytes(keyColumns * depth());
  scoresAt = valuesAt + bytes(keyColumns * paddedWidth);
  factorsAt = scoresAt + bytes(scoreStride * blockRows);
  scratchBytes = factorsAt + bytes(getAffineConstantExpr(blockRows,
                                                         op.getContext()));
}

FailureOr<AttentionPlan> AttentionPlan::compute(Operation *regionOrFunc,
                                                int64_t lanes) {
  FailureOr<AttentionShape> shape = AttentionShape::compute(regionOrFunc);
  if (failed(shape))
    return failure();
  AttentionPlan plan(std::move(*shape));
  plan.lanes = lanes;
  plan.cutRows();
  plan.layOutScratch();
  return plan;
}
