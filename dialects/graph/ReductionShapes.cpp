// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shape rules of reductions and normalisations.
#include "dialects/graph/GraphOps.h"
#include "dialects/graph/SymbolicShape.h"

using namespace mlir;
using namespace strait::graph;

/// A rule for results that look like `x`.
#define SHAPE_OF_X(OP)                                                         \
  LogicalResult OP::inferShapes(SymbolicShapeAnalysis &shapes) {               \
    return shapes.set(getOperation()->getResult(0), shapes.dims(getX()));      \
  }
SHAPE_OF_X(SoftmaxOp)
SHAPE_OF_X(LogSoftmaxOp)
SHAPE_OF_X(CumSumOp)

/// Parameters broadcast to `x`. An open size is not one. The result has the
/// more definite sizes of `x` and its parameters.
template <typename OpT>
static LogicalResult inferTrailingNorm(OpT op, ValueRange parameters,
                                       SymbolicShapeAnalysis &shapes) {
  SmallVector<AffineExpr> x(shapes.dims(op.getX()));
  for (Value parameter : parameters) {
    ArrayRef<AffineExpr> dims = shapes.dims(parameter);
    bool fits = dims.size() <= x.size();
    for (size_t i = 0; fits && i < dims.size(); ++i) {
      AffineExpr &size = x[x.size() - dims.size() + i];
      if (constantValue(dims[i]) == 1)
        continue;
      std::optional<AffineExpr> both =
          shapes.unify(size, dims[i], "a normalized size");
      fits = both.has_value();
      size = both.value_or(size);
    }
    if (!fits) // Constraint 2.
      return op.emitOpError("expected parameters that broadcast to ")
             << op.getX().getType() << ", got " << parameter.getType();
  }
  return shapes.set(op->getResult(0), x);
}

LogicalResult LayerNormOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  SmallVector<Value> parameters = {getScale()};
  if (getBias())
    parameters.push_back(getBias());
  return inferTrailingNorm(*this, parameters, shapes);
}

LogicalResult RmsNormOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  return inferTrailingNorm(*this, getScale(), shapes);
}

/// Per-channel parameters fit dim 1 of `x`, or its last one.
template <typename OpT>
static LogicalResult inferNorm(OpT op, ValueRange parameters,
                               SymbolicShapeAnalysis &shapes,
                               Layout layout = Layout::ChannelsFirst) {
  SmallVector<AffineExpr> x(shapes.dims(op.getX()));
  if (x.size() < 2)
    return op.emitOpError("expected an operand of rank 2 or more, got ")
           << x.size();
  AffineExpr &channel = layout == Layout::ChannelsLast ? x.back() : x[1];
  for (Value parameter : parameters) {
    ArrayRef<AffineExpr> dims = shapes.dims(parameter);
    std::optional<AffineExpr> channels;
    if (dims.size() == 1)
      channels = shapes.unify(channel, dims[0], "the channels");
    if (!channels)
      return op.emitOpError("expected parameters of shape [")
             << toString(channel) << "], got " << parameter.getType();
    channel = *channels;
  }
  return shapes.set(op->getResult(0), x);
}

LogicalResult InstanceNormOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  return inferNorm(*this, {getScale(), getBias()}, shapes, getLayout());
}

LogicalResult GroupNormOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  ArrayRef<AffineExpr> x = shapes.dims(getX());
  if (x.size() > 1)
    if (std::optional<int64_t> channels = constantValue(x[1]);
        channels && *channels % int64_t(getGroups()) != 0)
      return emitOpError("expected a multiple of ")
             << getGroups() << " channels, got " << *channels;
  return inferNorm(*this, {getScale(), getBias()}, shapes);
}

LogicalResult BatchNormOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  return inferNorm(*this, {getScale(), getBias(), getMean(), getVariance()},
                   shapes);
}

static SmallVector<AffineExpr> reducedDims(ArrayRef<AffineExpr> x,
                                           ArrayRef<int64_t> axes,
                                           bool keepDims,
                                           SymbolicShapeAnalysis &shapes) {
  SmallVector<AffineExpr> dims;
  for (auto [axis, dim] : llvm::enumerate(x)) {
    if (!llvm::is_contained(axes, int64_t(axis)))
      dims.push_back(dim);
    else if (keepDims)
      dims.push_back(shapes.constant(1));
  }
  return dims;
}

LogicalResult ReduceOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  ArrayRef<AffineExpr> x = shapes.dims(getX());
  if (!getAxes().empty() && getAxes().back() >= int64_t(x.size()))
    return emitOpError("expected axes within rank ")
           << x.size() << ", got " << getAxes().back();
  SymbolicTensor shape{reducedDims(x, getAxes(), getKeepDims(), shapes), {}};
  // The number of elements of a tensor: the product of its shape.
  const auto &elements = shapes.get(getX()).elements;
  if (elements && getAxes().size() == x.size() && x.size() <= 1) {
    if (getKind() == ReduceKind::Prod) {
      shape.elements = {{multiply(*elements, getContext())}};
    } else if (getKind() == ReduceKind::Sum) {
      AffineExpr sum = shapes.constant(0);
      for (AffineExpr element : *elements)
        sum = add(sum, element);
      shape.elements = {{sum}};
    } else if (getKind() != ReduceKind::Mean && !elements->empty()) {
      if (auto values = constantValues(*elements))
        shape.elements = {{shapes.constant(
            getKind() == ReduceKind::Max ? *llvm::max_element(*values)
                                         : *llvm::min_element(*values))}};
    }
  }
  return shapes.set(getOperation()->getResult(0), std::move(shape));
}

LogicalResult ArgReduceOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  ArrayRef<AffineExpr> x = shapes.dims(getX());
  if (getAxis() >= x.size())
    return emitOpError("expected an axis within rank ")
           << x.size() << ", got " << getAxis();
  return shapes.set(
      getOperation()->getResult(0),
      reducedDims(x, {int64_t(getAxis())}, getKeepDims(), shapes));
}

LogicalResult TopKOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  SmallVector<AffineExpr> dims(shapes.dims(getX()));
  if (getAxis() >= dims.size())
    return emitOpError("expected an axis within rank ")
           << dims.size() << ", got " << getAxis();
  std::optional<SmallVector<AffineExpr>> k = shapes.elements(getK());
  if (!k || k->size() != 1)
    return emitOpError("expected k with one element, got ")
           << getK().getType();
  AffineExpr size = dims[getAxis()];
  std::optional<int64_t> count = constantValue((*k)[0]);
  std::optional<int64_t> limit = constantValue(size);
  if (count && limit && (*count > *limit || *count < 0))
    return emitOpError("expected k within 0 and ")
           << *limit << ", got " << *count;
  shapes.assume(size, SymbolicAssumption::AtLeast, (*k)[0],
                "the size along the axis");
  dims[getAxis()] = (*k)[0];
  if (failed(shapes.set(getOperation()->getResult(0), dims)))
    return failure();
  return shapes.set(getOperation()->getResult(1), dims);
}
