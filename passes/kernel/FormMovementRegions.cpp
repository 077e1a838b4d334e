// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that move elements -> views (reshape), maps with other indexing
// (transpose, expand, slice) or maps that compute the position they read (pad,
// tile, range, ...).
#include "dialects/graph/SliceSpan.h"
#include "passes/kernel/GraphToKernel.h"

using namespace mlir;
using namespace strait;

ShapedValue GraphToKernel::transpose(Location loc, ShapedValue source,
                                     ArrayRef<int64_t> perm) {
  SmallVector<AffineExpr> dims;
  SmallVector<int64_t> moving;
  for (int64_t axis : perm) {
    dims.push_back(source.dims[axis]);
    if (!isOne(source.dims[axis]))
      moving.push_back(axis);
  }
  if (llvm::is_sorted(moving))
    return reshape(loc, source, dims);
  RegionBuilder region(builder, loc, sizes);
  SmallVector<AffineExpr> reads(perm.size());
  for (auto [axis, from] : llvm::enumerate(perm))
    reads[from] = builder.getAffineDimExpr(axis);
  AffineMap map =
      AffineMap::get(perm.size(), 0, reads, builder.getContext());
  Value result =
      region.map(dims, region.input(source), map, source.elementType(),
                 [](OpBuilder &, Location, ValueRange v) { return v[0]; });
  return region.finish({{result, dims}}, dims.size()).front();
}

ShapedValue GraphToKernel::pull(Location loc, ArrayRef<AffineExpr> dims,
                                Type element, PullFn elementAt) {
  RegionBuilder region(builder, loc, sizes);
  Value result = region.map(
      dims, {}, {}, element, [&](OpBuilder &b, Location l, ValueRange) {
        SmallVector<Value> indices;
        for (unsigned loop = 0; loop < dims.size(); ++loop)
          indices.push_back(linalg::IndexOp::create(b, l, loop));
        return elementAt(region, b, indices);
      });
  return region.finish({{result, SmallVector<AffineExpr>(dims)}}, dims.size())
      .front();
}

/// Row-major position from which the elements of a slice lie together: its
/// outer extents are 1, then one axis is cut, all inner ones are whole. Null
/// where they do not.
static AffineExpr contiguousFrom(const ShapedValue &x,
                                 ArrayRef<AffineExpr> dims,
                                 ArrayRef<AffineExpr> offsets,
                                 ArrayRef<int64_t> strides) {
  MLIRContext *context = x.value.getContext();
  AffineExpr from = getAffineConstantExpr(0, context);
  AffineExpr below = getAffineConstantExpr(1, context);
  bool whole = true;
  for (int64_t axis = x.rank() - 1; axis >= 0; --axis) {
    if (!isOne(dims[axis]) && (!whole || strides[axis] != 1))
      return {};
    whole &= dims[axis] == x.dims[axis];
    from = graph::add(from, graph::multiply({offsets[axis], below}, context));
    below = graph::multiply({below, x.dims[axis]}, context);
  }
  return from;
}

ShapedValue GraphToKernel::slice(Location loc, ShapedValue x,
                                 ArrayRef<AffineExpr> dims,
                                 ArrayRef<AffineExpr> offsets,
                                 ArrayRef<int64_t> strides) {
  AffineExpr from = contiguousFrom(x, dims, offsets, strides);
  if (from && isAligned(from, x.elementType())) {
    SmallVector<Value> dynamic;
    for (AffineExpr dim : dims)
      if (!constantExtent(dim))
        dynamic.push_back(sizes.get(builder, loc, dim));
    Value view = kernel::SliceOp::create(
        builder, loc, typeOf(dims, x.elementType()), x.value,
        sizes.get(builder, loc, from), dynamic);
    return {view, SmallVector<AffineExpr>(dims)};
  }
  // Positions are computed: a map of linalg.generic must cover its operand.
  return pull(loc, dims, x.elementType(),
              [&](RegionBuilder &region, OpBuilder &b, Indices at) -> Value {
                Value source = region.input(x);
                SmallVector<Value> reads;
                for (int64_t axis = 0; axis < x.rank(); ++axis) {
                  Value read = at[axis];
                  if (strides[axis] != 1)
                    read = arith::MulIOp::create(
                        b, loc, read, positionConstant(b, loc, strides[axis]));
                  if (constantExtent(offsets[axis]) != 0)
                    read = arith::AddIOp::create(b, loc, read,
                                                 region.extent(offsets[axis]));
                  reads.push_back(read);
                }
                return tensor::ExtractOp::create(b, loc, source, reads);
              });
}

