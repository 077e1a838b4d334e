// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/CascadeLoops.h"

#include "llvm/ADT/EquivalenceClasses.h"

using namespace mlir;
using namespace strait;

KernelGroup::KernelGroup(Operation *regionOrFunc) : op(regionOrFunc) {
  body = &op->getRegion(0).front();
  ArrayAttr inputs, results;
  if (auto region = dyn_cast<kernel::RegionOp>(op)) {
    inputs = region.getInputShapes();
    results = region.getResultShapes();
  } else {
    auto func = cast<kernel::FuncOp>(op);
    inputs = func.getInputShapes();
    results = func.getResultShapes();
  }
  llvm::append_range(inputShapes, inputs.getAsValueRange<AffineMapAttr>());
  llvm::append_range(resultShapes, results.getAsValueRange<AffineMapAttr>());
  numInputs = inputShapes.size();
  numSizes = body->getNumArguments() - numInputs;
}

AffineExpr KernelGroup::symbolOf(Value size) const {
  if (auto argument = dyn_cast<BlockArgument>(size)) {
    if (argument.getOwner() == body && argument.getArgNumber() >= numInputs)
      return getAffineSymbolExpr(argument.getArgNumber() - numInputs,
                                 size.getContext());
    return {};
  }
  APInt constant;
  if (matchPattern(size, m_ConstantInt(&constant)))
    return getAffineConstantExpr(constant.getSExtValue(), size.getContext());
  return {};
}

std::optional<unsigned> KernelGroup::inputIndex(Value tensor) const {
  auto argument = dyn_cast<BlockArgument>(tensor);
  if (!argument || argument.getOwner() != body ||
      argument.getArgNumber() >= numInputs)
    return std::nullopt;
  return argument.getArgNumber();
}

FailureOr<SmallVector<AffineExpr>> CascadeLoops::shapeOf(Value tensor) const {
  if (auto input = group.inputIndex(tensor))
    return llvm::to_vector(group.inputShapes[*input].getResults());
  auto known = values.find(tensor);
  if (known != values.end()) {
    SmallVector<AffineExpr> shape;
    for (unsigned loop : known->second.dims)
      shape.push_back(extents[loop]);
    return shape;
  }
  Operation *producer = tensor.getDefiningOp();
  if (auto fill = dyn_cast_or_null<linalg::FillOp>(producer))
    return shapeOf(fill.getDpsInitOperand(0)->get());
  if (auto empty = dyn_cast_or_null<tensor::EmptyOp>(producer)) {
    SmallVector<AffineExpr> shape;
    for (OpFoldResult size : empty.getMixedSizes()) {
      AffineExpr extent;
      if (auto value = dyn_cast<Value>(size))
        extent = group.symbolOf(value);
      else
        extent = getAffineConstantExpr(
            cast<IntegerAttr>(cast<Attribute>(size)).getInt(),
            tensor.getContext());
      if (!extent)
        return empty.emitOpError("expected extents that are constants or sizes "
                                 "of the kernel");
      shape.push_back(extent);
    }
    return shape;
  }
  return emitError(tensor.getLoc(), "expected tensors of a cascade to be "
                                    "inputs, results of its linalg.generic "
                                    "ops, linalg.fill or tensor.empty");
}

