// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Example: a map over loops (B, S, D) that adds a bias indexed by D, asked for
// loops (1, B * S, D), groups the loops as {B, S} ~ {B * S} and {D} ~ {D}. The
// full operand uses both groups, the bias only the second; each operand becomes
// a view with the target's extents of the groups that it uses.
#include "passes/kernel/MapRegion.h"

using namespace mlir;
using namespace strait;

linalg::GenericOp strait::mapOf(kernel::RegionOp region) {
  auto yield = cast<kernel::YieldOp>(region.getBody().front().getTerminator());
  if (yield.getValues().size() != 1)
    return {};
  auto generic = yield.getValues()[0].getDefiningOp<linalg::GenericOp>();
  if (!generic || generic.getNumParallelLoops() != generic.getNumLoops())
    return {};
  for (Operation &op : region.getBody().front())
    if (&op != generic && !isa<tensor::EmptyOp, kernel::YieldOp>(op) &&
        !isa<arith::ArithDialect>(op.getDialect()))
      return {};
  return generic;
}

namespace {
/// Loops `from` of the map and dims `to` of the target with equal products.
struct Group {
  SmallVector<unsigned> from, to;
};
} // namespace

/// Pairs runs of loops with runs of target dims; dims of extent 1 stay out.
static std::optional<SmallVector<Group>>
alignLoops(ArrayRef<AffineExpr> loops, ArrayRef<AffineExpr> target) {
  SmallVector<unsigned> from, to;
  for (auto [i, dim] : llvm::enumerate(loops))
    if (!isOne(dim))
      from.push_back(i);
  for (auto [i, dim] : llvm::enumerate(target))
    if (!isOne(dim))
      to.push_back(i);
  SmallVector<Group> groups;
  unsigned i = 0, j = 0;
  /// Tries to reach `goal` by the product of dims[at...]; returns their number.
  auto reach = [](AffineExpr goal, ArrayRef<AffineExpr> dims,
                  ArrayRef<unsigned> which) -> unsigned {
    SmallVector<AffineExpr> factors;
    for (auto [count, axis] : llvm::enumerate(which)) {
      factors.push_back(dims[axis]);
      if (productOf(factors, goal.getContext()) == goal)
        return count + 1;
    }
    return 0;
  };
  while (i < from.size() && j < to.size()) {
    Group group;
    if (unsigned n = reach(target[to[j]], loops, ArrayRef(from).drop_front(i))) {
      group.from.assign(from.begin() + i, from.begin() + i + n);
      group.to = {to[j]};
    } else if (unsigned n = reach(loops[from[i]], target,
                                  ArrayRef(to).drop_front(j))) {
      group.from = {from[i]};
      group.to.assign(to.begin() + j, to.begin() + j + n);
    } else {
      return std::nullopt;
    }
    i += group.from.size();
    j += group.to.size();
    groups.push_back(group);
  }
  if (i != from.size() || j != to.size())
    return std::nullopt;
  return groups;
}

/// The groups that an operand with this map uses, each wholly, in order.
static std::optional<SmallVector<unsigned>>
usedGroups(AffineMap map, ArrayRef<AffineExpr> loops, ArrayRef<Group> groups) {
  SmallVector<unsigned> axes;
  for (AffineExpr expr : map.getResults()) {
    if (constantExtent(expr) == 0)
      continue;
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim)
      return std::nullopt;
    if (!isOne(loops[dim.getPosition()]))
      axes.push_back(dim.getPosition());
  }
  SmallVector<unsigned> used;
  ArrayRef<unsigned> rest(axes);
  for (auto [number, group] : llvm::enumerate(groups)) {
    if (rest.empty() || rest.front() != group.from.front())
      continue;
    if (rest.size() < group.from.size() ||
        rest.take_front(group.from.size()) != ArrayRef(group.from))
      return std::nullopt;
    rest = rest.drop_front(group.from.size());
    used.push_back(number);
  }
  if (!rest.empty())
    return std::nullopt;
  return used;
}

