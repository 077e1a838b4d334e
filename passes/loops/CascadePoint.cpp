// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One position of a stage: operands are loaded as vectors where they are
// contiguous along the vector loop, broadcast where they do not depend on it,
// and lane by lane otherwise.
#include "passes/loops/CascadePoint.h"

#include "passes/loops/Combiner.h"

using namespace mlir;
using namespace strait;

Value CascadePoint::outer(Value value) const {
  return outerScalars.lookup(value);
}

/// Scalars between the steps (1 / extent, ...) depend on sizes alone.
LogicalResult CascadePoint::emitOuterScalars() {
  Block *body = plan.loops.group.body;
  for (unsigned size = 0; size < plan.loops.group.numSizes; ++size)
    outerScalars[body->getArgument(plan.loops.group.numInputs + size)] =
        function.sizes()[size];
  for (Operation &op : body->without_terminator()) {
    if (isa<linalg::LinalgOp, tensor::EmptyOp>(op))
      continue;
    auto scalar = emitScalarOp(
        function.builder(), &op,
        [&](Value value) { return Lanes(outer(value)); }, 1);
    if (failed(scalar))
      return failure();
    outerScalars[op.getResult(0)] = scalar->value;
  }
  return success();
}

LogicalResult CascadePoint::emitNest(OpBuilder &b, ArrayRef<unsigned> nest,
                                       EmitFn inside) {
  if (nest.empty())
    return inside(b);
  auto loop = scf::ForOp::create(b, loc, constantIndex(b, loc, 0),
                                 extent(nest.front()),
                                 constantIndex(b, loc, 1));
  OpBuilder nested(loop.getBody()->getTerminator());
  position[nest.front()] = loop.getInductionVar();
  LogicalResult result = emitNest(nested, nest.drop_front(), inside);
  position[nest.front()] = {};
  return result;
}

Type CascadePoint::scratchElement(Value value) {
  return computeType(getElementTypeOrSelf(value.getType()));
}

Value CascadePoint::scratchOf(Value value) {
  Value &buffer = scratchBuffers[value];
  if (buffer)
    return buffer;
  CascadeStorage place = plan.storage.lookup(value);
  OpBuilder &entry = function.builder();
  AffineExpr count = entry.getAffineConstantExpr(plan.scratchColumns());
  for (unsigned loop : place.inner)
    count = multiplyExtents(count, plan.loops.extents[loop]);
  buffer = function.carveScratch(
      place.scratchOffset,
      MemRefType::get({ShapedType::kDynamic},
                      storageType(scratchElement(value))),
      function.size(count));
  return buffer;
}

SmallVector<AffineExpr> CascadePoint::scratchStrides(Value value) const {
  CascadeStorage place = plan.storage.lookup(value);
  SmallVector<AffineExpr> strides;
  for (unsigned loop = 0; loop < plan.loops.numLoops(); ++loop)
    strides.push_back(plan.scratchStride(place, loop));
  if (plan.columns) // side by side from the first column of the block
    strides[*plan.vectorLoop] =
        getAffineConstantExpr(0, value.getContext());
  return strides;
}

SmallVector<AffineExpr> CascadePoint::resultStrides(Value value) const {
  MLIRContext *context = value.getContext();
  SmallVector<AffineExpr> strides(plan.loops.numLoops(),
                                  getAffineConstantExpr(0, context));
  AffineExpr stride = getAffineConstantExpr(1, context);
  SmallVector<unsigned> seen;
  for (unsigned loop :
       llvm::reverse(plan.loops.values.find(value)->second.dims)) {
    if (llvm::is_contained(seen, loop))
      continue; // merged dims are one
    seen.push_back(loop);
    strides[loop] = stride;
    stride = multiplyExtents(stride, plan.loops.extents[loop]);
  }
  return strides;
}

Lanes CascadePoint::scratchIndex(OpBuilder &b, Value value, int64_t lanes) {
  AffineExpr zero = getAffineConstantExpr(0, value.getContext());
  Lanes index = linearize(b, scratchStrides(value), zero, lanes);
  if (!plan.columns)
    return index;
  Value first = index.value;
  if (column)
    first = arith::AddIOp::create(b, loc, first, column);
  return lanes == 1 ? Lanes(first) : Lanes::stepping(first, 1);
}

