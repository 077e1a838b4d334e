// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions, softmax and norms -> cascades: linalg.generics over the same
// rows (README of dialects/kernel). Sums, means and variances of f16 and bf16
// accumulate in f32.
#include "passes/kernel/GraphToKernel.h"

using namespace mlir;
using namespace strait;

namespace {
/// A cascade over the dims of one tensor; values are held with the loops that
/// they still have.
struct Cascade {
  Cascade(GraphToKernel &state, Location loc, ArrayRef<AffineExpr> loops)
      : state(state), loc(loc), loops(loops.begin(), loops.end()),
        region(state.builder, loc, state.sizes) {}

  struct Part {
    Value value;
    SmallVector<int64_t> axes; // loops that index it, ascending
  };

  AffineMap mapOf(const Part &part, ArrayRef<int64_t> within) {
    SmallVector<AffineExpr> results;
    for (int64_t axis : part.axes)
      results.push_back(state.builder.getAffineDimExpr(
          llvm::find(within, axis) - within.begin()));
    return AffineMap::get(within.size(), 0, results,
                          state.builder.getContext());
  }
  SmallVector<AffineExpr> extents(ArrayRef<int64_t> axes) {
    SmallVector<AffineExpr> result;
    for (int64_t axis : axes)
      result.push_back(loops[axis]);
    return result;
  }
  Part input(const ShapedValue &tensor, SmallVector<int64_t> axes) {
    return {region.input(tensor), std::move(axes)};
  }
  /// scalar(parts...) over the loops `axes`.
  Part map(ArrayRef<Part> parts, SmallVector<int64_t> axes, Type element,
           RegionBuilder::ScalarFn scalar) {
    SmallVector<Value> values;
    SmallVector<AffineMap> maps;
    for (const Part &part : parts) {
      values.push_back(part.value);
      maps.push_back(mapOf(part, axes));
    }
    return {region.map(extents(axes), values, maps, element, scalar), axes};
  }
  /// Folds the loops `reduced` of `part`.
  Part reduce(const Part &part, ArrayRef<int64_t> reduced, TypedAttr init,
              RegionBuilder::ScalarFn combine) {
    SmallVector<int64_t> positions, kept;
    for (auto [position, axis] : llvm::enumerate(part.axes)) {
      if (llvm::is_contained(reduced, axis))
        positions.push_back(position);
      else
        kept.push_back(axis);
    }
    Value value =
        region.reduce(extents(part.axes), positions, part.value,
                      state.builder.getMultiDimIdentityMap(part.axes.size()),
                      init, combine);
    return {value, kept};
  }
  Part sum(const Part &part, ArrayRef<int64_t> reduced) {
    Type element =
        cast<RankedTensorType>(part.value.getType()).getElementType();
    return reduce(part, reduced,
                  cast<TypedAttr>(state.builder.getZeroAttr(element)),
                  [](OpBuilder &b, Location l, ValueRange v) -> Value {
                    if (isa<FloatType>(v[0].getType()))
                      return arith::AddFOp::create(b, l, v[0], v[1]);
                    return arith::AddIOp::create(b, l, v[0], v[1]);
                  });
  }
  /// Number of elements over `reduced`, as a value inside the body.
  Value count(ArrayRef<int64_t> reduced, Type element) {
    AffineExpr product =
        productOf(extents(reduced), state.builder.getContext());
    OpBuilder &b = region.body();
    Value n = arith::IndexCastOp::create(b, loc, b.getI64Type(),
                                         region.extent(product));
    if (isa<FloatType>(element))
      return arith::SIToFPOp::create(b, loc, element, n);
    if (element.isInteger(64))
      return n;
    return arith::TruncIOp::create(b, loc, element, n);
  }
  Part mean(const Part &part, ArrayRef<int64_t> reduced) {
    Part total = sum(part, reduced);
    Type element =
        cast<RankedTensorType>(total.value.getType()).getElementType();
    Value n = count(reduced, element);
    return map(total, total.axes, element,
               [&](OpBuilder &b, Location l, ValueRange v) -> Value {
                 if (isa<FloatType>(element))
                   return arith::DivFOp::create(b, l, v[0], n);
                 return arith::DivSIOp::create(b, l, v[0], n);
               });
  }