/// The groups that each operand of the map uses, if all of them allow the map
/// to be re-expressed.
static std::optional<SmallVector<SmallVector<unsigned>>>
operandGroups(kernel::RegionOp region, linalg::GenericOp generic,
              ArrayRef<AffineExpr> loops, ArrayRef<Group> groups) {
  SmallVector<SmallVector<unsigned>> used;
  for (OpOperand *operand : generic.getDpsInputOperands()) {
    auto argument = dyn_cast<BlockArgument>(operand->get());
    if (!argument || argument.getOwner() != &region.getBody().front())
      return std::nullopt;
    auto groupsOf =
        usedGroups(generic.getMatchingIndexingMap(operand), loops, groups);
    if (!groupsOf)
      return std::nullopt;
    used.push_back(*groupsOf);
  }
  return used;
}

/// The axes of `target` that an operand with these groups runs along. A full
/// operand keeps the target's dims of extent 1 too: it is then the very tensor
/// that a producer of this shape yields.
static SmallVector<int64_t> axesOf(ArrayRef<unsigned> used,
                                   ArrayRef<Group> groups, size_t rank) {
  SmallVector<int64_t> axes;
  if (used.size() == groups.size())
    llvm::append_range(axes, llvm::seq<int64_t>(0, rank));
  else
    for (unsigned number : used)
      llvm::append_range(axes, groups[number].to);
  return axes;
}

/// Scalars computed outside the generic (counts, constants) come along.
static void cloneScalars(kernel::RegionOp region, RegionBuilder &fresh,
                         SizeExpressions &sizes, IRMapping &mapping) {
  Block &body = region.getBody().front();
  for (unsigned i = 0; i < region.getSizes().size(); ++i)
    mapping.map(body.getArgument(region.getInputs().size() + i),
                fresh.extent(sizes.get(region.getSizes()[i])));
  for (Operation &op : body.without_terminator())
    if (isa<arith::ArithDialect>(op.getDialect()))
      fresh.body().clone(op, mapping);
}

kernel::RegionOp strait::reshapeMap(kernel::RegionOp region,
                                    ArrayRef<AffineExpr> target,
                                    SizeExpressions &sizes) {
  linalg::GenericOp generic = mapOf(region);
  if (!generic || generic.getNumDpsInputs() == 0)
    return {};
  // Positions would have to be split and merged as well.
  bool positions = false;
  generic.getRegion().walk([&](Operation *op) {
    positions |= isa<linalg::IndexOp, tensor::ExtractOp>(op);
  });
  if (positions)
    return {};
  SmallVector<AffineExpr> loops = sizes.resultDims(region, 0);
  auto groups = alignLoops(loops, target);
  if (!groups)
    return {};
  auto used = operandGroups(region, generic, loops, *groups);
  if (!used)
    return {};

  OpBuilder builder(region);
  MLIRContext *context = region.getContext();
  RegionBuilder fresh(builder, region.getLoc(), sizes.materializer());
  SmallVector<Value> operands;
  SmallVector<AffineMap> maps;
  for (auto [operand, groupsOf] :
       llvm::zip(generic.getDpsInputOperands(), *used)) {
    unsigned index = cast<BlockArgument>(operand->get()).getArgNumber();
    SmallVector<AffineExpr> dims, results;
    for (int64_t axis : axesOf(groupsOf, *groups, target.size())) {
      dims.push_back(target[axis]);
      results.push_back(getAffineDimExpr(axis, context));
    }
    ShapedValue view =
        reshapeTo(builder, region.getLoc(), sizes.materializer(),
                  sizes.input(region, index), dims);
    operands.push_back(fresh.input(view));
    maps.push_back(AffineMap::get(target.size(), 0, results, context));
  }
  IRMapping mapping;
  cloneScalars(region, fresh, sizes, mapping);
  Type element =
      cast<RankedTensorType>(region.getResult(0).getType()).getElementType();
  Value value = fresh.map(
      target, operands, maps, element,
      [&](OpBuilder &b, Location, ValueRange arguments) {
        Block *scalar = generic.getBody();
        for (auto [from, to] : llvm::zip(scalar->getArguments(), arguments))
          mapping.map(from, to);
        for (Operation &op : scalar->without_terminator())
          b.clone(op, mapping);
        return mapping.lookupOrDefault(
            scalar->getTerminator()->getOperand(0));
      });
  ShapedValue result =
      fresh.finish({{value, SmallVector<AffineExpr>(target)}}, target.size())
          .front();
  auto created = result.value.getDefiningOp<kernel::RegionOp>();
  ShapedValue old = reshapeTo(builder, region.getLoc(), sizes.materializer(),
                              result, loops);
  region.getResult(0).replaceAllUsesWith(old.value);
  region.erase();
  return created;
}

