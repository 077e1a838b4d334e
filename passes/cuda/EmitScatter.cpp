// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.scatter on a GPU. A thread makes one element of the result, or a
// vector of a row's, so that updates meet in their order without locks:
//
//   (row, columns) = point:
//     element = data
//     for update: if it names the row: combine it into element
//     store
//
// All threads of a warp ask for the same update at a time: one transaction for
// 32 elements, and most updates are few.
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
  // Values of the entry block.
  Value data = {}, rows = {}, updates = {}, result = {}, width = {}, count = {};

  Value load(OpBuilder &b, Value memref, Value at) const {
    return loadElements(b, loc, memref, at, element, lanes,
                        /*isAligned=*/true);
  }
  /// Between updates, elements are rounded as if they went through memory.
  Value stored(OpBuilder &b, Value computed) const {
    return toStorage(b, loc, computed, element);
  }

  void emitPoint(OpBuilder &b, Value row, Value column) const {
    IndexMath math(b, loc);
    Value at = math.add(math.mul(row, width), column);
    Value start = stored(b, load(b, data, at));
    auto loop = scf::ForOp::create(
        b, loc, math.constant(0), count, math.constant(1), start,
        [&](OpBuilder &inside, Location, Value update, ValueRange old) {
          scf::YieldOp::create(inside, loc,
                               emitUpdate(inside, update, row, column, old[0]));
        });
    Value last = fromStorage(b, loc, loop.getResult(0), element);
    storeElements(b, loc, last, result, at, element, /*isAligned=*/true);
  }

  Value emitUpdate(OpBuilder &b, Value update, Value row, Value column,
                   Value old) const {
    Value named = memref::LoadOp::create(b, loc, rows, update);
    named = arith::IndexCastOp::create(b, loc, b.getIndexType(), named);
    Value meets =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, named, row);
    auto branch =
        scf::IfOp::create(b, loc, old.getType(), meets, /*withElse=*/true);
    OpBuilder taken = branch.getThenBodyBuilder();
    IndexMath in(taken, loc);
    Value fresh = load(taken, updates, in.add(in.mul(update, width), column));
    Value combined = combineUpdate(
        taken, loc, op, fromStorage(taken, loc, old, element), fresh);
    scf::YieldOp::create(taken, loc, stored(taken, combined));
    OpBuilder passed = branch.getElseBodyBuilder();
    scf::YieldOp::create(passed, loc, old);
    return branch.getResult(0);
  }
};
} // namespace

LogicalResult cuda::emitScatter(KernelFunction &function, kernel::ScatterOp op,
                                int64_t threads) {
  ScatterEmitter emitter{
      op, function.loc(), getElementTypeOrSelf(op.getResult().getType())};
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
  emitter.width = function.size(shape[1]);
  emitter.count = function.size(function.inputShape(*updates)[0]);
  AffineExpr vectors = shape[1].floorDiv(emitter.lanes);
  Value extents[] = {function.size(shape[0]), function.size(vectors)};
  return forEachPoint(function, threads, shape[0] * vectors,
                      [&](OpBuilder &b, Value point) {
                        auto at =
                            positionOf(b, emitter.loc, point, extents);
                        IndexMath math(b, emitter.loc);
                        emitter.emitPoint(b, at[0],
                                          math.mul(at[1], emitter.lanes));
                        return success();
                      });
}