Lanes CascadePoint::linearize(OpBuilder &b, ArrayRef<AffineExpr> strides,
                                AffineExpr offset, int64_t lanes) {
  Value sum;
  if (constantExtent(offset) != 0)
    sum = function.size(offset);
  auto add = [&](Value term) {
    sum = sum ? arith::AddIOp::create(b, loc, sum, term).getResult() : term;
  };
  for (auto [loop, stride] : llvm::enumerate(strides)) {
    if (constantExtent(stride) == 0 || !position[loop])
      continue;
    if (constantExtent(stride) == 1)
      add(position[loop]);
    else
      add(arith::MulIOp::create(b, loc, position[loop], function.size(stride)));
  }
  if (!sum)
    sum = constantIndex(b, loc, 0);
  if (lanes == 1)
    return Lanes(sum);
  AffineExpr along = strides[lanesLoop];
  if (auto step = constantExtent(along))
    return Lanes::stepping(sum, *step);
  // A stride known at run time only: positions of all lanes.
  Value numbers = toVector(
      b, loc, Lanes::stepping(constantIndex(b, loc, 0), 1), lanes);
  Value steps = arith::MulIOp::create(
      b, loc, numbers,
      toVector(b, loc, Lanes(function.size(along)), lanes));
  return Lanes(arith::AddIOp::create(
      b, loc, toVector(b, loc, Lanes(sum), lanes), steps));
}

/// The index of one lane of several.
static Value laneOf(OpBuilder &b, Location loc, Lanes index, int64_t lane) {
  if (index.isVector)
    return vector::ExtractOp::create(b, loc, index.value, lane);
  return arith::AddIOp::create(b, loc, index.value,
                               constantIndex(b, loc, lane * index.step));
}

Lanes CascadePoint::readElements(OpBuilder &b, Value memory, Type element,
                                   Lanes index, int64_t lanes) {
  if (lanes == 1 || index.isUniform())
    return Lanes(loadElements(b, loc, memory, index.value, element, 1));
  if (index.isStepping() && index.step == 1)
    return Lanes(loadElements(b, loc, memory, index.value, element, lanes));
  SmallVector<Value> parts;
  for (int64_t lane = 0; lane < lanes; ++lane)
    parts.push_back(memref::LoadOp::create(b, loc, memory,
                                           laneOf(b, loc, index, lane)));
  Value stored = vector::FromElementsOp::create(
      b, loc, VectorType::get({lanes}, storageType(element)), parts);
  return Lanes(fromStorage(b, loc, stored, element));
}

void CascadePoint::writeElements(OpBuilder &b, Value memory, Type element,
                                   Lanes index, Value computed, int64_t lanes) {
  if (lanes == 1 || (index.isStepping() && index.step == 1))
    return storeElements(b, loc, computed, memory, index.value, element);
  Value stored = toStorage(b, loc, computed, element);
  for (int64_t lane = 0; lane < lanes; ++lane) {
    Value one = vector::ExtractOp::create(b, loc, stored, lane);
    memref::StoreOp::create(b, loc, one, memory, laneOf(b, loc, index, lane));
  }
}