  GraphToKernel &state;
  Location loc;
  SmallVector<AffineExpr> loops;
  RegionBuilder region;
};
} // namespace

static SmallVector<int64_t> iota(int64_t from, int64_t to) {
  return llvm::to_vector(llvm::seq(from, to));
}

static Type accumulatorOf(Type element) {
  if (element.isF16() || element.isBF16())
    return Float32Type::get(element.getContext());
  return element;
}

static Value convertFloat(OpBuilder &b, Location loc, Value v, Type to) {
  Type from = v.getType();
  if (from == to)
    return v;
  if (from.getIntOrFloatBitWidth() < to.getIntOrFloatBitWidth())
    return arith::ExtFOp::create(b, loc, to, v);
  return arith::TruncFOp::create(b, loc, to, v);
}

/// `part` with elements of type `to`.
static Cascade::Part converted(Cascade &cascade, Cascade::Part part, Type to) {
  if (cast<RankedTensorType>(part.value.getType()).getElementType() == to)
    return part;
  return cascade.map(part, part.axes, to,
                     [&](OpBuilder &b, Location l, ValueRange v) {
                       return convertFloat(b, l, v[0], to);
                     });
}

static TypedAttr extreme(OpBuilder &b, Type element, bool lowest,
                         bool isUnsigned) {
  if (auto type = dyn_cast<FloatType>(element))
    return b.getFloatAttr(
        type, APFloat::getInf(type.getFloatSemantics(), lowest));
  unsigned width = element.getIntOrFloatBitWidth();
  if (isUnsigned || width == 1)
    return b.getIntegerAttr(element, lowest ? APInt::getMinValue(width)
                                            : APInt::getMaxValue(width));
  return b.getIntegerAttr(element, lowest ? APInt::getSignedMinValue(width)
                                          : APInt::getSignedMaxValue(width));
}

static LogicalResult formReduce(graph::ReduceOp op, GraphToKernel &state) {
  ShapedValue x = state.get(op.getX());
  SmallVector<int64_t> axes(op.getAxes());
  llvm::sort(axes);
  Cascade cascade(state, op.getLoc(), x.dims);
  Type element = x.elementType(), accumulator = accumulatorOf(element);
  bool isUnsigned = cast<RankedTensorType>(op.getX().getType())
                        .getElementType()
                        .isUnsignedInteger();
  auto part = cascade.input(x, iota(0, x.rank()));
  part = converted(cascade, part, accumulator);
  bool isFloat = isa<FloatType>(element);
  Cascade::Part result;
  switch (op.getKind()) {
  case graph::ReduceKind::Sum:
    result = cascade.sum(part, axes);
    break;
  case graph::ReduceKind::Mean:
    result = cascade.mean(part, axes);
    break;
  case graph::ReduceKind::Prod:
    result = cascade.reduce(
        part, axes,
        isFloat ? TypedAttr(state.builder.getFloatAttr(accumulator, 1.0))
                : TypedAttr(state.builder.getIntegerAttr(accumulator, 1)),
        [&](OpBuilder &b, Location l, ValueRange v) -> Value {
          if (isFloat)
            return arith::MulFOp::create(b, l, v[0], v[1]);
          return arith::MulIOp::create(b, l, v[0], v[1]);
        });
    break;
  case graph::ReduceKind::Max:
  case graph::ReduceKind::Min: {
    bool isMax = op.getKind() == graph::ReduceKind::Max;
    result = cascade.reduce(
        part, axes, extreme(state.builder, accumulator, isMax, isUnsigned),
        [&](OpBuilder &b, Location l, ValueRange v) -> Value {
          if (isFloat)
            return isMax ? arith::MaximumFOp::create(b, l, v[0], v[1])
                               .getResult()
                         : arith::MinimumFOp::create(b, l, v[0], v[1])
                               .getResult();
          if (isUnsigned || element.isInteger(1))
            return isMax
                       ? arith::MaxUIOp::create(b, l, v[0], v[1]).getResult()
                       : arith::MinUIOp::create(b, l, v[0], v[1]).getResult();
          return isMax ? arith::MaxSIOp::create(b, l, v[0], v[1]).getResult()
                       : arith::MinSIOp::create(b, l, v[0], v[1]).getResult();
        });
    break;
  }
  }
  result = converted(cascade, result, element);
  // Rows end where the first reduced dim begins: those loops stay parallel.
  int64_t rows = axes.empty() ? x.rank() : axes.front();
  ShapedValue reduced =
      cascade.region
          .finish({{result.value, cascade.extents(result.axes)}}, rows)
          .front();
  state.set(op.getResult(),
            state.reshape(op.getLoc(), reduced, state.dimsOf(op.getResult())));
  return success();
}

