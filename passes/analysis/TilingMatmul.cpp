// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tasks of a matrix product: batch x blocks of rows x blocks of panels; with a
// prologue batch x blocks of rows, so that each row is computed once.
#include "passes/analysis/ContractionTile.h"
#include "passes/analysis/RootShape.h"
#include "passes/analysis/Tiling.h"

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

static int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

FailureOr<LaunchShape>
strait::computeMatmulLaunch(Operation *regionOrFunc, graph::TargetAttr target) {
  FailureOr<RootShape> shape = RootShape::create(regionOrFunc);
  if (failed(shape))
    return failure();
  auto matmul = cast<kernel::MatmulOp>(shape->root());
  ArrayRef<AffineExpr> result = shape->result();
  ArrayRef<AffineExpr> lhs = shape->operand(matmul.getLhs());
  AffineExpr depth = lhs[matmul.getTransposeLhs() ? 1 : 2];
  bool packed = matmul.getPanels() == kernel::PanelLayout::packed;
  bool hasPrologue = bool(kernel::findPrologue(shape->root()));

  std::optional<int64_t> rows = knownExtent(result[1]);
  int64_t batch = std::max<int64_t>(1, extentOr(result[0], 1));
  int64_t m = std::max<int64_t>(1, rows.value_or(typicalRows));
  int64_t k = std::max<int64_t>(1, extentOr(depth, 64));
  std::optional<int64_t> columns = knownExtent(result[2]);
  int64_t panels = std::max<int64_t>(1, ceilDiv(columns.value_or(64), 16));

  RegisterTile tile = chooseRegisterTile(rows, panels, target);
  if (!columns)
    tile.panels = 1;

  // Rows of A that stay in half of L2 while all panels of B pass by. Where B
  // is packed anew for every block of rows, blocks are as large as may be.
  int64_t mostRows = target.getL2() / 2 / (4 * k);
  mostRows = std::clamp<int64_t>(mostRows, packed ? 48 : 120, 504);
  int64_t rowBlock = mostRows / tile.rows * tile.rows;
  if (rows)
    rowBlock = ceilDiv(ceilDiv(m, ceilDiv(m, mostRows)), tile.rows) * tile.rows;
  else if (packed && 64 * panels * k <= target.getL2())
    rowBlock = openRowBlock;
  if (hasPrologue)
    rowBlock = std::min(rowBlock, ceilDiv(ceilDiv(m, leastBlocks), tile.rows) *
                                      tile.rows);
  int64_t rowBlocks = ceilDiv(m, rowBlock);

  // Where rows may be few, groups of panels for 1, 2 and 3 rows; blocks hold
  // whole groups of each kind.
  SmallVector<int64_t> fewPanels;
  int64_t unit = tile.panels;
  if (!rows && columns && packed)
    for (int64_t few : {1, 2, 3}) {
      fewPanels.push_back(chooseRegisterTile(few, panels, target).panels);
      unit = std::lcm(unit, fewPanels.back());
    }

  // Panels per task: enough work, but no fewer tasks than many cores can use.
  int64_t panelFlops = 2 * std::min(m, rowBlock) * 16 * k;
  int64_t enough = ceilDiv(minTaskFlops, panelFlops);
  if (m < 16)
    enough = std::min(enough, ceilDiv(minTaskBytes, k * 64));
  int64_t panelBlock = ceilDiv(enough, unit) * unit;
  int64_t mostBlocks = std::max<int64_t>(1, 64 / (batch * rowBlocks));
  panelBlock =
      std::max(panelBlock, ceilDiv(ceilDiv(panels, mostBlocks), unit) * unit);
  if (columns) // blocks of equal size
    panelBlock = std::min(
        panelBlock,
        ceilDiv(ceilDiv(panels, ceilDiv(panels, panelBlock)), unit) * unit);

  if (hasPrologue)
    panelBlock = columns ? ceilDiv(panels, unit) * unit : allPanels;

  int64_t weightBytes = panels * k * 64;
  if (m <= 16 || weightBytes > target.getL2())
    tile.prefetch = 32;
  else
    tile.prefetch = 16;

  // Weights come from afar, once per block of rows: while all tiles of rows but
  // the first work on a panel, the next one can be on its way. The least number
  // of tiles over which that is spread.
  bool isFar = packed && weightBytes > target.getL2();
  int64_t fetchAhead = isFar && rowBlock >= 4 * tile.rows ? 4 : 0;

  Builder builder(shape->context());
  LaunchShape launch;
  SmallVector<NamedAttribute> parameters = {
      builder.getNamedAttr("fetch_ahead", builder.getI64IntegerAttr(fetchAhead)),
      builder.getNamedAttr("lanes", builder.getI64IntegerAttr(target.lanes())),
      builder.getNamedAttr("panel_block", builder.getI64IntegerAttr(panelBlock)),
      builder.getNamedAttr("panels", builder.getI64IntegerAttr(tile.panels)),
      builder.getNamedAttr("prefetch", builder.getI64IntegerAttr(tile.prefetch)),
      builder.getNamedAttr("row_block", builder.getI64IntegerAttr(rowBlock)),
      builder.getNamedAttr("rows", builder.getI64IntegerAttr(tile.rows)),
      builder.getNamedAttr("unroll", builder.getI64IntegerAttr(tile.unroll)),
  };
  if (!fewPanels.empty())
    parameters.push_back(
        builder.getNamedAttr("few_rows_panels",
                             builder.getDenseI64ArrayAttr(fewPanels)));
  launch.tile = builder.getDictionaryAttr(parameters);
  launch.tasks = shape->overSizes(result[0] * result[1].ceilDiv(rowBlock) *
                                  result[2].ceilDiv(16 * panelBlock));
  AffineExpr scratch =
      packed ? shape->constant(0) : depth * (64 * tile.panels);
  if (hasPrologue)
    scratch = scratch + depth * (4 * rowBlock);
  launch.scratch = shape->overSizes(scratch);
  return launch;
}
