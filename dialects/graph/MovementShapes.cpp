// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shape rules of ops that rearrange whole tensors. Where the tensor is itself
// a shape (small integers), the rule also rearranges its known elements.
#include "dialects/graph/GraphOps.h"
#include "dialects/graph/SliceSpan.h"

using namespace mlir;
using namespace strait::graph;

/// The row-major position of every element of a box of `sizes`, when element p
/// of it is element f(p) of a tensor of `source` sizes.
static std::optional<SmallVector<AffineExpr>>
rearrange(const SymbolicTensor &source, ArrayRef<AffineExpr> resultDims,
          function_ref<void(ArrayRef<int64_t>, MutableArrayRef<int64_t>)> f) {
  if (!source.elements)
    return std::nullopt;
  std::optional<SmallVector<int64_t>> sizes = constantValues(resultDims);
  std::optional<SmallVector<int64_t>> from = constantValues(source.dims);
  if (!sizes || !from)
    return std::nullopt;
  int64_t count = 1;
  for (int64_t size : *sizes)
    if (size < 0 || size > kMaxSymbolicElements ||
        (count *= size) > kMaxSymbolicElements)
      return std::nullopt;
  SmallVector<AffineExpr> elements;
  SmallVector<int64_t> position(sizes->size()), origin(from->size());
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = i;
    for (int64_t axis = int64_t(sizes->size()) - 1; axis >= 0; --axis) {
      position[axis] = rest % (*sizes)[axis];
      rest /= (*sizes)[axis];
    }
    f(position, origin);
    int64_t linear = 0;
    for (size_t axis = 0; axis < from->size(); ++axis) {
      if (origin[axis] < 0 || origin[axis] >= (*from)[axis])
        return std::nullopt;
      linear = linear * (*from)[axis] + origin[axis];
    }
    elements.push_back((*source.elements)[linear]);
  }
  return elements;
}

LogicalResult ReshapeOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  const SymbolicTensor &x = shapes.get(getX());
  OpResult result = getOperation()->getResult(0);
  std::optional<SmallVector<AffineExpr>> entries = shapes.elements(getShape());
  if (!entries) {
    auto type = dyn_cast<RankedTensorType>(result.getType());
    if (!type)
      return emitOpError("expected a shape of known length, got ")
             << getShape().getType();
    SmallVector<AffineExpr> dims;
    for (int64_t axis = 0; axis < type.getRank(); ++axis)
      dims.push_back(shapes.opaqueDim(result, axis));
    return shapes.set(result, dims);
  }
  SymbolicTensor shape;
  std::optional<size_t> rest;
  for (auto [i, entry] : llvm::enumerate(*entries)) {
    std::optional<int64_t> size = constantValue(entry);
    if (!size) {
      // An entry that is data must be a size, neither -1 nor 0 that copies.
      if (shapes.dependsOnData(entry))
        shapes.assume(entry, SymbolicAssumption::AtLeast,
                      shapes.constant(getAllowZero() ? 0 : 1),
                      "entry " + Twine(i) + " of the shape");
      shape.dims.push_back(entry);
    } else if (*size == 0 && !getAllowZero()) {
      if (i >= x.dims.size())
        return emitOpError("expected a dim to copy for entry ")
               << i << ", got rank " << x.dims.size();
      shape.dims.push_back(x.dims[i]);
    } else if (*size == -1) {
      if (rest) // Constraint 1.
        return emitOpError("expected at most one -1 in shape, got more");
      rest = i;
      shape.dims.push_back(shapes.constant(1));
    } else if (*size < 0) {
      return emitOpError("expected entries of -1 or more, got ") << *size;
    } else {
      shape.dims.push_back(entry);
    }
  }
  std::optional<int64_t> have =
      constantValue(multiply(x.dims, getContext()));
  std::optional<int64_t> want =
      constantValue(multiply(shape.dims, getContext()));
  if (have && want && (rest ? *want == 0 || *have % *want : *have != *want))
    return emitOpError("expected a shape of ")
           << *have << " elements, got " << *want
           << (rest ? " times a whole number" : "");
  if (rest)
    shape.dims[*rest] = divide(x.dims, shape.dims, getContext());
  shapes.assume(multiply(shape.dims, getContext()), SymbolicAssumption::Equal,
                multiply(x.dims, getContext()), "the number of elements");
  shape.elements = x.elements;
  return shapes.set(result, std::move(shape));
}

LogicalResult RequireDimOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  SymbolicTensor shape = shapes.get(getX());
  shapes.assume(shape.dims[getAxis()], SymbolicAssumption::AtLeast,
                shapes.constant(getAtLeast()), "dim " + Twine(getAxis()));
  return shapes.set(getOperation()->getResult(0), std::move(shape));
}