LogicalResult CascadeLoops::collectSteps() {
  for (Operation &op : group.body->without_terminator()) {
    auto generic = dyn_cast<linalg::GenericOp>(op);
    if (!generic) {
      StringRef dialect = op.getName().getDialectNamespace();
      if (isa<linalg::FillOp, tensor::EmptyOp>(op) || dialect == "arith" ||
          dialect == "math")
        continue;
      return op.emitOpError("has no place in a cascade");
    }
    for (auto [number, init] : llvm::enumerate(generic.getDpsInits())) {
      AffineMap map = generic.getIndexingMapsArray()[generic.getNumDpsInputs() +
                                                     number];
      if (generic.getNumReductionLoops() == 0) {
        if (!map.isIdentity())
          return generic.emitOpError("expected an identity output map, found ")
                 << AffineMapAttr::get(map);
        continue;
      }
      if (!map.isProjectedPermutation())
        return generic.emitOpError("expected the output map of a reduction to "
                                   "pick dimensions, found ")
               << AffineMapAttr::get(map);
      if (!init.getDefiningOp<linalg::FillOp>())
        return generic.emitOpError("expected a reduction to start from "
                                   "linalg.fill");
    }
    CascadeStep step;
    step.op = generic;
    steps.push_back(std::move(step));
  }
  if (steps.empty())
    return group.op->emitOpError("expected a root or linalg.generic ops in the "
                                 "body");
  for (Value value : group.body->getTerminator()->getOperands())
    if (!value.getDefiningOp<linalg::GenericOp>())
      return group.op->emitOpError("expected to yield results of "
                                   "linalg.generic ops");
  return success();
}

static constexpr unsigned noLoop = ~0u;

/// Makes two loops one, unless that would join two loops of one step.
static void joinLoops(llvm::EquivalenceClasses<unsigned> &classes, unsigned a,
                      unsigned b, ArrayRef<unsigned> firstLoop) {
  SmallVector<unsigned> members;
  for (unsigned root : {a, b})
    for (auto it = classes.findLeader(root), end = classes.member_end();
         it != end; ++it)
      members.push_back(*it);
  llvm::sort(members);
  members.erase(llvm::unique(members), members.end());
  auto stepOf = [&](unsigned loop) {
    return llvm::upper_bound(firstLoop, loop) - firstLoop.begin();
  };
  for (unsigned i = 1; i < members.size(); ++i)
    if (stepOf(members[i - 1]) == stepOf(members[i]))
      return;
  classes.unionSets(a, b);
}

namespace {
/// The loops of all steps, numbered through; those that walk the same dim of
/// the same values are joined.
class LoopClasses {
public:
  explicit LoopClasses(MutableArrayRef<CascadeStep> steps) {
    for (CascadeStep &step : steps) {
      firstLoop.push_back(count);
      for (unsigned loop = 0; loop < step.op.getNumLoops(); ++loop)
        classes.insert(count++);
    }
    extents.resize(count);
  }
  /// Takes in step number `number`; `shapeOf` tells the shapes of what no step
  /// before it computes.
  LogicalResult add(linalg::GenericOp op, unsigned number,
                    const KernelGroup &group,
                    llvm::function_ref<FailureOr<SmallVector<AffineExpr>>(Value)>
                        shapeOf);

  unsigned own(unsigned step, unsigned loop) const {
    return firstLoop[step] + loop;
  }
  unsigned leader(unsigned loop) const { return classes.getLeaderValue(loop); }
  AffineExpr extent(unsigned loop) const { return extents[loop]; }
  ArrayRef<unsigned> dims(Value result) const {
    return dimsOf.find(result)->second;
  }

private:
  void join(linalg::GenericOp op, unsigned number, const KernelGroup &group,
            bool ofInputs);

  llvm::EquivalenceClasses<unsigned> classes;
  SmallVector<unsigned> firstLoop; // by step
  unsigned count = 0;
  SmallVector<AffineExpr> extents;               // by loop
  DenseMap<Value, SmallVector<unsigned>> dimsOf; // loops that index a value
  DenseMap<Value, SmallVector<AffineExpr>> shapes;
};
} // namespace

