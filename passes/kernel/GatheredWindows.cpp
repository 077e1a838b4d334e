// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/kernel/GatheredWindows.h"

using namespace mlir;
using namespace strait;

std::optional<SmallVector<int64_t>> Window::knownPads() const {
  return graph::constantValues(pads);
}

namespace {
/// Loops (result's dims, window's dims, channels): where in the input the
/// window's element lies.
struct TapReader {
  RegionBuilder &region;
  const Window &window;
  const ShapedValue &x;
  bool transposed;

  struct Tap {
    SmallVector<Value> position; // inside, whatever the tap
    Value inside;                // whether the tap meets the input
  };

  /// `at`: positions of the result's spatial dims, then of the window's.
  Tap tap(OpBuilder &b, Location loc, ArrayRef<Value> at) const {
    Tap result;
    for (unsigned axis = 0; axis < window.rank(); ++axis) {
      Value extent = region.extent(x.dims[1 + axis]);
      Value begin = region.extent(window.pads[axis]);
      Value stride = positionConstant(b, loc, window.strides[axis]);
      Value reach = arith::MulIOp::create(
          b, loc, at[window.rank() + axis],
          positionConstant(b, loc, window.dilations[axis]));
      Value index, here;
      if (transposed) {
        // The stride's gaps in the input count as zeros.
        Value shifted = arith::SubIOp::create(
            b, loc, arith::AddIOp::create(b, loc, at[axis], begin), reach);
        index = arith::DivSIOp::create(b, loc, shifted, stride);
        Value isExact = arith::CmpIOp::create(
            b, loc, arith::CmpIPredicate::eq,
            arith::MulIOp::create(b, loc, index, stride), shifted);
        here = arith::AndIOp::create(b, loc, isExact,
                                     inBounds(b, loc, index, extent));
      } else {
        index = arith::AddIOp::create(
            b, loc,
            arith::SubIOp::create(
                b, loc, arith::MulIOp::create(b, loc, at[axis], stride), begin),
            reach);
        here = inBounds(b, loc, index, extent);
      }
      result.inside =
          result.inside
              ? arith::AndIOp::create(b, loc, result.inside, here).getResult()
              : here;
      result.position.push_back(clampIndex(b, loc, index, extent));
    }
    return result;
  }
};

SmallVector<Value> indicesOf(OpBuilder &b, Location loc, unsigned from,
                             unsigned count) {
  SmallVector<Value> indices;
  for (unsigned i = 0; i < count; ++i)
    indices.push_back(linalg::IndexOp::create(b, loc, from + i));
  return indices;
}

SmallVector<AffineExpr> loopsOf(GraphToKernel &state, const Window &window,
                                ArrayRef<AffineExpr> dims) {
  SmallVector<AffineExpr> loops(dims);
  for (int64_t extent : window.kernel)
    loops.push_back(state.constant(extent));
  return loops;
}
} // namespace