/// Elements at computed positions of an input, or of a value in memory.
FailureOr<Lanes> CascadePoint::readAt(OpBuilder &b, Value tensor,
                                        ArrayRef<Lanes> indices,
                                        int64_t lanes) {
  Value memory;
  Type element = getElementTypeOrSelf(tensor.getType());
  SmallVector<AffineExpr> strides; // per dim of the tensor
  AffineExpr stride = getAffineConstantExpr(1, tensor.getContext());
  auto rowMajor = [&](ArrayRef<AffineExpr> shape) {
    strides.assign(shape.size(), stride);
    for (unsigned dim = shape.size(); dim-- > 0;) {
      strides[dim] = stride;
      stride = multiplyExtents(stride, shape[dim]);
    }
  };
  if (auto input = function.inputIndex(tensor)) {
    memory = function.flatInput(*input);
    rowMajor(plan.loops.group.inputShapes[*input].getResults());
  } else {
    auto value = plan.loops.values.find(tensor);
    if (value == plan.loops.values.end())
      return emitError(tensor.getLoc(), "expected an input or a result of the "
                                        "kernel where elements are extracted");
    auto perLoop = function.resultIndices(tensor);
    SmallVector<AffineExpr> loopStrides;
    if (!perLoop.empty()) {
      memory = function.flatResult(perLoop.front());
      loopStrides = resultStrides(tensor);
    } else {
      memory = scratchOf(tensor);
      loopStrides = scratchStrides(tensor);
      element = scratchElement(tensor);
      if (plan.columns)
        return emitError(tensor.getLoc(),
                         "cannot extract elements of a value that is kept "
                         "column by column");
    }
    for (unsigned loop : value->second.dims)
      strides.push_back(loopStrides[loop]);
  }
  // Sum of index * stride, scalar as long as lanes step by constants.
  Lanes sum(constantIndex(b, loc, 0));
  Value vectors;
  for (auto [index, factor] : llvm::zip(indices, strides)) {
    auto constant = constantExtent(factor);
    if (!index.isVector && (constant || index.isUniform())) {
      Value term = arith::MulIOp::create(b, loc, index.value,
                                         function.size(factor));
      sum = Lanes::stepping(arith::AddIOp::create(b, loc, sum.value, term),
                            sum.step + index.step * constant.value_or(0));
      continue;
    }
    Value term = arith::MulIOp::create(
        b, loc, toVector(b, loc, index, lanes),
        toVector(b, loc, Lanes(function.size(factor)), lanes));
    vectors = vectors ? arith::AddIOp::create(b, loc, vectors, term).getResult()
                      : term;
  }
  if (vectors)
    sum = Lanes(arith::AddIOp::create(b, loc, vectors,
                                      toVector(b, loc, sum, lanes)));
  return readElements(b, memory, element, sum, lanes);
}

FailureOr<Lanes> CascadePoint::readOperand(OpBuilder &b,
                                             const CascadeStep &step,
                                             unsigned operand, int64_t lanes) {
  linalg::GenericOp op = step.op;
  Value tensor = op.getDpsInputs()[operand];
  const CascadeAccess &access = step.reads[operand];
  bool inPlace = plan.loops.readsInPlace(step, operand);
  if (inPlace) {
    if (auto point = pointValues.find(tensor); point != pointValues.end())
      return point->second;
    if (auto row = rowValues.find(tensor); row != rowValues.end())
      return Lanes(row->second);
  }
  if (auto input = function.inputIndex(tensor); input && access.isLinear)
    return readElements(b, function.flatInput(*input),
                        getElementTypeOrSelf(tensor.getType()),
                        linearize(b, access.strides, access.offset, lanes),
                        lanes);
  if (inPlace) {
    auto results = function.resultIndices(tensor);
    AffineExpr zero = getAffineConstantExpr(0, op.getContext());
    if (!results.empty())
      return readElements(b, function.flatResult(results.front()),
                          getElementTypeOrSelf(tensor.getType()),
                          linearize(b, resultStrides(tensor), zero, lanes),
                          lanes);
    Lanes index = scratchIndex(b, tensor, lanes);
    return readElements(b, scratchOf(tensor), scratchElement(tensor), index,
                        lanes);
  }
  // Any other map: compute the position of each dimension.
  SmallVector<Lanes> indices;
  AffineMap map = op.getIndexingMapsArray()[operand];
  std::function<Lanes(AffineExpr)> at = [&](AffineExpr expr) -> Lanes {
    if (auto constant = dyn_cast<AffineConstantExpr>(expr))
      return Lanes(constantIndex(b, loc, constant.getValue()));
    if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      unsigned loop = step.loops[dim.getPosition()];
      bool steps = lanes != 1 && loop == lanesLoop;
      return Lanes::stepping(position[loop], steps ? 1 : 0);
    }
    auto binary = cast<AffineBinaryOpExpr>(expr);
    Lanes x = at(binary.getLHS()), y = at(binary.getRHS());
    bool isAdd = expr.getKind() == AffineExprKind::Add;
    bool isMul = expr.getKind() == AffineExprKind::Mul;
    if (isAdd && !x.isVector && !y.isVector)
      return Lanes::stepping(
          arith::AddIOp::create(b, loc, x.value, y.value), x.step + y.step);
    if (isMul && !x.isVector)
      return Lanes::stepping(
          arith::MulIOp::create(b, loc, x.value, y.value),
          x.step * cast<AffineConstantExpr>(binary.getRHS()).getValue());
    int64_t count = x.isUniform() && y.isUniform() ? 1 : lanes;
    Value l = toVector(b, loc, x, count), r = toVector(b, loc, y, count);
    switch (expr.getKind()) {
    case AffineExprKind::Add:
      return Lanes(arith::AddIOp::create(b, loc, l, r));
    case AffineExprKind::Mul:
      return Lanes(arith::MulIOp::create(b, loc, l, r));
    case AffineExprKind::FloorDiv:
      return Lanes(arith::FloorDivSIOp::create(b, loc, l, r));
    case AffineExprKind::CeilDiv:
      return Lanes(arith::CeilDivSIOp::create(b, loc, l, r));
    default:
      return Lanes(arith::RemSIOp::create(b, loc, l, r));
    }
  };
  for (AffineExpr expr : map.getResults())
    indices.push_back(at(expr));
  return readAt(b, tensor, indices, lanes);
}

