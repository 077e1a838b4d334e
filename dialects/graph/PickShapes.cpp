// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shape rules of ops that pick, place or make elements by number, and of
// resize.
#include "dialects/graph/GraphOps.h"
#include "dialects/graph/SymbolicShape.h"

using namespace mlir;
using namespace strait::graph;

LogicalResult GatherElementsOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  ArrayRef<AffineExpr> x = shapes.dims(getX());
  ArrayRef<AffineExpr> indices = shapes.dims(getIndices());
  if (x.size() != indices.size())
    return emitOpError("expected indices of rank ")
           << x.size() << ", got " << indices.size();
  for (auto [axis, size] : llvm::enumerate(x))
    shapes.assume(size, SymbolicAssumption::AtLeast,
                  axis == getAxis() ? shapes.constant(1) : indices[axis],
                  "size " + Twine(axis) + " of the data");
  return shapes.set(getOperation()->getResult(0), indices);
}

LogicalResult GatherNdOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  ArrayRef<AffineExpr> x = shapes.dims(getX());
  ArrayRef<AffineExpr> indices = shapes.dims(getIndices());
  std::optional<int64_t> length =
      indices.empty() ? std::nullopt : constantValue(indices.back());
  if (!length || *length + getBatchDims() > x.size() ||
      getBatchDims() >= indices.size())
    return emitOpError("expected index tuples of known length within rank ")
           << x.size() << ", got " << getIndices().getType();
  for (size_t axis = 0; axis < getBatchDims(); ++axis)
    if (!shapes.unify(indices[axis], x[axis], "a batch size of the indices"))
      return emitOpError("expected indices of batch size ")
             << toString(x[axis]) << ", got " << toString(indices[axis]);
  for (AffineExpr size : x.slice(getBatchDims(), *length))
    shapes.assume(size, SymbolicAssumption::AtLeast, shapes.constant(1),
                  "an indexed size");
  SmallVector<AffineExpr> dims(indices.drop_back());
  llvm::append_range(dims, x.drop_front(getBatchDims() + *length));
  return shapes.set(getOperation()->getResult(0), dims);
}

LogicalResult ScatterElementsOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  ArrayRef<AffineExpr> indices = shapes.dims(getIndices());
  ArrayRef<AffineExpr> updates = shapes.dims(getUpdates());
  // Constraint 1.
  bool fits = indices.size() == updates.size();
  for (size_t i = 0; fits && i < indices.size(); ++i)
    fits = bool(shapes.unify(updates[i], indices[i], "a size of the updates"));
  if (!fits)
    return emitOpError("expected updates of the shape of indices ")
           << getIndices().getType() << ", got " << getUpdates().getType();
  ArrayRef<AffineExpr> x = shapes.dims(getX());
  if (x.size() != indices.size())
    return emitOpError("expected indices of rank ")
           << x.size() << ", got " << indices.size();
  for (auto [axis, size] : llvm::enumerate(x))
    if (axis != getAxis())
      shapes.assume(size, SymbolicAssumption::AtLeast, indices[axis],
                    "size " + Twine(axis) + " of the data");
  return shapes.set(getOperation()->getResult(0), x);
}

LogicalResult ScatterNdOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  ArrayRef<AffineExpr> x = shapes.dims(getX());
  ArrayRef<AffineExpr> indices = shapes.dims(getIndices());
  std::optional<int64_t> length =
      indices.empty() ? std::nullopt : constantValue(indices.back());
  if (!length || *length > int64_t(x.size()))
    return emitOpError("expected index tuples of known length within rank ")
           << x.size() << ", got " << getIndices().getType();
  SmallVector<AffineExpr> expected(indices.drop_back());
  llvm::append_range(expected, x.drop_front(*length));
  ArrayRef<AffineExpr> updates = shapes.dims(getUpdates());
  bool fits = expected.size() == updates.size();
  for (size_t i = 0; fits && i < updates.size(); ++i)
    fits =
        bool(shapes.unify(updates[i], expected[i], "a size of the updates"));
  if (!fits)
    return emitOpError("expected updates of rank ")
           << expected.size() << " that fit the indices, got "
           << getUpdates().getType();
  return shapes.set(getOperation()->getResult(0), x);
}

/// floor(size * scale) as ONNX takes it, in f32.
static AffineExpr scaled(AffineExpr size, float scale) {
  MLIRContext *context = size.getContext();
  if (std::optional<int64_t> n = constantValue(size))
    return getAffineConstantExpr(int64_t(std::floor(float(*n) * scale)),
                                 context);
  for (int64_t below = 1; below <= 64; ++below) {
    float above = scale * float(below);
    if (above != std::floor(above) || above < 1 || above > 1e6f)
      continue;
    AffineExpr product =
        multiply({size, getAffineConstantExpr(int64_t(above), context)},
                 context);
    return below == 1 ? product : product.floorDiv(below);
  }
  return nullptr;
}

