// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tasks of a convolution: images x blocks of output rows x blocks of panels.
#include "passes/analysis/ContractionTile.h"
#include "passes/analysis/TilingCpu.h"
#include "passes/analysis/Window.h"

using namespace mlir;
using namespace strait;

/// Enough pixels to use a panel's weights for, once they are in L2.
static constexpr int64_t enoughPixels = 144;
/// Fewer tasks than this leave cores idle: panels are split too.
static constexpr int64_t enoughTasks = 8;
/// Work below this is not worth a task of its own.
static constexpr int64_t minTaskFlops = 1 << 20;
/// Width assumed where it is dynamic.
static constexpr int64_t typicalWidth = 48;

FailureOr<LaunchShape> cpu::cutConv2D(kernel::Conv2DOp conv,
                                      const RootShape &shape,
                                      graph::TargetAttr target) {
  auto weights = cast<RankedTensorType>(conv.getWeights().getType());
  auto input = cast<RankedTensorType>(conv.getInput().getType());
  if (!weights.hasStaticShape() || weights.getRank() != 6 ||
      input.getRank() != 4 || input.isDynamicDim(3))
    return conv.emitOpError("expected static weights [G, panels, KH, KW, C, "
                            "16] and channels");
  if (failed(Window::check(conv)))
    return failure();
  Window window = Window::of(conv, weights.getDimSize(2),
                             weights.getDimSize(3));
  ArrayRef<AffineExpr> result = shape.result();
  ArrayRef<AffineExpr> source = shape.operand(conv.getInput());
  // Filters may be none: then there is no task, but a tile all the same.
  int64_t groups = std::max<int64_t>(1, weights.getDimSize(0));
  int64_t panels = std::max<int64_t>(1, weights.getDimSize(1));
  int64_t channels = input.getDimSize(3);
  int64_t depth = window.kernelH * window.kernelW * weights.getDimSize(4);
  int64_t images = std::max<int64_t>(1, extentOr(result[0], 1));
  std::optional<int64_t> height = constantExtent(result[1]);
  int64_t width = std::max<int64_t>(1, extentOr(result[2], typicalWidth));

  // Rows of output per task.
  int64_t rowFlops = std::max<int64_t>(
      1, 2 * width *
             std::max<int64_t>(1, groups * panels * panelWidth * depth));
  int64_t rowBlock = std::max(ceilDiv(enoughPixels, width),
                              ceilDiv(minTaskFlops, rowFlops));
  int64_t rowBytes =
      4 * channels * (extentOr(source[2], typicalWidth) + window.left +
                      window.right);
  while (rowBlock > 1 &&
         window.heldRows(rowBlock) * rowBytes > target.getL2() / 2)
    --rowBlock;
  int64_t rowBlocks = 4;
  if (height) {
    rowBlock = std::clamp<int64_t>(rowBlock, 1, std::max<int64_t>(1, *height));
    rowBlocks = std::max<int64_t>(1, ceilDiv(*height, rowBlock));
    rowBlock = std::max<int64_t>(1, ceilDiv(*height, rowBlocks)); // even blocks
  }

  std::optional<int64_t> pixels;
  if (height && constantExtent(result[2]))
    pixels = rowBlock * width;
  RegisterTile tile = chooseRegisterTile(pixels, panels, target);
  // Weights come from L2: ahead of use, unless the sum is too short.
  tile.prefetch = depth >= 64 ? 16 : 0;
  int64_t split = ceilDiv(enoughTasks, images * rowBlocks * groups);
  split = std::min(split, ceilDiv(rowFlops * rowBlock, minTaskFlops * groups));
  int64_t panelBlock = ceilDiv(panels, std::clamp<int64_t>(split, 1, panels));
  panelBlock = roundUp(panelBlock, tile.panels);

  AffineExpr tasks = result[0] * result[1].ceilDiv(rowBlock) *
                     (groups * ceilDiv(panels, panelBlock));
  AffineExpr bytes;
  if (window.hasPadding())
    bytes = (source[2] + (window.left + window.right)) *
            (4 * channels * window.heldRows(rowBlock));
  return LaunchShape(shape.numSizes(),
                     {{"lanes", target.lanes()},
                      {"panel_block", panelBlock},
                      {"panels", tile.panels},
                      {"prefetch", tile.prefetch},
                      {"row_block", rowBlock},
                      {"rows", tile.rows},
                      {"unroll", tile.unroll}},
                     tasks, bytes);
}
