// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// strait.conv, conv_transpose, pool -> channels-last roots. One spatial
// dimension becomes two with a height of 1; a 1x1 convolution is a product over
// pixels; channels-first operands are transposed around the root.
#include "passes/kernel/PackWeights.h"

using namespace mlir;
using namespace strait;

namespace {
/// Window parameters of two spatial dims.
struct Window {
  SmallVector<int64_t> kernel, strides, pads, dilations;
};
} // namespace

/// The two-dimensional form of window attributes; pads resolved for auto_pad.
static FailureOr<Window>
windowOf(Operation *op, ArrayRef<int64_t> kernel, ArrayRef<int64_t> strides,
         ArrayRef<int64_t> pads, ArrayRef<int64_t> dilations,
         graph::AutoPad autoPad, ArrayRef<AffineExpr> spatial) {
  Window w{SmallVector<int64_t>(kernel), SmallVector<int64_t>(strides),
           SmallVector<int64_t>(pads), SmallVector<int64_t>(dilations)};
  unsigned rank = kernel.size();
  if (rank != 1 && rank != 2)
    return op->emitOpError("expected one or two spatial dimensions, found ")
           << rank;
  if (autoPad != graph::AutoPad::Explicit) {
    for (unsigned i = 0; i < rank; ++i) {
      auto size = constantOf(spatial[i]);
      if (!size && strides[i] != 1)
        return op->emitOpError("auto_pad with a stride needs a constant size "
                               "of spatial dimension ")
               << i << "; pin it with --shape";
      int64_t reach = (kernel[i] - 1) * dilations[i] + 1;
      int64_t outputs = size ? llvm::divideCeil(*size, strides[i]) : 0;
      int64_t total =
          size ? std::max<int64_t>(
                     0, (outputs - 1) * strides[i] + reach - *size)
               : reach - 1;
      int64_t less = total / 2, more = total - less;
      bool upper = autoPad == graph::AutoPad::SameUpper;
      w.pads[i] = upper ? less : more;
      w.pads[rank + i] = upper ? more : less;
    }
  }
  if (rank == 1) {
    w.kernel.insert(w.kernel.begin(), 1);
    w.strides.insert(w.strides.begin(), 1);
    w.dilations.insert(w.dilations.begin(), 1);
    w.pads = {0, w.pads[0], 0, w.pads[1]};
  }
  return w;
}

/// `x` as [N, H, W, C].
static ShapedValue toChannelsLast2D(GraphToKernel &state, Location loc,
                                    ShapedValue x, graph::Layout layout) {
  if (x.rank() == 3) {
    SmallVector<AffineExpr> dims(x.dims);
    dims.insert(dims.begin() +
                    (layout == graph::Layout::ChannelsLast ? 1 : 2),
                state.constant(1));
    x = state.reshape(loc, x, dims);
  }
  if (layout == graph::Layout::ChannelsLast)
    return x;
  return state.transpose(loc, x, {0, 2, 3, 1});
}

/// Back to the result's own shape and layout.
static void setFromChannelsLast2D(GraphToKernel &state, Operation *op,
                                  ShapedValue y, graph::Layout layout) {
  if (layout == graph::Layout::ChannelsFirst)
    y = state.transpose(op->getLoc(), y, {0, 3, 1, 2});
  state.set(op->getResult(0), state.reshape(op->getLoc(), y,
                                            state.dimsOf(op->getResult(0))));
}

/// The result's extents as [N, H, W, C].
static SmallVector<AffineExpr> resultDims2D(GraphToKernel &state,
                                            Value result,
                                            graph::Layout layout) {
  SmallVector<AffineExpr> d = state.dimsOf(result);
  bool last = layout == graph::Layout::ChannelsLast;
  if (d.size() == 3)
    d.insert(d.begin() + (last ? 1 : 2), state.constant(1));
  if (last)
    return d;
  return {d[0], d[2], d[3], d[1]};
}

/// Adds `bias` [C] to `value` with extents `dims` inside a region.
static Value addBias(RegionBuilder &region, Value value,
                     ArrayRef<AffineExpr> dims, const ShapedValue &bias) {
  unsigned rank = dims.size();
  MLIRContext *context = dims.front().getContext();
  SmallVector<AffineMap> maps = {
      AffineMap::getMultiDimIdentityMap(rank, context),
      AffineMap::get(rank, 0, getAffineDimExpr(rank - 1, context), context)};
  Value argument = region.input(bias);
  return region.map(dims, {value, argument}, maps, bias.elementType(),
                    [](OpBuilder &b, Location l, ValueRange v) {
                      return arith::AddFOp::create(b, l, v[0], v[1]);
                    });
}

