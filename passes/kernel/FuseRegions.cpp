// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// producer region, consumer region -> one region, where that saves traffic.
//
// Every merge removes the store and the load of the tensor between the two (and
// a launch), so what has to be decided is only whether the merged kernel does
// the same work as before:
//   * a map joins the consumer's loops when the consumer reads each of its
//     elements once and along memory, or when recomputing it costs next to
//     nothing;
//   * a map behind a root becomes the root's epilogue: it reads the root's
//     result element by element;
//   * cascades that agree on their rows become one cascade, row by row, if
//     there are rows enough to share among workers. Values that others read
//     too become further results.
// The views between regions are bridged by re-expressing maps (MapRegion.h).
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/IR/Dominance.h"
#include "passes/kernel/MapRegion.h"
#include "passes/kernel/Passes.h"

namespace strait {
#define GEN_PASS_DEF_FUSEREGIONSPASS
#include "passes/kernel/Passes.h.inc"
} // namespace strait

using namespace mlir;
using namespace strait;
using kernel::RegionOp;

/// Below this many rows a cascade leaves workers idle.
static constexpr int64_t kLeastRows = 8;

//===----------------------------------------------------------------------===//
// Which maps may be computed where they are read
//===----------------------------------------------------------------------===//

/// Whether a scalar body is so cheap that computing it again costs less than a
/// load: at most two additions, multiplications, comparisons or moves.
static bool isCheap(linalg::GenericOp generic) {
  unsigned cost = 0;
  for (Operation &op : generic.getBody()->without_terminator()) {
    if (isa<arith::ConstantOp>(op))
      continue;
    if (isa<math::MathDialect>(op.getDialect()) ||
        isa<arith::DivFOp, arith::DivSIOp, arith::DivUIOp, arith::RemFOp,
            tensor::ExtractOp>(op))
      return false;
    ++cost;
  }
  return cost <= 2;
}

/// Whether the map's results are loops in ascending order (or constants) and
/// the last loop, where it occurs, comes last: reading goes along memory.
static bool readsAlongMemory(AffineMap map) {
  int64_t last = -1;
  for (auto [i, expr] : llvm::enumerate(map.getResults())) {
    if (isa<AffineConstantExpr>(expr))
      continue;
    AffineExpr base = expr;
    int64_t scale = 1;
    if (auto sum = dyn_cast<AffineBinaryOpExpr>(base))
      if (sum.getKind() == AffineExprKind::Add)
        base = sum.getLHS();
    if (auto product = dyn_cast<AffineBinaryOpExpr>(base))
      if (product.getKind() == AffineExprKind::Mul)
        if (auto factor = constantOf(product.getRHS())) {
          base = product.getLHS();
          scale = *factor;
        }
    auto dim = dyn_cast<AffineDimExpr>(base);
    if (!dim || int64_t(dim.getPosition()) <= last)
      return false;
    last = dim.getPosition();
    bool innermost = last == int64_t(map.getNumDims()) - 1;
    if (innermost && (scale != 1 || i + 1 != map.getNumResults()))
      return false;
  }
  return true;
}

/// Whether the producing generic may be computed inside `consumer`, which reads
/// it by `map`.
static bool mayInline(linalg::GenericOp producer, linalg::GenericOp consumer,
                      AffineMap map) {
  if (producer.getNumParallelLoops() != producer.getNumLoops() ||
      producer.getNumResults() != 1)
    return false;
  if (!readsAlongMemory(map))
    return false;
  // Composed with the consumer's order the producer's operands must still be
  // read along memory.
  for (OpOperand *operand : producer.getDpsInputOperands()) {
    AffineMap read = producer.getMatchingIndexingMap(operand);
    if (!readsAlongMemory(read))
      return false;
  }
  bool everyElementOnce =
      llvm::count_if(map.getResults(), [](AffineExpr e) {
        return isa<AffineDimExpr>(e);
      }) == int64_t(consumer.getNumLoops());
  return everyElementOnce || isCheap(producer);
}

/// Whether the map only repeats or renames its operand: any number of users may
/// read through it.
static bool isBroadcast(RegionOp region) {
  linalg::GenericOp map = mapOf(region);
  return map && map.getNumDpsInputs() == 1 &&
         map.getBody()->getOperations().size() == 1 &&
         readsAlongMemory(
             map.getMatchingIndexingMap(map.getDpsInputOperand(0)));
}