LogicalResult LoopClasses::add(
    linalg::GenericOp op, unsigned number, const KernelGroup &group,
    llvm::function_ref<FailureOr<SmallVector<AffineExpr>>(Value)> shapeOf) {
  for (OpOperand &operand : op->getOpOperands()) {
    auto producer = shapes.find(operand.get());
    FailureOr<SmallVector<AffineExpr>> shape =
        producer != shapes.end()
            ? FailureOr<SmallVector<AffineExpr>>(producer->second)
            : shapeOf(operand.get());
    if (failed(shape))
      return failure();
    AffineMap map = op.getMatchingIndexingMap(&operand);
    for (auto [dim, expr] : llvm::enumerate(map.getResults()))
      if (auto loop = dyn_cast<AffineDimExpr>(expr))
        if (AffineExpr &extent = extents[own(number, loop.getPosition())];
            !extent)
          extent = (*shape)[dim];
  }
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
    if (!extents[own(number, loop)])
      return op.emitOpError("cannot tell the extent of loop ") << loop;
  join(op, number, group, /*ofInputs=*/false);
  join(op, number, group, /*ofInputs=*/true);
  for (auto [index, result] : llvm::enumerate(op.getResults())) {
    AffineMap map = op.getIndexingMapsArray()[op.getNumDpsInputs() + index];
    SmallVector<unsigned> dims;
    SmallVector<AffineExpr> shape;
    for (AffineExpr expr : map.getResults()) {
      dims.push_back(own(number, cast<AffineDimExpr>(expr).getPosition()));
      shape.push_back(extents[dims.back()]);
    }
    dimsOf[result] = dims;
    shapes[result] = shape;
  }
  return success();
}

/// Joins the step's loops with those of the values' producers, or with those of
/// other readers of the same inputs.
void LoopClasses::join(linalg::GenericOp op, unsigned number,
                       const KernelGroup &group, bool ofInputs) {
  for (OpOperand *operand : op.getDpsInputOperands()) {
    if (group.inputIndex(operand->get()).has_value() != ofInputs)
      continue;
    auto known = dimsOf.find(operand->get());
    AffineMap map = op.getMatchingIndexingMap(operand);
    SmallVector<unsigned> walked(map.getNumResults(), noLoop);
    for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
      auto loop = dyn_cast<AffineDimExpr>(expr);
      if (!loop)
        continue;
      walked[dim] = own(number, loop.getPosition());
      if (known != dimsOf.end() && known->second[dim] != noLoop &&
          extents[walked[dim]] == extents[known->second[dim]])
        joinLoops(classes, walked[dim], known->second[dim], firstLoop);
    }
    if (ofInputs && known == dimsOf.end())
      dimsOf[operand->get()] = walked;
  }
}

LogicalResult CascadeLoops::findExtents() {
  LoopClasses classes(steps);
  for (auto [number, step] : llvm::enumerate(steps))
    if (failed(classes.add(step.op, number, group,
                           [&](Value value) { return shapeOf(value); })))
      return failure();
  // Number the classes in the order of the step with most loops, then of the
  // others.
  DenseMap<unsigned, unsigned> number;
  auto order = llvm::to_vector(llvm::seq<unsigned>(0, steps.size()));
  llvm::sort(order, [&](unsigned a, unsigned b) {
    unsigned loopsA = steps[a].op.getNumLoops();
    unsigned loopsB = steps[b].op.getNumLoops();
    return std::make_pair(loopsB, a) < std::make_pair(loopsA, b);
  });
  for (unsigned index : order)
    for (unsigned loop = 0; loop < steps[index].op.getNumLoops(); ++loop) {
      unsigned own = classes.own(index, loop);
      if (number.try_emplace(classes.leader(own), extents.size()).second)
        extents.push_back(classes.extent(own));
    }
  auto loopOf = [&](unsigned own) {
    return number.lookup(classes.leader(own));
  };
  for (auto [index, step] : llvm::enumerate(steps)) {
    step.isReduced.assign(extents.size(), false);
    for (auto [loop, kind] :
         llvm::enumerate(step.op.getIteratorTypesArray())) {
      step.loops.push_back(loopOf(classes.own(index, loop)));
      step.isReduced[step.loops.back()] =
          kind == utils::IteratorType::reduction;
    }
    for (Value result : step.op.getResults()) {
      CascadeValue value{unsigned(index), {}};
      for (unsigned own : classes.dims(result))
        value.dims.push_back(loopOf(own));
      values[result] = value;
    }
  }
  return success();
}

