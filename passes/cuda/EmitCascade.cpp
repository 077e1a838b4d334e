// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Cascades on a GPU. Where the innermost contiguous loop is shared by all steps,
// a thread does one point, its neighbours the next ones:
//
//   point = task * threads + thread:    stage 0: for k: ...   stage 1: ...
//
// Where it belongs to the row (softmax over the last axis), the block's threads
// share a row:
//
//   row = task:
//     stage 0:  for c = thread to n step threads: max;  combine over the block
//     barrier
//     stage 1:  for c = thread to n step threads: ...
#include "passes/cuda/Generators.h"

#include "passes/analysis/TilingCuda.h"
#include "passes/cuda/ThreadPoints.h"
#include "passes/loops/CascadePoint.h"
#include "passes/loops/Combiner.h"
#include "passes/loops/IndexMath.h"

using namespace mlir;
using namespace strait;
using namespace strait::cuda;

namespace {
class CascadeEmitter : CascadePoint {
public:
  CascadeEmitter(KernelFunction &function, const CascadePlan &plan,
                 int64_t count)
      : CascadePoint(function, plan), threads(function.builder(), loc, count) {}
  LogicalResult emit();

private:
  LogicalResult emitTask(OpBuilder &b, Value task);
  /// Positions of the loops `nest` of point number `point`, outermost first.
  void decode(OpBuilder &b, ArrayRef<unsigned> nest, Value point);
  LogicalResult emitStages(OpBuilder &b);
  LogicalResult emitStage(OpBuilder &b, const CascadeStage &stage);
  LogicalResult emitReduction(OpBuilder &b, const CascadeStage &stage,
                              bool isSplit);
  /// for loop = low to extent step: the accumulators go through `body`.
  using BodyFn =
      llvm::function_ref<FailureOr<Values>(OpBuilder &, ValueRange)>;
  FailureOr<Values> emitLoops(OpBuilder &b, ArrayRef<unsigned> nest,
                              bool isSplit, ValueRange carried, BodyFn body);

  bool sharesRows() const { return plan.vectorLoop && !plan.columns; }
  bool isShared(unsigned loop) const {
    return sharesRows() && loop == *plan.vectorLoop;
  }

  Threads threads;
  Value exchange; // see Threads::combineAll
};
} // namespace

LogicalResult CascadeEmitter::emit() {
  if (failed(emitOuterScalars()))
    return failure();
  if (sharesRows())
    exchange = function.carveScratch(
        plan.scratch,
        MemRefType::get({ShapedType::kDynamic},
                        function.builder().getI64Type()),
        constantIndex(function.builder(), loc, exchangeBytes / 8));
  else
    column = threads.id();
  LogicalResult result = success();
  function.forEachTask(
      [&](OpBuilder &b, Value task) { result = emitTask(b, task); });
  return result;
}

void CascadeEmitter::decode(OpBuilder &b, ArrayRef<unsigned> nest,
                            Value point) {
  SmallVector<Value> extents;
  for (unsigned loop : nest)
    extents.push_back(extent(loop));
  for (auto [loop, at] : llvm::zip(nest, positionOf(b, loc, point, extents)))
    position[loop] = at;
}

LogicalResult CascadeEmitter::emitTask(OpBuilder &b, Value task) {
  if (sharesRows()) {
    decode(b, plan.rows, task);
    return emitStages(b);
  }
  SmallVector<unsigned> nest(plan.rows);
  if (plan.vectorLoop)
    nest.push_back(*plan.vectorLoop);
  return emitThreadPoint(b, loc, threads, task, function.size(plan.points),
                         [&](OpBuilder &inside, Value point) {
                           decode(inside, nest, point);
                           return emitStages(inside);
                         });
}

LogicalResult CascadeEmitter::emitStages(OpBuilder &b) {
  rowValues.clear();
  for (const CascadeStage &stage : plan.stages) {
    if (&stage != plan.stages.begin() && sharesRows())
      threads.barrier(b);
    if (failed(emitStage(b, stage)))
      return failure();
  }
  return success();
}