//===----------------------------------------------------------------------===//
// Merging
//===----------------------------------------------------------------------===//

static int64_t rowRankOf(RegionOp region) {
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

/// Inlines maps into the generics that read them and removes what is unused.
static LogicalResult simplifyBody(RegionOp region) {
  RewritePatternSet patterns(region.getContext());
  linalg::populateElementwiseOpsFusionPatterns(
      patterns, [](OpOperand *operand) {
        auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
        auto consumer = cast<linalg::GenericOp>(operand->getOwner());
        return producer && operand->get().hasOneUse() &&
               mayInline(producer, consumer,
                         consumer.getMatchingIndexingMap(operand));
      });
  return applyPatternsGreedily(region.getBody(), std::move(patterns));
}

/// Removes views that nobody reads any more: they would count as readers.
static void eraseDeadViews(Value value) {
  for (Operation *user : llvm::make_early_inc_range(value.getUsers()))
    if (auto view = dyn_cast<kernel::ReshapeOp>(user)) {
      eraseDeadViews(view.getResult());
      if (view.use_empty())
        view.erase();
    }
}

static void eraseDeadViews(RegionOp region) {
  for (Value result : region.getResults())
    eraseDeadViews(result);
}

/// One region computing both; `producer`'s result `number` is `consumer`'s
/// input `input`. With `keep` the producer's results stay results.
static RegionOp merge(RegionOp producer, RegionOp consumer, unsigned input,
                      unsigned number, bool keep, SizeExpressions &sizes) {
  eraseDeadViews(producer);
  OpBuilder builder(consumer);
  Location loc = builder.getFusedLoc({producer.getLoc(), consumer.getLoc()});
  RegionBuilder merged(builder, loc, sizes.materializer());
  SmallVector<Value> inner = appendBody(merged, producer, sizes, DenseMap<unsigned, Value>());
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
  if (!rootOf(producer) && !rootOf(consumer))
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

//===----------------------------------------------------------------------===//
// Deciding
//===----------------------------------------------------------------------===//

namespace {
class Fuser {
public:
  Fuser(func::FuncOp func, SizeExpressions &sizes)
      : func(func), sizes(sizes) {}
  LogicalResult run();

private:
  /// Tries to take the producer of input `index` into `consumer`. Returns the
  /// merged region, or null.
  RegionOp tryInput(RegionOp consumer, unsigned index);
  bool othersReadLater(RegionOp producer, RegionOp consumer);
  bool rowsAgree(RegionOp producer, RegionOp consumer, unsigned index);
  void readDirectly(RegionOp consumer, const ShapedValue &source);

  /// reshapeMap, counted: two producers of different shapes must not pull a map
  /// back and forth for ever.
  RegionOp reshape(RegionOp region, ArrayRef<AffineExpr> target) {
    if (reshapes == 0)
      return {};
    RegionOp result = reshapeMap(region, target, sizes);
    if (result)
      --reshapes;
    return result;
  }

  func::FuncOp func;
  SizeExpressions &sizes;
  unsigned reshapes = 0;
};
} // namespace

/// The region behind views, with its result's number.
static OpResult behindViews(Value value) {
  while (auto view = value.getDefiningOp<kernel::ReshapeOp>())
    value = view.getSource();
  if (value.getDefiningOp<RegionOp>())
    return cast<OpResult>(value);
  return {};
}

static bool usedOnlyBy(Value value, Operation *user) {
  return llvm::all_of(value.getUsers(), [&](Operation *op) {
    if (op == user)
      return true;
    auto view = dyn_cast<kernel::ReshapeOp>(op);
    return view && usedOnlyBy(view.getResult(), user);
  });
}

/// Whether all users but `consumer` stand after it, so that the merged region
/// can take its place.
bool Fuser::othersReadLater(RegionOp producer, RegionOp consumer) {
  return llvm::all_of(producer->getUsers(), [&](Operation *user) {
    return user == consumer || (user->getBlock() == consumer->getBlock() &&
                                consumer->isBeforeInBlock(user));
  });
}

/// Bypasses views of `source` that change nothing: with dynamic extents only
/// their expressions tell.
void Fuser::readDirectly(RegionOp consumer, const ShapedValue &source) {
  for (unsigned i = 0; i < consumer.getInputs().size(); ++i) {
    Value input = consumer.getInputs()[i];
    if (input != source.value && behindViews(input) == source.value &&
        input.getType() == source.value.getType() &&
        sizes.input(consumer, i).dims == source.dims)
      consumer.getInputsMutable()[i].set(source.value);
  }
}

bool Fuser::rowsAgree(RegionOp producer, RegionOp consumer, unsigned index) {
  int64_t rows = std::min(rowRankOf(producer), rowRankOf(consumer));
  if (rows < 1)
    return false;
  ShapedValue operand = sizes.input(consumer, index);
  if (operand.rank() < rows)
    return false;
  int64_t count = 1;
  for (AffineExpr dim : ArrayRef(operand.dims).take_front(rows))
    count *= constantOf(dim).value_or(kLeastRows);
  if (count < kLeastRows)
    return false;
  BlockArgument argument = consumer.getBody().front().getArgument(index);
  for (OpOperand &use : argument.getUses()) {
    auto generic = cast<linalg::GenericOp>(use.getOwner());
    AffineMap map = generic.getMatchingIndexingMap(&use);
    for (int64_t i = 0; i < rows; ++i)
      if (map.getResult(i) != getAffineDimExpr(i, map.getContext()))
        return false;
  }
  return true;
}

RegionOp Fuser::tryInput(RegionOp consumer, unsigned index) {
  Value source = consumer.getInputs()[index];
  OpResult result = behindViews(source);
  if (!result)
    return {};
  auto producer = cast<RegionOp>(result.getOwner());
  if (producer == consumer || producer->getBlock() != consumer->getBlock())
    return {};
  eraseDeadViews(producer);
  // All inputs that come from the producer are read by maps, none at computed
  // positions.
  auto readByGenerics = [&] {
    for (auto [number, value] : llvm::enumerate(consumer.getInputs())) {
      OpResult from = behindViews(value);
      if (!from || from.getOwner() != result.getOwner())
        continue;
      BlockArgument argument = consumer.getBody().front().getArgument(number);
      for (OpOperand &use : argument.getUses()) {
        auto generic = dyn_cast<linalg::GenericOp>(use.getOwner());
        if (!generic || !generic.isDpsInput(&use))
          return false;
      }
    }
    return true;
  };
  if (!readByGenerics())
    return {};
  Operation *producerRoot = rootOf(producer);
  bool alone = llvm::all_of(producer.getResults(), [&](Value value) {
    return usedOnlyBy(value, consumer);
  });
  // A recurrence stores its states itself, step by step.
  if (producerRoot && (!alone || !mapOf(consumer) ||
                       isa<kernel::RecurrenceOp>(producerRoot)))
    return {};
  if (!alone && !isBroadcast(producer) &&
      (rootOf(consumer) || !othersReadLater(producer, consumer)))
    return {};

  // Bridge the view between the two.
  SmallVector<AffineExpr> produced =
      sizes.resultDims(producer, result.getResultNumber());
  ShapedValue operand = sizes.input(consumer, index);
  bool same = source == result;
  if (producerRoot &&
      (!same || ArrayRef(sizes.resultDims(consumer, 0)) != ArrayRef(produced))) {
    consumer = reshape(consumer, produced);
    if (!consumer)
      return {};
  } else if (!same && !dropUnitDims(consumer, index, {result, produced}, sizes)) {
    if (RegionOp reshaped = reshape(consumer, produced)) {
      consumer = reshaped;
    } else if (RegionOp reshaped =
                   alone ? reshape(producer, operand.dims)
                         : RegionOp()) {
      producer = reshaped;
      result = producer->getResult(0);
      consumer.getInputsMutable()[index].set(result);
    } else {
      return {};
    }
  }
  readDirectly(consumer, {result, produced});
  auto position = llvm::find(consumer.getInputs(), Value(result));
  if (position == consumer.getInputs().end())
    return {};
  index = position - consumer.getInputs().begin();
  if (!readByGenerics())
    return {};

  BlockArgument argument = consumer.getBody().front().getArgument(index);
  auto allUses = [&](auto predicate) {
    return llvm::all_of(argument.getUses(), [&](OpOperand &use) {
      auto generic = cast<linalg::GenericOp>(use.getOwner());
      return predicate(generic, generic.getMatchingIndexingMap(&use));
    });
  };
  unsigned number = result.getResultNumber();
  if (producerRoot) {
    bool elementwise = allUses([](linalg::GenericOp, AffineMap map) {
      return map.isIdentity();
    });
    linalg::GenericOp map = mapOf(consumer);
    elementwise &= llvm::all_of(
        map.getDpsInputOperands(), [&](OpOperand *operand) {
          return readsAlongMemory(map.getMatchingIndexingMap(operand));
        });
    // Values at computed positions are not read by epilogues.
    map.getRegion().walk([&](Operation *op) {
      elementwise &= !isa<tensor::ExtractOp, linalg::IndexOp>(op);
    });
    return elementwise ? merge(producer, consumer, index, number, false, sizes)
                       : RegionOp();
  }
  linalg::GenericOp map = mapOf(producer);
  bool inlined =
      map && argument.hasOneUse() &&
      allUses([&](linalg::GenericOp generic, AffineMap read) {
        return mayInline(map, generic, read);
      });
  if (inlined && (alone || isBroadcast(producer))) {
    bool positions = false;
    map.getRegion().walk([&](Operation *op) {
      positions |= isa<tensor::ExtractOp, linalg::IndexOp>(op);
    });
    if (!rootOf(consumer) || !positions)
      return merge(producer, consumer, index, number, false, sizes);
  }
  if (rootOf(consumer))
    return {};
  // A map behind a cascade joins its last loops.
  if (mapOf(consumer) && argument.hasOneUse() &&
      allUses([](linalg::GenericOp, AffineMap map) {
        return map.isIdentity();
      }))
    return merge(producer, consumer, index, number, !alone, sizes);
  // A map joins a cascade without the dims of extent 1 that nobody there runs
  // along: the cascade's other values have none there.
  auto isRunAlong = [&](unsigned dim) {
    return !allUses([&](linalg::GenericOp, AffineMap read) {
      return isa<AffineConstantExpr>(read.getResult(dim));
    });
  };
  SmallVector<AffineExpr> slim;
  for (auto [dim, extent] : llvm::enumerate(produced))
    if (!isOne(extent) || isRunAlong(dim))
      slim.push_back(extent);
  if (map && alone && slim.size() != produced.size())
    if (RegionOp reshaped = reshape(producer, slim)) {
      producer = reshaped;
      number = 0;
      if (!dropUnitDims(consumer, index, {producer->getResult(0), slim},
                        sizes))
        return {};
    }
  if (!rowsAgree(producer, consumer, index))
    return {};
  return merge(producer, consumer, index, number, !alone, sizes);
}

LogicalResult Fuser::run() {
  auto collect = [&] {
    SmallVector<RegionOp> regions;
    func.walk([&](RegionOp region) { regions.push_back(region); });
    return regions;
  };
  // Consumers take their producers, last consumers first. A merged region is
  // tried again at once; a further sweep sees what that made possible.
  SmallVector<RegionOp> regions = collect();
  reshapes = 4 * regions.size();
  for (bool changed = true; changed;) {
    changed = false;
    regions = collect();
    for (int64_t at = int64_t(regions.size()) - 1; at >= 0; --at) {
      RegionOp region = regions[at];
      unsigned before = reshapes;
      RegionOp fused;
      for (unsigned i = 0; !fused && i < region.getInputs().size(); ++i) {
        fused = tryInput(region, i);
        if (reshapes != before)
          break;
      }
      if (!fused && reshapes == before)
        continue;
      if (fused && failed(simplifyBody(fused)))
        return fused.emitOpError("its merged body does not simplify");
      changed = true;
      regions = collect();
      int64_t position = fused ? llvm::find(regions, fused) - regions.begin()
                               : std::min<int64_t>(at, regions.size() - 1);
      at = position + 1;
    }
  }
  return success();
}

namespace {
class FuseRegionsPass
    : public strait::impl::FuseRegionsPassBase<FuseRegionsPass> {
  void runOnOperation() override {
    SizeExpressions sizes(&getContext());
    if (failed(Fuser(getOperation(), sizes).run()))
      return signalPassFailure();
  }
};
} // namespace
