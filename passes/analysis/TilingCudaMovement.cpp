// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tasks of roots on a GPU whose elements do not depend on each other: blocks of
// threads that do one point of the result each, `lanes` elements side by side.
#include "passes/analysis/TilingCuda.h"
#include "passes/analysis/Window.h"

using namespace mlir;
using namespace strait;

/// Threads of a block whose threads are independent.
static constexpr int64_t pointThreads = 256;
/// The widest load that a thread has, in bits, and elements that it moves.
static constexpr int64_t widestLoad = 128, mostLanes = 4;
/// Height and width assumed where they are dynamic.
static constexpr int64_t typicalExtent = 48;

/// Elements of `tensor` that are loaded at once from rows of `extent`, which
/// start at a multiple of them.
static int64_t lanesOf(Value tensor, AffineExpr extent) {
  auto known = constantExtent(extent);
  if (!known)
    return 1;
  Type element = getElementTypeOrSelf(tensor.getType());
  int64_t bits = element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
  int64_t lanes = std::min(mostLanes, widestLoad / std::max<int64_t>(8, bits));
  return *known % lanes == 0 ? lanes : 1;
}

static LaunchShape launchOf(const RootShape &shape, int64_t lanes,
                            AffineExpr points, int64_t scratch = 0) {
  return LaunchShape(shape.numSizes(),
                     {{"lanes", lanes}, {"threads", pointThreads}},
                     points.ceilDiv(pointThreads), shape.constant(scratch));
}

FailureOr<LaunchShape> cuda::cutConcat(kernel::ConcatOp concat,
                                       const RootShape &shape,
                                       graph::TargetAttr) {
  int64_t lanes = lanesOf(concat.getResult(), shape.result()[1]);
  for (Value input : concat.getInputs())
    lanes = std::min(lanes, lanesOf(input, shape.operand(input)[1]));
  return launchOf(shape, lanes,
                  shape.result()[0] * shape.result()[1].floorDiv(lanes));
}

FailureOr<LaunchShape> cuda::cutPool2D(kernel::Pool2DOp pool,
                                       const RootShape &shape,
                                       graph::TargetAttr) {
  ArrayRef<AffineExpr> result = shape.result();
  int64_t lanes = lanesOf(pool.getInput(), result[3]);
  return launchOf(shape, lanes,
                  result[0] * result[1] * result[2] *
                      result[3].floorDiv(lanes));
}

FailureOr<LaunchShape> cuda::cutScatter(kernel::ScatterOp scatter,
                                        const RootShape &shape,
                                        graph::TargetAttr) {
  ArrayRef<AffineExpr> result = shape.result();
  int64_t lanes = lanesOf(scatter.getData(), result[1]);
  return launchOf(shape, lanes, result[0] * result[1].floorDiv(lanes),
                  exchangeBytes);
}

/// Pixels side by side that share the loads of a thread: as many as leave
/// enough blocks to keep every multiprocessor busy.
static int64_t choosePixels(const Window &window, ArrayRef<AffineExpr> result,
                            int64_t lanes, int64_t cores) {
  int64_t pixels = window.kernelW > 1 && window.strideW == 1 ? 4 : 2;
  if (window.kernelW == 1 || window.strideW > window.kernelW)
    pixels = 1; // nothing is shared
  int64_t rows = extentOr(result[0], 1) * extentOr(result[1], typicalExtent);
  int64_t width = extentOr(result[2], typicalExtent);
  int64_t vectors = extentOr(result[3], lanes) / lanes;
  auto blocks = [&] {
    return ceilDiv(rows * ceilDiv(width, pixels) * vectors, pointThreads);
  };
  while (pixels > 1 && (blocks() < cores || pixels > width))
    pixels /= 2;
  return pixels;
}

FailureOr<LaunchShape> cuda::cutDepthwise(kernel::DepthwiseConv2DOp conv,
                                          const RootShape &shape,
                                          graph::TargetAttr target) {
  auto weights = cast<RankedTensorType>(conv.getWeights().getType());
  if (!weights.hasStaticShape() || weights.getRank() != 3)
    return conv.emitOpError("expected static weights [KH, KW, C]");
  if (failed(Window::check(conv)))
    return failure();
  Window window =
      Window::of(conv, weights.getDimSize(0), weights.getDimSize(1));
  ArrayRef<AffineExpr> result = shape.result();
  int64_t lanes = lanesOf(conv.getInput(), result[3]);
  int64_t pixels = choosePixels(window, result, lanes, target.getCores());
  LaunchShape launch =
      launchOf(shape, lanes,
               result[0] * result[1] * result[2].ceilDiv(pixels) *
                   result[3].floorDiv(lanes));
  Builder builder(shape.context());
  launch.addToTile("pixels", builder.getI64IntegerAttr(pixels));
  return launch;
}
