// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.pool2d on CPUs, vectors along the channels:
//
//   for task (block of result rows):
//     for row (image, y):  window rows [top, bottom) inside the input
//       for x:             window columns [left, right)
//         for channels step 32, then 8, then the rest masked:
//           accumulate over the window, average, epilogue, store
#include "passes/loops/Epilogue.h"
#include "passes/cpu/Generators.h"
#include "passes/loops/TileAttributes.h"
#include "passes/cpu/VectorSweep.h"
#include "passes/cpu/WindowSpan.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

namespace {
/// The part of the window along one axis that lies inside the input.
struct Span {
  Value first;      // input position of the window's element 0, may be negative
  Value begin, end; // elements inside
  Value counted;    // elements that an average divides by
};

struct PoolEmitter {
  KernelFunction &function;
  kernel::Pool2DOp op;
  const Epilogue &epilogue;
  int64_t lanes;
  Location loc;
  Type element;
  Value input;
  Value height, width, channels, rows, columns;

  /// `at`: position in the result, `axis`: 0 vertical, 1 horizontal.
  Span spanOf(OpBuilder &b, Value at, int axis) {
    IndexMath math(b, loc);
    WindowAxis window{op.getKernel()[axis], op.getStrides()[axis],
                      op.getDilations()[axis], op.getPads()[axis],
                      axis == 0 ? height : width};
    Span span;
    span.first = window.first(math, at);
    span.begin = window.below(math, span.first, math.constant(0));
    span.end = window.below(math, span.first, window.extent);
    span.counted =
        op.getCountIncludePad()
            ? window.below(math, span.first,
                           math.add(window.extent, op.getPads()[axis + 2]))
            : math.sub(span.end, span.begin);
    return span;
  }

  Value accumulate(OpBuilder &b, Value sum, Value x) {
    if (op.getAverage())
      return arith::AddFOp::create(b, loc, sum, x);
    // One instruction; NaN never wins, as in onnxruntime.
    Value greater = arith::CmpFOp::create(
        b, loc, arith::CmpFPredicate::OGT, x, sum);
    return arith::SelectOp::create(b, loc, greater, x, sum);
  }

  LogicalResult emitPoint(OpBuilder &b, Value image, Value y, Value x,
                          const Span &vertical, const Span &horizontal,
                          Value channel, int64_t count, Value mask) {
    auto type = VectorType::get({count}, b.getF32Type());
    float start = op.getAverage() ? 0.0f : -INFINITY;
    Value initial = arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(type, start));
    Value one = constantIndex(b, loc, 1);
    auto outer = scf::ForOp::create(b, loc, vertical.begin, vertical.end, one,
                                    initial);
    OpBuilder row = OpBuilder::atBlockBegin(outer.getBody());
    IndexMath rowMath(row, loc);
    Value inputY = rowMath.add(
        vertical.first,
        rowMath.mul(outer.getInductionVar(), op.getDilations()[0]));
    Value rowBase = rowMath.mul(
        rowMath.add(rowMath.mul(image, height), inputY), width);
    auto inner = scf::ForOp::create(row, loc, horizontal.begin, horizontal.end,
                                    one, outer.getRegionIterArg(0));
    OpBuilder cell = OpBuilder::atBlockBegin(inner.getBody());
    IndexMath cellMath(cell, loc);
    Value inputX = cellMath.add(
        horizontal.first,
        cellMath.mul(inner.getInductionVar(), op.getDilations()[1]));
    Value at = cellMath.add(
        cellMath.mul(cellMath.add(rowBase, inputX), channels), channel);
    Value loaded = loadMasked(cell, loc, input, at, element, count, mask);
    scf::YieldOp::create(
        cell, loc, accumulate(cell, inner.getRegionIterArg(0), loaded));
    scf::YieldOp::create(row, loc, inner.getResult(0));
    Value sum = outer.getResult(0);
    if (op.getAverage()) {
      Value elements = arith::MulIOp::create(b, loc, vertical.counted,
                                             horizontal.counted);
      Value divisor = arith::SIToFPOp::create(
          b, loc, b.getF32Type(),
          arith::IndexCastOp::create(b, loc, b.getI64Type(), elements));
      sum = arith::DivFOp::create(
          b, loc, sum, vector::BroadcastOp::create(b, loc, type, divisor));
    }
    return epilogue.store(b, sum, {image, y, x, channel}, mask);
  }

  LogicalResult emitRow(OpBuilder &b, Value row) {
    IndexMath math(b, loc);
    Value image = math.div(row, rows), y = math.rem(row, rows);
    Span vertical = spanOf(b, y, 0);
    LogicalResult result = success();
    math.forEach(columns, [&](OpBuilder &inside, Value x) {
      Span horizontal = spanOf(inside, x, 1);
      result = sweepVectors(
          inside, loc, constantIndex(inside, loc, 0), channels, 4 * lanes,
          lanes, [&](OpBuilder &point, Value channel, int64_t count,
                     Value mask) {
            return emitPoint(point, image, y, x, vertical, horizontal, channel,
                             count, mask);
          });
    });
    return result;
  }
};
} // namespace

LogicalResult cpu::emitPool2D(KernelFunction &function, kernel::Pool2DOp op) {
  int64_t lanes = 0, rowBlock = 0;
  if (failed(TileAttributes(function.kernel())
                 .read({{"lanes", &lanes}, {"row_block", &rowBlock}})))
    return failure();
  Type element = cast<RankedTensorType>(op.getInput().getType())
                     .getElementType();
  auto number = dyn_cast<FloatType>(element);
  if (!number || number.getWidth() > 32)
    return op.emitOpError("expected pooling of f32, f16 or bf16, found ")
           << element;
  auto input = function.inputIndex(op.getInput());
  if (!input)
    return op.emitOpError("expected to pool an input of the kernel");
  FailureOr<Epilogue> epilogue = Epilogue::create(function, op);
  if (failed(epilogue))
    return failure();
  ArrayRef<AffineExpr> in = function.inputShape(*input);
  ArrayRef<AffineExpr> out = function.resultShape(0);
  PoolEmitter emitter{function,
                      op,
                      *epilogue,
                      lanes,
                      function.loc(),
                      element,
                      function.flatInput(*input),
                      function.size(in[1]),
                      function.size(in[2]),
                      function.size(in[3]),
                      function.size(out[1]),
                      function.size(out[2])};
  Value allRows = function.size(out[0] * out[1]);
  LogicalResult result = success();
  function.forEachTask([&](OpBuilder &b, Value task) {
    IndexMath math(b, function.loc());
    Value first = math.mul(task, rowBlock);
    Value last = math.min(math.add(first, rowBlock), allRows);
    math.forEach(first, last, 1, [&](OpBuilder &inside, Value row) {
      result = emitter.emitRow(inside, row);
    });
  });
  return result;
}