static LogicalResult formConv(graph::ConvOp op, GraphToKernel &state) {
  Location loc = op.getLoc();
  ShapedValue filters = state.get(op.getW());
  if (!filters.elementType().isF32())
    return op.emitOpError("expected f32 convolution, found ")
           << filters.elementType();
  SmallVector<int64_t> shape;
  for (AffineExpr dim : filters.dims) {
    if (!constantOf(dim))
      return op.emitOpError("expected filters of constant shape");
    shape.push_back(*constantOf(dim));
  }
  ShapedValue x = state.get(op.getX());
  bool last = op.getLayout() == graph::Layout::ChannelsLast;
  ArrayRef<AffineExpr> spatial =
      ArrayRef(x.dims).slice(last ? 1 : 2, x.rank() - 2);
  auto window = windowOf(op, ArrayRef(shape).drop_front(2), op.getStrides(),
                         op.getPads(), op.getDilations(), op.getAutoPad(),
                         spatial);
  if (failed(window))
    return failure();
  if (shape.size() == 3) {
    shape.insert(shape.begin() + 2, 1);
    SmallVector<AffineExpr> dims;
    for (int64_t extent : shape)
      dims.push_back(state.constant(extent));
    filters = state.reshape(loc, filters, dims);
  }
  x = toChannelsLast2D(state, loc, x, op.getLayout());
  SmallVector<AffineExpr> dims =
      resultDims2D(state, op.getResult(), op.getLayout());
  int64_t outputs = shape[0], channels = shape[1], groups = op.getGroups();
  // The filters know the channels where the input does not.
  SmallVector<AffineExpr> known(x.dims);
  known.back() = state.constant(channels * groups);
  x = state.reshape(loc, x, known);
  ShapedValue bias;
  if (op.getBias())
    bias = state.get(op.getBias());

  bool pointwise =
      groups == 1 && llvm::all_of(window->kernel, [](auto k) { return k == 1; }) &&
      llvm::all_of(window->strides, [](auto s) { return s == 1; }) &&
      llvm::all_of(window->pads, [](auto p) { return p == 0; });
  if (pointwise) {
    AffineExpr pixels =
        productOf({x.dims[1], x.dims[2]}, op.getContext());
    ShapedValue lhs =
        state.reshape(loc, x, {x.dims[0], pixels, x.dims[3]});
    ShapedValue rhs = packMatrix(
        state, loc,
        state.reshape(loc, filters,
                      {state.constant(1), state.constant(outputs),
                       state.constant(channels)}),
        /*transposed=*/true);
    SmallVector<AffineExpr> product = {x.dims[0], pixels, dims[3]};
    RegionBuilder region(state.builder, loc, state.sizes);
    Value left = region.input(lhs), right = region.input(rhs);
    Value value = kernel::MatmulOp::create(
        region.body(), loc, typeOf(product, x.elementType()), left, right,
        kernel::PanelLayout::packed, false);
    if (bias)
      value = addBias(region, value, product, bias);
    ShapedValue y = region.finish({{value, product}}).front();
    setFromChannelsLast2D(state, op, state.reshape(loc, y, dims),
                          op.getLayout());
    return success();
  }
  bool depthwise = groups == outputs && channels == 1;
  ShapedValue weights = depthwise
                            ? packDepthwise(state, loc, filters)
                            : packFilters(state, loc, filters, groups);
  RegionBuilder region(state.builder, loc, state.sizes);
  Value input = region.input(x), packed = region.input(weights);
  Type type = typeOf(dims, x.elementType());
  Value value =
      depthwise
          ? kernel::DepthwiseConv2DOp::create(
                region.body(), loc, type, input, packed, window->strides,
                window->pads, window->dilations)
                .getResult()
          : kernel::Conv2DOp::create(region.body(), loc, type, input, packed,
                                     window->strides, window->pads,
                                     window->dilations, groups)
                .getResult();
  if (bias)
    value = addBias(region, value, dims, bias);
  setFromChannelsLast2D(state, op, region.finish({{value, dims}}).front(),
                        op.getLayout());
  return success();
}

