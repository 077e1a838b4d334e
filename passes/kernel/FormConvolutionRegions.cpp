// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// strait.conv, conv_transpose, pool -> channels-last roots. One spatial
// dimension becomes two with a height of 1; a 1x1 convolution is a product over
// pixels; channels-first operands are transposed around the root. What has no
// root gathers its windows.
#include "passes/kernel/GatheredWindows.h"
#include "passes/kernel/PackWeights.h"

using namespace mlir;
using namespace strait;

/// Window attributes with the pads of auto_pad, which keep ceil(size / stride)
/// positions.
static Window windowOf(GraphToKernel &state, ArrayRef<int64_t> kernel,
                       ArrayRef<int64_t> strides, ArrayRef<int64_t> pads,
                       ArrayRef<int64_t> dilations, graph::AutoPad autoPad,
                       ArrayRef<AffineExpr> spatial) {
  Window w{SmallVector<int64_t>(kernel), SmallVector<int64_t>(strides),
           SmallVector<int64_t>(dilations), {}};
  for (int64_t pad : pads)
    w.pads.push_back(state.constant(pad));
  if (autoPad == graph::AutoPad::Explicit)
    return w;
  unsigned rank = kernel.size();
  for (unsigned i = 0; i < rank; ++i) {
    AffineExpr reach = state.constant((kernel[i] - 1) * dilations[i] + 1);
    AffineExpr covered =
        strides[i] == 1
            ? graph::add(spatial[i], reach - 1)
            : graph::add((spatial[i].ceilDiv(strides[i]) - 1) * strides[i],
                         reach);
    AffineExpr total = state.shapes.maximum(
        graph::subtract(covered, spatial[i]), state.constant(0));
    AffineExpr less = total.floorDiv(2), more = graph::subtract(total, less);
    bool upper = autoPad == graph::AutoPad::SameUpper;
    w.pads[i] = upper ? less : more;
    w.pads[rank + i] = upper ? more : less;
  }
  return w;
}

/// One spatial dimension becomes two, the first of them a single row.
static Window asImage(Window w) {
  if (w.rank() != 1)
    return w;
  w.kernel.insert(w.kernel.begin(), 1);
  w.strides.insert(w.strides.begin(), 1);
  w.dilations.insert(w.dilations.begin(), 1);
  AffineExpr zero = getAffineConstantExpr(0, w.pads[0].getContext());
  w.pads = {zero, w.pads[0], zero, w.pads[1]};
  return w;
}

/// The spatial extents of a tensor [N, C, ...] or [N, ..., C].
static ArrayRef<AffineExpr> spatialDims(const ShapedValue &x,
                                        graph::Layout layout) {
  return ArrayRef(x.dims).slice(
      layout == graph::Layout::ChannelsLast ? 1 : 2, x.rank() - 2);
}

/// `x` as [N, H, W, C], or with more spatial dims.
static ShapedValue toChannelsLast(GraphToKernel &state, Location loc,
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
  SmallVector<int64_t> perm = {0};
  llvm::append_range(perm, llvm::seq<int64_t>(2, x.rank()));
  perm.push_back(1);
  return state.transpose(loc, x, perm);
}

/// Back to the result's own shape and layout.
static void setFromChannelsLast(GraphToKernel &state, Operation *op,
                                ShapedValue y, graph::Layout layout) {
  if (layout == graph::Layout::ChannelsFirst) {
    SmallVector<int64_t> perm = {0, y.rank() - 1};
    llvm::append_range(perm, llvm::seq<int64_t>(1, y.rank() - 1));
    y = state.transpose(op->getLoc(), y, perm);
  }
  state.set(op->getResult(0), state.reshape(op->getLoc(), y,
                                            state.dimsOf(op->getResult(0))));
}

/// The result's extents as [N, H, W, C], or with more spatial dims.
static SmallVector<AffineExpr> resultDims(GraphToKernel &state, Value result,
                                          graph::Layout layout) {
  SmallVector<AffineExpr> d = state.dimsOf(result);
  bool last = layout == graph::Layout::ChannelsLast;
  if (d.size() == 3)
    d.insert(d.begin() + (last ? 1 : 2), state.constant(1));
  if (!last)
    std::rotate(d.begin() + 1, d.begin() + 2, d.end());
  return d;
}

