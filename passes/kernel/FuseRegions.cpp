// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// producer region, consumer region -> one region, where that saves traffic.
//
// Every merge removes the store and the load of the tensor between the two (and
// a launch), so what has to be decided is only whether the merged kernel does
// the same work as before:
//   * a map joins the loops of its consumer, along memory, where computing it
//     as often as it is read pays (FusionCost.h);
//   * a map behind a root becomes the root's epilogue: it reads the root's
//     result element by element; a map before the left operand of a product
//     becomes its prologue, where nothing else takes it;
//   * cascades that agree on their rows become one cascade, row by row, if
//     there are rows enough to share among workers. Values that others read
//     too become further results.
// The views between regions are bridged by re-expressing maps (MapRegion.h).
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "passes/analysis/FusionCost.h"
#include "passes/analysis/MissedRewrites.h"
#include "passes/kernel/MapRegion.h"
#include "passes/kernel/MergeRegions.h"
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
        if (auto factor = constantExtent(product.getRHS())) {
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

/// Whether the producing generic had better be computed inside `consumer`,
/// which reads it by `read`.
static bool mayInline(linalg::GenericOp producer, linalg::GenericOp consumer,
                      AffineMap read) {
  if (producer.getNumParallelLoops() != producer.getNumLoops() ||
      producer.getNumResults() != 1 || !readsAlongMemory(read))
    return false;
  // Composed with the consumer's order the producer's operands must still be
  // read along memory.
  for (OpOperand *operand : producer.getDpsInputOperands())
    if (!readsAlongMemory(producer.getMatchingIndexingMap(operand)))
      return false;
  return paysInPlace(producer, consumer, read);
}

/// Whether the body asks for its position or reads at computed ones.
static bool usesPositions(linalg::GenericOp generic) {
  return generic.getRegion()
      .walk([](Operation *op) {
        return isa<tensor::ExtractOp, linalg::IndexOp>(op)
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
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

//===----------------------------------------------------------------------===//
// Deciding
//===----------------------------------------------------------------------===//

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

namespace {
/// A region's input that another region produces.
struct Edge {
  RegionOp producer, consumer;
  OpResult result; // of the producer
  unsigned input;  // of the consumer, through views
  bool alone;      // nobody else reads the producer

  BlockArgument argument() {
    return consumer.getBody().front().getArgument(input);
  }
  /// Whether `predicate` holds for all generics that read the input.
  bool allReads(
      llvm::function_ref<bool(linalg::GenericOp, AffineMap)> predicate) {
    return llvm::all_of(argument().getUses(), [&](OpOperand &use) {
      auto generic = cast<linalg::GenericOp>(use.getOwner());
      return predicate(generic, generic.getMatchingIndexingMap(&use));
    });
  }
  bool isReadInPlace() {
    return allReads(
        [](linalg::GenericOp, AffineMap map) { return map.isIdentity(); });
  }
};

class Fuser {
public:
  Fuser(func::FuncOp func, SizeExpressions &sizes, int64_t mostSteps)
      : func(func), sizes(sizes), mostSteps(mostSteps) {}
  LogicalResult run();

private:
  /// Visits the regions of a block, last first. Returns whether any changed.
  FailureOr<bool> sweep(Block &block);
  /// Tries to take the producer of input `index` into `consumer`. Returns the
  /// merged region, or null.
  RegionOp tryInput(RegionOp consumer, unsigned index);
  /// The same for the left operand of a product: a map becomes its prologue.
  RegionOp tryPrologue(RegionOp consumer, unsigned index);
  /// The steps of tryInput. After `bridge` no view stands between the two.
  std::optional<Edge> findEdge(RegionOp consumer, unsigned index);
  bool bridge(Edge &edge);
  bool mayBeEpilogue(Edge &edge);
  bool mayInlineMap(Edge &edge);
  bool mayShareRows(Edge &edge);
  bool rowsAgree(Edge &edge);
  RegionOp merge(Edge &edge) {
    bool keep = !edge.alone && !isBroadcast(edge.producer);
    return mergeRegions(edge.producer, edge.consumer, edge.input,
                        edge.result.getResultNumber(), keep, sizes);
  }
  void readDirectly(RegionOp consumer, const ShapedValue &source);
  /// Tells the report why what could have been merged is not.
  bool refuse(StringRef reason) {
    why = reason;
    return false;
  }

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
  int64_t mostSteps;
  unsigned reshapes = 0;
  bool takesPrologues = false; // when nothing else is left to merge
  StringRef why; // the last tryInput merged nothing; empty: nothing to merge
  SmallVector<std::pair<Location, StringRef>> misses;
};
} // namespace

/// Whether all users but `consumer` stand after it, so that the merged region
/// can take its place.
static bool othersReadLater(RegionOp producer, RegionOp consumer) {
  return llvm::all_of(producer->getUsers(), [&](Operation *user) {
    return user == consumer || (user->getBlock() == consumer->getBlock() &&
                                consumer->isBeforeInBlock(user));
  });
}

/// Whether all inputs that come from `producer` are read by maps, none at
/// computed positions.
static bool readsByGenerics(RegionOp consumer, RegionOp producer) {
  for (auto [number, value] : llvm::enumerate(consumer.getInputs())) {
    OpResult from = behindViews(value);
    if (!from || from.getOwner() != producer)
      continue;
    BlockArgument argument = consumer.getBody().front().getArgument(number);
    for (OpOperand &use : argument.getUses()) {
      auto generic = dyn_cast<linalg::GenericOp>(use.getOwner());
      if (!generic || !generic.isDpsInput(&use))
        return false;
    }
  }
  return true;
}

/// Maps and reductions of a group.
static int64_t countSteps(RegionOp region) {
  return llvm::range_size(region.getBody().front().getOps<linalg::GenericOp>());
}

std::optional<Edge> Fuser::findEdge(RegionOp consumer, unsigned index) {
  OpResult result = behindViews(consumer.getInputs()[index]);
  if (!result)
    return std::nullopt;
  auto producer = cast<RegionOp>(result.getOwner());
  if (producer == consumer)
    return std::nullopt;
  if (producer->getBlock() != consumer->getBlock()) {
    refuse("they stand in different parts of the control flow");
    return std::nullopt;
  }
  eraseDeadViews(producer);
  if (!readsByGenerics(consumer, producer))
    return std::nullopt;
  if (countSteps(producer) + countSteps(consumer) > mostSteps) {
    refuse("together they would be too long for one kernel");
    return std::nullopt;
  }
  bool alone = llvm::all_of(producer.getResults(), [&](Value value) {
    return usedOnlyBy(value, consumer);
  });
  kernel::RootInterface root = kernel::findRoot(producer);
  if (root && (!alone || !mapOf(consumer) || !root.takesEpilogue())) {
    refuse("the result of a root is read by others, or not by one map");
    return std::nullopt;
  }
  if (!alone && !isBroadcast(producer) &&
      (kernel::findRoot(consumer) || !othersReadLater(producer, consumer))) {
    refuse("others read the tensor between them too early");
    return std::nullopt;
  }
  return Edge{producer, consumer, result, index, alone};
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

/// Re-expresses one of the two under the shape of the other.
bool Fuser::bridge(Edge &edge) {
  SmallVector<AffineExpr> produced =
      sizes.resultDims(edge.producer, edge.result.getResultNumber());
  ShapedValue operand = sizes.input(edge.consumer, edge.input);
  bool same = edge.consumer.getInputs()[edge.input] == edge.result;
  if (kernel::findRoot(edge.producer)) {
    if (!same || ArrayRef(sizes.resultDims(edge.consumer, 0)) !=
                     ArrayRef(produced)) {
      edge.consumer = reshape(edge.consumer, produced);
      if (!edge.consumer)
        return refuse("no loops fit the shapes on both sides of a view");
    }
  } else if (!same && !dropUnitDims(edge.consumer, edge.input,
                                    {edge.result, produced}, sizes)) {
    if (RegionOp reshaped = reshape(edge.consumer, produced)) {
      edge.consumer = reshaped;
    } else if (RegionOp reshaped = edge.alone
                                       ? reshape(edge.producer, operand.dims)
                                       : RegionOp()) {
      edge.producer = reshaped;
      edge.result = cast<OpResult>(reshaped->getResult(0));
      edge.consumer.getInputsMutable()[edge.input].set(edge.result);
      produced = sizes.resultDims(reshaped, 0);
    } else {
      return refuse("no loops fit the shapes on both sides of a view");
    }
  }
  readDirectly(edge.consumer, {edge.result, produced});
  auto inputs = edge.consumer.getInputs();
  auto position = llvm::find(inputs, Value(edge.result));
  if (position == inputs.end())
    return false;
  edge.input = position - inputs.begin();
  return readsByGenerics(edge.consumer, edge.producer);
}

bool Fuser::mayBeEpilogue(Edge &edge) {
  linalg::GenericOp map = mapOf(edge.consumer);
  return (edge.isReadInPlace() && !usesPositions(map) &&
          llvm::all_of(map.getDpsInputOperands(), [&](OpOperand *operand) {
            return readsAlongMemory(map.getMatchingIndexingMap(operand));
          })) ||
         refuse("the result of a root is not read element by element");
}

bool Fuser::mayInlineMap(Edge &edge) {
  linalg::GenericOp map = mapOf(edge.producer);
  if (!map || !(edge.alone || isBroadcast(edge.producer)) ||
      !edge.argument().hasOneUse())
    return false;
  return edge.allReads([&](linalg::GenericOp generic, AffineMap read) {
    return mayInline(map, generic, read);
  }) && (!kernel::findRoot(edge.consumer) || !usesPositions(map));
}

bool Fuser::rowsAgree(Edge &edge) {
  int64_t rows = std::min(rowRankOf(edge.producer), rowRankOf(edge.consumer));
  ShapedValue operand = sizes.input(edge.consumer, edge.input);
  if (rows < 1 || operand.rank() < rows)
    return false;
  int64_t count = 1;
  for (AffineExpr dim : ArrayRef(operand.dims).take_front(rows))
    count *= constantExtent(dim).value_or(kLeastRows);
  if (count < kLeastRows)
    return false;
  return edge.allReads([&](linalg::GenericOp, AffineMap map) {
    for (int64_t i = 0; i < rows; ++i)
      if (map.getResult(i) != getAffineDimExpr(i, map.getContext()))
        return false;
    return true;
  });
}

/// Whether the two are one cascade. A map as producer loses the dims of extent
/// 1 that nobody in the consumer runs along: its other values have none there.
bool Fuser::mayShareRows(Edge &edge) {
  // A map behind a cascade joins its last loops.
  if (mapOf(edge.consumer) && edge.argument().hasOneUse() &&
      edge.isReadInPlace())
    return true;
  auto isRunAlong = [&](unsigned dim) {
    return !edge.allReads([&](linalg::GenericOp, AffineMap read) {
      return isa<AffineConstantExpr>(read.getResult(dim));
    });
  };
  SmallVector<AffineExpr> produced =
      sizes.resultDims(edge.producer, edge.result.getResultNumber());
  SmallVector<AffineExpr> slim;
  for (auto [dim, extent] : llvm::enumerate(produced))
    if (!isOne(extent) || isRunAlong(dim))
      slim.push_back(extent);
  if (mapOf(edge.producer) && edge.alone && slim.size() != produced.size())
    if (RegionOp reshaped = reshape(edge.producer, slim)) {
      edge.producer = reshaped;
      edge.result = cast<OpResult>(reshaped->getResult(0));
      if (!dropUnitDims(edge.consumer, edge.input, {edge.result, slim}, sizes))
        return false;
    }
  return rowsAgree(edge) ||
         refuse("their rows differ, or are too few for several workers");
}

RegionOp Fuser::tryPrologue(RegionOp consumer, unsigned index) {
  auto product = dyn_cast_or_null<kernel::MatmulOp>(
      kernel::findRoot(consumer).getOperation());
  BlockArgument argument = consumer.getBody().front().getArgument(index);
  OpResult result = behindViews(consumer.getInputs()[index]);
  if (!product || product.getLhs() != argument ||
      !argument.hasOneUse() || !result)
    return {};
  auto producer = cast<RegionOp>(result.getOwner());
  linalg::GenericOp map = mapOf(producer);
  if (!map || producer->getBlock() != consumer->getBlock() ||
      !usedOnlyBy(result, consumer) || usesPositions(map))
    return {};
  // The generator reads vectors along the last loop.
  for (OpOperand *operand : map.getDpsInputOperands()) {
    AffineMap read = map.getMatchingIndexingMap(operand);
    if (!readsAlongMemory(read) ||
        !llvm::all_of(read.getResults(), [&](AffineExpr expr) {
          return isa<AffineDimExpr>(expr) ||
                 !expr.isFunctionOfDim(read.getNumDims() - 1);
        }))
      return {};
  }
  ShapedValue operand = sizes.input(consumer, index);
  std::optional<int64_t> rows = constantExtent(operand.dims[1]);
  if (rows && *rows < kLeastRows)
    return {};
  if (consumer.getInputs()[index] != result) {
    producer = reshape(producer, operand.dims);
    if (!producer)
      return {};
    consumer.getInputsMutable()[index].set(producer->getResult(0));
  }
  return mergeRegions(producer, consumer, index, 0, /*keep=*/false, sizes);
}

RegionOp Fuser::tryInput(RegionOp consumer, unsigned index) {
  if (takesPrologues)
    if (RegionOp merged = tryPrologue(consumer, index))
      return merged;
  std::optional<Edge> edge = findEdge(consumer, index);
  if (!edge || !bridge(*edge))
    return {};
  if (kernel::findRoot(edge->producer))
    return mayBeEpilogue(*edge) ? merge(*edge) : RegionOp();
  if (mayInlineMap(*edge))
    return merge(*edge);
  if (kernel::findRoot(edge->consumer)) {
    refuse("a root cannot compute that operand on the fly");
    return {};
  }
  return mayShareRows(*edge) ? merge(*edge) : RegionOp();
}

FailureOr<bool> Fuser::sweep(Block &block) {
  bool changed = false;
  for (Operation *op = &block.back(); op;) {
    auto region = dyn_cast<RegionOp>(op);
    if (!region) {
      op = op->getPrevNode();
      continue;
    }
    // What stands behind the region and stays: views may go with their readers.
    Operation *next = region->getNextNode();
    while (isa<kernel::ReshapeOp>(next))
      next = next->getNextNode();
    unsigned before = reshapes;
    RegionOp fused;
    for (unsigned i = 0;
         !fused && reshapes == before && i < region.getInputs().size(); ++i) {
      Location from = region.getInputs()[i].getLoc();
      if (OpResult produced = behindViews(region.getInputs()[i]))
        from = produced.getLoc();
      why = {};
      fused = tryInput(region, i);
      if (!fused && reshapes == before && !why.empty())
        misses.push_back(
            {FusedLoc::get(func.getContext(), {from, region.getLoc()}), why});
    }
    if (fused && failed(simplifyBody(fused)))
      return fused.emitOpError("its merged body does not simplify");
    bool again = fused || reshapes != before;
    changed |= again;
    // A merged region is tried again at once.
    op = again ? next->getPrevNode() : op->getPrevNode();
  }
  return changed;
}

LogicalResult Fuser::run() {
  // The blocks that hold regions, not those inside of them.
  SmallVector<Block *> blocks;
  func.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<RegionOp>(op))
      return WalkResult::skip();
    for (Region &inner : op->getRegions())
      for (Block &block : inner)
        blocks.push_back(&block);
    return WalkResult::advance();
  });
  for (Block *block : blocks)
    reshapes += 4 * llvm::range_size(block->getOps<RegionOp>());
  // A further sweep sees what the last one made possible.
  for (bool changed = true; changed || !takesPrologues;) {
    // A map is better an epilogue: its elements are in registers there.
    takesPrologues |= !changed;
    changed = false;
    misses.clear();
    for (Block *block : blocks) {
      FailureOr<bool> swept = sweep(*block);
      if (failed(swept))
        return failure();
      changed |= *swept;
    }
  }
  for (auto [loc, reason] : misses)
    reportMissed(loc, "strait-fuse-regions", reason);
  return success();
}

namespace {
class FuseRegionsPass
    : public strait::impl::FuseRegionsPassBase<FuseRegionsPass> {
  using FuseRegionsPassBase::FuseRegionsPassBase;

  void runOnOperation() override {
    SizeExpressions sizes(&getContext());
    if (failed(Fuser(getOperation(), sizes, mostSteps).run()))
      return signalPassFailure();
  }
};
} // namespace
