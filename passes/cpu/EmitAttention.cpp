// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.attention on CPUs, one head at a time:
//
//   for task (batch, head, block of queries):
//     pack the head's keys, transposed, and its values into panels
//     for 48 queries of the block:
//       scores = scale * q k^T + bias          block product over D
//       p = exp(scores - row's maximum)        in place; 1 / sum beside it
//       result = (p v) * 1 / sum               block product over T
//
// Scores of 48 queries stay in L2; the full matrix never exists. Columns behind
// the last visible key are -inf, which is what padding and causality need.
#include "passes/cpu/Generators.h"

#include "passes/analysis/AttentionShape.h"
#include "passes/analysis/Tiling.h"
#include "passes/cpu/BlockStore.h"
#include "passes/cpu/IndexMath.h"
#include "passes/cpu/MicroKernel.h"
#include "passes/cpu/PanelPacking.h"
#include "passes/cpu/RowLadder.h"
#include "passes/cpu/TileAttributes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

namespace {
struct Operand {
  Value memref;
  SmallVector<Value> extents, strides; // by logical dim
  int64_t last = 3;
};

struct AttentionEmitter {
  KernelFunction &function;
  kernel::AttentionOp op;
  const Epilogue &epilogue;
  Location loc;
  // Of the tile attribute.
  int64_t lanes = 8, queries = 48, rows = 6, taskQueries = 48;
  Operand q = {}, k = {}, v = {}, bias = {};
  Value heads = {}, keyHeads = {}, s = {}, t = {}, depth = {}, width = {};
  Value queryBlocks = {}, pitch = {};
  Value keyPanels = {}, valuePanels = {}, scores = {}, sums = {};
  SmallVector<int64_t> possibleRows = {};
  LogicalResult result = success();

  struct Task {
    Value batch, head, qBase, kBase, vBase, biasBase;
  };

  Value zeroOf(OpBuilder &builder, Type type) {
    return arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  }
  Value splat(OpBuilder &builder, float value, int64_t count) {
    TypedAttr attr = builder.getF32FloatAttr(value);
    if (count > 1)
      attr = DenseElementsAttr::get(
          VectorType::get({count}, builder.getF32Type()), value);
    return arith::ConstantOp::create(builder, loc, attr);
  }
  Value base(IndexMath &math, const Operand &operand, Value batch, Value head) {
    return math.add(math.mul(batch, operand.strides[0]),
                    math.mul(head, operand.strides[1]));
  }

  /// Panels of 16 logical columns (dim `columnDim` of `from`) over its dim
  /// `depthDim`.
  void emitPack(OpBuilder &builder, const Operand &from, Value at,
                int64_t depthDim, int64_t columnDim, Value panel) {
    IndexMath math(builder, loc);
    Value count = from.extents[columnDim], k = from.extents[depthDim];
    Value full = math.div(count, panelWidth);
    auto pack = [&](OpBuilder &inside, Value index, Value columns) {
      IndexMath in(inside, loc);
      PanelSource source;
      source.memref = from.memref;
      source.base = in.add(
          at, in.mul(in.mul(index, panelWidth), from.strides[columnDim]));
      source.depth = k;
      source.depthStride = from.strides[depthDim];
      source.columnStride = from.strides[columnDim];
      source.transposed = from.last != columnDim;
      // Neither side contiguous: element by element.
      if (source.transposed && from.last != depthDim && !columns)
        columns = in.constant(panelWidth);
      emitPackPanel(inside, loc, source, columns, panel,
                    in.mul(in.mul(index, panelWidth), k));
    };
    math.forEach(full, [&](OpBuilder &inside, Value index) {
      pack(inside, index, {});
    });
    Value left = math.sub(count, math.mul(full, panelWidth));
    if (IndexMath::isKnown(left, 0))
      return;
    Value some = math.compare(arith::CmpIPredicate::sgt, left,
                              math.constant(0));
    auto branch = scf::IfOp::create(builder, loc, some, /*withElse=*/false);
    OpBuilder inside = branch.getThenBodyBuilder();
    pack(inside, full, left);
  }

