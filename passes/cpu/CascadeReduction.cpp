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

LogicalResult CascadeEmitter::emitReduction(OpBuilder &b,
                                            const CascadeStage &stage,
                                            int64_t lanes) {
  if (stage.reduced.empty())
    return failure(failed(emitPoint(b, stage, lanes, {})));

  bool vectorsHere = !plan.columns && plan.vectorLoop &&
                     llvm::is_contained(stage.reduced, *plan.vectorLoop) &&
                     canSplitReductions(stage);
  SmallVector<unsigned> nest(stage.reduced);
  if (vectorsHere)
    llvm::erase(nest, *plan.vectorLoop);

  // Accumulators of all rungs, the last rung starting from the fill value and
  // the others from the neutral element.
  SmallVector<int64_t> rungs;
  if (vectorsHere)
    rungs.assign(plan.rungs);
  else
    rungs.push_back(lanes);
  SmallVector<Values> start(rungs.size());
  SmallVector<std::pair<Value, Operation *>> results; // with their combiner
  for (unsigned number : stage.steps) {
    linalg::GenericOp op = plan.loops.steps[number].op;
    if (!plan.loops.steps[number].isReduction())
      continue;
    Operation *combiner = findCombiner(op);
    for (auto [index, init] : llvm::enumerate(op.getDpsInits())) {
      auto fill = init.getDefiningOp<linalg::FillOp>();
      Value initial = outer(fill.getInputs()[0]);
      if (!initial)
        return op.emitOpError("expected a constant start of the reduction");
      results.push_back({op.getResult(index), combiner});
      for (auto [rung, width] : llvm::enumerate(rungs)) {
        Value value = initial;
        if (rung + 1 != rungs.size())
          value = neutralElement(b, combiner, initial.getType());
        start[rung].push_back(toVector(b, loc, Lanes(value), width));
      }
    }
  }

  // One loop after the other, carrying the accumulators of all rungs.
  using Accumulators = SmallVector<Values>;
  std::function<FailureOr<Accumulators>(OpBuilder &, ArrayRef<unsigned>,
                                        const Accumulators &)>
      emitLoops = [&](OpBuilder &outside, ArrayRef<unsigned> loops,
                      const Accumulators &carried) -> FailureOr<Accumulators> {
    if (loops.empty() && vectorsHere)
      return emitLadder(
          outside, constantIndex(outside, loc, 0), extent(*plan.vectorLoop),
          constantExtent(plan.loops.extents[*plan.vectorLoop]), carried,
          [&](OpBuilder &point, unsigned rung, ValueRange accumulators) {
            return emitPoint(point, stage, rungs[rung], accumulators);
          });
    if (loops.empty()) {
      auto next = emitPoint(outside, stage, lanes, carried[0]);
      if (failed(next))
        return failure();
      return Accumulators{*next};
    }
    Values flat;
    for (const Values &values : carried)
      llvm::append_range(flat, values);
    auto loop = scf::ForOp::create(
        outside, loc, constantIndex(outside, loc, 0), extent(loops.front()),
        constantIndex(outside, loc, 1), flat);
    OpBuilder inside = OpBuilder::atBlockBegin(loop.getBody());
    auto split = [&](ValueRange values) {
      Accumulators parts;
      for (const Values &part : carried) {
        parts.emplace_back(values.take_front(part.size()));
        values = values.drop_front(part.size());
      }
      return parts;
    };
    position[loops.front()] = loop.getInductionVar();
    auto next = emitLoops(inside, loops.drop_front(),
                          split(loop.getRegionIterArgs()));
    position[loops.front()] = {};
    if (failed(next))
      return failure();
    flat.clear();
    for (const Values &values : *next)
      llvm::append_range(flat, values);
    scf::YieldOp::create(inside, loc, flat);
    return split(loop.getResults());
  };
  auto finished = emitLoops(b, nest, start);
  if (failed(finished))
    return failure();

  for (auto [index, result] : llvm::enumerate(results)) {
    auto [value, combiner] = result;
    Value sum = (*finished)[0][index];
    for (unsigned rung = 1; rung < rungs.size(); ++rung)
      sum = combine(b, combiner, (*finished)[rung][index],
                    foldHalves(b, combiner, sum, rungs[rung]));
    if (plan.storage.lookup(value).inRegister)
      rowValues[value] = sum;
    writeResult(b, value, sum, lanes);
  }
  return success();
}