bool CascadeLoops::readsInPlace(const CascadeStep &step,
                                unsigned operand) const {
  linalg::GenericOp op = step.op;
  auto value = values.find(op.getDpsInputs()[operand]);
  if (value == values.end())
    return false;
  AffineMap map = op.getIndexingMapsArray()[operand];
  for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
    auto loop = dyn_cast<AffineDimExpr>(expr);
    if (!loop || step.loops[loop.getPosition()] != value->second.dims[dim])
      return false;
  }
  return true;
}

void CascadeLoops::classifyLoops() {
  isShared.assign(numLoops(), true);
  isIndexed.assign(numLoops(), false);
  for (CascadeStep &step : steps) {
    for (unsigned loop = 0; loop < numLoops(); ++loop)
      if (!step.has(loop) || step.isReduced[loop])
        isShared[loop] = false;
    // Values must be read in the row in which they were computed.
    for (unsigned operand = 0; operand < step.op.getNumDpsInputs(); ++operand) {
      auto value = values.find(step.op.getDpsInputs()[operand]);
      if (value == values.end())
        continue;
      AffineMap map = step.op.getIndexingMapsArray()[operand];
      for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
        auto loop = dyn_cast<AffineDimExpr>(expr);
        unsigned produced = value->second.dims[dim];
        if (!loop || step.loops[loop.getPosition()] != produced)
          isShared[produced] = false;
      }
      for (auto [loop, extent] : llvm::enumerate(extents))
        if (isShared[loop] && !llvm::is_contained(value->second.dims, loop))
          isShared[loop] = false;
    }
    step.op->walk([&](Operation *inner) {
      if (auto index = dyn_cast<linalg::IndexOp>(inner))
        isIndexed[step.loops[index.getDim()]] = true;
      if (auto extract = dyn_cast<tensor::ExtractOp>(inner)) {
        auto value = values.find(extract.getTensor());
        if (value != values.end())
          for (unsigned dim : value->second.dims) {
            isShared[dim] = false;
            isIndexed[dim] = true;
          }
      }
    });
  }
}

/// Adds `factor` times a linear `expr` to the coefficients of an indexing map's
/// dims and its constant. False where it is not linear.
static bool addLinear(AffineExpr expr, int64_t factor,
                      MutableArrayRef<int64_t> coefficients,
                      int64_t &constant) {
  if (auto literal = dyn_cast<AffineConstantExpr>(expr)) {
    constant += factor * literal.getValue();
    return true;
  }
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    coefficients[dim.getPosition()] += factor;
    return true;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return false;
  if (expr.getKind() == AffineExprKind::Add)
    return addLinear(binary.getLHS(), factor, coefficients, constant) &&
           addLinear(binary.getRHS(), factor, coefficients, constant);
  auto scale = dyn_cast<AffineConstantExpr>(binary.getRHS());
  return expr.getKind() == AffineExprKind::Mul && scale &&
         addLinear(binary.getLHS(), factor * scale.getValue(), coefficients,
                   constant);
}

