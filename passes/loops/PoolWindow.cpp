// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//   for window rows inside the input:
//     for window columns inside the input: accumulate
//   average: divide by the elements
#include "passes/loops/PoolWindow.h"

#include "passes/loops/ScalarBody.h"
#include "passes/loops/WindowSpan.h"

using namespace mlir;
using namespace strait;

FailureOr<PoolWindow> PoolWindow::create(KernelFunction &function,
                                         kernel::Pool2DOp op) {
  PoolWindow window(op);
  window.element = getElementTypeOrSelf(op.getInput().getType());
  auto number = dyn_cast<FloatType>(window.element);
  if (!number || number.getWidth() > 32)
    return op.emitOpError("expected pooling of f32, f16 or bf16, found ")
           << window.element;
  auto input = function.inputIndex(op.getInput());
  if (!input)
    return op.emitOpError("expected to pool an input of the kernel");
  ArrayRef<AffineExpr> shape = function.inputShape(*input);
  window.input = function.flatInput(*input);
  window.height = function.size(shape[1]);
  window.width = function.size(shape[2]);
  window.depth = function.size(shape[3]);
  return window;
}

PoolWindow::Span PoolWindow::spanOf(OpBuilder &b, Value at, Axis axis) const {
  IndexMath math(b, loc);
  WindowAxis window{op.getKernel()[axis], op.getStrides()[axis],
                    op.getDilations()[axis], op.getPads()[axis],
                    axis == vertical ? height : width};
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

Value PoolWindow::accumulate(OpBuilder &b, Value sum, Value x) const {
  if (op.getAverage())
    return arith::AddFOp::create(b, loc, sum, x);
  // One instruction; NaN never wins, as in onnxruntime.
  Value greater =
      arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, x, sum);
  return arith::SelectOp::create(b, loc, greater, x, sum);
}

Value PoolWindow::divisor(OpBuilder &b, const Span &rows,
                          const Span &columns) const {
  Value elements =
      arith::MulIOp::create(b, loc, rows.counted, columns.counted);
  return arith::SIToFPOp::create(
      b, loc, b.getF32Type(),
      arith::IndexCastOp::create(b, loc, b.getI64Type(), elements));
}

Value PoolWindow::emit(OpBuilder &b, Value image, const Span &rows,
                       const Span &columns, const Channels &channels) const {
  Value start = arith::ConstantOp::create(
      b, loc, b.getF32FloatAttr(op.getAverage() ? 0.0f : -INFINITY));
  Value initial = toVector(b, loc, start, channels.count);
  Value one = constantIndex(b, loc, 1);
  auto outer =
      scf::ForOp::create(b, loc, rows.begin, rows.end, one, initial);
  OpBuilder row = OpBuilder::atBlockBegin(outer.getBody());
  IndexMath rowMath(row, loc);
  Value inputY = rowMath.add(
      rows.first, rowMath.mul(outer.getInductionVar(), op.getDilations()[0]));
  Value rowBase = rowMath.mul(
      rowMath.add(rowMath.mul(image, height), inputY), width);
  auto inner = scf::ForOp::create(row, loc, columns.begin, columns.end, one,
                                  outer.getRegionIterArg(0));
  OpBuilder cell = OpBuilder::atBlockBegin(inner.getBody());
  IndexMath cellMath(cell, loc);
  Value inputX = cellMath.add(
      columns.first,
      cellMath.mul(inner.getInductionVar(), op.getDilations()[1]));
  Value at = cellMath.add(
      cellMath.mul(cellMath.add(rowBase, inputX), depth), channels.first);
  Value loaded = loadMasked(cell, loc, input, at, element, channels.count,
                            channels.mask, channels.isAligned);
  scf::YieldOp::create(cell, loc,
                       accumulate(cell, inner.getRegionIterArg(0), loaded));
  scf::YieldOp::create(row, loc, inner.getResult(0));
  Value sum = outer.getResult(0);
  if (!op.getAverage())
    return sum;
  Value elements = toVector(b, loc, divisor(b, rows, columns), channels.count);
  return arith::DivFOp::create(b, loc, sum, elements);
}
