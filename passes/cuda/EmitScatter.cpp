// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.scatter on a GPU. A thread makes one element of the result, or a
// vector of a row's, so that updates meet in their order without locks:
//
//   (row, columns) = point:
//     element = data
//     for run of as many updates as threads:
//       if one of them names a row of the block, each thread looking at one:
//         for update of the run: if it names the row: combine it into element
//     store
//
// Most runs concern few blocks, so that a block reads little more than the list
// of rows once.
#include "passes/cuda/Generators.h"

#include "passes/cuda/ThreadPoints.h"
#include "passes/loops/IndexMath.h"
#include "passes/loops/ScalarBody.h"
#include "passes/loops/ScatterUpdate.h"
#include "passes/loops/TileAttributes.h"

using namespace mlir;
using namespace strait;
using namespace strait::cuda;

namespace {
struct ScatterEmitter {
  kernel::ScatterOp op;
  Location loc;
  Type element;
  int64_t lanes = 1;
  Threads threads;
  // Values of the entry block.
  Value data = {}, rows = {}, updates = {}, result = {}, exchange = {};
  Value height = {}, width = {}, vectors = {}, points = {}, count = {};

  Value load(OpBuilder &b, Value memref, Value at) const {
    return loadElements(b, loc, memref, at, element, lanes,
                        /*isAligned=*/true);
  }
  /// Between updates, elements are rounded as if they went through memory.
  Value stored(OpBuilder &b, Value computed) const {
    return toStorage(b, loc, computed, element);
  }

  /// The row that an update names; it may not exist.
  Value rowOf(OpBuilder &b, Value update) const {
    Value row = memref::LoadOp::create(b, loc, rows, update);
    return arith::IndexCastOp::create(b, loc, b.getIndexType(), row);
  }

  struct Point {
    Value row, column;
  };
  Point pointOf(OpBuilder &b, Value number) const {
    auto at = positionOf(b, loc, number, {height, vectors});
    return {at[0], IndexMath(b, loc).mul(at[1], lanes)};
  }
  void emitTask(OpBuilder &b, Value task) const;
  Value isNamed(OpBuilder &b, Value update, Value first, Value last) const;
  Value emitRun(OpBuilder &b, Value begin, const Point &point,
                Value old) const;
  /// The element `old` of `point` after an update.
  Value emitUpdate(OpBuilder &b, Value update, const Point &point,
                   Value old) const {
    Value meets = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                        rowOf(b, update), point.row);
    auto branch =
        scf::IfOp::create(b, loc, old.getType(), meets, /*withElse=*/true);
    OpBuilder taken = branch.getThenBodyBuilder();
    IndexMath in(taken, loc);
    Value source = in.add(in.mul(update, width), point.column);
    Value fresh = load(taken, updates, source);
    Value combined = combineUpdate(
        taken, loc, op, fromStorage(taken, loc, old, element), fresh);
    scf::YieldOp::create(taken, loc, stored(taken, combined));
    OpBuilder passed = branch.getElseBodyBuilder();
    scf::YieldOp::create(passed, loc, old);
    return branch.getResult(0);
  }
};
} // namespace

/// Whether there is this update, and for a row of [first, last].
Value ScatterEmitter::isNamed(OpBuilder &b, Value update, Value first,
                              Value last) const {
  Value exists = IndexMath(b, loc).less(update, count);
  return testIf(b, loc, exists, [&](OpBuilder &inside) {
    IndexMath in(inside, loc);
    // Unsigned: rows before the first are huge.
    Value distance = in.sub(rowOf(inside, update), first);
    return in.compare(arith::CmpIPredicate::ule, distance,
                      in.sub(last, first));
  });
}

/// The element `old` of `point` after the run of updates from `begin` on.
Value ScatterEmitter::emitRun(OpBuilder &b, Value begin, const Point &point,
                              Value old) const {
  IndexMath math(b, loc);
  Value end = math.min(math.add(begin, threads.count()), count);
  auto loop = scf::ForOp::create(
      b, loc, begin, end, math.constant(1), old,
      [&](OpBuilder &inside, Location, Value update, ValueRange element) {
        scf::YieldOp::create(inside, loc,
                             emitUpdate(inside, update, point, element[0]));
      });
  return loop.getResult(0);
}

void ScatterEmitter::emitTask(OpBuilder &b, Value task) const {
  IndexMath math(b, loc);
  Value begin = math.mul(task, threads.count());
  Value end = math.sub(math.min(math.add(begin, threads.count()), points),
                       math.constant(1));
  Value first = pointOf(b, begin).row, last = pointOf(b, end).row;
  // Threads without a point wait with the others, at the last one.
  Value mine = math.add(begin, threads.id());
  Point point = pointOf(b, math.min(mine, end));
  Value at = math.add(math.mul(point.row, width), point.column);
  auto loop = scf::ForOp::create(
      b, loc, math.constant(0), count, math.constant(threads.count()),
      stored(b, load(b, data, at)),
      [&](OpBuilder &inside, Location, Value run, ValueRange element) {
        IndexMath in(inside, loc);
        Value named =
            isNamed(inside, in.add(run, threads.id()), first, last);
        Value some = threads.countFlags(inside, named, exchange).all;
        Value concerns = in.less(in.constant(0), some);
        auto branch = scf::IfOp::create(inside, loc, element[0].getType(),
                                        concerns, /*withElse=*/true);
        OpBuilder taken = branch.getThenBodyBuilder();
        scf::YieldOp::create(taken, loc,
                             emitRun(taken, run, point, element[0]));
        OpBuilder passed = branch.getElseBodyBuilder();
        scf::YieldOp::create(passed, loc, element);
        scf::YieldOp::create(inside, loc, branch.getResults());
      });
  auto branch = scf::IfOp::create(b, loc, math.less(mine, points),
                                  /*withElse=*/false);
  OpBuilder inside = branch.getThenBodyBuilder();
  Value element = fromStorage(inside, loc, loop.getResult(0), this->element);
  storeElements(inside, loc, element, result, at, this->element,
                /*isAligned=*/true);
}

LogicalResult cuda::emitScatter(KernelFunction &function, kernel::ScatterOp op,
                                int64_t threads) {
  ScatterEmitter emitter{op, function.loc(),
                         getElementTypeOrSelf(op.getResult().getType()),
                         /*lanes=*/1,
                         Threads(function.builder(), function.loc(), threads)};
  if (failed(TileAttributes(function.kernel())
                 .read({{"lanes", &emitter.lanes}})))
    return failure();
  auto data = function.inputIndex(op.getData());
  auto rows = function.inputIndex(op.getRows());
  auto updates = function.inputIndex(op.getUpdates());
  SmallVector<unsigned> results = function.resultIndices(op.getResult());
  if (!data || !rows || !updates || results.size() != 1)
    return op.emitOpError("expected to scatter inputs of the kernel into its "
                          "one result");
  ArrayRef<AffineExpr> shape = function.resultShape(results[0]);
  emitter.data = function.flatInput(*data);
  emitter.rows = function.flatInput(*rows);
  emitter.updates = function.flatInput(*updates);
  emitter.result = function.flatResult(results[0]);
  emitter.exchange = carveExchange(function, 1);
  AffineExpr vectors = shape[1].floorDiv(emitter.lanes);
  emitter.height = function.size(shape[0]);
  emitter.width = function.size(shape[1]);
  emitter.vectors = function.size(vectors);
  emitter.points = function.size(shape[0] * vectors);
  emitter.count = function.size(function.inputShape(*updates)[0]);
  function.forEachTask(
      [&](OpBuilder &b, Value task) { emitter.emitTask(b, task); });
  return success();
}