/// x[..., start + i * step, ...]
static LogicalResult formSlice(graph::SliceOp op, GraphToKernel &state) {
  ShapedValue x = state.get(op.getX());
  SmallVector<AffineExpr> dims = state.dimsOf(op.getResult());
  auto starts = state.shapes.elements(op.getStarts());
  auto ends = state.shapes.elements(op.getEnds());
  auto steps = state.shapes.elements(op.getSteps());
  SmallVector<AffineExpr> offsets(x.rank(), state.constant(0));
  SmallVector<int64_t> strides(x.rank(), 1);
  for (auto [i, axis] : llvm::enumerate(op.getAxes())) {
    std::optional<graph::SliceSpan> span =
        graph::sliceSpan(x.dims[axis], (*starts)[i], (*ends)[i], (*steps)[i],
                         state.shapes);
    if (!span)
      return op.emitOpError("slice steps depend on dimensions or data; "
                            "expected constants");
    strides[axis] = span->step;
    offsets[axis] = span->first;
  }
  state.set(op.getResult(),
            state.slice(op.getLoc(), x, dims, offsets, strides));
  return success();
}

/// Consecutive pieces along the axis: slices with known offsets.
static LogicalResult formSplit(graph::SplitOp op, GraphToKernel &state) {
  ShapedValue x = state.get(op.getX());
  int64_t axis = op.getAxis();
  AffineExpr offset = state.constant(0);
  SmallVector<int64_t> strides(x.rank(), 1);
  for (Value result : op.getResults()) {
    SmallVector<AffineExpr> dims = state.dimsOf(result);
    SmallVector<AffineExpr> offsets(x.rank(), state.constant(0));
    offsets[axis] = offset;
    state.set(result, state.slice(op.getLoc(), x, dims, offsets, strides));
    offset = graph::add(offset, dims[axis]);
  }
  return success();
}

/// Whether a launch of its own can write `tensor` to a place in a join: it is
/// computed here, and no other join has it.
static bool mayWriteInPlace(Value tensor, ArrayRef<ShapedValue> all) {
  Value root = tensor;
  while (auto view = root.getDefiningOp<kernel::ReshapeOp>())
    root = view.getSource();
  if (!root.getDefiningOp<kernel::RegionOp>() &&
      !root.getDefiningOp<kernel::JoinOp>())
    return false;
  if (llvm::count_if(all, [&](const ShapedValue &other) {
        return other.value == tensor;
      }) != 1)
    return false;
  SmallVector<Value> views = {root};
  while (!views.empty())
    for (Operation *user : views.pop_back_val().getUsers()) {
      if (isa<kernel::JoinOp>(user))
        return false;
      if (isa<kernel::ReshapeOp>(user))
        views.push_back(user->getResult(0));
    }
  return true;
}

/// Whether the inputs may be written one after the other: nothing of more than
/// one element lies outside of the axis, all start aligned, and no input is
/// copied that a kernel could copy on all threads.
static bool mayJoin(ArrayRef<ShapedValue> inputs, AffineExpr outer) {
  if (!isOne(outer))
    return false;
  for (const ShapedValue &input : inputs) {
    if (!mayWriteInPlace(input.value, inputs))
      return false;
    AffineExpr count = productOf(input.dims, input.value.getContext());
    if (&input != &inputs.back() && !isAligned(count, input.elementType()))
      return false;
  }
  return true;
}

