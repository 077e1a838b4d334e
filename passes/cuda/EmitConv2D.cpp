// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.conv2d on a GPU, as a product whose left operand is never written:
//
//   task = (group, block of pixels, block of output channels):
//     block product over k = (kh, kw, channel) (BlockProduct.h), where a
//     pixel's
//       element k is the input under its window, or zero in the padding
//     epilogue, store, where pixels and channels exist
//
// Pixels are counted through all images.
#include "passes/cuda/Generators.h"

#include "passes/analysis/Extents.h"
#include "passes/analysis/Window.h"
#include "passes/cuda/BlockProduct.h"
#include "passes/loops/Epilogue.h"
#include "passes/loops/IndexMath.h"

using namespace mlir;
using namespace strait;
using namespace strait::cuda;

namespace {
struct Pixel {
  Value image, y, x;
};

/// The numbers around a convolution that kernels know, and those of a run.
struct Images {
  Window window;
  int64_t groups, channels, outputs; // channels of a group
  Value inputH, inputW, outputH, outputW;

  int64_t depth() const { return window.kernelH * window.kernelW * channels; }
  int64_t allChannels() const { return groups * channels; }
  Pixel pixel(OpBuilder &b, Location loc, Value number) const {
    IndexMath math(b, loc);
    Value row = math.div(number, outputW);
    return {math.div(row, outputH), math.rem(row, outputH),
            math.rem(number, outputW)};
  }
};

/// Element (pixel, k) of the product's left operand.
struct WindowSource : OperandSource {
  WindowSource(const Images &images, Value memref, Value group, Value pixels)
      : images(images), memref(memref), group(group), pixels(pixels) {
    lanes = images.channels % vectorWidth == 0 ? vectorWidth : 1;
  }
  SmallVector<Value> locate(OpBuilder &b, Value position) override;
  FailureOr<Value> load(OpBuilder &b, ValueRange located, Value k) override;

  const Images &images;
  Value memref, group, pixels;
};

class Conv2DEmitter {
public:
  Conv2DEmitter(KernelFunction &function, kernel::Conv2DOp op,
                const BlockProduct &product, const Epilogue &epilogue)
      : function(function), op(op), product(product), epilogue(epilogue),
        loc(op.getLoc()) {}
  LogicalResult emit();

private:
  LogicalResult readOperands();
  LogicalResult emitTask(OpBuilder &b, Value task);

  KernelFunction &function;
  kernel::Conv2DOp op;
  const BlockProduct &product;
  const Epilogue &epilogue;
  Location loc;
  Images images;
  Value input, weights, pixels, pixelBlocks;
};
} // namespace

/// Where the group's channels of the image start, and the window's corner,
/// which may lie outside of the image.
SmallVector<Value> WindowSource::locate(OpBuilder &b, Value position) {
  Location loc = memref.getLoc();
  IndexMath math(b, loc);
  const Window &window = images.window;
  Value last = math.sub(pixels, math.constant(1));
  Pixel pixel = images.pixel(b, loc, math.min(position, last));
  Value first = math.mul(math.mul(pixel.image, images.inputH), images.inputW);
  first = math.add(math.mul(first, images.allChannels()),
                   math.mul(group, images.channels));
  return {
      first,
      math.sub(math.mul(pixel.y, window.strideH), math.constant(window.top)),
      math.sub(math.mul(pixel.x, window.strideW), math.constant(window.left))};
}

FailureOr<Value> WindowSource::load(OpBuilder &b, ValueRange located, Value k) {
  Location loc = memref.getLoc();
  IndexMath math(b, loc);
  const Window &window = images.window;
  Value tap = math.div(k, images.channels);
  Value kh = math.div(tap, window.kernelW), kw = math.rem(tap, window.kernelW);
  Value y = math.add(located[1], math.mul(kh, window.dilationH));
  Value x = math.add(located[2], math.mul(kw, window.dilationW));
  Value at =
      math.mul(math.add(math.mul(y, images.inputW), x), images.allChannels());
  at = math.add(math.add(located[0], at), math.rem(k, images.channels));
  if (!window.hasPadding())
    return loadVector(b, loc, memref, at, lanes);
  // Positions before the image are large as unsigned numbers.
  auto below = arith::CmpIPredicate::ult;
  Value isInside =
      b.createOrFold<arith::AndIOp>(loc, math.compare(below, y, images.inputH),
                                    math.compare(below, x, images.inputW));
  at = math.select(isInside, at, math.constant(0));
  Value element = loadVector(b, loc, memref, at, lanes);
  Value zero =
      arith::ConstantOp::create(b, loc, b.getZeroAttr(element.getType()));
  return arith::SelectOp::create(b, loc, isInside, element, zero).getResult();
}