/// Filters as large as the stride do not overlap: every input pixel makes one
/// block of output pixels, a product followed by a shuffle of pixels.
static ShapedValue formDisjointTranspose(graph::ConvTransposeOp op,
                                         GraphToKernel &state, ShapedValue x,
                                         ShapedValue filters,
                                         const Window &window,
                                         ArrayRef<AffineExpr> dims) {
  Location loc = op.getLoc();
  int64_t outputs = *constantOf(filters.dims[1]);
  int64_t kh = window.kernel[0], kw = window.kernel[1];
  AffineExpr pixels =
      productOf({x.dims[1], x.dims[2]}, op.getContext());
  AffineExpr columns = state.constant(outputs * kh * kw);
  ShapedValue lhs =
      state.reshape(loc, x, {x.dims[0], pixels, filters.dims[0]});
  ShapedValue rhs = packMatrix(
      state, loc,
      state.reshape(loc, filters,
                    {state.constant(1), filters.dims[0], columns}),
      /*transposed=*/false);
  RegionBuilder region(state.builder, loc, state.sizes);
  Value left = region.input(lhs), right = region.input(rhs);
  SmallVector<AffineExpr> product = {x.dims[0], pixels, columns};
  Value value = kernel::MatmulOp::create(
      region.body(), loc, typeOf(product, x.elementType()), left, right,
      kernel::PanelLayout::packed, false);
  ShapedValue y = region.finish({{value, product}}).front();
  // [N, H, W, O, KH, KW] -> [N, H, KH, W, KW, O]
  y = state.reshape(loc, y,
                    {x.dims[0], x.dims[1], x.dims[2], state.constant(outputs),
                     state.constant(kh), state.constant(kw)});
  y = state.transpose(loc, y, {0, 1, 4, 2, 5, 3});
  y = state.reshape(loc, y, dims);
  if (!op.getBias())
    return y;
  return state.elementwise(loc, {y, state.get(op.getBias())}, dims,
                           y.elementType(),
                           [](OpBuilder &b, Location l, ValueRange v) {
                             return arith::AddFOp::create(b, l, v[0], v[1]);
                           });
}

/// Any filters: each output gathers the inputs that reach it, the stride's
/// gaps in the input counting as zero.
static ShapedValue formGatheredTranspose(graph::ConvTransposeOp op,
                                         GraphToKernel &state, ShapedValue x,
                                         ShapedValue filters,
                                         const Window &window,
                                         ArrayRef<AffineExpr> dims) {
  Location loc = op.getLoc();
  int64_t channels = *constantOf(filters.dims[0]);
  MLIRContext *context = op.getContext();
  SmallVector<AffineExpr> loops(dims);
  for (int64_t extent : {window.kernel[0], window.kernel[1], channels})
    loops.push_back(state.constant(extent));
  RegionBuilder region(state.builder, loc, state.sizes);
  Value source = region.input(x), weights = region.input(filters);
  Value height = region.extent(x.dims[1]), width = region.extent(x.dims[2]);
  Type element = x.elementType();
  Value sum = region.reduce(
      loops, {4, 5, 6}, weights,
      AffineMap::get(7, 0,
                     {getAffineDimExpr(6, context),
                      getAffineDimExpr(3, context),
                      getAffineDimExpr(4, context),
                      getAffineDimExpr(5, context)},
                     context),
      cast<TypedAttr>(state.builder.getZeroAttr(element)),
      [&](OpBuilder &b, Location l, ValueRange v) -> Value {
        SmallVector<Value> at;
        for (unsigned i = 0; i < loops.size(); ++i)
          at.push_back(linalg::IndexOp::create(b, l, i));
        Value inside;
        auto position = [&](int axis, Value extent) {
          Value reach = arith::MulIOp::create(
              b, l, at[4 + axis],
              positionConstant(b, l, window.dilations[axis]));
          Value shifted = arith::SubIOp::create(
              b, l,
              arith::AddIOp::create(b, l, at[1 + axis],
                                    positionConstant(b, l, window.pads[axis])),
              reach);
          Value stride = positionConstant(b, l, window.strides[axis]);
          Value index = arith::DivSIOp::create(b, l, shifted, stride);
          Value exact = arith::CmpIOp::create(
              b, l, arith::CmpIPredicate::eq,
              arith::MulIOp::create(b, l, index, stride), shifted);
          Value here = arith::AndIOp::create(
              b, l, exact, inBounds(b, l, index, extent));
          inside = inside ? arith::AndIOp::create(b, l, inside, here)
                                .getResult()
                          : here;
          return clampIndex(b, l, index, extent);
        };
        Value row = position(0, height), column = position(1, width);
        Value a = tensor::ExtractOp::create(
            b, l, source, ValueRange{at[0], row, column, at[6]});
        Value term = arith::MulFOp::create(b, l, a, v[0]);
        Value zero =
            arith::ConstantOp::create(b, l, b.getZeroAttr(element));
        term = arith::SelectOp::create(b, l, inside, term, zero);
        return arith::AddFOp::create(b, l, v[1], term);
      });
  if (op.getBias())
    sum = addBias(region, sum, dims, state.get(op.getBias()));
  return region.finish({{sum, SmallVector<AffineExpr>(dims)}}, 3).front();
}