  /// scores[r][n] = scale * q[row + r] . k[n] for whole panels of keys.
  void emitScores(OpBuilder &builder, const Task &task, Value row,
                  Value count) {
    IndexMath math(builder, loc);
    Value panels = math.ceilDiv(t, panelWidth);
    math.forEach(panels, [&](OpBuilder &outer, Value panel) {
      IndexMath out(outer, loc);
      Value column = out.mul(panel, panelWidth);
      Value panelAt = out.mul(column, depth);
      emitRowLadder(outer, loc, count, rows, possibleRows,
                    [&](OpBuilder &inside, Value first, int64_t height) {
        IndexMath in(inside, loc);
        BlockOperands operands{q.memref, {}, keyPanels, {panelAt}};
        for (int64_t r = 0; r < height; ++r)
          operands.rows.push_back(
              in.add(task.qBase, in.mul(in.add(in.add(row, first), r),
                                        q.strides[2])));
        BlockTile tile;
        tile.lanes = lanes;
        tile.vectors = panelWidth / lanes;
        ReductionLoop loop{depth, q.strides[3], in.constant(panelWidth)};
        auto acc = emitBlockProduct(inside, loc, tile, operands, loop);
        Value scale = splat(inside, op.getScale().convertToFloat(), lanes);
        for (int64_t i = 0; i < int64_t(acc.size()); ++i) {
          Value at = in.add(
              in.add(in.mul(in.add(first, i / tile.vectors), pitch), column),
              i % tile.vectors * lanes);
          Value scaled = arith::MulFOp::create(inside, loc, acc[i], scale);
          vector::StoreOp::create(inside, loc, scaled, scores, at);
        }
      });
    });
  }

  /// scores[r][n] += bias, for row `at` of scratch.
  void emitBias(OpBuilder &builder, Value at, Value biasAt) {
    IndexMath math(builder, loc);
    auto add = [&](OpBuilder &inside, Value n, int64_t count) {
      IndexMath in(inside, loc);
      Value where = in.add(at, n);
      Value from = in.add(biasAt, in.mul(n, bias.strides[3]));
      Value old = loadElements(inside, loc, scores, where,
                               inside.getF32Type(), count);
      Value extra = loadElements(inside, loc, bias.memref, from,
                                 inside.getF32Type(), count);
      Value sum = arith::AddFOp::create(inside, loc, old, extra);
      storeElements(inside, loc, sum, scores, where, inside.getF32Type());
    };
    Value whole = math.constant(0);
    if (IndexMath::isKnown(bias.strides[3], 1)) {
      whole = math.mul(math.div(t, lanes), lanes);
      math.forEach(math.constant(0), whole, lanes,
                   [&](OpBuilder &inside, Value n) { add(inside, n, lanes); });
    }
    math.forEach(whole, t, 1,
                 [&](OpBuilder &inside, Value n) { add(inside, n, 1); });
  }