LogicalResult TransposeOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  const SymbolicTensor &x = shapes.get(getX());
  if (x.dims.size() != getPerm().size())
    return emitOpError("expected a permutation of ")
           << x.dims.size() << " dims, got " << getPerm().size();
  SymbolicTensor shape;
  for (int64_t dim : getPerm())
    shape.dims.push_back(x.dims[dim]);
  shape.elements =
      rearrange(x, shape.dims, [&](auto position, auto origin) {
        for (auto [axis, dim] : llvm::enumerate(getPerm()))
          origin[dim] = position[axis];
      });
  return shapes.set(getOperation()->getResult(0), std::move(shape));
}

LogicalResult ConcatOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  SymbolicTensor shape;
  shape.dims.assign(shapes.dims(getInputs()[0]).begin(),
                    shapes.dims(getInputs()[0]).end());
  size_t axis = getAxis();
  if (axis >= shape.dims.size())
    return emitOpError("expected an axis within rank ")
           << shape.dims.size() << ", got " << axis;
  for (Value input : getInputs().drop_front()) {
    ArrayRef<AffineExpr> dims = shapes.dims(input);
    if (dims.size() != shape.dims.size())
      return emitOpError("expected inputs of rank ")
             << shape.dims.size() << ", got " << dims.size();
    for (size_t i = 0; i < dims.size(); ++i) {
      if (i == axis) {
        shape.dims[i] = add(shape.dims[i], dims[i]);
        continue;
      }
      std::optional<AffineExpr> dim = shapes.unify(
          dims[i], shape.dims[i], "an input's size at position " + Twine(i));
      if (!dim) // Constraint 2.
        return emitOpError("expected equal dims at position ")
               << i << ", got " << toString(shape.dims[i]) << " and "
               << toString(dims[i]);
      shape.dims[i] = *dim;
    }
  }
  if (shape.dims.size() == 1 && isa<IntegerType>(getElementTypeOrSelf(
                                    getResult()))) {
    SmallVector<AffineExpr> all;
    bool known = true, useful = false;
    for (Value input : getInputs()) {
      useful |= shapes.get(input).elements.has_value();
      std::optional<SmallVector<AffineExpr>> part = shapes.elements(input);
      known &= part.has_value();
      if (part)
        llvm::append_range(all, *part);
    }
    if (known && useful && int64_t(all.size()) <= kMaxSymbolicElements)
      shape.elements = std::move(all);
  }
  return shapes.set(getOperation()->getResult(0), std::move(shape));
}

/// Positions beyond these stand for "to the end" and "from the start".
static constexpr int64_t kFar = int64_t(1) << 31;

/// One end of a slice, within [low, high].
static AffineExpr slicePosition(AffineExpr position, AffineExpr size,
                                AffineExpr low, AffineExpr high, bool clamps,
                                SymbolicShapeAnalysis &shapes) {
  std::optional<int64_t> value = constantValue(position);
  if (value && *value >= kFar - 1)
    return high;
  if (value && *value < -kFar)
    return low;
  if (shapes.dependsOnData(position)) {
    // The quotient is -1 for every negative position, 0 for the others.
    AffineExpr isNegative = position.floorDiv(int64_t(1) << 62);
    position = subtract(position, multiply({size, isNegative},
                                           size.getContext()));
    clamps = true;
  } else if (value && *value < 0) {
    position = add(size, position);
  }
  if (clamps || (value && constantValue(size)))
    position = shapes.minimum(shapes.maximum(position, low), high);
  return position;
}

std::optional<SliceSpan>
strait::graph::sliceSpan(AffineExpr size, AffineExpr start, AffineExpr end,
                         AffineExpr step, SymbolicShapeAnalysis &shapes) {
  std::optional<int64_t> constant = constantValue(step);
  if (!constant || *constant == 0)
    return std::nullopt;
  int64_t stride = std::clamp(*constant, -kFar, kFar);
  AffineExpr zero = shapes.constant(0);
  SliceSpan span;
  span.step = stride;
  auto isPositive = [](AffineExpr position) {
    return constantValue(position).value_or(0) > 0;
  };
  if (stride > 0) {
    span.first = slicePosition(start, size, zero, size, false, shapes);
    span.last =
        slicePosition(end, size, zero, size, isPositive(end), shapes);
    AffineExpr length = subtract(span.last, span.first);
    span.count = stride == 1 ? length : length.ceilDiv(stride);
  } else {
    AffineExpr top = subtract(size, shapes.constant(1));
    span.first =
        slicePosition(start, size, zero, top, isPositive(start), shapes);
    span.last = slicePosition(end, size, shapes.constant(-1), top,
                              isPositive(end), shapes);
    span.count = subtract(span.first, span.last).ceilDiv(-stride);
  }
  bool isKnown = constantValue(size) && constantValue(start) &&
                 constantValue(end);
  if (isKnown || shapes.dependsOnData(start) || shapes.dependsOnData(end))
    span.count = shapes.maximum(span.count, zero);
  return span;
}

