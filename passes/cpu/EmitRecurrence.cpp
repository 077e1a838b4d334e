// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.recurrence on CPUs:
//
//   for task (direction, block of the batch):
//     h, c = initial states, in scratch
//     for step in time, forward or backward:
//       gates = h R^T                      block product, gates in scratch
//       h, c = cell(inputs[step], gates)   vectors along the hidden dimension
//       results[step] = h
// A batch entry whose steps are over keeps its states and gives zeros.
//
// A gru whose reset gate comes before the product (linear_before_reset = 0)
// computes the hidden gate's panels again from r * h.
#include "passes/cpu/Generators.h"

#include "passes/analysis/Extents.h"
#include "passes/loops/IndexMath.h"
#include "passes/cpu/Ukernel.h"
#include "passes/cpu/RowLadder.h"
#include "passes/loops/TileAttributes.h"
#include "passes/loops/Epilogue.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

namespace {
struct RecurrenceEmitter {
  KernelFunction &function;
  kernel::RecurrenceOp op;
  Location loc;
  int64_t directions = 1, hidden = 1, allPanels = 1, gates = 1;
  // Of the tile attribute.
  int64_t lanes = 8, batchBlock = 1, panels = 1, unroll = 4;
  // Values of the entry block; null where absent.
  Value inputs = {}, recurrent = {}, hiddenBias = {}, initialH = {};
  Value initialC = {}, time = {}, batch = {}, batchBlocks = {};
  Value lengths = {}, peepholes = {};
  Type lengthType = {};
  Value gateArea = {}, hArea = {}, cArea = {}, resetArea = {};
  SmallVector<unsigned> allResults = {}, hResults = {}, cResults = {};
  SmallVector<int64_t> possibleRows = {};

  llvm::LogicalResult readShapes();
  llvm::LogicalResult bindBuffers();
  void countBlocks();
  void carveAreas();

  int64_t gatePitch() const { return allPanels * panelWidth + 16; }
  int64_t statePitch() const { return hidden + 16; }

  struct Task {
    Value direction, row, rowCount; // block of the batch
  };

  Value splat(OpBuilder &builder, float value, int64_t count) {
    TypedAttr attr = builder.getF32FloatAttr(value);
    if (count > 1)
      attr = DenseElementsAttr::get(
          VectorType::get({count}, builder.getF32Type()), value);
    return arith::ConstantOp::create(builder, loc, attr);
  }
  Value load(OpBuilder &builder, Value memref, Value at, int64_t count) {
    return loadElements(builder, loc, memref, at, builder.getF32Type(), count);
  }
  void store(OpBuilder &builder, Value value, Value memref, Value at) {
    storeElements(builder, loc, value, memref, at, builder.getF32Type());
  }
  Value add(OpBuilder &b, Value x, Value y) {
    return arith::AddFOp::create(b, loc, x, y);
  }
  Value mul(OpBuilder &b, Value x, Value y) {
    return arith::MulFOp::create(b, loc, x, y);
  }
  Value sigmoid(OpBuilder &b, Value x, int64_t count) {
    Value one = splat(b, 1, count);
    Value power =
        math::ExpOp::create(b, loc, arith::NegFOp::create(b, loc, x),
                            arith::FastMathFlags::afn);
    return arith::DivFOp::create(b, loc, one, add(b, one, power));
  }
  Value tanh(OpBuilder &b, Value x) { return math::TanhOp::create(b, loc, x); }

  /// [from, end of the gates) of `gates[row] = source[row] R^T` for the rows of
  /// the block; `source` holds states.
  void emitProduct(OpBuilder &builder, const Task &task, Value source,
                   int64_t firstPanel) {
    IndexMath math(builder, loc);
    int64_t panelSize = hidden * panelWidth;
    auto group = [&](OpBuilder &outer, Value panel, int64_t count) {
      IndexMath out(outer, loc);
      Value base = out.mul(
          out.add(out.mul(task.direction, allPanels), panel), panelSize);
      emitRowLadder(outer, loc, task.rowCount, batchBlock, possibleRows,
                    [&](OpBuilder &inside, Value row, int64_t height) {
        IndexMath in(inside, loc);
        BlockOperands operands{source, {}, recurrent, {}};
        SmallVector<Value> coordinates;
        for (int64_t r = 0; r < height; ++r) {
          coordinates.push_back(in.add(row, r));
          operands.rows.push_back(in.mul(coordinates.back(), statePitch()));
        }
        for (int64_t p = 0; p < count; ++p)
          operands.panels.push_back(in.add(base, p * panelSize));
        BlockTile tile;
        tile.lanes = lanes;
        tile.vectors = count * panelWidth / lanes;
        tile.unroll = unroll;
        ReductionLoop loop{in.constant(hidden), in.constant(1),
                           in.constant(panelWidth)};
        BlockSums block = createUkernel(inside, loc, tile, operands, loop,
                                        coordinates);
        OpBuilder &b = block.builder;
        IndexMath math(b, loc);
        Value at = math.add(math.mul(block.coordinates[0], gatePitch()),
                            math.mul(panel, panelWidth));
        vector::StoreOp::create(b, loc, block.sums, gateArea,
                                math.add(at, block.column));
      });
    };
    int64_t full = (allPanels - firstPanel) / panels * panels;
    math.forEach(math.constant(firstPanel), math.constant(firstPanel + full),
                 panels, [&](OpBuilder &inside, Value panel) {
                   group(inside, panel, panels);
                 });
    if (int64_t rest = allPanels - firstPanel - full)
      group(builder, math.constant(firstPanel + full), rest);
  }

