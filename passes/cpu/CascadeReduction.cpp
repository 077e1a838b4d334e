// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The reductions of a stage. Where vectors lie along a reduced loop, each
// vector length has its own accumulators; they are combined in a fixed order
// after the loops:
//
//   for k: for c step 32: acc32 += ...; step 8: acc8 += ...; step 1: acc += ...
//   acc8 += halves of halves of acc32;  acc += lanes of acc8
#include "passes/cpu/CascadeEmitter.h"
#include "passes/loops/Combiner.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

/// Folds a vector into one of `lanes` elements by adding its halves.
static Value foldHalves(OpBuilder &b, Operation *combiner, Value vector,
                        int64_t lanes) {
  Location loc = combiner->getLoc();
  while (true) {
    int64_t count = cast<VectorType>(vector.getType()).getDimSize(0);
    if (count == lanes)
      return vector;
    if (count == 2) {
      Value low = vector::ExtractOp::create(b, loc, vector, 0);
      Value high = vector::ExtractOp::create(b, loc, vector, 1);
      return combine(b, combiner, low, high);
    }
    auto half = [&](int64_t from) -> Value {
      return vector::ExtractStridedSliceOp::create(
          b, loc, vector, ArrayRef<int64_t>{from},
          ArrayRef<int64_t>{count / 2}, ArrayRef<int64_t>{1});
    };
    vector = combine(b, combiner, half(0), half(count / 2));
  }
}

/// Accumulators of all rungs, the last rung starting from the fill value and
/// the others from the neutral element.
LogicalResult CascadeEmitter::startAccumulators(OpBuilder &b,
                                                ReductionNest &nest,
                                                Accumulators &start) {
  size_t numRungs = nest.rungs.size();
  start.resize(numRungs);
  for (unsigned number : nest.stage.steps) {
    linalg::GenericOp op = plan.loops.steps[number].op;
    if (!plan.loops.steps[number].isReduction())
      continue;
    Operation *combiner = findCombiner(op);
    for (auto [index, init] : llvm::enumerate(op.getDpsInits())) {
      auto fill = init.getDefiningOp<linalg::FillOp>();
      Value initial = outer(fill.getInputs()[0]);
      if (!initial)
        return op.emitOpError("expected a constant start of the reduction");
      nest.results.push_back({op.getResult(index), combiner});
      for (auto [rung, width] : llvm::enumerate(nest.rungs)) {
        Value value = initial;
        if (rung + 1 != numRungs)
          value = neutralElement(b, combiner, initial.getType());
        start[rung].push_back(toVector(b, loc, Lanes(value), width));
      }
    }
  }
  return success();
}

/// One loop after the other, carrying the accumulators of all rungs.
FailureOr<CascadeEmitter::Accumulators>
CascadeEmitter::emitReducedLoops(OpBuilder &b, const ReductionNest &nest,
                                 ArrayRef<unsigned> loops,
                                 const Accumulators &carried) {
  if (loops.empty() && nest.hasVectors)
    return emitLadder(
        b, constantIndex(b, loc, 0), extent(*plan.vectorLoop),
        constantExtent(plan.loops.extents[*plan.vectorLoop]), carried,
        [&](OpBuilder &point, unsigned rung, ValueRange accumulators) {
          return emitPoint(point, nest.stage, nest.rungs[rung], accumulators);
        });
  if (loops.empty()) {
    auto next = emitPoint(b, nest.stage, nest.rungs[0], carried[0]);
    if (failed(next))
      return failure();
    return Accumulators{*next};
  }
  auto flatten = [](const Accumulators &parts) {
    Values flat;
    for (const Values &part : parts)
      llvm::append_range(flat, part);
    return flat;
  };
  auto split = [&](ValueRange values) {
    Accumulators parts;
    for (const Values &part : carried) {
      parts.emplace_back(values.take_front(part.size()));
      values = values.drop_front(part.size());
    }
    return parts;
  };
  auto loop = scf::ForOp::create(b, loc, constantIndex(b, loc, 0),
                                 extent(loops.front()),
                                 constantIndex(b, loc, 1), flatten(carried));
  OpBuilder inside = OpBuilder::atBlockBegin(loop.getBody());
  position[loops.front()] = loop.getInductionVar();
  auto next = emitReducedLoops(inside, nest, loops.drop_front(),
                               split(loop.getRegionIterArgs()));
  position[loops.front()] = {};
  if (failed(next))
    return failure();
  scf::YieldOp::create(inside, loc, flatten(*next));
  return split(loop.getResults());
}

LogicalResult CascadeEmitter::emitReduction(OpBuilder &b,
                                            const CascadeStage &stage,
                                            int64_t lanes) {
  if (stage.reduced.empty())
    return failure(failed(emitPoint(b, stage, lanes, {})));

  ReductionNest nest{stage};
  nest.hasVectors = !plan.columns && plan.vectorLoop &&
                    llvm::is_contained(stage.reduced, *plan.vectorLoop) &&
                    canSplitReductions(stage);
  SmallVector<unsigned> loops(stage.reduced);
  if (nest.hasVectors) {
    llvm::erase(loops, *plan.vectorLoop);
    nest.rungs.assign(plan.rungs);
  } else {
    nest.rungs.push_back(lanes);
  }
  Accumulators start;
  if (failed(startAccumulators(b, nest, start)))
    return failure();
  auto finished = emitReducedLoops(b, nest, loops, start);
  if (failed(finished))
    return failure();

  for (auto [index, result] : llvm::enumerate(nest.results)) {
    auto [value, combiner] = result;
    Value sum = (*finished)[0][index];
    for (unsigned rung = 1; rung < nest.rungs.size(); ++rung)
      sum = combine(b, combiner, (*finished)[rung][index],
                    foldHalves(b, combiner, sum, nest.rungs[rung]));
    if (plan.storage.lookup(value).inRegister)
      rowValues[value] = sum;
    writeResult(b, value, sum, lanes);
  }
  return success();
}