  /// One row of scores -> exponentials; returns what normalises them.
  void emitSoftmax(OpBuilder &builder, Value r) {
    IndexMath math(builder, loc);
    Value at = math.mul(r, pitch);
    Value end = math.mul(math.ceilDiv(t, panelWidth), panelWidth);
    auto type = VectorType::get({lanes}, builder.getF32Type());
    int64_t unroll = panelWidth / lanes;
    auto loop = [&](float init,
                    llvm::function_ref<Value(OpBuilder &, Value, Value)> emit) {
      SmallVector<Value> initial(unroll, splat(builder, init, lanes));
      auto loopOp = scf::ForOp::create(
          builder, loc, math.constant(0), end, math.constant(panelWidth),
          initial,
          [&](OpBuilder &inside, Location, Value n, ValueRange carried) {
            IndexMath in(inside, loc);
            SmallVector<Value> next;
            for (int64_t u = 0; u < unroll; ++u)
              next.push_back(emit(inside, in.add(in.add(at, n), u * lanes),
                                  carried[u]));
            scf::YieldOp::create(inside, loc, next);
          });
      return SmallVector<Value>(loopOp.getResults());
    };
    auto larger = [&](OpBuilder &inside, Value a, Value b) -> Value {
      // As vmaxps: no care for NaN, which the exponentials carry on.
      Value greater = arith::CmpFOp::create(
          inside, loc, arith::CmpFPredicate::OGT, a, b);
      return arith::SelectOp::create(inside, loc, greater, a, b);
    };
    auto load = [&](OpBuilder &inside, Value where) -> Value {
      return vector::LoadOp::create(inside, loc, type, scores, where);
    };

    SmallVector<Value> most = loop(
        -INFINITY, [&](OpBuilder &inside, Value where, Value carried) {
          return larger(inside, load(inside, where), carried);
        });
    Value all = most[0];
    for (Value other : ArrayRef(most).drop_front())
      all = larger(builder, all, other);
    Value maximum = vector::ReductionOp::create(
        builder, loc, vector::CombiningKind::MAXNUMF, all);
    if (op.getZeroMaskedRows()) {
      Value masked = arith::CmpFOp::create(
          builder, loc, arith::CmpFPredicate::OEQ, maximum,
          splat(builder, -INFINITY, 1));
      maximum = arith::SelectOp::create(builder, loc, masked,
                                        splat(builder, 0, 1), maximum);
    }
    Value center = vector::BroadcastOp::create(builder, loc, type, maximum);
    SmallVector<Value> total =
        loop(0, [&](OpBuilder &inside, Value where, Value carried) -> Value {
          Value shifted = arith::SubFOp::create(inside, loc,
                                                load(inside, where), center);
          Value power = math::ExpOp::create(inside, loc, shifted);
          vector::StoreOp::create(inside, loc, power, scores, where);
          return arith::AddFOp::create(inside, loc, carried, power);
        });
    Value sum = total[0];
    for (Value other : ArrayRef(total).drop_front())
      sum = arith::AddFOp::create(builder, loc, sum, other);
    // One tree, the same in every run.
    Value one = vector::ReductionOp::create(
        builder, loc, vector::CombiningKind::ADD, sum,
        arith::FastMathFlags::reassoc);
    Value inverse = arith::DivFOp::create(builder, loc, splat(builder, 1, 1),
                                          one);
    if (op.getZeroMaskedRows()) {
      Value none = arith::CmpFOp::create(builder, loc,
                                         arith::CmpFPredicate::OEQ, one,
                                         splat(builder, 0, 1));
      inverse = arith::SelectOp::create(builder, loc, none,
                                        splat(builder, 0, 1), inverse);
    }
    memref::StoreOp::create(builder, loc, inverse, sums, r);
  }

  /// Bias, mask and softmax of `count` rows of scores.
  void emitRows(OpBuilder &builder, const Task &task, Value row, Value count) {
    IndexMath math(builder, loc);
    Value end = math.mul(math.ceilDiv(t, panelWidth), panelWidth);
    math.forEach(count, [&](OpBuilder &inside, Value r) {
      IndexMath in(inside, loc);
      Value at = in.mul(r, pitch), query = in.add(row, r);
      if (bias.memref)
        emitBias(inside, at,
                 in.add(task.biasBase, in.mul(query, bias.strides[2])));
      Value visible = t;
      if (op.getCausal()) {
        Value limit = in.add(in.sub(in.add(query, t), s), 1);
        visible = in.max(in.constant(0), in.min(limit, t));
      }
      Value nothing = splat(inside, -INFINITY, 1);
      in.forEach(visible, end, 1, [&](OpBuilder &fill, Value n) {
        memref::StoreOp::create(fill, loc, nothing, scores,
                                ValueRange(IndexMath(fill, loc).add(at, n)));
      });
      emitSoftmax(inside, r);
    });
  }

