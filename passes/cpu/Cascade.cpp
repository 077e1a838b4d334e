// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tasks, rows and stages of a cascade. For a task of a row-wise one:
//
//   for row = task * block to min((task + 1) * block, rows):
//     stage 0:  for c = 0 to n step 32, then step 8, then step 1: ...
//     stage 1:  ...
//
// and of a column-wise one, whose vectors lie along the last shared loop:
//
//   for outer = first / columns to ...:
//     for column = low to high step 32, then step 8, then step 1:
//       stage 0:  for k = 0 to n: ...
#include "passes/cpu/CascadeEmitter.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

LogicalResult CascadeEmitter::emit() {
  if (failed(emitOuterScalars()))
    return failure();
  LogicalResult result = success();
  function.forEachTask([&](OpBuilder &b, Value task) {
    result = emitTask(b, task);
  });
  return result;
}

LogicalResult CascadeEmitter::emitTask(OpBuilder &b, Value task) {
  Value block = function.size(plan.block);
  Value points = function.size(plan.points);
  Value first = arith::MulIOp::create(b, loc, task, block);
  Value last = arith::MinUIOp::create(
      b, loc, arith::AddIOp::create(b, loc, first, block), points);
  if (plan.tileLoop)
    return emitTurnedTask(b, first, last);
  if (!plan.columns)
    return emitRows(b, first, last, [&](OpBuilder &nested, Value) {
      return emitStages(nested, 1);
    });
  if (plan.rows.empty())
    return emitColumns(b, first, last);
  // Points count columns fastest; a task may begin and end within a row.
  Value columns = extent(*plan.vectorLoop);
  Value firstRow = arith::DivUIOp::create(b, loc, first, columns);
  Value lastRow = arith::CeilDivUIOp::create(b, loc, last, columns);
  return emitRows(b, firstRow, lastRow, [&](OpBuilder &nested, Value row) {
    Value start = arith::MulIOp::create(nested, loc, row, columns);
    Value low = arith::SubIOp::create(
        nested, loc, arith::MaxUIOp::create(nested, loc, first, start), start);
    Value high = arith::MinUIOp::create(
        nested, loc, arith::SubIOp::create(nested, loc, last, start), columns);
    return emitColumns(nested, low, high);
  });
}

LogicalResult CascadeEmitter::emitRows(
    OpBuilder &b, Value from, Value to,
    llvm::function_ref<LogicalResult(OpBuilder &, Value)> emitRow) {
  Value one = constantIndex(b, loc, 1), zero = constantIndex(b, loc, 0);
  ArrayRef<unsigned> rows = plan.rows;
  // Positions of the first row, by division; of the next ones, by counting.
  SmallVector<Value> start(rows.size());
  Value rest = from;
  for (unsigned i = rows.size(); i-- > 1;) {
    start[i] = arith::RemUIOp::create(b, loc, rest, extent(rows[i]));
    rest = arith::DivUIOp::create(b, loc, rest, extent(rows[i]));
  }
  if (!rows.empty())
    start[0] = rest;
  bool isCounted = rows.size() > 1;
  auto loop = scf::ForOp::create(b, loc, from, to, one,
                                 isCounted ? ValueRange(start) : ValueRange());
  OpBuilder inside = OpBuilder::atBlockBegin(loop.getBody());
  if (loop.getBody()->mightHaveTerminator())
    inside.setInsertionPoint(loop.getBody()->getTerminator());
  if (isCounted)
    for (auto [row, value] : llvm::zip(rows, loop.getRegionIterArgs()))
      position[row] = value;
  else if (rows.size() == 1)
    position[rows[0]] = loop.getInductionVar();
  if (failed(emitRow(inside, loop.getInductionVar())))
    return failure();
  if (isCounted) {
    SmallVector<Value> next(rows.size());
    Value carry; // has the counter before come around?
    for (unsigned i = rows.size(); i-- > 0;) {
      Value current = loop.getRegionIterArgs()[i];
      Value up = arith::AddIOp::create(inside, loc, current, one);
      if (carry)
        up = arith::SelectOp::create(inside, loc, carry, up, current);
      next[i] = up;
      if (i == 0)
        break;
      carry = arith::CmpIOp::create(inside, loc, arith::CmpIPredicate::eq, up,
                                    extent(rows[i]));
      next[i] = arith::SelectOp::create(inside, loc, carry, zero, up);
    }
    scf::YieldOp::create(inside, loc, next);
  }
  return success();
}