LogicalResult SliceOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  const SymbolicTensor &x = shapes.get(getX());
  std::optional<SmallVector<AffineExpr>> starts = shapes.elements(getStarts());
  std::optional<SmallVector<AffineExpr>> ends = shapes.elements(getEnds());
  std::optional<SmallVector<AffineExpr>> steps = shapes.elements(getSteps());
  SymbolicTensor shape;
  shape.dims = x.dims;
  size_t count = getAxes().size();
  OpResult result = getOperation()->getResult(0);
  if (!starts || !ends || !steps || starts->size() != count ||
      ends->size() != count || steps->size() != count)
    return emitOpError("expected starts, ends and steps with ")
           << count << " entries, got " << getStarts().getType() << ", "
           << getEnds().getType() << " and " << getSteps().getType();
  SmallVector<std::optional<int64_t>> first(x.dims.size(), 0);
  SmallVector<std::optional<int64_t>> stride(x.dims.size(), 1);
  for (size_t i = 0; i < count; ++i) {
    int64_t axis = getAxes()[i];
    if (axis < 0 || axis >= int64_t(x.dims.size()))
      return emitOpError("expected axes within rank ")
             << x.dims.size() << ", got " << axis;
    if (constantValue((*steps)[i]) == 0) // Constraint 1.
      return emitOpError("expected steps other than 0, got 0");
    std::optional<SliceSpan> span = sliceSpan(
        x.dims[axis], (*starts)[i], (*ends)[i], (*steps)[i], shapes);
    if (!span) {
      shape.dims[axis] = shapes.opaqueDim(result, axis);
      stride[axis] = std::nullopt;
      continue;
    }
    // What is read lies inside.
    bool isForward = span->step > 0;
    AffineExpr size = x.dims[axis];
    AffineExpr begin = isForward ? span->first : span->last + 1;
    AffineExpr end = isForward ? span->last : span->first + 1;
    shapes.assume(begin, SymbolicAssumption::AtLeast, shapes.constant(0),
                  "the first position of axis " + Twine(axis));
    shapes.assume(size, SymbolicAssumption::AtLeast, end,
                  "size " + Twine(axis));
    shape.dims[axis] = span->count;
    first[axis] = constantValue(span->first);
    stride[axis] = span->step;
  }
  if (llvm::all_of(first, [](auto v) { return v.has_value(); }) &&
      llvm::all_of(stride, [](auto v) { return v.has_value(); }))
    shape.elements =
        rearrange(x, shape.dims, [&](auto position, auto origin) {
          for (size_t axis = 0; axis < position.size(); ++axis)
            origin[axis] = *first[axis] + position[axis] * *stride[axis];
        });
  return shapes.set(result, std::move(shape));
}

LogicalResult SplitOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  const SymbolicTensor &x = shapes.get(getX());
  size_t axis = getAxis();
  if (axis >= x.dims.size())
    return emitOpError("expected an axis within rank ")
           << x.dims.size() << ", got " << axis;
  AffineExpr size = x.dims[axis];
  int64_t parts = getNumResults();
  SmallVector<AffineExpr> sizes;
  if (std::optional<ArrayRef<int64_t>> given = getSizes()) {
    int64_t sum = 0;
    for (int64_t part : *given) {
      sizes.push_back(shapes.constant(part));
      sum += part;
    }
    if (!shapes.unify(size, shapes.constant(sum), "the split size"))
      return emitOpError("expected sizes that add up to ")
             << toString(size) << ", got " << sum;
  } else {
    AffineExpr each = size.ceilDiv(parts);
    sizes.assign(parts, each);
    // Equal expressions for sizes that divide evenly.
    if (each * parts != size)
      sizes.back() = subtract(size, each * (parts - 1));
  }
  std::optional<int64_t> offset = 0;
  for (auto [result, part] :
       llvm::zip(getOperation()->getResults(), sizes)) {
    SymbolicTensor shape{x.dims, {}};
    shape.dims[axis] = part;
    if (offset) {
      shape.elements =
          rearrange(x, shape.dims, [&](auto position, auto origin) {
            llvm::copy(position, origin.begin());
            origin[axis] += *offset;
          });
      std::optional<int64_t> length = constantValue(part);
      offset = length ? std::optional<int64_t>(*offset + *length)
                      : std::nullopt;
    }
    if (failed(shapes.set(result, std::move(shape))))
      return failure();
  }
  return success();
}