/// sum over taps and a group's input channels of x * filter, plus the bias.
static ShapedValue gatherProduct(GraphToKernel &state, Location loc,
                                 ShapedValue x, ShapedValue filters,
                                 ShapedValue bias, const Window &window,
                                 int64_t groups, bool transposed,
                                 ArrayRef<AffineExpr> dims) {
  unsigned rank = window.rank();
  MLIRContext *context = state.builder.getContext();
  auto dim = [&](unsigned loop) { return getAffineDimExpr(loop, context); };
  // Filters as [G, O / G, C / G, window], or [G, C / G, O / G, window].
  SmallVector<AffineExpr> split(filters.dims);
  split[0] = state.constant(*constantExtent(split[0]) / groups);
  split.insert(split.begin(), state.constant(groups));
  filters = state.reshape(loc, filters, split);
  AffineExpr outputs = split[transposed ? 2 : 1];
  AffineExpr inputs = split[transposed ? 1 : 2];
  // Loops: n, spatial dims, g, o, window, c.
  SmallVector<AffineExpr> kept(dims.drop_back());
  kept.push_back(state.constant(groups));
  kept.push_back(outputs);
  SmallVector<AffineExpr> loops = loopsOf(state, window, kept);
  loops.push_back(inputs);
  unsigned g = rank + 1, o = g + 1, taps = o + 1, c = taps + rank;
  SmallVector<AffineExpr> read = {dim(g), dim(transposed ? c : o),
                                  dim(transposed ? o : c)};
  for (unsigned i = 0; i < rank; ++i)
    read.push_back(dim(taps + i));
  RegionBuilder region(state.builder, loc, state.sizes);
  Value source = region.input(x), weights = region.input(filters);
  TapReader reader{region, window, x, transposed};
  Type element = x.elementType();
  Value sum = region.reduce(
      loops, llvm::to_vector(llvm::seq<int64_t>(taps, loops.size())), weights,
      AffineMap::get(loops.size(), 0, read, context),
      cast<TypedAttr>(state.builder.getZeroAttr(element)),
      [&](OpBuilder &b, Location l, ValueRange v) -> Value {
        SmallVector<Value> at = indicesOf(b, l, 1, rank);
        llvm::append_range(at, indicesOf(b, l, taps, rank));
        TapReader::Tap tap = reader.tap(b, l, at);
        Value first = arith::MulIOp::create(
            b, l, linalg::IndexOp::create(b, l, g),
            positionConstant(b, l, *constantExtent(inputs)));
        SmallVector<Value> position = {linalg::IndexOp::create(b, l, 0)};
        llvm::append_range(position, tap.position);
        position.push_back(arith::AddIOp::create(
            b, l, first, linalg::IndexOp::create(b, l, c)));
        Value term = arith::MulFOp::create(
            b, l, tensor::ExtractOp::create(b, l, source, position), v[0]);
        Value zero = arith::ConstantOp::create(b, l, b.getZeroAttr(element));
        term = arith::SelectOp::create(b, l, tap.inside, term, zero);
        return arith::AddFOp::create(b, l, v[1], term);
      });
  if (bias) {
    SmallVector<AffineMap> maps = {
        AffineMap::getMultiDimIdentityMap(kept.size(), context),
        AffineMap::get(kept.size(), 0, {dim(g), dim(o)}, context)};
    Value argument = region.input(
        state.reshape(loc, bias, {state.constant(groups), outputs}));
    sum = region.map(kept, {sum, argument}, maps, element,
                     [](OpBuilder &b, Location l, ValueRange v) {
                       return arith::AddFOp::create(b, l, v[0], v[1]);
                     });
  }
  return state.reshape(loc, region.finish({{sum, kept}}, rank + 1).front(),
                       dims);
}

/// Ones of the window's shape: they give the loops over it their extents.
static ShapedValue windowOnes(GraphToKernel &state, Location loc,
                              const Window &window) {
  auto type = RankedTensorType::get(window.kernel, state.builder.getF32Type());
  Value ones = graph::WeightOp::create(state.builder, loc, type,
                                       DenseElementsAttr::get(type, 1.0f));
  return {ones, loopsOf(state, window, {})};
}

ShapedValue strait::gatherConv(GraphToKernel &state, Location loc,
                               ShapedValue x, ShapedValue filters,
                               ShapedValue bias, const Window &window,
                               int64_t groups, ArrayRef<AffineExpr> dims) {
  return gatherProduct(state, loc, x, filters, bias, window, groups, false,
                       dims);
}

ShapedValue strait::gatherConvTranspose(GraphToKernel &state, Location loc,
                                        ShapedValue x, ShapedValue filters,
                                        ShapedValue bias, const Window &window,
                                        int64_t groups,
                                        ArrayRef<AffineExpr> dims) {
  return gatherProduct(state, loc, x, filters, bias, window, groups, true,
                       dims);
}

/// The loops over the window, which follow `first` others.
static AffineMap windowMap(GraphToKernel &state, const Window &window,
                           unsigned first) {
  SmallVector<AffineExpr> loops;
  for (unsigned i = 0; i < window.rank(); ++i)
    loops.push_back(state.builder.getAffineDimExpr(first + i));
  return AffineMap::get(first + window.rank(), 0, loops,
                        state.builder.getContext());
}

