// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.top_k on a GPU. A block does a row, in a round per element that it
// keeps:
//
//   last = none
//   for place in [0, K):
//     best = none
//     for i = thread to N step threads:
//       if element i comes behind last and before best: best = i
//     last = the first of all threads' best
//     the first thread stores it at its place
//
// Elements come in one order without equals: the better first, of equals the
// first in the row. So nothing needs to be marked as taken.
#include "passes/cuda/Generators.h"

#include "passes/cuda/Threads.h"
#include "passes/loops/IndexMath.h"
#include "passes/loops/ScalarBody.h"
#include "passes/loops/TopKOrder.h"

using namespace mlir;
using namespace strait;
using namespace strait::cuda;

namespace {
struct TopKEmitter {
  kernel::TopKOp op;
  Location loc;
  Type element;
  Threads threads;
  Value input, values, positions; // flat
  Value count, kept;              // N and K
  Value exchange;

  /// An element and its position, -1 for none.
  struct Candidate {
    Value value, position;
    static Candidate of(ValueRange pair) { return {pair[0], pair[1]}; }
    operator SmallVector<Value>() const { return {value, position}; }
  };

  Value i64(OpBuilder &b, int64_t value) const {
    return arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(value));
  }
  SmallVector<Value> none(OpBuilder &b) const {
    TypedAttr zero = b.getZeroAttr(computeType(element));
    return {arith::ConstantOp::create(b, loc, zero), i64(b, -1)};
  }
  Value isNone(OpBuilder &b, Candidate x) const {
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, x.position,
                                 i64(b, 0));
  }
  Value isBefore(OpBuilder &b, Candidate x, Candidate y) const;
  SmallVector<Value> first(OpBuilder &b, Candidate x, Candidate y) const;
  Candidate findNext(OpBuilder &b, Value row, Candidate last) const;
  void emitRow(OpBuilder &b, Value row) const;
};
} // namespace

/// Of two elements of a row.
Value TopKEmitter::isBefore(OpBuilder &b, Candidate x, Candidate y) const {
  Value better = isBetter(b, loc, op, x.value, y.value);
  Value worse = isBetter(b, loc, op, y.value, x.value);
  Value earlier = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                        x.position, y.position);
  Value no = arith::ConstantOp::create(b, loc, b.getBoolAttr(false));
  Value equal = arith::SelectOp::create(b, loc, worse, no, earlier);
  return arith::OrIOp::create(b, loc, better, equal);
}

/// The one that comes first, if there is one at all.
SmallVector<Value> TopKEmitter::first(OpBuilder &b, Candidate x,
                                      Candidate y) const {
  Value before = arith::OrIOp::create(b, loc, isNone(b, y), isBefore(b, x, y));
  Value no = arith::ConstantOp::create(b, loc, b.getBoolAttr(false));
  Value takesX = arith::SelectOp::create(b, loc, isNone(b, x), no, before);
  return {arith::SelectOp::create(b, loc, takesX, x.value, y.value),
          arith::SelectOp::create(b, loc, takesX, x.position, y.position)};
}

/// The element of the row that comes next after `last`.
TopKEmitter::Candidate TopKEmitter::findNext(OpBuilder &b, Value row,
                                             Candidate last) const {
  IndexMath math(b, loc);
  Value from = math.mul(row, count);
  auto loop = scf::ForOp::create(
      b, loc, threads.id(), count, math.constant(threads.count()), none(b),
      [&](OpBuilder &inside, Location, Value i, ValueRange best) {
        Candidate mine{loadElements(inside, loc, input,
                                    IndexMath(inside, loc).add(from, i),
                                    element, 1),
                       arith::IndexCastOp::create(inside, loc,
                                                  inside.getI64Type(), i)};
        Value isLeft = arith::OrIOp::create(
            inside, loc, isNone(inside, last), isBefore(inside, last, mine));
        mine.position = arith::SelectOp::create(inside, loc, isLeft,
                                                mine.position, i64(inside, -1));
        scf::YieldOp::create(inside, loc,
                             first(inside, mine, Candidate::of(best)));
      });
  auto combine = [&](OpBuilder &at, ArrayRef<Value> x, ArrayRef<Value> y) {
    return first(at, Candidate::of(x), Candidate::of(y));
  };
  return Candidate::of(threads.combineAll(
      b, SmallVector<Value>(loop.getResults()), combine, exchange));
}

void TopKEmitter::emitRow(OpBuilder &b, Value row) const {
  IndexMath math(b, loc);
  scf::ForOp::create(
      b, loc, math.constant(0), kept, math.constant(1), none(b),
      [&](OpBuilder &inside, Location, Value place, ValueRange last) {
        Candidate next = findNext(inside, row, Candidate::of(last));
        auto branch = scf::IfOp::create(inside, loc, threads.isFirst(),
                                        /*withElse=*/false);
        OpBuilder one = branch.getThenBodyBuilder();
        IndexMath m(one, loc);
        Value at = m.add(m.mul(row, kept), place);
        storeElements(one, loc, next.value, values, at, element);
        memref::StoreOp::create(one, loc, next.position, positions, at);
        scf::YieldOp::create(inside, loc, SmallVector<Value>(next));
      });
}

LogicalResult cuda::emitTopK(KernelFunction &function, kernel::TopKOp op,
                             int64_t threads) {
  auto input = function.inputIndex(op.getInput());
  SmallVector<unsigned> values = function.resultIndices(op.getValues());
  SmallVector<unsigned> positions = function.resultIndices(op.getPositions());
  if (!input || values.size() != 1 || positions.size() != 1)
    return op.emitOpError("expected to sort an input of the kernel into its "
                          "two results");
  TopKEmitter emitter{op,
                      function.loc(),
                      getElementTypeOrSelf(op.getInput().getType()),
                      Threads(function.builder(), function.loc(), threads),
                      function.flatInput(*input),
                      function.flatResult(values[0]),
                      function.flatResult(positions[0]),
                      function.size(function.inputShape(*input)[1]),
                      function.size(function.resultShape(values[0])[1]),
                      carveExchange(function, 2)};
  function.forEachTask(
      [&](OpBuilder &b, Value row) { emitter.emitRow(b, row); });
  return success();
}