LogicalResult PadOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  SmallVector<AffineExpr> dims(shapes.dims(getX()));
  std::optional<SmallVector<AffineExpr>> pads = shapes.elements(getPads());
  if (!pads || pads->size() != 2 * dims.size())
    return emitOpError("expected pads with ")
           << 2 * dims.size() << " entries, got " << getPads().getType();
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    AffineExpr more = add((*pads)[axis], (*pads)[axis + dims.size()]);
    if (constantValue((*pads)[axis]) != 0 || constantValue(more) != 0)
      shapes.assume(dims[axis], SymbolicAssumption::AtLeast,
                    shapes.constant(1), "a padded size");
    dims[axis] = add(dims[axis], more);
  }
  return shapes.set(getOperation()->getResult(0), dims);
}

LogicalResult GatherOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  const SymbolicTensor &x = shapes.get(getX());
  const SymbolicTensor &indices = shapes.get(getIndices());
  size_t axis = getAxis();
  if (axis >= x.dims.size())
    return emitOpError("expected an axis within rank ")
           << x.dims.size() << ", got " << axis;
  shapes.assume(x.dims[axis], SymbolicAssumption::AtLeast, shapes.constant(1),
                "the gathered size");
  SymbolicTensor shape;
  ArrayRef<AffineExpr> dims = x.dims;
  llvm::append_range(shape.dims, dims.take_front(axis));
  llvm::append_range(shape.dims, indices.dims);
  llvm::append_range(shape.dims, dims.drop_front(axis + 1));
  if (x.elements && x.dims.size() == 1 && indices.elements) {
    SmallVector<AffineExpr> picked;
    int64_t size = x.elements->size();
    for (AffineExpr index : *indices.elements) {
      std::optional<int64_t> at = constantValue(index);
      if (!at)
        break;
      if (*at < -size || *at >= size)
        return emitOpError("expected indices within ")
               << -size << " and " << size - 1 << ", got " << *at;
      picked.push_back((*x.elements)[*at < 0 ? *at + size : *at]);
    }
    if (picked.size() == indices.elements->size())
      shape.elements = std::move(picked);
  }
  return shapes.set(getOperation()->getResult(0), std::move(shape));
}

LogicalResult ExpandOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  const SymbolicTensor &x = shapes.get(getX());
  OpResult result = getOperation()->getResult(0);
  std::optional<SmallVector<AffineExpr>> entries = shapes.elements(getShape());
  if (!entries) {
    auto type = dyn_cast<RankedTensorType>(result.getType());
    if (!type)
      return emitOpError("expected a shape of known length, got ")
             << getShape().getType();
    SmallVector<AffineExpr> dims;
    for (int64_t axis = 0; axis < type.getRank(); ++axis)
      dims.push_back(shapes.opaqueDim(result, axis));
    return shapes.set(result, dims);
  }
  for (AffineExpr entry : *entries)
    if (std::optional<int64_t> size = constantValue(entry); size && *size < 0)
      return emitOpError("expected non-negative sizes, got ") << *size;
  std::optional<SmallVector<AffineExpr>> dims =
      shapes.broadcast(result, {x.dims, *entries});
  if (!dims)
    return failure();
  SymbolicTensor shape{std::move(*dims), {}};
  size_t offset = shape.dims.size() - x.dims.size();
  shape.elements = rearrange(x, shape.dims, [&](auto position, auto origin) {
    for (size_t axis = 0; axis < origin.size(); ++axis)
      origin[axis] = constantValue(x.dims[axis]) == 1
                         ? 0
                         : position[offset + axis];
  });
  return shapes.set(result, std::move(shape));
}

LogicalResult TileOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  const SymbolicTensor &x = shapes.get(getX());
  std::optional<SmallVector<AffineExpr>> repeats =
      shapes.elements(getRepeats());
  if (!repeats || repeats->size() != x.dims.size())
    return emitOpError("expected repeats with ")
           << x.dims.size() << " entries, got " << getRepeats().getType();
  SymbolicTensor shape;
  for (auto [dim, repeat] : llvm::zip(x.dims, *repeats)) {
    if (std::optional<int64_t> n = constantValue(repeat); n && *n < 0)
      return emitOpError("expected non-negative repeats, got ") << *n;
    shapes.assume(repeat, SymbolicAssumption::AtLeast, shapes.constant(0),
                  "a repeat");
    shape.dims.push_back(multiply({dim, repeat}, getContext()));
  }
  shape.elements = rearrange(x, shape.dims, [&](auto position, auto origin) {
    for (size_t axis = 0; axis < origin.size(); ++axis)
      origin[axis] = position[axis] % *constantValue(x.dims[axis]);
  });
  return shapes.set(getOperation()->getResult(0), std::move(shape));
}
