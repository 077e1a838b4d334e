// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/loops/RecurrenceSteps.h"

#include "passes/analysis/Extents.h"
#include "passes/loops/Epilogue.h"
#include "passes/loops/TileAttributes.h"

using namespace mlir;
using namespace strait;

Value RecurrenceSteps::stateAt(IndexMath &math, const Task &task, Value row,
                               Value j) {
  Value outer = math.add(math.mul(task.direction, batch),
                         math.add(task.row, row));
  return math.add(math.mul(outer, hidden), j);
}

RecurrenceSteps::Element
RecurrenceSteps::elementAt(OpBuilder &b, const Task &task, Value at, Value row,
                           Value j, int64_t count) {
  IndexMath math(b, loc);
  Value entry = math.add(task.row, row);
  Value pixel =
      math.add(math.mul(math.add(math.mul(at, batch), entry), directions),
               task.direction);
  return {math.add(math.mul(pixel, gates * hidden), j),
          math.add(math.mul(row, gatePitch()), j),
          math.add(math.mul(row, statePitch()), j), j, count, {}};
}

/// A gru's hidden gate from r * h, the update gate's product beside it.
void RecurrenceSteps::emitResetGate(OpBuilder &builder, const Task &task,
                                    Value at) {
  forEachState(builder, task, [&](OpBuilder &b, Value row, Value j,
                                  int64_t count) {
    Element e = elementAt(b, task, at, row, j, count);
    Value reset = sigmoid(b, preactivation(b, e, 1), count);
    store(b, mul(b, reset, load(b, hArea, e.stateAt, count)), resetArea,
          e.stateAt);
    // The update gate shares a panel with the hidden gate if H is ragged:
    // keep what the second product would overwrite.
    store(b, preactivation(b, e, 0), cArea, e.stateAt);
  });
  emitProduct(builder, task, resetArea, 2 * hidden / panelWidth);
  forEachState(builder, task, [&](OpBuilder &b, Value row, Value j,
                                  int64_t count) {
    Element e = elementAt(b, task, at, row, j, count);
    Value update = load(b, cArea, e.stateAt, count);
    store(b, arith::SubFOp::create(b, loc, update, input(b, e, 0)), gateArea,
          e.gateAt);
  });
}

/// The states after step `at` of time, from the gates.
void RecurrenceSteps::emitStates(OpBuilder &builder, const Task &task,
                                 Value at) {
  forEachState(builder, task, [&](OpBuilder &b, Value row, Value j,
                                  int64_t count) {
    IndexMath in(b, loc);
    Element e = elementAt(b, task, at, row, j, count);
    if (lengths) {
      Value length = loadElements(b, loc, lengths, in.add(task.row, row),
                                  lengthType, 1);
      length = arith::IndexCastOp::create(b, loc, b.getIndexType(), length);
      e.isOver = in.compare(arith::CmpIPredicate::sge, at, length);
    }
    Value h = emitCell(b, task, e);
    Value old = e.isOver ? load(b, hArea, e.stateAt, count) : Value();
    store(b, unlessOver(b, e, h, old), hArea, e.stateAt);
    h = unlessOver(b, e, h, splat(b, 0, count));
    Value outer = in.add(in.mul(at, directions), task.direction);
    Value where = in.add(
        in.mul(in.add(in.mul(outer, batch), in.add(task.row, row)), hidden),
        j);
    for (unsigned result : allResults)
      store(b, h, function.flatResult(result), where);
  });
}

void RecurrenceSteps::emitStep(OpBuilder &builder, const Task &task,
                               Value step) {
  IndexMath math(builder, loc);
  // Backward directions run from the end.
  Value bits = math.constant(op.getReverse());
  Value bit = builder.createOrFold<arith::AndIOp>(
      loc, builder.createOrFold<arith::ShRUIOp>(loc, bits, task.direction),
      math.constant(1));
  Value backward =
      math.compare(arith::CmpIPredicate::ne, bit, math.constant(0));
  Value last = math.sub(math.sub(time, math.constant(1)), step);
  Value at = math.select(backward, last, step);
  emitProduct(builder, task, hArea, 0);
  if (op.getCell() == kernel::CellKind::gru && !op.getLinearBeforeReset())
    emitResetGate(builder, task, at);
  emitStates(builder, task, at);
}

/// States from a tensor (null: zeros) to scratch.
void RecurrenceSteps::readStates(OpBuilder &builder, const Task &task,
                                 Value from, Value to) {
  forEachState(builder, task, [&](OpBuilder &b, Value row, Value j,
                                  int64_t count) {
    IndexMath in(b, loc);
    Value value = from ? load(b, from, stateAt(in, task, row, j), count)
                       : splat(b, 0, count);
    store(b, value, to, in.add(in.mul(row, statePitch()), j));
  });
}