static LogicalResult formConvTranspose(graph::ConvTransposeOp op,
                                       GraphToKernel &state) {
  Location loc = op.getLoc();
  ShapedValue filters = state.get(op.getW());
  if (!filters.elementType().isF32())
    return op.emitOpError("expected f32 convolution, found ")
           << filters.elementType();
  SmallVector<int64_t> shape;
  for (AffineExpr dim : filters.dims) {
    if (!constantOf(dim))
      return op.emitOpError("expected filters of constant shape");
    shape.push_back(*constantOf(dim));
  }
  ShapedValue x = state.get(op.getX());
  bool last = op.getLayout() == graph::Layout::ChannelsLast;
  if (op.getAutoPad() != graph::AutoPad::Explicit)
    return op.emitOpError("expected explicit pads of a transposed "
                          "convolution");
  auto window = windowOf(op, ArrayRef(shape).drop_front(2), op.getStrides(),
                         op.getPads(), op.getDilations(), op.getAutoPad(),
                         ArrayRef(x.dims).slice(last ? 1 : 2, x.rank() - 2));
  if (failed(window))
    return failure();
  if (shape.size() == 3) {
    filters = state.reshape(loc, filters,
                            {filters.dims[0], filters.dims[1],
                             state.constant(1), filters.dims[2]});
  }
  x = toChannelsLast2D(state, loc, x, op.getLayout());
  SmallVector<AffineExpr> dims =
      resultDims2D(state, op.getResult(), op.getLayout());
  auto isZero = [](int64_t v) { return v == 0; };
  bool disjoint = window->kernel == window->strides && op.getGroups() == 1 &&
                  llvm::all_of(window->pads, isZero) &&
                  llvm::all_of(op.getOutputPadding(), isZero) &&
                  llvm::all_of(window->dilations,
                               [](int64_t v) { return v == 1; });
  if (!disjoint && op.getGroups() != 1)
    return op.emitOpError("expected one group of a transposed convolution, "
                          "found ")
           << op.getGroups();
  ShapedValue y =
      disjoint
          ? formDisjointTranspose(op, state, x, filters, *window, dims)
          : formGatheredTranspose(op, state, x, filters, *window, dims);
  setFromChannelsLast2D(state, op, y, op.getLayout());
  return success();
}

static LogicalResult formPool(graph::PoolOp op, GraphToKernel &state) {
  Location loc = op.getLoc();
  ShapedValue x = state.get(op.getX());
  bool last = op.getLayout() == graph::Layout::ChannelsLast;
  auto window = windowOf(op, op.getKernel(), op.getStrides(), op.getPads(),
                         op.getDilations(), op.getAutoPad(),
                         ArrayRef(x.dims).slice(last ? 1 : 2, x.rank() - 2));
  if (failed(window))
    return failure();
  x = toChannelsLast2D(state, loc, x, op.getLayout());
  SmallVector<AffineExpr> dims =
      resultDims2D(state, op.getResult(), op.getLayout());
  RegionBuilder region(state.builder, loc, state.sizes);
  Value input = region.input(x);
  Value value = kernel::Pool2DOp::create(
      region.body(), loc, typeOf(dims, x.elementType()), input,
      window->kernel, window->strides, window->pads, window->dilations,
      op.getKind() == graph::PoolKind::Average, op.getCountIncludePad());
  setFromChannelsLast2D(state, op, region.finish({{value, dims}}).front(),
                        op.getLayout());
  return success();
}

FormResult strait::formConvolutionRegion(Operation *op, GraphToKernel &state) {
  return TypeSwitch<Operation *, FormResult>(op)
      .Case([&](graph::ConvOp conv) { return formConv(conv, state); })
      .Case([&](graph::ConvTransposeOp conv) {
        return formConvTranspose(conv, state);
      })
      .Case([&](graph::PoolOp pool) { return formPool(pool, state); })
      .Default([](Operation *) { return std::nullopt; });
}
