// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shape rules of ops that rearrange whole tensors. Where the tensor is itself
// a shape (small integers), the rule also rearranges its known elements.
#include "dialects/graph/GraphOps.h"
#include "dialects/graph/SymbolicShape.h"

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
  bool isOpaque = false;
  for (auto [i, entry] : llvm::enumerate(*entries)) {
    std::optional<int64_t> size = constantValue(entry);
    if (!size) {
      // An entry that is data may be -1 or 0 at run time.
      bool isData = shapes.dependsOnData(entry);
      isOpaque |= isData;
      shape.dims.push_back(isData ? shapes.opaqueDim(result, i) : entry);
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
    shape.dims[*rest] = isOpaque
                            ? shapes.opaqueDim(result, *rest)
                            : divide(x.dims, shape.dims, getContext());
  shape.elements = x.elements;
  return shapes.set(result, std::move(shape));
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
      std::optional<AffineExpr> dim = shapes.unify(shape.dims[i], dims[i]);
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

namespace {
/// One axis of a slice: elements start, start + step, ... of them `count`.
struct Span {
  AffineExpr count;
  std::optional<int64_t> start;
};
} // namespace

/// ONNX's clamping on one axis, as far as it can be told.
static Span spanOf(AffineExpr size, AffineExpr start, AffineExpr end,
                   AffineExpr step, SymbolicShapeAnalysis &shapes,
                   SliceOp op, int64_t axis) {
  std::optional<int64_t> n = constantValue(size), s = constantValue(start),
                         e = constantValue(end), k = constantValue(step);
  AffineExpr opaque = shapes.opaqueDim(op.getResult(), axis);
  if (!k || *k == 0)
    return {opaque, std::nullopt};
  constexpr int64_t far = int64_t(1) << 31;
  if (n && s && e) {
    int64_t begin = *s < 0 ? (*s < -far ? 0 : *s + *n) : *s;
    int64_t stop = *e < 0 ? (*e < -far ? -1 : *e + *n) : *e;
    begin = std::clamp<int64_t>(begin, 0, *k < 0 ? *n - 1 : *n);
    stop = *k < 0 ? std::clamp<int64_t>(stop, -1, *n - 1)
                  : std::clamp<int64_t>(stop, 0, *n);
    int64_t span = *k < 0 ? begin - stop : stop - begin;
    int64_t stride = *k < 0 ? (*k < -far ? far : -*k) : std::min(*k, far);
    int64_t count = span <= 0 ? 0 : (span + stride - 1) / stride;
    return {shapes.constant(count), begin};
  }
  if (*k < 0) {
    // Only whole reversals are told apart.
    bool fromEnd = (s && (*s == -1 || *s >= far - 1)) ||
                   subtract(start, size) == shapes.constant(-1);
    if (fromEnd && e && *e <= -far + 1 && *k > -far)
      return {size.ceilDiv(-*k), std::nullopt};
    return {opaque, std::nullopt};
  }
  if (*k > far)
    return {opaque, std::nullopt};
  // Positions that are data may be negative or out of range.
  if (shapes.dependsOnData(start) || shapes.dependsOnData(end))
    return {opaque, std::nullopt};
  AffineExpr first = start, last = end;
  if (s && *s < 0)
    first = *s < -far ? shapes.constant(0) : add(size, start);
  if (e && *e >= far - 1)
    last = size;
  else if (e && *e < 0)
    last = add(size, end);
  else if (e && !n && *e > 0)
    return {opaque, std::nullopt}; // min(size, end) is no expression.
  std::optional<int64_t> begin = constantValue(first);
  AffineExpr length = subtract(last, first);
  shapes.assume(length, op);
  shapes.assume(subtract(size, last), op);
  if (!begin)
    shapes.assume(first, op);
  return {*k == 1 ? length : length.ceilDiv(*k), begin};
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
    Span span = spanOf(x.dims[axis], (*starts)[i], (*ends)[i], (*steps)[i],
                       shapes, *this, axis);
    shape.dims[axis] = span.count;
    first[axis] = span.start;
    stride[axis] = constantValue((*steps)[i]);
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
    if (std::optional<int64_t> n = constantValue(size); n && *n != sum)
      return emitOpError("expected sizes that add up to ")
             << *n << ", got " << sum;
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
    dims[axis] = add(dims[axis],
                     add((*pads)[axis], (*pads)[axis + dims.size()]));
    shapes.assume(dims[axis], *this);
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
  for (AffineExpr entry : *entries) {
    if (std::optional<int64_t> size = constantValue(entry); size && *size < 0)
      return emitOpError("expected non-negative sizes, got ") << *size;
    shapes.assume(entry, *this);
  }
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
    shapes.assume(repeat, *this);
    shape.dims.push_back(multiply({dim, repeat}, getContext()));
  }
  shape.elements = rearrange(x, shape.dims, [&](auto position, auto origin) {
    for (size_t axis = 0; axis < origin.size(); ++axis)
      origin[axis] = position[axis] % *constantValue(x.dims[axis]);
  });
  return shapes.set(getOperation()->getResult(0), std::move(shape));
}
