// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.non_zero on a GPU, one block:
//
//   for run of as many elements as threads:
//     place = count + how many of the threads before have one that is not zero
//     if mine is not zero: positions[place] = i
//     count += how many of all threads
#include "passes/cuda/Generators.h"

#include "passes/analysis/TilingCuda.h"
#include "passes/cuda/ThreadPoints.h"
#include "passes/loops/IndexMath.h"
#include "passes/loops/NonZeroTest.h"
#include "passes/loops/ScalarBody.h"

using namespace mlir;
using namespace strait;
using namespace strait::cuda;

namespace {
struct NonZeroEmitter {
  Location loc;
  Type element;
  Threads threads;
  Value source, positions, total, size, exchange;

  /// Whether element `i` exists and is not zero.
  Value isListed(OpBuilder &b, Value i) const {
    Value exists = IndexMath(b, loc).less(i, size);
    return testIf(b, loc, exists, [&](OpBuilder &inside) {
      Value x = loadElements(inside, loc, source, i, element, 1);
      return isNonZero(inside, loc, x);
    });
  }

  Value emitRun(OpBuilder &b, Value first, Value count) const {
    IndexMath math(b, loc);
    Value i = math.add(first, threads.id());
    Value listed = isListed(b, i);
    Threads::Count flags = threads.countFlags(b, listed, exchange);
    auto branch = scf::IfOp::create(b, loc, listed, /*withElse=*/false);
    OpBuilder inside = branch.getThenBodyBuilder();
    memref::StoreOp::create(
        inside, loc,
        arith::IndexCastOp::create(inside, loc, inside.getI64Type(), i),
        positions, IndexMath(inside, loc).add(count, flags.before));
    return math.add(count, flags.all);
  }

  void emitTask(OpBuilder &b) const {
    IndexMath math(b, loc);
    Value zero = math.constant(0);
    auto loop = scf::ForOp::create(
        b, loc, zero, size, math.constant(threads.count()), zero,
        [&](OpBuilder &inside, Location, Value first, ValueRange count) {
          scf::YieldOp::create(inside, loc, emitRun(inside, first, count[0]));
        });
    auto branch =
        scf::IfOp::create(b, loc, threads.isFirst(), /*withElse=*/false);
    OpBuilder inside = branch.getThenBodyBuilder();
    Value all = arith::IndexCastOp::create(
        inside, loc, inside.getI64Type(), loop.getResult(0));
    memref::StoreOp::create(inside, loc, all, total, zero);
  }
};
} // namespace

LogicalResult cuda::emitNonZero(KernelFunction &function, kernel::NonZeroOp op,
                                int64_t threads) {
  auto input = function.inputIndex(op.getInput());
  SmallVector<unsigned> positions = function.resultIndices(op.getPositions());
  SmallVector<unsigned> counts = function.resultIndices(op.getCount());
  if (!input || positions.size() != 1 || counts.size() != 1)
    return op.emitOpError("expected to list an input of the kernel in its two "
                          "results");
  NonZeroEmitter emitter{
      function.loc(),
      getElementTypeOrSelf(op.getInput().getType()),
      Threads(function.builder(), function.loc(), threads),
      function.flatInput(*input),
      function.flatResult(positions[0]),
      function.flatResult(counts[0]),
      function.size(function.inputShape(*input)[0]),
      carveExchange(function, 1)};
  function.forEachTask([&](OpBuilder &b, Value) { emitter.emitTask(b); });
  return success();
}