  /// result[row + r] = inverse sum * p[r] . v for a panel of columns.
  void emitValues(OpBuilder &builder, const Task &task, Value row, Value count,
                  Value panel, const BlockColumns &columns) {
    IndexMath math(builder, loc);
    Value column = math.mul(panel, panelWidth);
    Value panelAt = math.mul(column, t);
    emitRowLadder(builder, loc, count, rows, possibleRows,
                  [&](OpBuilder &inside, Value first, int64_t height) {
      IndexMath in(inside, loc);
      BlockOperands operands{scores, {}, valuePanels, {panelAt}};
      for (int64_t r = 0; r < height; ++r)
        operands.rows.push_back(in.mul(in.add(first, r), pitch));
      BlockTile tile;
      tile.lanes = lanes;
      tile.vectors = columns.vectors;
      ReductionLoop loop{t, in.constant(1), in.constant(panelWidth)};
      auto acc = emitBlockProduct(inside, loc, tile, operands, loop);
      for (int64_t r = 0; r < height; ++r) {
        Value inverse = memref::LoadOp::create(inside, loc, sums,
                                               ValueRange(in.add(first, r)));
        Value scale = vector::BroadcastOp::create(
            inside, loc, VectorType::get({lanes}, inside.getF32Type()),
            inverse);
        for (int64_t i = 0; i < tile.vectors; ++i) {
          Value &sum = acc[r * tile.vectors + i];
          sum = arith::MulFOp::create(inside, loc, sum, scale);
        }
      }
      auto position = [&](OpBuilder &at, Value r) {
        IndexMath math(at, loc);
        Value logical[] = {task.batch, task.head,
                           math.add(math.add(row, first), r)};
        SmallVector<Value> memory;
        for (int64_t dim : op.getResultOrder().drop_back())
          memory.push_back(logical[dim]);
        return memory;
      };
      if (failed(storeBlock(inside, function, epilogue, acc, columns, column,
                            position)))
        result = failure();
    });
  }

  void emitQueries(OpBuilder &builder, const Task &task, Value row,
                   Value count) {
    IndexMath math(builder, loc);
    emitScores(builder, task, row, count);
    emitRows(builder, task, row, count);
    Value full = math.div(width, panelWidth);
    math.forEach(full, [&](OpBuilder &inside, Value panel) {
      emitValues(inside, task, row, count, panel,
                 BlockColumns::fixed(inside, loc, panelWidth, lanes));
    });
    Value left = math.sub(width, math.mul(full, panelWidth));
    if (IndexMath::isKnown(left, 0))
      return;
    Value some = math.compare(arith::CmpIPredicate::sgt, left,
                              math.constant(0));
    auto branch = scf::IfOp::create(builder, loc, some, /*withElse=*/false);
    OpBuilder inside = branch.getThenBodyBuilder();
    auto known = IndexMath::known(left);
    emitValues(inside, task, row, count, full,
               known ? BlockColumns::fixed(inside, loc, *known, lanes)
                     : BlockColumns::partial(inside, loc, left, lanes));
  }

  void emitTask(OpBuilder &builder, Value index) {
    IndexMath math(builder, loc);
    Value block = math.rem(index, queryBlocks);
    Value rest = math.div(index, queryBlocks);
    Task task;
    task.head = math.rem(rest, heads);
    task.batch = math.div(rest, heads);
    Value keyHead = math.div(task.head, math.div(heads, keyHeads));
    task.qBase = base(math, q, task.batch, task.head);
    task.kBase = base(math, k, task.batch, keyHead);
    task.vBase = base(math, v, task.batch, keyHead);
    if (bias.memref)
      task.biasBase = base(math, bias, task.batch, task.head);
    emitPack(builder, k, task.kBase, 3, 2, keyPanels);
    emitPack(builder, v, task.vBase, 2, 3, valuePanels);
    Value begin = math.mul(block, taskQueries);
    Value end = math.min(math.add(begin, taskQueries), s);
    auto loop = scf::ForOp::create(builder, loc, begin, end,
                                   math.constant(queries));
    OpBuilder inside(loop.getBody()->getTerminator());
    IndexMath in(inside, loc);
    Value row = loop.getInductionVar();
    Value count = in.min(in.sub(end, row), queries);
    if (possibleRows.size() == 1)
      count = in.constant(possibleRows[0]);
    emitQueries(inside, task, row, count);
  }
};
} // namespace

/// An operand in values of the entry block.
static FailureOr<Operand> makeOperand(KernelFunction &function,
                                      kernel::AttentionOp op, Value tensor,
                                      ArrayRef<int64_t> order) {
  auto input = function.inputIndex(tensor);
  if (!input)
    return op.emitOpError("expected its operands to be inputs of the kernel");
  auto ordered = OrderedTensor::create(op, function.inputShape(*input), order);
  if (failed(ordered))
    return failure();
  Operand operand;
  operand.memref = function.flatInput(*input);
  operand.last = ordered->last;
  for (int64_t dim = 0; dim < 4; ++dim) {
    operand.extents.push_back(function.size(ordered->extents[dim]));
    operand.strides.push_back(function.size(ordered->strides[dim]));
  }
  return operand;
}