/// Rows of the operands side by side: kernel.join where they make one row that
/// their producers can write, else kernel.concat.
static LogicalResult formConcat(graph::ConcatOp op, GraphToKernel &state) {
  SmallVector<ShapedValue> inputs;
  for (Value input : op.getInputs()) {
    ShapedValue shaped = state.get(input);
    if (constantExtent(shaped.dims[op.getAxis()]) != 0)
      inputs.push_back(shaped);
  }
  SmallVector<AffineExpr> dims = state.dimsOf(op.getResult());
  if (inputs.size() == 1) {
    state.set(op.getResult(), state.reshape(op.getLoc(), inputs[0], dims));
    return success();
  }
  if (inputs.empty())
    inputs.push_back(state.get(op.getInputs().front()));
  // Rows of [outer, axis * inner]: every input contributes a contiguous piece.
  ArrayRef<AffineExpr> all(dims);
  AffineExpr outer =
      productOf(all.take_front(op.getAxis()), op.getContext());
  if (mayJoin(inputs, outer)) {
    SmallVector<Value> sources, dynamic;
    for (ShapedValue &input : inputs)
      sources.push_back(input.value);
    for (AffineExpr dim : dims)
      if (!constantExtent(dim))
        dynamic.push_back(
            state.sizes.get(state.builder, op.getLoc(), dim));
    Value joined = kernel::JoinOp::create(
        state.builder, op.getLoc(), typeOf(dims, inputs[0].elementType()),
        sources, dynamic);
    state.set(op.getResult(), {joined, dims});
    return success();
  }
  RegionBuilder region(state.builder, op.getLoc(), state.sizes);
  SmallVector<Value> pieces;
  for (ShapedValue &input : inputs) {
    AffineExpr row =
        productOf(ArrayRef(input.dims).drop_front(op.getAxis()),
                  op.getContext());
    pieces.push_back(
        region.input(state.reshape(op.getLoc(), input, {outer, row})));
  }
  SmallVector<AffineExpr> flat = {
      outer, productOf(all.drop_front(op.getAxis()), op.getContext())};
  Value joined = kernel::ConcatOp::create(
      region.body(), op.getLoc(), typeOf(flat, inputs[0].elementType()),
      pieces);
  ShapedValue result = region.finish({{joined, flat}}).front();
  state.set(op.getResult(), state.reshape(op.getLoc(), result, dims));
  return success();
}

/// Mirrored at 0, then at extent - 1.
static Value reflect(OpBuilder &b, Location loc, Value position, Value extent) {
  Value zero = positionConstant(b, loc, 0);
  Value negated = arith::SubIOp::create(b, loc, zero, position);
  position = arith::MaxSIOp::create(b, loc, position, negated);
  Value last2 = arith::SubIOp::create(
      b, loc, arith::AddIOp::create(b, loc, extent, extent),
      positionConstant(b, loc, 2));
  Value mirrored = arith::SubIOp::create(b, loc, last2, position);
  position =
      arith::MinSIOp::create(b, loc, position,
                             arith::MaxSIOp::create(b, loc, mirrored, zero));
  Value last =
      arith::SubIOp::create(b, loc, extent, positionConstant(b, loc, 1));
  Value beyond = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt,
                                       position, last);
  return arith::SelectOp::create(b, loc, beyond, mirrored, position);
}

/// Modulo what negative pads leave of the extent: what they cut off does not
/// come round again. `begin` and `end` are the pads.
static Value wrapAround(OpBuilder &b, Location loc, Value position,
                        Value extent, Value begin, Value end) {
  Value zero = positionConstant(b, loc, 0);
  Value cut = arith::MinSIOp::create(b, loc, begin, zero);
  Value left = arith::AddIOp::create(
      b, loc, arith::AddIOp::create(b, loc, extent, cut),
      arith::MinSIOp::create(b, loc, end, zero));
  left = arith::MaxSIOp::create(b, loc, left, positionConstant(b, loc, 1));
  position = arith::AddIOp::create(b, loc, position, cut);
  position = arith::RemSIOp::create(b, loc, position, left);
  Value below = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                      position, zero);
  Value up = arith::AddIOp::create(b, loc, position, left);
  position = arith::SelectOp::create(b, loc, below, up, position);
  return arith::SubIOp::create(b, loc, position, cut);
}