  /// `emit(builder, row, element, count)` over all states of the block.
  void forEachState(OpBuilder &builder, const Task &task,
                    llvm::function_ref<void(OpBuilder &, Value, Value, int64_t)>
                        emit) {
    IndexMath math(builder, loc);
    int64_t whole = hidden / lanes * lanes;
    math.forEach(task.rowCount, [&](OpBuilder &outer, Value row) {
      IndexMath out(outer, loc);
      out.forEach(out.constant(0), out.constant(whole), lanes,
                  [&](OpBuilder &inside, Value j) {
                    emit(inside, row, j, lanes);
                  });
      out.forEach(out.constant(whole), out.constant(hidden), 1,
                  [&](OpBuilder &inside, Value j) { emit(inside, row, j, 1); });
    });
  }

  /// Position in a tensor [R, B, H].
  Value stateAt(IndexMath &math, const Task &task, Value row, Value j) {
    Value outer = math.add(math.mul(task.direction, batch),
                           math.add(task.row, row));
    return math.add(math.mul(outer, hidden), j);
  }

  struct Element {
    Value inputAt, gateAt, stateAt; // of gate 0, of gate 0, in scratch
    Value j;
    int64_t count;
    Value isOver; // whether the batch entry has no such step; null: it has
  };
  /// The new state, or the old one where the entry's steps are over.
  Value unlessOver(OpBuilder &b, const Element &e, Value fresh, Value old) {
    return e.isOver ? arith::SelectOp::create(b, loc, e.isOver, old, fresh)
                    : fresh;
  }
  /// `gate` plus the cell state's part of it, for gate `index`.
  Value withPeephole(OpBuilder &b, const Task &task, const Element &e,
                     Value gate, Value cell, int64_t index) {
    if (!peepholes)
      return gate;
    IndexMath math(b, loc);
    Value at = math.add(math.mul(task.direction, 3 * hidden),
                        math.add(e.j, index * hidden));
    return add(b, gate, mul(b, load(b, peepholes, at, e.count), cell));
  }
  Value input(OpBuilder &b, const Element &e, int64_t gate) {
    return load(b, inputs, IndexMath(b, loc).add(e.inputAt, gate * hidden),
                e.count);
  }
  Value gate(OpBuilder &b, const Element &e, int64_t gate) {
    return load(b, gateArea, IndexMath(b, loc).add(e.gateAt, gate * hidden),
                e.count);
  }
  Value preactivation(OpBuilder &b, const Element &e, int64_t index) {
    return add(b, input(b, e, index), gate(b, e, index));
  }

  /// The new hidden state of some elements; the cell state stays in scratch.
  Value emitCell(OpBuilder &b, const Task &task, const Element &e) {
    int64_t n = e.count;
    switch (op.getCell()) {
    case kernel::CellKind::rnn:
      return tanh(b, preactivation(b, e, 0));
    case kernel::CellKind::lstm: {
      Value old = load(b, cArea, e.stateAt, n);
      auto part = [&](int64_t gate, Value cell) {
        Value sum = withPeephole(b, task, e, preactivation(b, e, gate), cell,
                                 gate);
        return sigmoid(b, sum, n);
      };
      Value i = part(0, old), f = part(2, old);
      Value g = tanh(b, preactivation(b, e, 3));
      Value cell = add(b, mul(b, f, old), mul(b, i, g));
      Value o = part(1, cell);
      store(b, unlessOver(b, e, cell, old), cArea, e.stateAt);
      return mul(b, o, tanh(b, cell));
    }
    case kernel::CellKind::gru: {
      Value z = sigmoid(b, preactivation(b, e, 0), n);
      Value product = gate(b, e, 2);
      if (hiddenBias) {
        IndexMath math(b, loc);
        Value at = math.add(math.mul(task.direction, hidden), e.j);
        product = add(b, product, load(b, hiddenBias, at, n));
      }
      if (op.getLinearBeforeReset())
        product = mul(b, sigmoid(b, preactivation(b, e, 1), n), product);
      Value candidate = tanh(b, add(b, input(b, e, 2), product));
      Value old = load(b, hArea, e.stateAt, n);
      Value keep = arith::SubFOp::create(b, loc, splat(b, 1, n), z);
      return add(b, mul(b, keep, candidate), mul(b, z, old));
    }
    }
    llvm_unreachable("all cells are handled");
  }