LogicalResult Conv2DEmitter::readOperands() {
  auto taps = cast<RankedTensorType>(op.getWeights().getType());
  auto output = cast<RankedTensorType>(op.getResult().getType());
  auto source = function.inputIndex(op.getInput());
  auto kernel = function.inputIndex(op.getWeights());
  if (!source || !kernel)
    return op.emitOpError("expected its operands to be inputs of the kernel");
  if (!taps.hasStaticShape() || taps.getRank() != 6 || output.getRank() != 4 ||
      output.isDynamicDim(3))
    return op.emitOpError("expected static weights and channels");
  images.window = Window::of(op, taps.getDimSize(2), taps.getDimSize(3));
  images.groups = taps.getDimSize(0);
  images.channels = taps.getDimSize(4);
  images.outputs = output.getDimSize(3) / images.groups;
  ArrayRef<AffineExpr> in = function.inputShape(*source);
  ArrayRef<AffineExpr> out = function.resultShape(0);
  input = function.flatInput(*source);
  weights = function.flatInput(*kernel);
  images.inputH = function.size(in[1]);
  images.inputW = function.size(in[2]);
  images.outputH = function.size(out[1]);
  images.outputW = function.size(out[2]);
  AffineExpr all = out[0] * out[1] * out[2];
  pixels = function.size(all);
  pixelBlocks = function.size(all.ceilDiv(product.rows()));
  return success();
}

LogicalResult Conv2DEmitter::emitTask(OpBuilder &b, Value task) {
  IndexMath math(b, loc);
  int64_t columnBlocks = ceilDiv(images.outputs, product.columns());
  Value outer = math.div(task, columnBlocks);
  Value group = math.div(outer, pixelBlocks);
  ProductBlock block;
  block.row = math.mul(math.rem(outer, pixelBlocks), product.rows());
  block.column = math.mul(math.rem(task, columnBlocks), product.columns());
  block.rows = pixels;
  block.columns = math.constant(images.outputs);
  block.depth = math.constant(images.depth());

  WindowSource windows(images, input, group, pixels);
  PanelSource panels;
  int64_t count = ceilDiv(images.outputs, panelWidth);
  panels.memref = weights;
  panels.panels = math.constant(count);
  panels.depth = block.depth;
  panels.base = math.mul(group, count * images.depth() * panelWidth);
  Value firstOutput = math.mul(group, images.outputs);
  return product.emit(b, windows, panels, block,
                      [&](OpBuilder &inside, Value row, Value column,
                          Value sums) -> LogicalResult {
                        Pixel pixel = images.pixel(inside, loc, row);
                        Value position[] = {
                            pixel.image, pixel.y, pixel.x,
                            IndexMath(inside, loc).add(firstOutput, column)};
                        return epilogue.store(inside, sums, position, {});
                      });
}

LogicalResult Conv2DEmitter::emit() {
  if (failed(readOperands()))
    return failure();
  if (images.outputs == 0) // there are no tasks
    return success();
  LogicalResult result = success();
  function.forEachTask(
      [&](OpBuilder &inside, Value task) { result = emitTask(inside, task); });
  return result;
}

LogicalResult cuda::emitConv2D(KernelFunction &function, kernel::Conv2DOp op,
                               int64_t threads) {
  if (failed(expectF32(op, op->getOperandTypes())) || failed(Window::check(op)))
    return failure();
  auto epilogue = Epilogue::create(function, op);
  if (failed(epilogue))
    return failure();
  epilogue->expectAligned();
  auto product = BlockProduct::create(function, threads);
  if (failed(product))
    return failure();
  return Conv2DEmitter(function, op, *product, *epilogue).emit();
}
