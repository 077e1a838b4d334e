// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Maps with an operand that is contiguous along another loop u than the result
// (v): tiles of 8 x 8 elements are read along u and turned around in registers.
//
//   for task: for tile (rows, u step 16, v step 128) of the task:
//     for u step 8: for v step 8:
//       8 vectors along u -> 8 vectors along v -> body and store, per u
//     the ragged rest as vectors along v, then element by element
//
// Where v has very few positions, vectors along u are computed for each of them
// and stored as one: rgb rgb rgb ... from rrr ..., ggg ..., bbb ....
#include "passes/cpu/CascadeEmitter.h"
#include "passes/loops/IndexMath.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

/// Row k of the result holds lane k of every row, in order: the classic
/// exchange of 1, 2, then 4 lanes.
static SmallVector<Value> transpose8x8(OpBuilder &b, Location loc,
                                       ArrayRef<Value> rows) {
  auto shuffle = [&](Value x, Value y, ArrayRef<int64_t> lanes) -> Value {
    return vector::ShuffleOp::create(b, loc, x, y, lanes);
  };
  SmallVector<Value> pairs, fours, result(8);
  for (int64_t i = 0; i < 8; i += 2) {
    pairs.push_back(shuffle(rows[i], rows[i + 1], {0, 8, 1, 9, 4, 12, 5, 13}));
    pairs.push_back(
        shuffle(rows[i], rows[i + 1], {2, 10, 3, 11, 6, 14, 7, 15}));
  }
  for (int64_t i : {0, 4}) {
    for (int64_t j : {0, 1}) {
      Value x = pairs[i + j], y = pairs[i + j + 2];
      fours.push_back(shuffle(x, y, {0, 1, 8, 9, 4, 5, 12, 13}));
      fours.push_back(shuffle(x, y, {2, 3, 10, 11, 6, 7, 14, 15}));
    }
  }
  for (int64_t i = 0; i < 4; ++i) {
    result[i] = shuffle(fours[i], fours[i + 4], {0, 1, 2, 3, 8, 9, 10, 11});
    result[i + 4] =
        shuffle(fours[i], fours[i + 4], {4, 5, 6, 7, 12, 13, 14, 15});
  }
  return result;
}

LogicalResult CascadeEmitter::emitTurnedTile(OpBuilder &b, Value u, Value v) {
  const CascadeStage &stage = plan.stages.front();
  unsigned along = *plan.tileLoop, vectorLoop = *plan.vectorLoop;
  // Operands that lie along u, read there for each of 8 positions of v.
  SmallVector<SmallVector<Value>> turned;
  SmallVector<std::pair<unsigned, unsigned>> keys;
  for (unsigned number : stage.steps) {
    const CascadeStep &step = plan.loops.steps[number];
    for (unsigned operand = 0; operand < step.reads.size(); ++operand) {
      if (!plan.isTurned(step, operand))
        continue;
      linalg::GenericOp op = step.op;
      Value tensor = op.getDpsInputs()[operand];
      const CascadeAccess &access = step.reads[operand];
      SmallVector<Value> rows;
      position[along] = u;
      for (int64_t lane = 0; lane < 8; ++lane) {
        position[vectorLoop] = arith::AddIOp::create(
            b, loc, v, constantIndex(b, loc, lane));
        Lanes at = linearize(b, access.strides, access.offset, 1);
        rows.push_back(loadElements(
            b, loc, function.flatInput(*function.inputIndex(tensor)), at.value,
            getElementTypeOrSelf(tensor.getType()), 8));
      }
      turned.push_back(transpose8x8(b, loc, rows));
      keys.push_back({number, operand});
    }
  }
  position[vectorLoop] = v;
  LogicalResult result = success();
  for (int64_t row = 0; row < 8; ++row) {
    position[along] =
        arith::AddIOp::create(b, loc, u, constantIndex(b, loc, row));
    turnedOperands.clear();
    for (auto [key, rows] : llvm::zip(keys, turned))
      turnedOperands[key] = rows[row];
    if (failed(emitStages(b, 8)))
      result = failure();
  }
  turnedOperands.clear();
  return result;
}

/// One vector that takes an element of each part in turn.
static Value interleaveLanes(OpBuilder &b, Location loc, ArrayRef<Value> parts) {
  int64_t lanes = cast<VectorType>(parts.front().getType()).getDimSize(0);
  int64_t count = parts.size();
  Value joined = parts.front();
  for (int64_t i = 1; i < count; ++i)
    joined = vector::ShuffleOp::create(
        b, loc, joined, parts[i],
        llvm::to_vector(llvm::seq<int64_t>(0, (i + 1) * lanes)));
  SmallVector<int64_t> order;
  for (int64_t lane = 0; lane < lanes; ++lane)
    for (int64_t part = 0; part < count; ++part)
      order.push_back(part * lanes + lane);
  return vector::ShuffleOp::create(b, loc, joined, joined, order);
}