/// Reads inside, or the value (constant), or the mirrored, nearest or wrapped
/// position.
static LogicalResult formPad(graph::PadOp op, GraphToKernel &state) {
  ShapedValue x = state.get(op.getX());
  SmallVector<AffineExpr> dims = state.dimsOf(op.getResult());
  auto pads = state.elementsOf(op.getPads());
  if (!pads)
    return op.emitOpError("pads depend on data; expected constants or values "
                          "that follow from input dimensions");
  ShapedValue value;
  if (op.getValue())
    value = state.get(op.getValue());
  Location loc = op.getLoc();
  auto padding = [&](RegionBuilder &region, OpBuilder &b) -> Value {
    if (!value)
      return arith::ConstantOp::create(b, loc, b.getZeroAttr(x.elementType()));
    return tensor::ExtractOp::create(
        b, loc, region.input(value),
        SmallVector<Value>(value.rank(), positionConstant(b, loc, 0)));
  };
  state.set(
      op.getResult(),
      state.pull(loc, dims, x.elementType(), [&](RegionBuilder &region,
                                                 OpBuilder &b, Indices at) {
        Value source = region.input(x);
        Value inside; // in the constant mode, null where nothing is padded
        SmallVector<Value> reads;
        for (int64_t axis = 0; axis < x.rank(); ++axis) {
          if (constantExtent((*pads)[axis]) == 0 &&
              constantExtent((*pads)[x.rank() + axis]) == 0) {
            reads.push_back(at[axis]);
            continue;
          }
          Value extent = region.extent(x.dims[axis]);
          Value begin = region.extent((*pads)[axis]);
          Value position = arith::SubIOp::create(b, loc, at[axis], begin);
          switch (op.getMode()) {
          case graph::PadMode::Constant: {
            Value here = inBounds(b, loc, position, extent);
            inside = inside ? arith::AndIOp::create(b, loc, inside, here)
                                  .getResult()
                            : here;
            break;
          }
          case graph::PadMode::Edge:
            break;
          case graph::PadMode::Reflect:
            position = reflect(b, loc, position, extent);
            break;
          case graph::PadMode::Wrap:
            position = wrapAround(b, loc, position, extent, begin,
                                  region.extent((*pads)[x.rank() + axis]));
            break;
          }
          reads.push_back(clampIndex(b, loc, position, extent));
        }
        Value element = tensor::ExtractOp::create(b, loc, source, reads);
        if (!inside)
          return element;
        return arith::SelectOp::create(b, loc, inside, element,
                                       padding(region, b))
            .getResult();
      }));
  return success();
}

/// x at position modulo its extents.
static LogicalResult formTile(graph::TileOp op, GraphToKernel &state) {
  ShapedValue x = state.get(op.getX());
  Location loc = op.getLoc();
  state.set(op.getResult(),
            state.pull(loc, state.dimsOf(op.getResult()), x.elementType(),
                       [&](RegionBuilder &region, OpBuilder &b, Indices at) {
                         Value source = region.input(x);
                         SmallVector<Value> reads;
                         for (int64_t axis = 0; axis < x.rank(); ++axis)
                           reads.push_back(arith::RemUIOp::create(
                               b, loc, at[axis], region.extent(x.dims[axis])));
                         return tensor::ExtractOp::create(b, loc, source,
                                                          reads);
                       }));
  return success();
}

static Value zeroOf(OpBuilder &b, Location loc, Type type) {
  return arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
}

/// Elements above (below) the k-th diagonal become zero.
static LogicalResult formTrilu(graph::TriluOp op, GraphToKernel &state) {
  ShapedValue x = state.get(op.getX());
  AffineExpr k = state.constant(0);
  if (op.getK()) {
    auto elements = state.elementsOf(op.getK());
    if (!elements)
      return op.emitOpError("the diagonal k depends on data; expected a "
                            "constant");
    k = elements->front();
  }
  Location loc = op.getLoc();
  state.set(op.getResult(),
            state.pull(loc, x.dims, x.elementType(),
                       [&](RegionBuilder &region, OpBuilder &b, Indices at) {
                         Value source = region.input(x);
                         Value offset = arith::SubIOp::create(
                             b, loc, at.back(), at[at.size() - 2]);
                         Value keep = arith::CmpIOp::create(
                             b, loc,
                             op.getUpper() ? arith::CmpIPredicate::sge
                                           : arith::CmpIPredicate::sle,
                             offset, region.extent(k));
                         Value element =
                             tensor::ExtractOp::create(b, loc, source, at);
                         return arith::SelectOp::create(
                                    b, loc, keep, element,
                                    zeroOf(b, loc, x.elementType()))
                             .getResult();
                       }));
  return success();
}