FailureOr<SmallVector<SmallVector<Value>>>
CascadeEmitter::emitLadder(OpBuilder &b, Value low, Value high,
                           std::optional<int64_t> extent,
                           ArrayRef<SmallVector<Value>> accumulators,
                           RungFn body) {
  SmallVector<SmallVector<Value>> results(accumulators);
  unsigned vectorLoop = *plan.vectorLoop;
  Value from = low;
  for (auto [rung, lanes] : llvm::enumerate(plan.rungs)) {
    if (extent && *extent < lanes)
      continue; // never reached
    Value step = constantIndex(b, loc, lanes);
    Value to = high;
    if (lanes != 1) {
      Value count = arith::SubIOp::create(b, loc, high, from);
      Value whole = arith::MulIOp::create(
          b, loc, arith::DivUIOp::create(b, loc, count, step), step);
      to = arith::AddIOp::create(b, loc, from, whole);
    }
    auto loop = scf::ForOp::create(b, loc, from, to, step, results[rung]);
    OpBuilder inside = OpBuilder::atBlockBegin(loop.getBody());
    if (loop.getBody()->mightHaveTerminator())
      inside.setInsertionPoint(loop.getBody()->getTerminator());
    position[vectorLoop] = loop.getInductionVar();
    auto yielded = body(inside, rung, loop.getRegionIterArgs());
    if (failed(yielded))
      return failure();
    if (!yielded->empty()) {
      scf::YieldOp::create(inside, loc, *yielded);
      results[rung] = SmallVector<Value>(loop.getResults());
    }
    position[vectorLoop] = {};
    from = to;
    if (extent)
      *extent %= lanes;
    if (extent && *extent == 0)
      break;
  }
  return results;
}

LogicalResult CascadeEmitter::emitColumns(OpBuilder &b, Value low, Value high) {
  SmallVector<SmallVector<Value>> none(plan.rungs.size());
  return emitLadder(b, low, high, std::nullopt, none,
                    [&](OpBuilder &nested, unsigned rung,
                        ValueRange) -> FailureOr<Values> {
                      if (failed(emitStages(nested, plan.rungs[rung])))
                        return failure();
                      return Values();
                    });
}

LogicalResult CascadeEmitter::emitStages(OpBuilder &b, int64_t rowLanes) {
  rowValues.clear();
  for (const CascadeStage &stage : plan.stages)
    if (failed(emitStage(b, stage, rowLanes)))
      return failure();
  return success();
}

LogicalResult CascadeEmitter::emitStage(OpBuilder &b, const CascadeStage &stage,
                                        int64_t rowLanes) {
  // A row's value is kept for the stages to come, a point's is not.
  if (stage.isRow()) {
    if (failed(emitPoint(b, stage, rowLanes, {})))
      return failure();
    for (auto &[value, lanes] : pointValues)
      rowValues[value] = toVector(b, loc, lanes, rowLanes);
    return success();
  }
  SmallVector<unsigned> nest(stage.parallel);
  bool vectorsHere = !plan.columns && plan.vectorLoop &&
                     llvm::is_contained(nest, *plan.vectorLoop);
  if (vectorsHere)
    llvm::erase(nest, *plan.vectorLoop);
  return emitNest(b, nest, [&](OpBuilder &inner) -> LogicalResult {
    if (!vectorsHere)
      return emitReduction(inner, stage, rowLanes);
    SmallVector<SmallVector<Value>> none(plan.rungs.size());
    return emitLadder(inner, constantIndex(inner, loc, 0),
                      extent(*plan.vectorLoop),
                      constantExtent(plan.loops.extents[*plan.vectorLoop]),
                      none,
                      [&](OpBuilder &point, unsigned rung,
                          ValueRange) -> FailureOr<Values> {
                        if (failed(emitReduction(point, stage,
                                                 plan.rungs[rung])))
                          return failure();
                        return Values();
                      });
  });
}

LogicalResult cpu::emitCascade(KernelFunction &function) {
  kernel::FuncOp kernel = function.kernel();
  auto tile = kernel.getTile();
  auto lanes = tile ? tile->getAs<IntegerAttr>("lanes") : IntegerAttr();
  auto block = tile ? tile->getAs<AffineMapAttr>("block") : AffineMapAttr();
  if (!lanes || !block)
    return kernel.emitOpError("expected a tile with 'block' and 'lanes'; "
                              "strait-select-tiles sets it");
  FailureOr<CascadePlan> plan = CascadePlan::compute(kernel, {lanes.getInt()});
  if (failed(plan))
    return failure();
  if (block.getValue().getNumResults() != 1 ||
      block.getValue().getNumSymbols() != plan->loops.group.numSizes)
    return kernel.emitOpError("expected 'block' to map the sizes to one "
                              "number of points");
  plan->block = block.getValue().getResult(0);
  return CascadeEmitter(function, *plan).emit();
}
