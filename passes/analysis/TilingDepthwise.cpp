// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tasks of a depthwise convolution: images x blocks of output rows.
#include "passes/analysis/TilingCpu.h"
#include "passes/analysis/Window.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace strait;

/// Work below this is not worth a task of its own: some 5 microseconds.
static constexpr int64_t minTaskFlops = 1 << 18;
/// As many tasks keep any number of cores busy.
static constexpr int64_t enoughTasks = 16;
/// Channels of a cache line, and of half a page.
static constexpr int64_t lineChannels = 16, halfPage = 512;
/// Width assumed where it is dynamic.
static constexpr int64_t typicalWidth = 48;

/// Whether the epilogue computes an elementary function.
static bool hasFunction(Operation *regionOrFunc) {
  return regionOrFunc
      ->walk([](Operation *op) {
        return isa<math::MathDialect>(op->getDialect()) &&
                       !isa<math::FmaOp, math::AbsFOp, math::SqrtOp>(op)
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

FailureOr<LaunchShape> cpu::cutDepthwise(kernel::DepthwiseConv2DOp conv,
                                         const RootShape &shape,
                                         graph::TargetAttr target) {
  auto weights = cast<RankedTensorType>(conv.getWeights().getType());
  if (!weights.hasStaticShape() || weights.getRank() != 3)
    return conv.emitOpError("expected static weights [KH, KW, C]");
  if (failed(Window::check(conv)))
    return failure();
  Window window = Window::of(conv, weights.getDimSize(0),
                             weights.getDimSize(1));
  ArrayRef<AffineExpr> result = shape.result();
  int64_t channels = weights.getDimSize(2);
  int64_t width = std::max<int64_t>(1, extentOr(result[2], typicalWidth));
  int64_t rowFlops = std::max<int64_t>(
      1, 2 * width * channels * window.kernelH * window.kernelW);
  // Neighbouring blocks read the same rows: no more of them than balance needs.
  int64_t rowBlock = std::max(ceilDiv(minTaskFlops, rowFlops),
                              ceilDiv(extentOr(result[1], 1), enoughTasks));
  if (auto height = constantExtent(result[1]); height && *height > 0) {
    rowBlock = std::min(rowBlock, *height);
    rowBlock = ceilDiv(*height, ceilDiv(*height, rowBlock));
  }

  // Eight sums hide the latency of fma; a row of taps and a pixel fit beside
  // them. They are best eight pixels, which share loads. Pixels a multiple of
  // half a page apart share two sets of L1, though: there, a cache line must be
  // used up at once. And a long epilogue wants wide vectors.
  int64_t vectors = 1;
  if (channels % halfPage == 0 || hasFunction(shape.regionOrFunc()))
    vectors = ceilDiv(std::min<int64_t>(channels, lineChannels),
                      target.lanes());
  int64_t most = vectors == 1 ? 8 : 4;
  int64_t rows = ceilDiv(width, ceilDiv(width, most));
  return LaunchShape(shape.numSizes(),
                     {{"lanes", target.lanes()},
                      {"row_block", rowBlock},
                      {"rows", rows},
                      {"vectors", vectors}},
                     result[0] * result[1].ceilDiv(rowBlock));
}