/// One where column = row + k, else zero.
static LogicalResult formEyeLike(graph::EyeLikeOp op, GraphToKernel &state) {
  SmallVector<AffineExpr> dims = state.dimsOf(op.getResult());
  Type element = signlessType(
      cast<RankedTensorType>(op.getResult().getType()).getElementType());
  Location loc = op.getLoc();
  state.set(op.getResult(),
            state.pull(loc, dims, element,
                       [&](RegionBuilder &, OpBuilder &b, Indices at) -> Value {
                         Value column = arith::AddIOp::create(
                             b, loc, at[0],
                             positionConstant(b, loc, int64_t(op.getK())));
                         Value here = arith::CmpIOp::create(
                             b, loc, arith::CmpIPredicate::eq, column, at[1]);
                         Value one = arith::ConstantOp::create(
                             b, loc, b.getOneAttr(element));
                         return arith::SelectOp::create(
                             b, loc, here, one, zeroOf(b, loc, element));
                       }));
  return success();
}

/// start + i * delta
static LogicalResult formRange(graph::RangeOp op, GraphToKernel &state) {
  ShapedValue start = state.get(op.getStart());
  ShapedValue delta = state.get(op.getDelta());
  SmallVector<AffineExpr> dims = state.dimsOf(op.getResult());
  Type element = start.elementType();
  state.set(op.getResult(),
            state.elementwise(
                op.getLoc(), {start, delta}, dims, element,
                [&](OpBuilder &b, Location loc, ValueRange v) -> Value {
                  Value i = linalg::IndexOp::create(b, loc, 0);
                  if (element.isIndex())
                    return i;
                  if (isa<IntegerType>(element)) {
                    Value n = arith::IndexCastOp::create(b, loc, element, i);
                    Value d = arith::MulIOp::create(b, loc, n, v[1]);
                    return arith::AddIOp::create(b, loc, v[0], d);
                  }
                  Value n = arith::IndexCastOp::create(b, loc,
                                                       b.getI64Type(), i);
                  n = arith::SIToFPOp::create(b, loc, element, n);
                  Value d = arith::MulFOp::create(b, loc, n, v[1]);
                  return arith::AddFOp::create(b, loc, v[0], d);
                }));
  return success();
}

FormResult strait::formMovementRegion(Operation *op, GraphToKernel &state) {
  return TypeSwitch<Operation *, FormResult>(op)
      .Case([&](graph::RequireDimOp require) {
        // Its check stands already; the tensor is the same.
        state.set(require.getResult(), state.get(require.getX()));
        return success();
      })
      .Case([&](graph::ReshapeOp reshape) {
        Value result = reshape.getResult();
        state.set(result,
                  state.reshape(op->getLoc(), state.get(reshape.getX()),
                                state.dimsOf(result)));
        return success();
      })
      .Case([&](graph::TransposeOp transpose) {
        state.set(transpose.getResult(),
                  state.transpose(op->getLoc(), state.get(transpose.getX()),
                                  transpose.getPerm()));
        return success();
      })
      .Case([&](graph::ExpandOp expand) {
        ShapedValue x = state.get(expand.getX());
        SmallVector<AffineExpr> dims = state.dimsOf(expand.getResult());
        if (ArrayRef(x.dims) == ArrayRef(dims))
          state.set(expand.getResult(), x);
        else
          state.set(expand.getResult(),
                    state.elementwise(
                        op->getLoc(), x, dims, x.elementType(),
                        [](OpBuilder &, Location, ValueRange v) {
                          return v[0];
                        }));
        return success();
      })
      .Case([&](graph::SliceOp slice) { return formSlice(slice, state); })
      .Case([&](graph::SplitOp split) { return formSplit(split, state); })
      .Case([&](graph::ConcatOp concat) { return formConcat(concat, state); })
      .Case([&](graph::PadOp pad) { return formPad(pad, state); })
      .Case([&](graph::TileOp tile) { return formTile(tile, state); })
      .Case([&](graph::TriluOp trilu) { return formTrilu(trilu, state); })
      .Case([&](graph::EyeLikeOp eye) { return formEyeLike(eye, state); })
      .Case([&](graph::RangeOp range) { return formRange(range, state); })
      .Default([](Operation *) { return std::nullopt; });
}