void CascadePoint::writeResult(OpBuilder &outside, Value result, Value computed,
                               int64_t lanes) {
  OpBuilder b = outside;
  if (writes)
    b = scf::IfOp::create(outside, loc, writes, /*withElse=*/false)
            .getThenBodyBuilder();
  AffineExpr zero = getAffineConstantExpr(0, result.getContext());
  for (unsigned index : function.resultIndices(result))
    writeElements(b, function.flatResult(index),
                  getElementTypeOrSelf(result.getType()),
                  linearize(b, resultStrides(result), zero, lanes), computed,
                  lanes);
  if (!plan.storage.lookup(result).inScratch)
    return;
  Lanes index = scratchIndex(b, result, lanes);
  writeElements(b, scratchOf(result), scratchElement(result), index, computed,
                lanes);
}

FailureOr<SmallVector<Value>>
CascadePoint::emitPoint(OpBuilder &b, const CascadeStage &stage,
                          int64_t lanes, ValueRange accumulators) {
  pointValues.clear();
  Values next;
  for (unsigned number : stage.steps) {
    const CascadeStep &step = plan.loops.steps[number];
    linalg::GenericOp op = step.op;
    SmallVector<Lanes> operands;
    for (unsigned operand = 0; operand < op.getNumDpsInputs(); ++operand) {
      if (Value turned = turnedOperands.lookup({number, operand})) {
        operands.push_back(Lanes(turned));
        continue;
      }
      auto read = readOperand(b, step, operand, lanes);
      if (failed(read))
        return failure();
      operands.push_back(*read);
    }
    bool isReduction = step.isReduction();
    for (unsigned init = 0; init < op.getNumDpsInits(); ++init) {
      if (isReduction) {
        operands.push_back(Lanes(accumulators.front()));
        accumulators = accumulators.drop_front();
        continue;
      }
      if (!op.getBody()->getArgument(op.getNumDpsInputs() + init).use_empty())
        return op.emitOpError("expected a map not to read its output");
      operands.push_back(Lanes(constantIndex(b, loc, 0))); // never used
    }
    ScalarBodyContext context;
    context.lanes = lanes;
    context.index = [&](OpBuilder &, unsigned dim) {
      unsigned loop = step.loops[dim];
      bool steps = lanes != 1 && loop == lanesLoop;
      return Lanes::stepping(position[loop], steps ? 1 : 0);
    };
    context.extract = [&](OpBuilder &nested, Value tensor,
                          ArrayRef<Lanes> indices) {
      return readAt(nested, tensor, indices, lanes);
    };
    context.outer = [&](Value value) { return outer(value); };
    auto yielded = emitScalarBody(b, *op.getBody(), operands, context);
    if (failed(yielded))
      return failure();
    for (auto [result, value] : llvm::zip(op.getResults(), *yielded)) {
      if (isReduction) {
        next.push_back(toVector(b, loc, value, lanes));
        continue;
      }
      pointValues[result] = value;
      if (gathered)
        (*gathered)[result].push_back(toVector(b, loc, value, lanes));
      else if (!function.resultIndices(result).empty() ||
          plan.storage.lookup(result).inScratch)
        writeResult(b, result, toVector(b, loc, value, lanes), lanes);
    }
  }
  return next;
}

bool CascadePoint::canSplitReductions(const CascadeStage &stage) const {
  return llvm::all_of(stage.steps, [&](unsigned number) {
    const CascadeStep &step = plan.loops.steps[number];
    return !step.isReduction() || findCombiner(step.op);
  });
}