/// The number of elements that an average at each position divides by.
static ShapedValue countTaps(GraphToKernel &state, Location loc, ShapedValue x,
                             const Window &window, bool countIncludePad,
                             ArrayRef<AffineExpr> spatial) {
  unsigned rank = window.rank();
  // With the padding counted, the input reaches over it.
  Window counted = window;
  if (countIncludePad)
    for (unsigned axis = 0; axis < rank; ++axis) {
      x.dims[1 + axis] = graph::add(
          x.dims[1 + axis],
          graph::add(window.pads[axis], window.pads[rank + axis]));
      counted.pads[axis] = state.constant(0);
    }
  ShapedValue ones = windowOnes(state, loc, window);
  RegionBuilder region(state.builder, loc, state.sizes);
  TapReader reader{region, counted, x, false};
  SmallVector<AffineExpr> loops = loopsOf(state, window, spatial);
  Value count = region.reduce(
      loops, llvm::to_vector(llvm::seq<int64_t>(rank, 2 * rank)),
      region.input(ones), windowMap(state, window, rank),
      state.builder.getF32FloatAttr(0),
      [&](OpBuilder &b, Location l, ValueRange v) -> Value {
        TapReader::Tap tap = reader.tap(b, l, indicesOf(b, l, 0, 2 * rank));
        Value zero = arith::ConstantOp::create(b, l, b.getF32FloatAttr(0));
        Value one = arith::SelectOp::create(b, l, tap.inside, v[0], zero);
        return arith::AddFOp::create(b, l, v[1], one);
      });
  return region.finish({{count, SmallVector<AffineExpr>(spatial)}}, rank)
      .front();
}

ShapedValue strait::gatherPool(GraphToKernel &state, Location loc,
                               ShapedValue x, const Window &window,
                               bool average, bool countIncludePad,
                               ArrayRef<AffineExpr> dims) {
  unsigned rank = window.rank();
  SmallVector<AffineExpr> loops = loopsOf(state, window, dims);
  unsigned taps = rank + 2;
  ShapedValue ones = windowOnes(state, loc, window);
  RegionBuilder region(state.builder, loc, state.sizes);
  Value source = region.input(x);
  TapReader reader{region, window, x, false};
  TypedAttr start = state.builder.getF32FloatAttr(average ? 0.0f : -INFINITY);
  Value best = region.reduce(
      loops, llvm::to_vector(llvm::seq<int64_t>(taps, loops.size())),
      region.input(ones), windowMap(state, window, taps), start,
      [&](OpBuilder &b, Location l, ValueRange v) -> Value {
        SmallVector<Value> at = indicesOf(b, l, 1, rank);
        llvm::append_range(at, indicesOf(b, l, taps, rank));
        TapReader::Tap tap = reader.tap(b, l, at);
        SmallVector<Value> read = {linalg::IndexOp::create(b, l, 0)};
        llvm::append_range(read, tap.position);
        read.push_back(linalg::IndexOp::create(b, l, rank + 1));
        Value outside = arith::ConstantOp::create(b, l, start);
        Value term = arith::SelectOp::create(
            b, l, tap.inside, tensor::ExtractOp::create(b, l, source, read),
            outside);
        if (average)
          return arith::AddFOp::create(b, l, v[1], term);
        // NaN never wins, as in onnxruntime.
        Value isGreater = arith::CmpFOp::create(
            b, l, arith::CmpFPredicate::OGT, term, v[1]);
        return arith::SelectOp::create(b, l, isGreater, term, v[1]);
      });
  ShapedValue result =
      region.finish({{best, SmallVector<AffineExpr>(dims)}}, rank + 1).front();
  if (!average)
    return result;
  // [spatial dims] beside [N, spatial dims, C].
  ShapedValue count = countTaps(state, loc, x, window, countIncludePad,
                                dims.slice(1, rank));
  SmallVector<AffineExpr> column(count.dims);
  column.push_back(state.constant(1));
  return state.elementwise(
      loc, {result, state.reshape(loc, count, column)}, dims,
      x.elementType(), [](OpBuilder &b, Location l, ValueRange v) {
        return arith::DivFOp::create(b, l, v[0], v[1]);
      });
}