LogicalResult cpu::emitAttention(KernelFunction &function,
                                 kernel::AttentionOp op) {
  if (failed(expectF32(op)))
    return failure();
  ArrayRef<int64_t> order = op.getResultOrder();
  if (order.size() != 4 || order[3] != 3)
    return op.emitOpError("expected the result's last logical dim to be "
                          "contiguous");
  FailureOr<Epilogue> epilogue = Epilogue::create(function, op);
  auto q = makeOperand(function, op, op.getQ(), op.getQOrder());
  auto k = makeOperand(function, op, op.getK(), op.getKOrder());
  auto v = makeOperand(function, op, op.getV(), op.getVOrder());
  if (failed(epilogue) || failed(q) || failed(k) || failed(v))
    return failure();
  AttentionEmitter emitter{function, op, *epilogue, op.getLoc()};
  if (failed(TileAttributes(function.kernel())
                 .read({{"lanes", &emitter.lanes},
                        {"queries", &emitter.queries},
                        {"rows", &emitter.rows},
                        {"task_queries", &emitter.taskQueries}})))
    return failure();
  emitter.q = *q;
  emitter.k = *k;
  emitter.v = *v;
  if (op.getBias()) {
    auto bias = makeOperand(function, op, op.getBias(), {0, 1, 2, 3});
    if (failed(bias))
      return failure();
    // A dim of extent 1 is shared by all positions.
    IndexMath math(function.builder(), op.getLoc());
    for (int64_t dim = 0; dim < 4; ++dim) {
      auto known = IndexMath::known(bias->extents[dim]);
      Value full = dim == 3   ? k->extents[2]
                   : dim == 2 ? q->extents[2]
                              : q->extents[dim];
      if (known && *known == 1)
        bias->strides[dim] = math.constant(0);
      else if (bias->extents[dim] != full && !known)
        bias->strides[dim] = math.select(
            math.compare(arith::CmpIPredicate::eq, bias->extents[dim],
                         math.constant(1)),
            math.constant(0), bias->strides[dim]);
    }
    emitter.bias = *bias;
  }
  emitter.heads = q->extents[1];
  emitter.keyHeads = k->extents[1];
  emitter.s = q->extents[2];
  emitter.t = k->extents[2];
  emitter.depth = q->extents[3];
  emitter.width = v->extents[3];

  auto shapeOf = [&](Value tensor, ArrayRef<int64_t> tensorOrder) {
    return *OrderedTensor::create(
        op, function.inputShape(*function.inputIndex(tensor)), tensorOrder);
  };
  OrderedTensor qShape = shapeOf(op.getQ(), op.getQOrder());
  OrderedTensor vShape = shapeOf(op.getV(), op.getVOrder());
  AffineExpr keys = vShape.extents[2];
  emitter.queryBlocks =
      function.size(qShape.extents[2].ceilDiv(emitter.taskQueries));
  AttentionScratch areas = AttentionScratch::create(
      keys, qShape.extents[3], vShape.extents[3], emitter.queries);
  emitter.pitch = function.size(areas.pitch);
  auto type = MemRefType::get({ShapedType::kDynamic},
                              function.builder().getF32Type());
  auto area = [&](AffineExpr begin, AffineExpr end) {
    return function.carveScratch(begin, type,
                                 function.size((end - begin).floorDiv(4)));
  };
  AffineExpr zero = getAffineConstantExpr(0, op.getContext());
  emitter.keyPanels = area(zero, areas.values);
  emitter.valuePanels = area(areas.values, areas.scores);
  emitter.scores = area(areas.scores, areas.sums);
  emitter.sums = area(areas.sums, areas.bytes);
  if (auto rows = dyn_cast<AffineConstantExpr>(qShape.extents[2])) {
    int64_t s = rows.getValue(), task = emitter.taskQueries;
    llvm::SmallSetVector<int64_t, 4> possible;
    for (int64_t part : {std::min(s, task), s % task}) {
      if (part >= emitter.queries)
        possible.insert(emitter.queries);
      if (part % emitter.queries != 0)
        possible.insert(part % emitter.queries);
    }
    emitter.possibleRows.assign(possible.begin(), possible.end());
  }
  function.forEachTask([&](OpBuilder &builder, Value index) {
    emitter.emitTask(builder, index);
  });
  return emitter.result;
}
