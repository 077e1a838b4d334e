// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tasks of a depthwise convolution: images x blocks of output rows.
#include "passes/analysis/RootShape.h"
#include "passes/analysis/Tiling.h"
#include "passes/analysis/Window.h"

using namespace mlir;
using namespace strait;

/// Work below this is not worth a task of its own.
static constexpr int64_t minTaskFlops = 1 << 19;
/// Width assumed where it is dynamic.
static constexpr int64_t typicalWidth = 48;

static int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

FailureOr<LaunchShape>
strait::computeDepthwiseLaunch(Operation *regionOrFunc,
                               graph::TargetAttr target) {
  FailureOr<RootShape> shape = RootShape::create(regionOrFunc);
  if (failed(shape))
    return failure();
  auto conv = cast<kernel::DepthwiseConv2DOp>(shape->root());
  auto weights = cast<RankedTensorType>(conv.getWeights().getType());
  if (!weights.hasStaticShape() || weights.getRank() != 3)
    return conv.emitOpError("expected static weights [KH, KW, C]");
  if (failed(Window::check(conv)))
    return failure();
  Window window = Window::of(conv, weights.getDimSize(0),
                             weights.getDimSize(1));
  ArrayRef<AffineExpr> result = shape->result();
  ArrayRef<AffineExpr> source = shape->operand(conv.getInput());
  int64_t channels = weights.getDimSize(2);
  int64_t width = std::max<int64_t>(1, extentOr(result[2], typicalWidth));
  int64_t rowFlops = std::max<int64_t>(
      1, 2 * width * channels * window.kernelH * window.kernelW);
  int64_t rowBytes =
      64 * (extentOr(source[2], typicalWidth) + window.left + window.right);
  int64_t rowBlock = ceilDiv(minTaskFlops, rowFlops);
  while (rowBlock > 1 &&
         window.inputRows(rowBlock) * rowBytes > 2 * target.getL1())
    --rowBlock;
  if (auto height = knownExtent(result[1]); height && *height > 0) {
    rowBlock = std::min(rowBlock, *height);
    rowBlock = ceilDiv(*height, ceilDiv(*height, rowBlock));
  }

  // A cache line of channels for a few pixels: what a step reads, it reads in
  // whole lines, whatever the distance between pixels.
  int64_t vectors = ceilDiv(std::min<int64_t>(channels, 16), target.lanes());
  Builder builder(shape->context());
  auto number = [&](StringRef name, int64_t value) {
    return builder.getNamedAttr(name, builder.getI64IntegerAttr(value));
  };
  LaunchShape launch;
  launch.tile = builder.getDictionaryAttr(
      {number("lanes", target.lanes()), number("row_block", rowBlock),
       number("rows", vectors == 1 ? 7 : 4), number("vectors", vectors)});
  launch.tasks = shape->overSizes(result[0] * result[1].ceilDiv(rowBlock));
  AffineExpr bytes = (source[2] + (window.left + window.right)) *
                     (4 * vectors * target.lanes() *
                      window.inputRows(rowBlock));
  launch.scratch = shape->overSizes(bytes);
  return launch;
}