/// The extreme, then the least (or greatest) position that holds it. NaN holds
/// any extreme: maximumf and minimumf yield NaN where there is one.
static LogicalResult formArgReduce(graph::ArgReduceOp op,
                                   GraphToKernel &state) {
  ShapedValue x = state.get(op.getX());
  int64_t axis = op.getAxis();
  bool isMax = op.getKind() == graph::ArgKind::Max;
  bool last = op.getSelectLast();
  Type element = x.elementType();
  bool isFloat = isa<FloatType>(element);
  bool isUnsigned = cast<RankedTensorType>(op.getX().getType())
                        .getElementType()
                        .isUnsignedInteger();
  Cascade cascade(state, op.getLoc(), x.dims);
  SmallVector<int64_t> all = iota(0, x.rank());
  auto part = cascade.input(x, all);
  auto best = cascade.reduce(
      part, axis, extreme(state.builder, element, isMax, isUnsigned),
      [&](OpBuilder &b, Location l, ValueRange v) -> Value {
        if (isFloat && isMax)
          return arith::MaximumFOp::create(b, l, v[0], v[1]);
        if (isFloat)
          return arith::MinimumFOp::create(b, l, v[0], v[1]);
        auto order = isUnsigned ? (isMax ? arith::CmpIPredicate::ugt
                                         : arith::CmpIPredicate::ult)
                                : (isMax ? arith::CmpIPredicate::sgt
                                         : arith::CmpIPredicate::slt);
        Value better = arith::CmpIOp::create(b, l, order, v[0], v[1]);
        return arith::SelectOp::create(b, l, better, v[0], v[1]);
      });
  Type i64 = state.builder.getI64Type();
  int64_t none = last ? -1 : std::numeric_limits<int64_t>::max();
  auto held = cascade.map(
      {part, best}, all, i64,
      [&](OpBuilder &b, Location l, ValueRange v) -> Value {
        Value here;
        if (isFloat) {
          Value equal = arith::CmpFOp::create(
              b, l, arith::CmpFPredicate::OEQ, v[0], v[1]);
          Value nan = arith::CmpFOp::create(b, l, arith::CmpFPredicate::UNO,
                                            v[0], v[0]);
          here = arith::OrIOp::create(b, l, equal, nan);
        } else {
          here = arith::CmpIOp::create(b, l, arith::CmpIPredicate::eq, v[0],
                                       v[1]);
        }
        Value position = arith::IndexCastOp::create(
            b, l, i64, linalg::IndexOp::create(b, l, axis));
        Value nowhere = arith::ConstantOp::create(
            b, l, b.getI64IntegerAttr(none));
        return arith::SelectOp::create(b, l, here, position, nowhere);
      });
  auto found = cascade.reduce(
      held, axis, state.builder.getI64IntegerAttr(none),
      [&](OpBuilder &b, Location l, ValueRange v) -> Value {
        if (last)
          return arith::MaxSIOp::create(b, l, v[0], v[1]);
        return arith::MinSIOp::create(b, l, v[0], v[1]);
      });
  ShapedValue result =
      cascade.region.finish({{found.value, cascade.extents(found.axes)}}, axis)
          .front();
  state.set(op.getResult(),
            state.reshape(op.getLoc(), result, state.dimsOf(op.getResult())));
  return success();
}

