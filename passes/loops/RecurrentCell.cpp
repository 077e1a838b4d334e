// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The arithmetic of recurrent cells on some states of one batch entry.
#include "passes/loops/RecurrenceSteps.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "passes/loops/ScalarBody.h"

using namespace mlir;
using namespace strait;

Value RecurrenceSteps::splat(OpBuilder &b, float value, int64_t count) {
  Value one = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
  return toVector(b, loc, one, count);
}
Value RecurrenceSteps::load(OpBuilder &b, Value memref, Value at,
                            int64_t count) {
  return loadElements(b, loc, memref, at, b.getF32Type(), count);
}
void RecurrenceSteps::store(OpBuilder &b, Value value, Value memref,
                            Value at) {
  storeElements(b, loc, value, memref, at, b.getF32Type());
}
Value RecurrenceSteps::add(OpBuilder &b, Value x, Value y) {
  return arith::AddFOp::create(b, loc, x, y);
}
Value RecurrenceSteps::mul(OpBuilder &b, Value x, Value y) {
  return arith::MulFOp::create(b, loc, x, y);
}
Value RecurrenceSteps::sigmoid(OpBuilder &b, Value x, int64_t count) {
  Value one = splat(b, 1, count);
  Value power = math::ExpOp::create(b, loc, arith::NegFOp::create(b, loc, x),
                                    arith::FastMathFlags::afn);
  return arith::DivFOp::create(b, loc, one, add(b, one, power));
}
Value RecurrenceSteps::tanh(OpBuilder &b, Value x) {
  return math::TanhOp::create(b, loc, x);
}

/// The new state, or the old one where the entry's steps are over.
Value RecurrenceSteps::unlessOver(OpBuilder &b, const Element &e, Value fresh,
                                  Value old) {
  return e.isOver ? arith::SelectOp::create(b, loc, e.isOver, old, fresh)
                  : fresh;
}

/// `gate` plus the cell state's part of it, for gate `index`.
Value RecurrenceSteps::withPeephole(OpBuilder &b, const Task &task,
                                    const Element &e, Value gate, Value cell,
                                    int64_t index) {
  if (!peepholes)
    return gate;
  IndexMath math(b, loc);
  Value at = math.add(math.mul(task.direction, 3 * hidden),
                      math.add(e.j, index * hidden));
  return add(b, gate, mul(b, load(b, peepholes, at, e.count), cell));
}

Value RecurrenceSteps::input(OpBuilder &b, const Element &e, int64_t gate) {
  return load(b, inputs, IndexMath(b, loc).add(e.inputAt, gate * hidden),
              e.count);
}
Value RecurrenceSteps::gate(OpBuilder &b, const Element &e, int64_t gate) {
  return load(b, gateArea, IndexMath(b, loc).add(e.gateAt, gate * hidden),
              e.count);
}
Value RecurrenceSteps::preactivation(OpBuilder &b, const Element &e,
                                     int64_t index) {
  return add(b, input(b, e, index), gate(b, e, index));
}

Value RecurrenceSteps::emitLstm(OpBuilder &b, const Task &task,
                                const Element &e) {
  Value old = load(b, cArea, e.stateAt, e.count);
  auto part = [&](int64_t gate, Value cell) {
    Value sum =
        withPeephole(b, task, e, preactivation(b, e, gate), cell, gate);
    return sigmoid(b, sum, e.count);
  };
  Value i = part(0, old), f = part(2, old);
  Value g = tanh(b, preactivation(b, e, 3));
  Value cell = add(b, mul(b, f, old), mul(b, i, g));
  Value o = part(1, cell);
  store(b, unlessOver(b, e, cell, old), cArea, e.stateAt);
  return mul(b, o, tanh(b, cell));
}

Value RecurrenceSteps::emitGru(OpBuilder &b, const Task &task,
                               const Element &e) {
  Value z = sigmoid(b, preactivation(b, e, 0), e.count);
  Value product = gate(b, e, 2);
  if (hiddenBias) {
    IndexMath math(b, loc);
    Value at = math.add(math.mul(task.direction, hidden), e.j);
    product = add(b, product, load(b, hiddenBias, at, e.count));
  }
  if (op.getLinearBeforeReset())
    product =
        mul(b, sigmoid(b, preactivation(b, e, 1), e.count), product);
  Value candidate = tanh(b, add(b, input(b, e, 2), product));
  Value old = load(b, hArea, e.stateAt, e.count);
  Value keep = arith::SubFOp::create(b, loc, splat(b, 1, e.count), z);
  return add(b, mul(b, keep, candidate), mul(b, z, old));
}

/// The new hidden state of some elements; the cell state stays in scratch.
Value RecurrenceSteps::emitCell(OpBuilder &b, const Task &task,
                                const Element &e) {
  switch (op.getCell()) {
  case kernel::CellKind::rnn:
    return tanh(b, preactivation(b, e, 0));
  case kernel::CellKind::lstm:
    return emitLstm(b, task, e);
  case kernel::CellKind::gru:
    return emitGru(b, task, e);
  }
  llvm_unreachable("all cells are handled");
}