/// `x` with zeros around it where the pads are open, which roots do not take.
static ShapedValue padOpen(GraphToKernel &state, Location loc, ShapedValue x,
                           Window &window) {
  if (window.knownPads())
    return x;
  unsigned rank = window.rank();
  SmallVector<AffineExpr> dims(x.dims), begins(window.pads);
  for (unsigned i = 0; i < rank; ++i)
    dims[1 + i] = graph::add(
        dims[1 + i], graph::add(window.pads[i], window.pads[rank + i]));
  window.pads.assign(2 * rank, state.constant(0));
  return state.pull(
      loc, dims, x.elementType(),
      [&](RegionBuilder &region, OpBuilder &b, Indices at) -> Value {
        SmallVector<Value> reads(at);
        Value inside;
        for (unsigned i = 0; i < rank; ++i) {
          Value extent = region.extent(x.dims[1 + i]);
          Value position = arith::SubIOp::create(b, loc, at[1 + i],
                                                 region.extent(begins[i]));
          Value here = inBounds(b, loc, position, extent);
          inside = inside
                       ? arith::AndIOp::create(b, loc, inside, here).getResult()
                       : here;
          reads[1 + i] = clampIndex(b, loc, position, extent);
        }
        Value element =
            tensor::ExtractOp::create(b, loc, region.input(x), reads);
        Value zero = arith::ConstantOp::create(b, loc,
                                               b.getZeroAttr(x.elementType()));
        return arith::SelectOp::create(b, loc, inside, element, zero);
      });
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

/// A 1x1 convolution is a product of pixels and filters.
static ShapedValue formPointwise(GraphToKernel &state, Location loc,
                                 ShapedValue x, ShapedValue filters,
                                 const ShapedValue &bias,
                                 ArrayRef<AffineExpr> dims) {
  AffineExpr pixels =
      productOf({x.dims[1], x.dims[2]}, state.builder.getContext());
  ShapedValue lhs = state.reshape(loc, x, {x.dims[0], pixels, x.dims[3]});
  ShapedValue rhs = packMatrix(
      state, loc,
      state.reshape(loc, filters,
                    {state.constant(1), filters.dims[0], filters.dims[1]}),
      /*transposed=*/true);
  SmallVector<AffineExpr> product = {x.dims[0], pixels, dims[3]};
  RegionBuilder region(state.builder, loc, state.sizes);
  Value left = region.input(lhs), right = region.input(rhs);
  Value value = kernel::MatmulOp::create(
      region.body(), loc, typeOf(product, x.elementType()), left, right,
      kernel::PanelLayout::packed);
  if (bias)
    value = addBias(region, value, product, bias);
  return state.reshape(loc, region.finish({{value, product}}).front(), dims);
}

static LogicalResult formConv(graph::ConvOp op, GraphToKernel &state) {
  Location loc = op.getLoc();
  ShapedValue filters = state.get(op.getW());
  if (!filters.elementType().isF32())
    return op.emitOpError("expected f32 convolution, found ")
           << filters.elementType();
  SmallVector<int64_t> shape;
  for (AffineExpr dim : filters.dims) {
    if (!constantExtent(dim))
      return op.emitOpError("expected filters of constant shape");
    shape.push_back(*constantExtent(dim));
  }
  ShapedValue x = state.get(op.getX());
  Window window = windowOf(state, ArrayRef(shape).drop_front(2),
                           op.getStrides(), op.getPads(), op.getDilations(),
                           op.getAutoPad(), spatialDims(x, op.getLayout()));
  window = asImage(window);
  if (shape.size() == 3) {
    shape.insert(shape.begin() + 2, 1);
    SmallVector<AffineExpr> dims;
    for (int64_t extent : shape)
      dims.push_back(state.constant(extent));
    filters = state.reshape(loc, filters, dims);
  }
  x = toChannelsLast(state, loc, x, op.getLayout());
  SmallVector<AffineExpr> dims =
      resultDims(state, op.getResult(), op.getLayout());
  int64_t outputs = shape[0], channels = shape[1], groups = op.getGroups();
  // The filters know the channels where the input does not.
  SmallVector<AffineExpr> known(x.dims);
  known.back() = state.constant(channels * groups);
  x = state.reshape(loc, x, known);
  ShapedValue bias;
  if (op.getBias())
    bias = state.get(op.getBias());
  if (window.rank() > 2) {
    setFromChannelsLast(state, op,
                        gatherConv(state, loc, x, filters, bias, window,
                                   groups, dims),
                        op.getLayout());
    return success();
  }
  x = padOpen(state, loc, x, window);
  SmallVector<int64_t> pads = *window.knownPads();

  auto isOne = [](int64_t value) { return value == 1; };
  bool isPointwise = groups == 1 && llvm::all_of(window.kernel, isOne) &&
                     llvm::all_of(window.strides, isOne) &&
                     llvm::all_of(pads, [](int64_t p) { return p == 0; });
  if (isPointwise) {
    setFromChannelsLast(state, op,
                        formPointwise(state, loc, x, filters, bias, dims),
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
                region.body(), loc, type, input, packed, window.strides, pads,
                window.dilations)
                .getResult()
          : kernel::Conv2DOp::create(region.body(), loc, type, input, packed,
                                     window.strides, pads, window.dilations,
                                     groups)
                .getResult();
  if (bias)
    value = addBias(region, value, dims, bias);
  setFromChannelsLast(state, op, region.finish({{value, dims}}).front(),
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
  int64_t outputs = *constantExtent(filters.dims[1]);
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
      kernel::PanelLayout::packed);
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

static LogicalResult formConvTranspose(graph::ConvTransposeOp op,
                                       GraphToKernel &state) {
  Location loc = op.getLoc();
  ShapedValue filters = state.get(op.getW());
  if (!filters.elementType().isF32())
    return op.emitOpError("expected f32 convolution, found ")
           << filters.elementType();
  SmallVector<int64_t> shape;
  for (AffineExpr dim : filters.dims) {
    if (!constantExtent(dim))
      return op.emitOpError("expected filters of constant shape");
    shape.push_back(*constantExtent(dim));
  }
  ShapedValue x = state.get(op.getX());
  if (op.getAutoPad() != graph::AutoPad::Explicit)
    return op.emitOpError("expected explicit pads of a transposed "
                          "convolution");
  Window window = asImage(windowOf(
      state, ArrayRef(shape).drop_front(2), op.getStrides(), op.getPads(),
      op.getDilations(), op.getAutoPad(), spatialDims(x, op.getLayout())));
  if (shape.size() == 3) {
    filters = state.reshape(loc, filters,
                            {filters.dims[0], filters.dims[1],
                             state.constant(1), filters.dims[2]});
  }
  x = toChannelsLast(state, loc, x, op.getLayout());
  SmallVector<AffineExpr> dims =
      resultDims(state, op.getResult(), op.getLayout());
  auto isZero = [](int64_t v) { return v == 0; };
  bool disjoint = window.rank() == 2 && window.kernel == window.strides &&
                  op.getGroups() == 1 &&
                  llvm::all_of(*window.knownPads(), isZero) &&
                  llvm::all_of(op.getOutputPadding(), isZero) &&
                  llvm::all_of(window.dilations,
                               [](int64_t v) { return v == 1; });
  ShapedValue bias;
  if (op.getBias())
    bias = state.get(op.getBias());
  ShapedValue y =
      disjoint ? formDisjointTranspose(op, state, x, filters, window, dims)
               : gatherConvTranspose(state, loc, x, filters, bias, window,
                                     op.getGroups(), dims);
  setFromChannelsLast(state, op, y, op.getLayout());
  return success();
}

static LogicalResult formPool(graph::PoolOp op, GraphToKernel &state) {
  Location loc = op.getLoc();
  ShapedValue x = state.get(op.getX());
  Window window = asImage(windowOf(
      state, op.getKernel(), op.getStrides(), op.getPads(), op.getDilations(),
      op.getAutoPad(), spatialDims(x, op.getLayout())));
  x = toChannelsLast(state, loc, x, op.getLayout());
  SmallVector<AffineExpr> dims =
      resultDims(state, op.getResult(), op.getLayout());
  bool isAverage = op.getKind() == graph::PoolKind::Average;
  std::optional<SmallVector<int64_t>> pads = window.knownPads();
  if (window.rank() > 2 || !pads) {
    if (!x.elementType().isF32())
      return op.emitOpError("expected f32 in a pool over more than two "
                            "dimensions or with open pads, found ")
             << x.elementType();
    setFromChannelsLast(state, op,
                        gatherPool(state, loc, x, window, isAverage,
                                   op.getCountIncludePad(), dims),
                        op.getLayout());
    return success();
  }
  RegionBuilder region(state.builder, loc, state.sizes);
  Value input = region.input(x);
  Value value = kernel::Pool2DOp::create(
      region.body(), loc, typeOf(dims, x.elementType()), input, window.kernel,
      window.strides, *pads, window.dilations, isAverage,
      op.getCountIncludePad());
  setFromChannelsLast(state, op, region.finish({{value, dims}}).front(),
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