bool strait::dropUnitDims(kernel::RegionOp region, unsigned index,
                          const ShapedValue &replacement,
                          SizeExpressions &sizes) {
  ShapedValue old = sizes.input(region, index);
  // Dim i of the replacement is dim kept[i] of the old tensor, or new and 1.
  SmallVector<int64_t> kept;
  int64_t next = 0, rank = old.dims.size();
  for (AffineExpr dim : replacement.dims) {
    if (isOne(dim)) {
      bool isOld = next < rank && isOne(old.dims[next]);
      kept.push_back(isOld ? next++ : -1);
      continue;
    }
    while (next < rank && isOne(old.dims[next]))
      ++next;
    if (next == rank || old.dims[next] != dim)
      return false;
    kept.push_back(next++);
  }
  for (; next < rank; ++next)
    if (!isOne(old.dims[next]))
      return false;
  BlockArgument argument = region.getBody().front().getArgument(index);
  for (OpOperand &use : argument.getUses())
    if (!isa<linalg::GenericOp>(use.getOwner()))
      return false;

  // A loop that only a dropped dim runs along would lose its extent.
  for (OpOperand &use : argument.getUses()) {
    auto generic = cast<linalg::GenericOp>(use.getOwner());
    AffineMap read = generic.getMatchingIndexingMap(&use);
    for (auto [from, expr] : llvm::enumerate(read.getResults())) {
      if (isa<AffineConstantExpr>(expr) || llvm::is_contained(kept, from))
        continue;
      bool elsewhere = false;
      for (OpOperand &other : generic->getOpOperands())
        elsewhere |= other.get() != argument &&
                     llvm::is_contained(
                         generic.getMatchingIndexingMap(&other).getResults(),
                         expr);
      if (!elsewhere)
        return false;
    }
  }

  MLIRContext *context = region.getContext();
  SmallVector<OpOperand *> uses;
  for (OpOperand &use : argument.getUses())
    uses.push_back(&use);
  for (OpOperand *use : uses) {
    auto generic = cast<linalg::GenericOp>(use->getOwner());
    SmallVector<AffineMap> maps = generic.getIndexingMapsArray();
    AffineMap &map = maps[use->getOperandNumber()];
    SmallVector<AffineExpr> results;
    for (int64_t from : kept)
      results.push_back(from < 0 ? getAffineConstantExpr(0, context)
                                 : map.getResult(from));
    map = AffineMap::get(map.getNumDims(), 0, results, context);
    generic.setIndexingMapsAttr(
        Builder(context).getAffineMapArrayAttr(maps));
  }
  argument.setType(replacement.value.getType());
  SmallVector<AffineMap> shapes(
      region.getInputShapes().getAsValueRange<AffineMapAttr>());
  SmallVector<AffineExpr> results;
  for (auto [axis, from] : llvm::enumerate(kept))
    results.push_back(from < 0 ? replacement.dims[axis]
                               : shapes[index].getResult(from));
  shapes[index] =
      AffineMap::get(0, shapes[index].getNumSymbols(), results, context);
  region.setInputShapesAttr(Builder(context).getAffineMapArrayAttr(shapes));
  region.getInputsMutable()[index].set(replacement.value);
  return true;
}
