// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/ContractionTile.h"

#include "passes/analysis/Extents.h"

using namespace strait;

namespace {
/// The blocks of sums that an instruction set's registers hold beside the
/// operands of an update: rows * vectors sums, min(rows, vectors) values of the
/// shorter side and one of the longer.
struct RegisterBlocks {
  graph::Isa isa;
  int64_t rows[4];   // at 1, 2, 3, 4 panels; 0: never so wide
  int64_t panels[3]; // at 1, 2, 3 rows: more columns hide the latency of fma
};
constexpr RegisterBlocks table[] = {
    {graph::Isa::Avx2, {6, 0, 0, 0}, {6, 3, 2}},
    {graph::Isa::Avx512, {12, 12, 8, 6}, {4, 4, 4}},
};
} // namespace

static const RegisterBlocks &blocksOf(graph::TargetAttr target) {
  return *llvm::find_if(table, [&](const RegisterBlocks &blocks) {
    return blocks.isa == target.getIsa();
  });
}

/// Height of a block whose rows are counted at run time.
static constexpr int64_t mostOpenRows = 6;

RegisterTile strait::chooseRegisterTile(std::optional<int64_t> rows,
                                        int64_t panels,
                                        graph::TargetAttr target) {
  const RegisterBlocks &blocks = blocksOf(target);
  RegisterTile tile;
  if (rows && *rows <= 3) {
    tile.rows = std::max<int64_t>(*rows, 1);
    tile.panels = std::clamp<int64_t>(panels, 1, blocks.panels[tile.rows - 1]);
    tile.unroll = tile.rows == 1 ? 1 : 2;
    return tile;
  }
  while (tile.panels < std::min<int64_t>(panels, 4) &&
         blocks.rows[tile.panels] != 0)
    ++tile.panels;
  int64_t tallest = blocks.rows[tile.panels - 1];
  if (!rows) // code for every height is written: for few of them
    tallest = std::min(tallest, mostOpenRows);
  tile.rows = tallest;
  // The tallest tile that covers the rows without a ragged end.
  for (int64_t height = tallest; rows && height >= 4; --height) {
    int64_t missing = ceilDiv(*rows, height) * height - *rows;
    if (missing <= ceilDiv(*rows, height)) {
      tile.rows = height;
      break;
    }
  }
  tile.unroll = 4;
  return tile;
}
