// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/kernel/MergeRegions.h"

#include "passes/kernel/MapRegion.h"

using namespace mlir;
using namespace strait;
using kernel::RegionOp;

int64_t strait::rowRankOf(RegionOp region) {
  return region.getRowRank().value_or(0);
}

/// Appends `region`'s body to `target`, its inputs in `known` standing for
/// values already there. Returns the yielded values.
static SmallVector<Value>
appendBody(RegionBuilder &target, RegionOp region, SizeExpressions &sizes,
           const DenseMap<unsigned, Value> &known) {
  IRMapping mapping;
  Block &body = region.getBody().front();
  unsigned numInputs = region.getInputs().size();
  for (unsigned i = 0; i < numInputs; ++i) {
    auto found = known.find(i);
    mapping.map(body.getArgument(i), found != known.end()
                                         ? found->second
                                         : target.input(sizes.input(region, i)));
  }
  for (unsigned i = 0; i < region.getSizes().size(); ++i)
    mapping.map(body.getArgument(numInputs + i),
                target.extent(sizes.get(region.getSizes()[i])));
  for (Operation &op : body.without_terminator())
    target.body().clone(op, mapping);
  SmallVector<Value> yielded;
  for (Value value : body.getTerminator()->getOperands())
    yielded.push_back(mapping.lookup(value));
  return yielded;
}

static void eraseDeadViews(Value value) {
  for (Operation *user : llvm::make_early_inc_range(value.getUsers()))
    if (auto view = dyn_cast<kernel::ReshapeOp>(user)) {
      eraseDeadViews(view.getResult());
      if (view.use_empty())
        view.erase();
    }
}

void strait::eraseDeadViews(RegionOp region) {
  for (Value result : region.getResults())
    ::eraseDeadViews(result);
}

RegionOp strait::mergeRegions(RegionOp producer, RegionOp consumer,
                              unsigned input, unsigned number, bool keep,
                              SizeExpressions &sizes) {
  eraseDeadViews(producer);
  OpBuilder builder(consumer);
  Location loc = builder.getFusedLoc({producer.getLoc(), consumer.getLoc()});
  RegionBuilder merged(builder, loc, sizes.materializer());
  SmallVector<Value> inner = appendBody(
      merged, producer, sizes, DenseMap<unsigned, Value>());
  DenseMap<unsigned, Value> known;
  known[input] = inner[number];
  // Other results of the same producer are connected too.
  for (auto [i, value] : llvm::enumerate(consumer.getInputs()))
    for (auto [j, result] : llvm::enumerate(producer.getResults()))
      if (value == result)
        known[i] = inner[j];
  SmallVector<Value> outer = appendBody(merged, consumer, sizes, known);
  SmallVector<ShapedValue> results;
  for (auto [i, value] : llvm::enumerate(outer))
    results.push_back({value, sizes.resultDims(consumer, i)});
  SmallVector<unsigned> kept;
  if (keep)
    for (auto [j, value] : llvm::enumerate(inner)) {
      bool outside = llvm::any_of(
          producer.getResult(j).getUsers(),
          [&](Operation *user) { return user != consumer; });
      if (!outside)
        continue;
      kept.push_back(j);
      results.push_back({value, sizes.resultDims(producer, j)});
    }
  std::optional<int64_t> rows;
  if (!kernel::findRoot(producer) && !kernel::findRoot(consumer))
    rows = std::min(rowRankOf(producer), rowRankOf(consumer));
  SmallVector<ShapedValue> created = merged.finish(results, rows);
  for (auto [result, shaped] : llvm::zip(consumer.getResults(), created))
    result.replaceAllUsesWith(shaped.value);
  for (auto [j, shaped] :
       llvm::zip(kept, ArrayRef(created).drop_front(outer.size())))
    producer.getResult(j).replaceAllUsesWith(shaped.value);
  consumer.erase();
  if (producer.use_empty())
    producer.erase();
  return created.front().value.getDefiningOp<RegionOp>();
}