/// result[i] = sum of x[j] over j <= i (or <, or from the end): one pass over
/// the axis per element, for the short axes that models sum along.
static LogicalResult formCumSum(graph::CumSumOp op, GraphToKernel &state) {
  ShapedValue x = state.get(op.getX());
  int64_t axis = op.getAxis(), rank = x.rank();
  Type element = x.elementType();
  MLIRContext *context = op.getContext();
  SmallVector<AffineExpr> loops(x.dims), reads;
  loops.push_back(x.dims[axis]);
  for (int64_t i = 0; i < rank; ++i)
    reads.push_back(getAffineDimExpr(i == axis ? rank : i, context));
  RegionBuilder region(state.builder, op.getLoc(), state.sizes);
  Value sum = region.reduce(
      loops, rank, region.input(x),
      AffineMap::get(rank + 1, 0, reads, context),
      cast<TypedAttr>(state.builder.getZeroAttr(element)),
      [&](OpBuilder &b, Location l, ValueRange v) -> Value {
        auto order = op.getReverse()
                         ? (op.getExclusive() ? arith::CmpIPredicate::sgt
                                              : arith::CmpIPredicate::sge)
                         : (op.getExclusive() ? arith::CmpIPredicate::slt
                                              : arith::CmpIPredicate::sle);
        Value counts = arith::CmpIOp::create(
            b, l, order, linalg::IndexOp::create(b, l, rank),
            linalg::IndexOp::create(b, l, axis));
        Value zero = arith::ConstantOp::create(b, l, b.getZeroAttr(element));
        Value term = arith::SelectOp::create(b, l, counts, v[0], zero);
        if (isa<FloatType>(element))
          return arith::AddFOp::create(b, l, v[1], term);
        return arith::AddIOp::create(b, l, v[1], term);
      });
  state.set(op.getResult(), region.finish({{sum, x.dims}}, axis).front());
  return success();
}

/// e^x for a sum that holds a 1: tiny terms do not count.
static Value looseExp(OpBuilder &b, Location loc, Value x) {
  return math::ExpOp::create(b, loc, x, arith::FastMathFlags::afn);
}

/// max, exp(x - max), sum, quotient; or x - max - log(sum) for `isLog`.
static LogicalResult formSoftmax(Operation *op, Value source, int64_t axis,
                                 bool isLog, GraphToKernel &state) {
  ShapedValue x = state.get(source);
  Cascade cascade(state, op->getLoc(), x.dims);
  Type element = x.elementType(), f = accumulatorOf(element);
  SmallVector<int64_t> all = iota(0, x.rank());
  auto part = converted(cascade, cascade.input(x, all), f);
  auto max = cascade.reduce(part, axis, extreme(state.builder, f, true, false),
                            [](OpBuilder &b, Location l, ValueRange v) {
                              return arith::MaximumFOp::create(b, l, v[0],
                                                               v[1]);
                            });
  Cascade::Part result;
  if (isLog) {
    auto shifted = cascade.map({part, max}, all, f,
                               [](OpBuilder &b, Location l, ValueRange v) {
                                 return arith::SubFOp::create(b, l, v[0], v[1]);
                               });
    auto power = cascade.map(shifted, all, f,
                             [](OpBuilder &b, Location l, ValueRange v) {
                               return looseExp(b, l, v[0]);
                             });
    auto total = cascade.sum(power, axis);
    auto log = cascade.map(total, total.axes, f,
                           [](OpBuilder &b, Location l, ValueRange v) {
                             return math::LogOp::create(b, l, v[0]);
                           });
    result = cascade.map({shifted, log}, all, f,
                         [](OpBuilder &b, Location l, ValueRange v) {
                           return arith::SubFOp::create(b, l, v[0], v[1]);
                         });
  } else {
    auto power = cascade.map({part, max}, all, f,
                             [](OpBuilder &b, Location l, ValueRange v) {
                               return looseExp(
                                   b, l,
                                   arith::SubFOp::create(b, l, v[0], v[1]));
                             });
    auto total = cascade.sum(power, axis);
    auto inverse = cascade.map(
        total, total.axes, f, [&](OpBuilder &b, Location l, ValueRange v) {
          Value one = arith::ConstantOp::create(b, l, b.getFloatAttr(f, 1.0));
          return arith::DivFOp::create(b, l, one, v[0]);
        });
    result = cascade.map({power, inverse}, all, f,
                         [](OpBuilder &b, Location l, ValueRange v) {
                           return arith::MulFOp::create(b, l, v[0], v[1]);
                         });
  }
  result = converted(cascade, result, element);
  state.set(op->getResult(0),
            cascade.region.finish({{result.value, x.dims}}, axis).front());
  return success();
}

