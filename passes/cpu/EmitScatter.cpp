// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.scatter on CPUs. A task owns a block of the result's columns, so that
// updates of one row meet in their order, whatever the threads:
//
//   for row: copy the data's part of the row
//   for update: if its row exists: combine the update's part into that row
#include "passes/cpu/Generators.h"
#include "passes/loops/ScatterUpdate.h"
#include "passes/loops/TileAttributes.h"
#include "passes/cpu/VectorSweep.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

LogicalResult cpu::emitScatter(KernelFunction &function,
                               kernel::ScatterOp op) {
  int64_t lanes = 0, block = 0;
  if (failed(TileAttributes(function.kernel())
                 .read({{"lanes", &lanes}, {"block", &block}})))
    return failure();
  auto data = function.inputIndex(op.getData());
  auto rows = function.inputIndex(op.getRows());
  auto updates = function.inputIndex(op.getUpdates());
  SmallVector<unsigned> results = function.resultIndices(op.getResult());
  if (!data || !rows || !updates || results.size() != 1)
    return op.emitOpError("expected to scatter inputs of the kernel into its "
                          "one result");
  Location loc = function.loc();
  Type element =
      cast<RankedTensorType>(op.getResult().getType()).getElementType();
  int64_t bits = storageType(element).getIntOrFloatBitWidth();
  int64_t narrow = std::max<int64_t>(1, lanes * 32 / bits);
  Value from = function.flatInput(*data), to = function.flatResult(results[0]);
  Value news = function.flatInput(*updates), where = function.flatInput(*rows);
  ArrayRef<AffineExpr> shape = function.resultShape(results[0]);
  Value height = function.size(shape[0]), width = function.size(shape[1]);
  Value count = function.size(function.inputShape(*updates)[0]);

  auto store = [&](OpBuilder &b, Value value, Value at, Value mask) {
    if (!mask)
      return storeElements(b, loc, value, to, at, element);
    vector::MaskedStoreOp::create(b, loc, to, at, mask,
                                  toStorage(b, loc, value, element));
  };
  LogicalResult result = success();
  auto sweep = [&](OpBuilder &b, Value begin, Value end, auto emit) {
    if (failed(sweepVectors(b, loc, begin, end, 4 * narrow, narrow,
                            [&](OpBuilder &inside, Value at, int64_t n,
                                Value mask) -> LogicalResult {
                              emit(inside, at, n, mask);
                              return success();
                            })))
      result = failure();
  };
  function.forEachTask([&](OpBuilder &b, Value task) {
    IndexMath math(b, loc);
    Value first = math.mul(task, block);
    Value last = math.min(math.add(first, block), width);
    math.forEach(height, [&](OpBuilder &inside, Value row) {
      IndexMath in(inside, loc);
      Value start = in.mul(row, width);
      sweep(inside, in.add(start, first), in.add(start, last),
            [&](OpBuilder &point, Value at, int64_t n, Value mask) {
              store(point, loadMasked(point, loc, from, at, element, n, mask),
                    at, mask);
            });
    });
    math.forEach(count, [&](OpBuilder &inside, Value update) {
      Value row = memref::LoadOp::create(inside, loc, where, update);
      row = arith::IndexCastOp::create(inside, loc, inside.getIndexType(), row);
      // One unsigned comparison: negative rows are huge.
      Value exists = arith::CmpIOp::create(
          inside, loc, arith::CmpIPredicate::ult, row, height);
      auto branch = scf::IfOp::create(inside, loc, exists, false);
      OpBuilder taken = branch.getThenBodyBuilder();
      IndexMath in(taken, loc);
      Value source = in.mul(update, width), target = in.mul(row, width);
      sweep(taken, first, last,
            [&](OpBuilder &point, Value column, int64_t n, Value mask) {
              IndexMath m(point, loc);
              Value at = m.add(target, column);
              Value fresh = loadMasked(point, loc, news, m.add(source, column),
                                       element, n, mask);
              if (op.getKind() != kernel::ScatterKind::assign)
                fresh = combineUpdate(
                    point, loc, op,
                    loadMasked(point, loc, to, at, element, n, mask), fresh);
              store(point, fresh, at, mask);
            });
    });
  });
  return result;
}
