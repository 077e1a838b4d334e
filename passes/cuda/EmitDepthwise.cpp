// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.depthwise_conv2d on a GPU. A thread does a few neighbouring pixels for
// one channel, or for a vector of them; its neighbours do the next channels:
//
//   (image, y, first x, channels) = point:
//     for window rows inside the image:
//       for each input column under the pixels: load once;
//         for each pixel whose window covers it: sum += input * weight
//     epilogue, store the pixels that exist
//
// Columns outside of the image are loaded as the nearest one inside and count
// as zero, so that all threads of a warp go the same way. Of a wide window, a
// loop loads the columns of one tap after the other: written out, all of them
// would want registers at once.
#include "passes/cuda/Generators.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "passes/analysis/Window.h"
#include "passes/cuda/ThreadPoints.h"
#include "passes/loops/Epilogue.h"
#include "passes/loops/IndexMath.h"
#include "passes/loops/TileAttributes.h"
#include "passes/loops/WindowSpan.h"

using namespace mlir;
using namespace strait;
using namespace strait::cuda;

/// Taps of a window row that are written out.
static constexpr int64_t maxStraightTaps = 9;

namespace {
struct DepthwiseEmitter {
  const Epilogue &epilogue;
  Location loc;
  Window window;
  int64_t channels = 1;
  // Of the tile attribute.
  int64_t lanes = 1, pixels = 1;
  // Values of the entry block.
  Value input = {}, weights = {}, inputH = {}, inputW = {}, outputW = {};

  struct Point {
    Value image, y, x, channel; // of the first pixel
  };
  Value load(OpBuilder &b, Value memref, Value at) const {
    return loadElements(b, loc, memref, at, b.getF32Type(), lanes,
                        /*isAligned=*/true);
  }
  Value zero(OpBuilder &b) const {
    Value value =
        arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0.0f));
    return toVector(b, loc, value, lanes);
  }
  Value loadColumn(OpBuilder &b, const Point &point, Value rowAt,
                   Value column) const;
  Value loadTap(OpBuilder &b, const Point &point, Value kh, Value kw) const;
  void emitWindowRow(OpBuilder &b, const Point &point, Value rowAt, Value kh,
                     SmallVector<Value> &sums) const;
  SmallVector<Value> emitWideRow(OpBuilder &b, const Point &point, Value rowAt,
                                 Value kh, ValueRange start) const;
  SmallVector<Value> emitWindow(OpBuilder &b, const Point &point) const;
  LogicalResult emitPoint(OpBuilder &b, const Point &point) const;
};
} // namespace

/// The input under column `column` of the tile of pixels, from the row that
/// starts at element `rowAt`.
Value DepthwiseEmitter::loadColumn(OpBuilder &b, const Point &point,
                                   Value rowAt, Value column) const {
  IndexMath math(b, loc);
  Value at = math.add(math.mul(point.x, window.strideW), column);
  bool isInside = window.left == 0 && window.right == 0 && pixels == 1;
  auto addressOf = [&](Value x) {
    return math.add(math.add(rowAt, math.mul(x, channels)), point.channel);
  };
  if (isInside)
    return load(b, input, addressOf(at));
  at = math.sub(at, math.constant(window.left));
  // Unsigned: what is negative is no column either.
  Value exists = math.compare(arith::CmpIPredicate::ult, at, inputW);
  Value last = math.sub(inputW, math.constant(1));
  Value nearest = math.max(math.constant(0), math.min(at, last));
  return math.select(exists, load(b, input, addressOf(nearest)), zero(b));
}

Value DepthwiseEmitter::loadTap(OpBuilder &b, const Point &point, Value kh,
                                Value kw) const {
  IndexMath math(b, loc);
  Value tap = math.add(math.mul(kh, window.kernelW), kw);
  return load(b, weights, math.add(math.mul(tap, channels), point.channel));
}

void DepthwiseEmitter::emitWindowRow(OpBuilder &b, const Point &point,
                                     Value rowAt, Value kh,
                                     SmallVector<Value> &sums) const {
  IndexMath math(b, loc);
  SmallVector<Value> taps(window.kernelW);
  for (int64_t column = 0; column < window.inputColumns(pixels); ++column) {
    Value loaded;
    for (int64_t pixel = 0; pixel < pixels; ++pixel) {
      int64_t offset = column - pixel * window.strideW;
      int64_t kw = offset / window.dilationW;
      if (offset < 0 || offset % window.dilationW != 0 || kw >= window.kernelW)
        continue;
      if (!loaded)
        loaded = loadColumn(b, point, rowAt, math.constant(column));
      if (!taps[kw])
        taps[kw] = loadTap(b, point, kh, math.constant(kw));
      sums[pixel] =
          math::FmaOp::create(b, loc, loaded, taps[kw], sums[pixel]);
    }
  }
}