/// (x - mean) / sqrt(variance + epsilon) over the dims `axes`, which follow each
/// other, times `scale` plus `bias` (each with its axes); without `center`
/// the mean of squares takes the variance's place.
static ShapedValue normalize(GraphToKernel &state, Location loc, ShapedValue x,
                             SmallVector<int64_t> axes, float epsilon,
                             bool center, ShapedValue scale,
                             SmallVector<int64_t> scaleAxes, ShapedValue bias,
                             SmallVector<int64_t> biasAxes) {
  Cascade cascade(state, loc, x.dims);
  Type element = x.elementType(), f = accumulatorOf(element);
  SmallVector<int64_t> all = iota(0, x.rank());
  auto part = converted(cascade, cascade.input(x, all), f);
  auto centered = part;
  if (center) {
    auto mean = cascade.mean(part, axes);
    centered = cascade.map({part, mean}, all, f,
                           [](OpBuilder &b, Location l, ValueRange v) {
                             return arith::SubFOp::create(b, l, v[0], v[1]);
                           });
  }
  auto squares = cascade.map(centered, all, f,
                             [](OpBuilder &b, Location l, ValueRange v) {
                               return arith::MulFOp::create(b, l, v[0], v[0]);
                             });
  auto variance = cascade.mean(squares, axes);
  auto inverse = cascade.map(
      variance, variance.axes, f,
      [&](OpBuilder &b, Location l, ValueRange v) {
        Value eps =
            arith::ConstantOp::create(b, l, b.getFloatAttr(f, epsilon));
        Value one = arith::ConstantOp::create(b, l, b.getFloatAttr(f, 1.0));
        Value root = math::SqrtOp::create(
            b, l, arith::AddFOp::create(b, l, v[0], eps));
        return arith::DivFOp::create(b, l, one, root);
      });
  SmallVector<Cascade::Part> parts = {centered, inverse,
                                      cascade.input(scale, scaleAxes)};
  if (bias)
    parts.push_back(cascade.input(bias, biasAxes));
  auto result = cascade.map(
      parts, all, element, [&](OpBuilder &b, Location l, ValueRange v) {
        Value y = arith::MulFOp::create(b, l, v[0], v[1]);
        y = arith::MulFOp::create(b, l, y, convertFloat(b, l, v[2], f));
        if (bias)
          y = arith::AddFOp::create(b, l, y, convertFloat(b, l, v[3], f));
        return convertFloat(b, l, y, element);
      });
  return cascade.region.finish({{result.value, x.dims}}, axes.front()).front();
}

/// The operand of a norm; its parameters may know sizes that its type does not.
static ShapedValue normalized(GraphToKernel &state, Operation *op,
                              Value source) {
  return state.reshape(op->getLoc(), state.get(source),
                       state.dimsOf(op->getResult(0)));
}

/// Scale and bias of a layer norm have the normalized dims, some of them 1.
static ShapedValue trailing(GraphToKernel &state, Location loc,
                            ShapedValue parameter, int64_t rank,
                            SmallVector<int64_t> &axes) {
  SmallVector<AffineExpr> dims;
  for (auto [i, dim] : llvm::enumerate(parameter.dims)) {
    if (isOne(dim))
      continue;
    dims.push_back(dim);
    axes.push_back(rank - parameter.rank() + i);
  }
  return state.reshape(loc, parameter, dims);
}

static LogicalResult formLayerNorm(Operation *op, Value source, Value scale,
                                   Value bias, int64_t axis, float epsilon,
                                   bool center, GraphToKernel &state) {
  ShapedValue x = normalized(state, op, source);
  SmallVector<int64_t> scaleAxes, biasAxes;
  ShapedValue s = trailing(state, op->getLoc(), state.get(scale), x.rank(),
                           scaleAxes);
  ShapedValue b;
  if (bias)
    b = trailing(state, op->getLoc(), state.get(bias), x.rank(), biasAxes);
  state.set(op->getResult(0),
            normalize(state, op->getLoc(), x, iota(axis, x.rank()), epsilon,
                      center, s, scaleAxes, b, biasAxes));
  return success();
}

static LogicalResult formInstanceNorm(graph::InstanceNormOp op,
                                      GraphToKernel &state) {
  ShapedValue x = normalized(state, op, op.getX());
  bool isLast = op.getLayout() == graph::Layout::ChannelsLast;
  int64_t channel = isLast ? x.rank() - 1 : 1, first = isLast ? 1 : 2;
  state.set(op.getResult(),
            normalize(state, op.getLoc(), x,
                      iota(first, first + x.rank() - 2),
                      op.getEpsilon().convertToFloat(), true,
                      state.get(op.getScale()), {channel},
                      state.get(op.getBias()), {channel}));
  return success();
}