void CascadeLoops::computeAccesses() {
  MLIRContext *context = group.op->getContext();
  AffineExpr zero = getAffineConstantExpr(0, context);
  for (CascadeStep &step : steps) {
    for (OpOperand *operand : step.op.getDpsInputOperands()) {
      CascadeAccess access;
      access.strides.assign(numLoops(), zero);
      access.offset = zero;
      AffineMap map = step.op.getMatchingIndexingMap(operand);
      SmallVector<AffineExpr> shape = *shapeOf(operand->get());
      AffineExpr stride = getAffineConstantExpr(1, context);
      for (int64_t dim = int64_t(shape.size()) - 1; dim >= 0; --dim) {
        SmallVector<int64_t> coefficients(step.loops.size(), 0);
        int64_t constant = 0;
        if (addLinear(map.getResult(dim), 1, coefficients, constant)) {
          for (auto [own, factor] : llvm::enumerate(coefficients))
            if (factor != 0) {
              AffineExpr &sum = access.strides[step.loops[own]];
              sum = sum + multiplyExtents(
                              stride, getAffineConstantExpr(factor, context));
            }
          access.offset =
              access.offset +
              multiplyExtents(stride,
                              getAffineConstantExpr(constant, context));
        } else {
          access.isLinear = false;
          for (unsigned loop : step.loops)
            isIndexed[loop] = true;
        }
        stride = multiplyExtents(stride, shape[dim]);
      }
      step.reads.push_back(std::move(access));
    }
  }
}

/// Is a walk over `inner` within `outer` one walk for every access?
bool CascadeLoops::canMerge(unsigned outer, unsigned inner) const {
  if (isShared[outer] != isShared[inner] || isIndexed[outer] ||
      isIndexed[inner])
    return false;
  auto isUnit = [&](unsigned loop) {
    return constantExtent(extents[loop]) == 1;
  };
  for (const CascadeStep &step : steps) {
    if (step.has(outer) != step.has(inner) ||
        step.isReduced[outer] != step.isReduced[inner])
      return false;
    linalg::GenericOp op = step.op;
    for (auto [operand, access] : llvm::enumerate(step.reads)) {
      if (values.contains(op.getDpsInputs()[operand])) {
        if (!readsInPlace(step, operand))
          return false;
        continue;
      }
      // Strides that are sums of products cannot be compared; they are rare.
      auto isProduct = [](AffineExpr expr) {
        return expr.getKind() != AffineExprKind::Add;
      };
      if (isUnit(inner) || isUnit(outer))
        continue;
      if (!isProduct(access.strides[inner]) ||
          multiplyExtents(access.strides[inner], extents[inner]) !=
              access.strides[outer])
        return false;
    }
  }
  for (auto &[value, info] : values) {
    // The dims of a value lie in memory in their order.
    auto at = llvm::find(info.dims, inner);
    bool hasOuter = llvm::is_contained(info.dims, outer);
    if ((at != info.dims.end()) != hasOuter)
      return false;
    if (hasOuter && (at == info.dims.begin() || *(at - 1) != outer))
      return false;
  }
  return true;
}

void CascadeLoops::mergeLoops() {
  for (unsigned outer = 0; outer + 1 < numLoops();) {
    unsigned inner = outer + 1;
    if (!canMerge(outer, inner)) {
      ++outer;
      continue;
    }
    // The merged loop takes the outer one's place and the inner one's strides,
    // which say nothing if it runs only once.
    unsigned dropped = constantExtent(extents[inner]) == 1 ? inner : outer;
    extents[outer] = multiplyExtents(extents[outer], extents[inner]);
    extents.erase(extents.begin() + inner);
    isShared.erase(isShared.begin() + inner);
    isIndexed.erase(isIndexed.begin() + inner);
    auto renumber = [&](SmallVectorImpl<unsigned> &loops) {
      for (unsigned &loop : loops)
        if (loop >= inner)
          --loop;
    };
    for (CascadeStep &step : steps) {
      renumber(step.loops);
      step.isReduced.erase(step.isReduced.begin() + inner);
      for (CascadeAccess &access : step.reads)
        access.strides.erase(access.strides.begin() + dropped);
    }
    for (auto &[value, info] : values)
      renumber(info.dims);
  }
}

FailureOr<CascadeLoops> CascadeLoops::compute(Operation *regionOrFunc) {
  CascadeLoops loops{KernelGroup(regionOrFunc)};
  if (failed(loops.collectSteps()) || failed(loops.findExtents()))
    return failure();
  loops.classifyLoops();
  loops.computeAccesses();
  loops.mergeLoops();
  return loops;
}