  void emitStep(OpBuilder &builder, const Task &task, Value step) {
    IndexMath math(builder, loc);
    // Backward directions run from the end.
    Value bits = math.constant(op.getReverse());
    Value bit = builder.createOrFold<arith::AndIOp>(
        loc, builder.createOrFold<arith::ShRUIOp>(loc, bits, task.direction),
        math.constant(1));
    Value backward = math.compare(arith::CmpIPredicate::ne, bit,
                                  math.constant(0));
    Value last = math.sub(math.sub(time, math.constant(1)), step);
    Value at = math.select(backward, last, step);
    auto element = [&](OpBuilder &b, Value row, Value j, int64_t count) {
      IndexMath in(b, loc);
      Value pixel = in.add(
          in.mul(in.add(in.mul(at, batch), in.add(task.row, row)), directions),
          task.direction);
      return Element{in.add(in.mul(pixel, gates * hidden), j),
                     in.add(in.mul(row, gatePitch()), j),
                     in.add(in.mul(row, statePitch()), j), j, count, {}};
    };
    emitProduct(builder, task, hArea, 0);
    if (op.getCell() == kernel::CellKind::gru && !op.getLinearBeforeReset()) {
      forEachState(builder, task, [&](OpBuilder &b, Value row, Value j,
                                      int64_t count) {
        Element e = element(b, row, j, count);
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
        Element e = element(b, row, j, count);
        Value update = load(b, cArea, e.stateAt, count);
        store(b, arith::SubFOp::create(b, loc, update, input(b, e, 0)),
              gateArea, e.gateAt);
      });
    }
    forEachState(builder, task, [&](OpBuilder &b, Value row, Value j,
                                    int64_t count) {
      IndexMath in(b, loc);
      Element e = element(b, row, j, count);
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

  void emitTask(OpBuilder &builder, Value index) {
    IndexMath math(builder, loc);
    Task task;
    task.direction = math.div(index, batchBlocks);
    task.row = math.mul(math.rem(index, batchBlocks), batchBlock);
    task.rowCount = math.min(math.sub(batch, task.row), batchBlock);
    if (possibleRows.size() == 1)
      task.rowCount = math.constant(possibleRows[0]);
    auto copyStates = [&](Value from, Value to) {
      forEachState(builder, task, [&](OpBuilder &b, Value row, Value j,
                                      int64_t count) {
        IndexMath in(b, loc);
        Value value = from ? load(b, from, stateAt(in, task, row, j), count)
                           : splat(b, 0, count);
        store(b, value, to, in.add(in.mul(row, statePitch()), j));
      });
    };
    copyStates(initialH, hArea);
    copyStates(initialC, cArea);
    math.forEach(time, [&](OpBuilder &inside, Value step) {
      emitStep(inside, task, step);
    });
    auto writeStates = [&](Value from, ArrayRef<unsigned> results) {
      if (results.empty())
        return;
      forEachState(builder, task, [&](OpBuilder &b, Value row, Value j,
                                      int64_t count) {
        IndexMath in(b, loc);
        Value value = load(b, from, in.add(in.mul(row, statePitch()), j),
                           count);
        for (unsigned result : results)
          store(b, value, function.flatResult(result),
                stateAt(in, task, row, j));
      });
    };
    writeStates(hArea, hResults);
    writeStates(cArea, cResults);
  }
};
} // namespace

/// The parts of the tile and of the shapes that loops and areas follow from.
LogicalResult RecurrenceEmitter::readShapes() {
  auto weights = cast<RankedTensorType>(op.getRecurrent().getType());
  if (!weights.hasStaticShape() || weights.getRank() != 4)
    return op.emitOpError("expected static recurrent weights");
  if (failed(TileAttributes(function.kernel())
                 .read({{"lanes", &lanes},
                        {"batch_block", &batchBlock},
                        {"panels", &panels},
                        {"unroll", &unroll}})))
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
LogicalResult RecurrenceEmitter::bindBuffers() {
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
void RecurrenceEmitter::countBlocks() {
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
void RecurrenceEmitter::carveAreas() {
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

LogicalResult cpu::emitRecurrence(KernelFunction &function,
                                  kernel::RecurrenceOp op) {
  if (failed(expectF32(
          op, {op.getInputs().getType(), op.getRecurrent().getType()})))
    return failure();
  Block &body = function.kernel().getBody().front();
  for (Operation &other : body.without_terminator())
    if (&other != op)
      return other.emitOpError("expected nothing beside a recurrence in its "
                               "kernel");
  RecurrenceEmitter emitter{function, op, op.getLoc()};
  if (failed(emitter.readShapes()) || failed(emitter.bindBuffers()))
    return failure();
  emitter.countBlocks();
  emitter.carveAreas();
  function.forEachTask([&](OpBuilder &builder, Value index) {
    emitter.emitTask(builder, index);
  });
  return success();
}