LogicalResult CascadeEmitter::emitStage(OpBuilder &b,
                                        const CascadeStage &stage) {
  // What all threads of a row compute alike is stored by one.
  bool isSplit = llvm::any_of(stage.parallel,
                              [&](unsigned loop) { return isShared(loop); });
  writes = sharesRows() && !isSplit ? threads.isFirst() : Value();
  if (stage.isRow()) {
    if (failed(emitPoint(b, stage, 1, {})))
      return failure();
    for (auto &[value, lanes] : pointValues)
      rowValues[value] = toVector(b, loc, lanes, 1);
    return success();
  }
  auto done = emitLoops(b, stage.parallel, isSplit, {},
                        [&](OpBuilder &inner, ValueRange) -> FailureOr<Values> {
                          if (failed(emitReduction(inner, stage, isSplit)))
                            return failure();
                          return Values();
                        });
  return failure(failed(done));
}

FailureOr<SmallVector<Value>>
CascadeEmitter::emitLoops(OpBuilder &b, ArrayRef<unsigned> nest, bool isSplit,
                          ValueRange carried, BodyFn body) {
  if (nest.empty())
    return body(b, carried);
  unsigned loop = nest.front();
  bool isMine = isSplit && isShared(loop);
  Value low = isMine ? threads.id() : constantIndex(b, loc, 0);
  Value step = constantIndex(b, loc, isMine ? threads.count() : 1);
  auto op = scf::ForOp::create(b, loc, low, extent(loop), step, carried);
  OpBuilder inside = OpBuilder::atBlockBegin(op.getBody());
  position[loop] = op.getInductionVar();
  auto next = emitLoops(inside, nest.drop_front(), isSplit,
                        op.getRegionIterArgs(), body);
  position[loop] = {};
  if (failed(next))
    return failure();
  if (!carried.empty())
    scf::YieldOp::create(inside, loc, *next);
  return Values(op.getResults());
}

LogicalResult CascadeEmitter::emitReduction(OpBuilder &b,
                                            const CascadeStage &stage,
                                            bool isSplit) {
  if (stage.reduced.empty())
    return failure(failed(emitPoint(b, stage, 1, {})));
  // A row's reductions are split over the threads if they can be, and if all
  // threads come here.
  bool isCombined =
      !isSplit && canSplitReductions(stage) && stage.parallel.empty() &&
      llvm::any_of(stage.reduced,
                   [&](unsigned loop) { return isShared(loop); });
  struct Reduction {
    Value result, initial;
    Operation *combiner;
  };
  SmallVector<Reduction> reductions;
  Values start;
  for (unsigned number : stage.steps) {
    linalg::GenericOp op = plan.loops.steps[number].op;
    if (!plan.loops.steps[number].isReduction())
      continue;
    for (auto [index, init] : llvm::enumerate(op.getDpsInits())) {
      auto fill = init.getDefiningOp<linalg::FillOp>();
      Value initial = outer(fill.getInputs()[0]);
      if (!initial)
        return op.emitOpError("expected a constant start of the reduction");
      Operation *combiner = findCombiner(op);
      reductions.push_back({op.getResult(index), initial, combiner});
      start.push_back(isCombined ? neutralElement(b, combiner, initial.getType())
                                 : initial);
    }
  }
  // Each thread computes points of its own, which it stores if they are results.
  Value writesSums = writes;
  if (isCombined)
    writes = {};
  auto sums = emitLoops(b, stage.reduced, isCombined, start,
                        [&](OpBuilder &point, ValueRange accumulators) {
                          return emitPoint(point, stage, 1, accumulators);
                        });
  writes = writesSums;
  if (failed(sums))
    return failure();
  for (auto [reduction, sum] : llvm::zip(reductions, *sums)) {
    Value total = sum;
    if (isCombined) {
      total = threads.combineAll(b, reduction.combiner, sum, exchange);
      total = combine(b, reduction.combiner, reduction.initial, total);
    }
    if (plan.storage.lookup(reduction.result).inRegister)
      rowValues[reduction.result] = total;
    writeResult(b, reduction.result, total, 1);
  }
  return success();
}

LogicalResult cuda::emitCascade(KernelFunction &function, int64_t threads) {
  auto plan = CascadePlan::compute(function.kernel(), {1, threads});
  if (failed(plan))
    return failure();
  return CascadeEmitter(function, *plan, threads).emit();
}