SmallVector<Value> DepthwiseEmitter::emitWideRow(OpBuilder &b,
                                                 const Point &point,
                                                 Value rowAt, Value kh,
                                                 ValueRange start) const {
  IndexMath math(b, loc);
  auto loop = scf::ForOp::create(
      b, loc, math.constant(0), math.constant(window.kernelW),
      math.constant(1), start,
      [&](OpBuilder &inside, Location, Value kw, ValueRange carried) {
        IndexMath in(inside, loc);
        Value tap = loadTap(inside, point, kh, kw);
        SmallVector<Value> sums;
        for (auto [pixel, sum] : llvm::enumerate(carried)) {
          Value column = in.add(in.mul(kw, window.dilationW),
                                int64_t(pixel) * window.strideW);
          Value loaded = loadColumn(inside, point, rowAt, column);
          sums.push_back(math::FmaOp::create(inside, loc, loaded, tap, sum));
        }
        scf::YieldOp::create(inside, loc, sums);
      });
  return SmallVector<Value>(loop.getResults());
}

SmallVector<Value> DepthwiseEmitter::emitWindow(OpBuilder &b,
                                                const Point &point) const {
  IndexMath math(b, loc);
  WindowAxis axis{window.kernelH, window.strideH, window.dilationH, window.top,
                  inputH};
  Value first = axis.first(math, point.y);
  Value begin = axis.below(math, first, math.constant(0));
  Value end = axis.below(math, first, inputH);
  // Of rows without columns there is nothing to load.
  end = math.select(math.less(math.constant(0), inputW), end, begin);
  SmallVector<Value> start(pixels, zero(b));
  auto loop = scf::ForOp::create(
      b, loc, begin, end, math.constant(1), start,
      [&](OpBuilder &inside, Location, Value kh, ValueRange carried) {
        IndexMath in(inside, loc);
        SmallVector<Value> sums(carried);
        Value row = in.add(first, in.mul(kh, window.dilationH));
        row = in.add(in.mul(point.image, inputH), row);
        Value rowAt = in.mul(in.mul(row, inputW), channels);
        if (window.kernelW > maxStraightTaps)
          sums = emitWideRow(inside, point, rowAt, kh, carried);
        else
          emitWindowRow(inside, point, rowAt, kh, sums);
        scf::YieldOp::create(inside, loc, sums);
      });
  return SmallVector<Value>(loop.getResults());
}

LogicalResult DepthwiseEmitter::emitPoint(OpBuilder &b,
                                          const Point &point) const {
  IndexMath math(b, loc);
  auto width = IndexMath::known(outputW);
  bool allExist = width && *width % pixels == 0;
  for (auto [pixel, sum] : llvm::enumerate(emitWindow(b, point))) {
    Value x = math.add(point.x, pixel);
    Value position[] = {point.image, point.y, x, point.channel};
    if (pixel == 0 || allExist) {
      if (failed(epilogue.store(b, sum, position, {})))
        return failure();
      continue;
    }
    auto branch = scf::IfOp::create(b, loc, math.less(x, outputW),
                                    /*withElse=*/false);
    OpBuilder inside = branch.getThenBodyBuilder();
    if (failed(epilogue.store(inside, sum, position, {})))
      return failure();
  }
  return success();
}

LogicalResult cuda::emitDepthwiseConv2D(KernelFunction &function,
                                        kernel::DepthwiseConv2DOp op,
                                        int64_t threads) {
  if (failed(expectF32(op, op->getOperandTypes())) || failed(Window::check(op)))
    return failure();
  auto weights = cast<RankedTensorType>(op.getWeights().getType());
  auto input = function.inputIndex(op.getInput());
  auto taps = function.inputIndex(op.getWeights());
  if (!input || !taps)
    return op.emitOpError("expected its operands to be inputs of the kernel");
  if (!weights.hasStaticShape() || weights.getRank() != 3)
    return op.emitOpError("expected static weights [KH, KW, C]");
  FailureOr<Epilogue> epilogue = Epilogue::create(function, op);
  if (failed(epilogue))
    return failure();
  epilogue->expectAligned();
  DepthwiseEmitter emitter{
      *epilogue, op.getLoc(),
      Window::of(op, weights.getDimSize(0), weights.getDimSize(1)),
      weights.getDimSize(2)};
  if (failed(TileAttributes(function.kernel())
                 .read({{"lanes", &emitter.lanes},
                        {"pixels", &emitter.pixels}})))
    return failure();
  ArrayRef<AffineExpr> in = function.inputShape(*input);
  ArrayRef<AffineExpr> out = function.resultShape(0);
  emitter.input = function.flatInput(*input);
  emitter.weights = function.flatInput(*taps);
  emitter.inputH = function.size(in[1]);
  emitter.inputW = function.size(in[2]);
  emitter.outputW = function.size(out[2]);
  AffineExpr columns = out[2].ceilDiv(emitter.pixels);
  AffineExpr vectors = out[3].floorDiv(emitter.lanes);
  Value extents[] = {function.size(out[0]), function.size(out[1]),
                     function.size(columns), function.size(vectors)};
  return forEachPoint(
      function, threads, out[0] * out[1] * columns * vectors,
      [&](OpBuilder &b, Value number) {
        IndexMath math(b, function.loc());
        auto at = positionOf(b, function.loc(), number, extents);
        return emitter.emitPoint(b, {at[0], at[1],
                                     math.mul(at[2], emitter.pixels),
                                     math.mul(at[3], emitter.lanes)});
      });
}