void RecurrenceSteps::writeStates(OpBuilder &builder, const Task &task,
                                  Value from, ArrayRef<unsigned> results) {
  if (results.empty())
    return;
  forEachState(builder, task, [&](OpBuilder &b, Value row, Value j,
                                  int64_t count) {
    IndexMath in(b, loc);
    Value value =
        load(b, from, in.add(in.mul(row, statePitch()), j), count);
    for (unsigned result : results)
      store(b, value, function.flatResult(result), stateAt(in, task, row, j));
  });
}

void RecurrenceSteps::emitTask(OpBuilder &builder, Value index) {
  IndexMath math(builder, loc);
  Task task;
  task.direction = math.div(index, batchBlocks);
  task.row = math.mul(math.rem(index, batchBlocks), batchBlock);
  task.rowCount = math.min(math.sub(batch, task.row), batchBlock);
  if (possibleRows.size() == 1)
    task.rowCount = math.constant(possibleRows[0]);
  readStates(builder, task, initialH, hArea);
  readStates(builder, task, initialC, cArea);
  math.forEach(time, [&](OpBuilder &inside, Value step) {
    emitStep(inside, task, step);
  });
  writeStates(builder, task, hArea, hResults);
  writeStates(builder, task, cArea, cResults);
}

/// The parts of the tile and of the shapes that loops and areas follow from.
LogicalResult RecurrenceSteps::readShapes() {
  auto weights = cast<RankedTensorType>(op.getRecurrent().getType());
  if (!weights.hasStaticShape() || weights.getRank() != 4)
    return op.emitOpError("expected static recurrent weights");
  if (failed(TileAttributes(function.kernel())
                 .read({{"batch_block", &batchBlock}})) ||
      failed(readTile()))
    return failure();
  directions = weights.getDimSize(0);
  allPanels = weights.getDimSize(1);
  hidden = weights.getDimSize(2);
  gates = op.getCell() == kernel::CellKind::lstm  ? 4
          : op.getCell() == kernel::CellKind::gru ? 3
                                                  : 1;
  return success();
}

/// Asked for here, the buffers' views stand before the loops.
LogicalResult RecurrenceSteps::bindBuffers() {
  bool missing = false;
  auto flat = [&](Value tensor) -> Value {
    if (!tensor)
      return {};
    auto input = function.inputIndex(tensor);
    missing |= !input;
    return input ? function.flatInput(*input) : Value();
  };
  inputs = flat(op.getInputs());
  recurrent = flat(op.getRecurrent());
  hiddenBias = flat(op.getHiddenBias());
  initialH = flat(op.getInitialH());
  initialC = flat(op.getInitialC());
  lengths = flat(op.getLengths());
  peepholes = flat(op.getPeepholes());
  if (op.getLengths())
    lengthType = getElementTypeOrSelf(op.getLengths().getType());
  if (missing)
    return op.emitOpError("expected its operands to be inputs of the kernel");
  SmallVector<unsigned> *results[] = {&allResults, &hResults, &cResults};
  for (auto [index, result] : llvm::enumerate(op.getResults()))
    if (index < 3)
      *results[index] = function.resultIndices(result);
  for (SmallVector<unsigned> *list : results)
    for (unsigned index : *list)
      function.flatResult(index);
  return success();
}

/// How many rows a block of the batch has: all, or what is left at the end.
void RecurrenceSteps::countBlocks() {
  ArrayRef<AffineExpr> shape =
      function.inputShape(*function.inputIndex(op.getInputs()));
  time = function.size(shape[0]);
  batch = function.size(shape[1]);
  batchBlocks = function.size(shape[1].ceilDiv(batchBlock));
  if (auto count = constantExtent(shape[1])) {
    if (*count >= batchBlock)
      possibleRows.push_back(batchBlock);
    if (*count % batchBlock != 0)
      possibleRows.push_back(*count % batchBlock);
  }
}

/// The areas of scratch, in the order in which the tiling counts them.
void RecurrenceSteps::carveAreas() {
  auto type = MemRefType::get({ShapedType::kDynamic},
                              function.builder().getF32Type());
  int64_t offset = 0;
  auto area = [&](int64_t elements) {
    Value carved = function.carveScratch(
        getAffineConstantExpr(offset, op.getContext()), type,
        constantIndex(function.builder(), loc, elements));
    offset += roundUp(elements * 4, operandAlignment);
    return carved;
  };
  gateArea = area(batchBlock * gatePitch());
  hArea = area(batchBlock * statePitch());
  cArea = area(batchBlock * statePitch());
  resetArea = area(batchBlock * statePitch());
}

LogicalResult RecurrenceSteps::emit() {
  if (failed(expectF32(
          op, {op.getInputs().getType(), op.getRecurrent().getType()})))
    return failure();
  Block &body = function.kernel().getBody().front();
  for (Operation &other : body.without_terminator())
    if (&other != op)
      return other.emitOpError("expected nothing beside a recurrence in its "
                               "kernel");
  if (failed(readShapes()) || failed(bindBuffers()))
    return failure();
  countBlocks();
  carveAreas();
  function.forEachTask(
      [&](OpBuilder &builder, Value index) { emitTask(builder, index); });
  return success();
}
