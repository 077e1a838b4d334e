// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tasks of a matrix product: batch x blocks of rows x blocks of panels; with a
// prologue batch x blocks of rows, so that each row is computed once.
#include "passes/analysis/ContractionTile.h"
#include "passes/analysis/TilingCpu.h"

#include <numeric>

using namespace mlir;
using namespace strait;

/// Work below this is not worth a task of its own: some 10 microseconds.
static constexpr int64_t minTaskFlops = 1 << 20;
/// The same for products that wait for weights: bytes of B.
static constexpr int64_t minTaskBytes = 128 << 10;
/// Blocks of rows where they alone make tasks.
static constexpr int64_t leastBlocks = 8;
/// More panels than any product has.
static constexpr int64_t allPanels = int64_t(1) << 24;
/// Rows assumed where their number is dynamic.
static constexpr int64_t typicalRows = 64;
/// Blocks of a dynamic number of rows where B stays in L2 between them.
static constexpr int64_t openRowBlock = 36;

namespace {
/// A product as its tile is chosen from: extents as they are known, else as
/// they typically are.
struct Product {
  std::optional<int64_t> rows, columns; // where known
  int64_t batch, m, k, panels;
  bool isPacked, hasPrologue;
  int64_t l2;

  int64_t rhsBytes() const { return panels * k * 64; }
  bool staysInL2() const { return rhsBytes() <= l2; }
};
} // namespace

/// Rows of A that stay in half of L2 while all panels of B pass by. Where B is
/// packed anew for every block of rows, blocks are as large as may be.
static int64_t chooseRowBlock(const Product &p, const RegisterTile &tile) {
  int64_t most = p.l2 / 2 / (4 * p.k);
  most = std::clamp<int64_t>(most, p.isPacked ? 48 : 120, 504);
  int64_t block = most / tile.rows * tile.rows;
  if (p.rows)
    block = roundUp(ceilDiv(p.m, ceilDiv(p.m, most)), tile.rows);
  else if (p.isPacked && p.staysInL2())
    block = openRowBlock;
  if (p.hasPrologue) // rows alone make tasks
    block = std::min(block, roundUp(ceilDiv(p.m, leastBlocks), tile.rows));
  return block;
}

/// Panels per task, a multiple of `unit`: enough work, but no fewer tasks than
/// many cores can use.
static int64_t choosePanelBlock(const Product &p, int64_t rowBlock,
                                int64_t unit) {
  if (p.hasPrologue)
    return p.columns ? roundUp(p.panels, unit) : allPanels;
  int64_t panelFlops = 2 * std::min(p.m, rowBlock) * panelWidth * p.k;
  int64_t enough = ceilDiv(minTaskFlops, panelFlops);
  if (p.m < 16)
    enough = std::min(enough, ceilDiv(minTaskBytes, p.k * 64));
  int64_t block = roundUp(enough, unit);
  int64_t rowBlocks = ceilDiv(p.m, rowBlock);
  int64_t mostBlocks = std::max<int64_t>(1, 64 / (p.batch * rowBlocks));
  block = std::max(block, roundUp(ceilDiv(p.panels, mostBlocks), unit));
  if (p.columns) // blocks of equal size
    block = std::min(
        block, roundUp(ceilDiv(p.panels, ceilDiv(p.panels, block)), unit));
  return block;
}

FailureOr<LaunchShape> cpu::cutMatmul(kernel::MatmulOp matmul,
                                      const RootShape &shape,
                                      graph::TargetAttr target) {
  ArrayRef<AffineExpr> result = shape.result();
  AffineExpr depth = shape.operand(matmul.getLhs())[2];
  Product p;
  p.rows = constantExtent(result[1]);
  p.columns = constantExtent(result[2]);
  p.batch = std::max<int64_t>(1, extentOr(result[0], 1));
  p.m = std::max<int64_t>(1, p.rows.value_or(typicalRows));
  p.k = std::max<int64_t>(1, extentOr(depth, 64));
  p.panels = std::max<int64_t>(1, ceilDiv(p.columns.value_or(64), panelWidth));
  p.isPacked = matmul.getPanels() == kernel::PanelLayout::packed;
  p.hasPrologue = bool(kernel::findPrologue(shape.root()));
  p.l2 = target.getL2();

  RegisterTile tile = chooseRegisterTile(p.rows, p.panels, target);
  if (!p.columns)
    tile.panels = 1;
  tile.prefetch = p.m <= 16 || !p.staysInL2() ? 32 : 16;
  int64_t rowBlock = chooseRowBlock(p, tile);
  // Where rows may be few, groups of panels for 1, 2 and 3 rows; blocks hold
  // whole groups of each kind.
  SmallVector<int64_t> fewPanels;
  int64_t unit = tile.panels;
  if (!p.rows && p.columns && p.isPacked)
    for (int64_t few : {1, 2, 3}) {
      fewPanels.push_back(chooseRegisterTile(few, p.panels, target).panels);
      unit = std::lcm(unit, fewPanels.back());
    }
  int64_t panelBlock = choosePanelBlock(p, rowBlock, unit);
  // Weights come from afar, once per block of rows: while all tiles of rows but
  // the first work on a panel, the next one can be on its way. The least number
  // of tiles over which that is spread.
  bool isFar = p.isPacked && !p.staysInL2();
  int64_t fetchAhead = isFar && rowBlock >= 4 * tile.rows ? 4 : 0;

  AffineExpr tasks = result[0] * result[1].ceilDiv(rowBlock) *
                     result[2].ceilDiv(panelWidth * panelBlock);
  AffineExpr scratch = p.isPacked
                           ? shape.constant(0)
                           : depth * (4 * panelWidth * tile.panels);
  if (p.hasPrologue)
    scratch = scratch + depth * (4 * rowBlock);
  LaunchShape launch(shape.numSizes(),
                     {{"fetch_ahead", fetchAhead},
                      {"lanes", target.lanes()},
                      {"panel_block", panelBlock},
                      {"panels", tile.panels},
                      {"prefetch", tile.prefetch},
                      {"row_block", rowBlock},
                      {"rows", tile.rows},
                      {"unroll", tile.unroll}},
                     tasks, scratch);
  if (!fewPanels.empty())
    launch.addToTile("few_rows_panels",
                     DenseI64ArrayAttr::get(shape.context(), fewPanels));
  return launch;
}