static LogicalResult formGroupNorm(Operation *op, Value source, Value scale,
                                   Value bias, int64_t groups, float epsilon,
                                   GraphToKernel &state) {
  ShapedValue x = normalized(state, op, source);
  Location loc = op->getLoc();
  auto channels = constantExtent(x.dims[1]);
  if (!channels)
    return op->emitOpError("expected a constant number of channels");
  AffineExpr g = state.constant(groups), c = state.constant(*channels / groups);
  SmallVector<AffineExpr> split = {x.dims[0], g, c};
  llvm::append_range(split, ArrayRef(x.dims).drop_front(2));
  ShapedValue y = normalize(
      state, loc, state.reshape(loc, x, split), iota(2, x.rank() + 1), epsilon,
      true, state.reshape(loc, state.get(scale), {g, c}), {1, 2},
      state.reshape(loc, state.get(bias), {g, c}), {1, 2});
  state.set(op->getResult(0), state.reshape(loc, y, x.dims));
  return success();
}

/// scale * (x - mean) / sqrt(variance + epsilon) + bias per channel.
static LogicalResult formBatchNorm(graph::BatchNormOp op,
                                   GraphToKernel &state) {
  ShapedValue x = normalized(state, op, op.getX());
  SmallVector<AffineExpr> channel(x.rank() - 1, state.constant(1));
  channel[0] = x.dims[1];
  SmallVector<ShapedValue> operands = {x};
  for (Value parameter :
       {op.getScale(), op.getBias(), op.getMean(), op.getVariance()})
    operands.push_back(
        state.reshape(op.getLoc(), state.get(parameter), channel));
  Type f = x.elementType();
  state.set(op.getResult(),
            state.elementwise(
                op.getLoc(), operands, x.dims, f,
                [&](OpBuilder &b, Location l, ValueRange v) {
                  Value eps = arith::ConstantOp::create(
                      b, l,
                      b.getFloatAttr(f, op.getEpsilon().convertToDouble()));
                  Value root = math::SqrtOp::create(
                      b, l, arith::AddFOp::create(b, l, v[4], eps));
                  Value y = arith::SubFOp::create(b, l, v[0], v[3]);
                  y = arith::DivFOp::create(b, l, y, root);
                  y = arith::MulFOp::create(b, l, y, v[1]);
                  return arith::AddFOp::create(b, l, y, v[2]);
                }));
  return success();
}

FormResult strait::formReductionRegion(Operation *op, GraphToKernel &state) {
  return TypeSwitch<Operation *, FormResult>(op)
      .Case([&](graph::ReduceOp reduce) { return formReduce(reduce, state); })
      .Case([&](graph::ArgReduceOp reduce) {
        return formArgReduce(reduce, state);
      })
      .Case([&](graph::CumSumOp sum) { return formCumSum(sum, state); })
      .Case([&](graph::SoftmaxOp softmax) {
        return formSoftmax(op, softmax.getX(), softmax.getAxis(), false,
                           state);
      })
      .Case([&](graph::LogSoftmaxOp softmax) {
        return formSoftmax(op, softmax.getX(), softmax.getAxis(), true, state);
      })
      .Case([&](graph::LayerNormOp norm) {
        return formLayerNorm(op, norm.getX(), norm.getScale(), norm.getBias(),
                             norm.getAxis(),
                             norm.getEpsilon().convertToFloat(), true, state);
      })
      .Case([&](graph::RmsNormOp norm) {
        return formLayerNorm(op, norm.getX(), norm.getScale(), Value(),
                             norm.getAxis(),
                             norm.getEpsilon().convertToFloat(), false, state);
      })
      .Case([&](graph::InstanceNormOp norm) {
        return formInstanceNorm(norm, state);
      })
      .Case([&](graph::GroupNormOp norm) {
        return formGroupNorm(op, norm.getX(), norm.getScale(), norm.getBias(),
                             norm.getGroups(),
                             norm.getEpsilon().convertToFloat(), state);
      })
      .Case(
          [&](graph::BatchNormOp norm) { return formBatchNorm(norm, state); })
      .Default([](Operation *) { return std::nullopt; });
}
