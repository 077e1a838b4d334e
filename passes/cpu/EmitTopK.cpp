// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.top_k on CPUs: every row's best so far stand in order in the result.
//
//   for row of the task:
//     for i in [0, N):
//       if fewer than K stand, or x[i] is better than the last of them:
//         move those that x[i] is better than one place down; put x[i] there
#include "passes/cpu/Generators.h"
#include "passes/loops/IndexMath.h"
#include "passes/loops/ScalarBody.h"
#include "passes/loops/TileAttributes.h"
#include "passes/loops/TopKOrder.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

namespace {
struct TopKEmitter {
  kernel::TopKOp op;
  Location loc;
  Type element;
  Value input, values, positions; // flat
  Value count, kept;              // N and K

  Value load(OpBuilder &b, Value memref, Value at) {
    return loadElements(b, loc, memref, at, element, 1);
  }
  void put(OpBuilder &b, Value at, Value value, Value position) {
    storeElements(b, loc, value, values, at, element);
    memref::StoreOp::create(b, loc, position, positions, at);
  }
  /// Takes element `i` of a row that starts at `from` in the input and at `to`
  /// in the results.
  void take(OpBuilder &b, Value from, Value to, Value i) {
    IndexMath math(b, loc);
    Value x = load(b, input, math.add(from, i));
    Value one = math.constant(1), zero = math.constant(0);
    Value last = math.sub(kept, one);
    // Where fewer stand, the place is free: what it holds does not count.
    Value isFree = math.less(i, kept);
    Value place = math.min(last, i);
    Value beats = isBetter(b, loc, op, x, load(b, values, math.add(to, place)));
    Value enters = arith::OrIOp::create(b, loc, isFree, beats);
    auto branch = scf::IfOp::create(b, loc, enters, false);
    OpBuilder taken = branch.getThenBodyBuilder();
    auto loop = scf::WhileOp::create(
        taken, loc, TypeRange{taken.getIndexType()}, ValueRange{place},
        [&](OpBuilder &inside, Location, ValueRange at) {
          IndexMath m(inside, loc);
          Value before = m.add(to, m.max(zero, m.sub(at[0], one)));
          Value goes = arith::AndIOp::create(
              inside, loc, m.less(zero, at[0]),
              isBetter(inside, loc, op, x, load(inside, values, before)));
          scf::ConditionOp::create(inside, loc, goes, at);
        },
        [&](OpBuilder &inside, Location, ValueRange at) {
          IndexMath m(inside, loc);
          Value before = m.sub(at[0], one), source = m.add(to, before);
          put(inside, m.add(to, at[0]), load(inside, values, source),
              memref::LoadOp::create(inside, loc, positions, source));
          scf::YieldOp::create(inside, loc, before);
        });
    put(taken, IndexMath(taken, loc).add(to, loop.getResult(0)), x,
        arith::IndexCastOp::create(taken, loc, taken.getI64Type(), i));
  }
};
} // namespace

LogicalResult cpu::emitTopK(KernelFunction &function, kernel::TopKOp op) {
  int64_t rowBlock = 0;
  TileAttributes tile(function.kernel());
  if (failed(tile.read({{"row_block", &rowBlock}})))
    return failure();
  auto input = function.inputIndex(op.getInput());
  SmallVector<unsigned> values = function.resultIndices(op.getValues());
  SmallVector<unsigned> positions = function.resultIndices(op.getPositions());
  if (!input || values.size() != 1 || positions.size() != 1)
    return op.emitOpError("expected to sort an input of the kernel into its "
                          "two results");
  ArrayRef<AffineExpr> in = function.inputShape(*input);
  ArrayRef<AffineExpr> out = function.resultShape(values[0]);
  TopKEmitter emitter{
      op,
      function.loc(),
      cast<RankedTensorType>(op.getInput().getType()).getElementType(),
      function.flatInput(*input),
      function.flatResult(values[0]),
      function.flatResult(positions[0]),
      function.size(in[1]),
      function.size(out[1])};
  Value rows = function.size(in[0]);
  function.forEachTask([&](OpBuilder &b, Value task) {
    IndexMath math(b, function.loc());
    Value first = math.mul(task, rowBlock);
    Value last = math.min(math.add(first, rowBlock), rows);
    // With nothing to keep there is no place to compare with.
    last = math.select(math.less(math.constant(0), emitter.kept), last, first);
    math.forEach(first, last, 1, [&](OpBuilder &inside, Value row) {
      IndexMath m(inside, function.loc());
      Value from = m.mul(row, emitter.count), to = m.mul(row, emitter.kept);
      m.forEach(emitter.count, [&](OpBuilder &point, Value i) {
        emitter.take(point, from, to, i);
      });
    });
  });
  return success();
}