LogicalResult ResizeOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  SmallVector<AffineExpr> dims(shapes.dims(getX()));
  OpResult result = getOperation()->getResult(0);
  ArrayRef<int64_t> axes = getAxes();
  for (int64_t axis : axes)
    if (axis < 0 || axis >= int64_t(dims.size()))
      return emitOpError("expected axes within rank ")
             << dims.size() << ", got " << axis;
  // Nothing can be interpolated between no elements.
  auto resize = [&](int64_t axis, AffineExpr size) {
    if (size != dims[axis])
      shapes.assume(dims[axis], SymbolicAssumption::AtLeast,
                    shapes.constant(1), "a resized size");
    dims[axis] = size;
  };
  if (getSizes()) {
    std::optional<SmallVector<AffineExpr>> sizes = shapes.elements(getSizes());
    if (!sizes || sizes->size() != axes.size())
      return emitOpError("expected ")
             << axes.size() << " sizes, got " << getSizes().getType();
    for (auto [axis, size] : llvm::zip(axes, *sizes))
      resize(axis, size);
    return shapes.set(result, dims);
  }
  DenseElementsAttr scales;
  if (matchPattern(getScales(), m_Constant(&scales)) &&
      scales.getElementType().isF32()) {
    if (scales.getNumElements() != int64_t(axes.size()))
      return emitOpError("expected ")
             << axes.size() << " scales, got " << getScales().getType();
    for (auto [axis, scale] : llvm::zip(axes, scales.getValues<float>())) {
      if (!(scale > 0) || scale > 1e6f)
        return emitOpError("expected positive scales, got ") << scale;
      AffineExpr size = scaled(dims[axis], scale);
      resize(axis, size ? size : shapes.opaqueDim(result, axis));
    }
    return shapes.set(result, dims);
  }
  // Whole scales that were computed.
  const auto &whole = shapes.get(getScales()).elements;
  for (auto [i, axis] : llvm::enumerate(axes))
    resize(axis, whole && i < whole->size()
                     ? multiply({dims[axis], (*whole)[i]}, getContext())
                     : shapes.opaqueDim(result, axis));
  return shapes.set(result, dims);
}

LogicalResult ShapeOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  ArrayRef<AffineExpr> x = shapes.dims(getX());
  if (getStart() > getEnd() || getEnd() > x.size())
    return emitOpError("expected a range of dims within rank ")
           << x.size() << ", got " << getStart() << " to " << getEnd();
  SymbolicTensor shape;
  shape.elements.emplace(x.slice(getStart(), getEnd() - getStart()));
  shape.dims = {shapes.constant(getEnd() - getStart())};
  return shapes.set(getOperation()->getResult(0), std::move(shape));
}

LogicalResult SizeOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  SymbolicTensor shape;
  shape.elements.emplace(1, multiply(shapes.dims(getX()), getContext()));
  return shapes.set(getOperation()->getResult(0), std::move(shape));
}

LogicalResult RangeOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  OpResult result = getOperation()->getResult(0);
  SmallVector<AffineExpr> values;
  for (Value operand : getOperands()) {
    std::optional<SmallVector<AffineExpr>> element = shapes.elements(operand);
    if (!element || element->size() != 1)
      return shapes.set(result, shapes.opaqueDim(result, 0));
    values.push_back((*element)[0]);
  }
  AffineExpr start = values[0], limit = values[1];
  std::optional<int64_t> delta = constantValue(values[2]);
  if (delta == 0)
    return emitOpError("expected a delta other than 0, got 0");
  if (!delta || *delta == std::numeric_limits<int64_t>::min())
    return shapes.set(result, shapes.opaqueDim(result, 0));
  AffineExpr span =
      *delta > 0 ? subtract(limit, start) : subtract(start, limit);
  int64_t step = std::abs(*delta);
  AffineExpr count = shapes.maximum(span.ceilDiv(step), shapes.constant(0));
  std::optional<int64_t> known = constantValue(count);
  SymbolicTensor shape{{count}, {}};
  if (known && *known <= kMaxSymbolicElements) {
    shape.elements.emplace();
    for (int64_t i = 0; i < *known; ++i)
      shape.elements->push_back(add(start, shapes.constant(i * *delta)));
  }
  return shapes.set(result, std::move(shape));
}

LogicalResult TriluOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  return shapes.set(getOperation()->getResult(0), shapes.dims(getX()));
}

LogicalResult EyeLikeOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  return shapes.set(getOperation()->getResult(0), shapes.dims(getX()));
}

LogicalResult OneHotOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  SmallVector<AffineExpr> dims(shapes.dims(getIndices()));
  std::optional<SmallVector<AffineExpr>> depth = shapes.elements(getDepth());
  if (!depth || depth->size() != 1)
    return emitOpError("expected depth with one element, got ")
           << getDepth().getType();
  if (getAxis() > dims.size())
    return emitOpError("expected an axis within rank ")
           << dims.size() << ", got " << getAxis();
  ArrayRef<AffineExpr> values = shapes.dims(getValues());
  if (values.size() != 1 ||
      !shapes.unify(values[0], shapes.constant(2), "the number of values"))
    return emitOpError("expected two values, got ") << getValues().getType();
  dims.insert(dims.begin() + getAxis(), (*depth)[0]);
  return shapes.set(getOperation()->getResult(0), dims);
}

LogicalResult NonZeroOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  OpResult result = getOperation()->getResult(0);
  return shapes.set(
      result, {shapes.constant(std::max<int64_t>(
                   shapes.dims(getX()).size(), 1)),
               shapes.opaqueDim(result, 1)});
}