/// All columns of the 8 rows from `u` on.
LogicalResult CascadeEmitter::emitInterleaved(OpBuilder &b, Value u) {
  unsigned along = *plan.tileLoop, vectorLoop = *plan.vectorLoop;
  llvm::MapVector<Value, Values> results;
  gathered = &results;
  lanesLoop = along;
  position[along] = u;
  LogicalResult result = success();
  int64_t columns = *constantExtent(plan.loops.extents[vectorLoop]);
  for (int64_t column = 0; column < columns; ++column) {
    position[vectorLoop] = constantIndex(b, loc, column);
    if (failed(emitStages(b, 8)))
      result = failure();
  }
  gathered = nullptr;
  lanesLoop = vectorLoop;
  if (failed(result))
    return failure();
  position[vectorLoop] = constantIndex(b, loc, 0);
  AffineExpr zero = getAffineConstantExpr(0, b.getContext());
  for (auto &[value, parts] : results)
    for (unsigned index : function.resultIndices(value))
      storeElements(b, loc, interleaveLanes(b, loc, parts),
                    function.flatResult(index),
                    linearize(b, resultStrides(value), zero, 1).value,
                    getElementTypeOrSelf(value.getType()));
  return success();
}

LogicalResult CascadeEmitter::emitTurnedTask(OpBuilder &b, Value first,
                                             Value last) {
  unsigned along = *plan.tileLoop, vectorLoop = *plan.vectorLoop;
  LogicalResult result = success();
  auto check = [&](LogicalResult part) {
    if (failed(part))
      result = failure();
  };
  // Elements one by one, or in vectors along v with u fixed.
  auto emitLine = [&](OpBuilder &inside, Value u, Value from, Value to,
                      int64_t lanes) {
    IndexMath(inside, loc).forEach(from, to, lanes,
                                   [&](OpBuilder &point, Value v) {
                                     position[along] = u;
                                     position[vectorLoop] = v;
                                     check(emitStages(point, lanes));
                                   });
  };
  Value heights = extent(along), widths = extent(vectorLoop);
  AffineExpr downExpr = plan.loops.extents[along].ceilDiv(plan.tileHeight());
  AffineExpr acrossExpr =
      plan.loops.extents[vectorLoop].ceilDiv(plan.tileWidth);
  Value down = function.size(downExpr), across = function.size(acrossExpr);
  IndexMath(b, loc).forEach(first, last, 1, [&](OpBuilder &tile, Value at) {
    IndexMath math(tile, loc);
    Value v0 = math.mul(math.rem(at, across), plan.tileWidth);
    Value rest = math.div(at, across);
    Value u0 = math.mul(math.rem(rest, down), plan.tileHeight());
    rest = math.div(rest, down);
    for (unsigned i = plan.rows.size(); i-- > 0;) {
      unsigned row = plan.rows[i];
      if (row == along)
        continue;
      position[row] = math.rem(rest, extent(row));
      rest = math.div(rest, extent(row));
    }
    Value v1 = math.min(math.add(v0, plan.tileWidth), widths);
    Value u1 = math.min(math.add(u0, plan.tileHeight()), heights);
    Value wholeV =
        math.add(v0, math.mul(math.div(math.sub(v1, v0), 8), 8));
    Value wholeU =
        math.add(u0, math.mul(math.div(math.sub(u1, u0), 8), 8));
    math.forEach(u0, wholeU, 8, [&](OpBuilder &band, Value u) {
      if (plan.interleaved)
        return check(emitInterleaved(band, u));
      IndexMath(band, loc).forEach(v0, wholeV, 8, [&](OpBuilder &in, Value v) {
        check(emitTurnedTile(in, u, v));
      });
    });
    Value firstLine = plan.interleaved ? wholeU : u0;
    math.forEach(firstLine, u1, 1, [&](OpBuilder &line, Value u) {
      IndexMath in(line, loc);
      // Of rows in whole bands only the columns after the last whole tile.
      Value isWhole = in.less(u, wholeU);
      Value from = in.select(isWhole, wholeV, v0);
      emitLine(line, u, from, wholeV, 8);
      emitLine(line, u, wholeV, v1, 1);
    });
  });
  return result;
}
