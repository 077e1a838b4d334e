// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// strait.resize -> a map that computes the source position of each element and
// reads it (nearest) or blends its neighbours (linear, cubic), along the
// resized axes only. Formulas: ONNX Resize since 19.
#include "passes/kernel/GraphToKernel.h"

using namespace mlir;
using namespace strait;

namespace {
/// Emits the arithmetic of one resize, in f32 as ONNX's reference does.
struct ResizeEmitter {
  graph::ResizeOp op;
  OpBuilder &b;
  Location loc;

  Value f(double v) {
    return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(v));
  }
  Value toFloat(Value index) {
    Value i = arith::IndexCastOp::create(b, loc, b.getI64Type(), index);
    return arith::SIToFPOp::create(b, loc, b.getF32Type(), i);
  }
  Value toIndex(Value v) {
    Value i = arith::FPToSIOp::create(b, loc, b.getI64Type(), v);
    return arith::IndexCastOp::create(b, loc, b.getIndexType(), i);
  }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, loc, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, loc, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, loc, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, loc, x, y); }
  Value select(Value c, Value x, Value y) {
    return arith::SelectOp::create(b, loc, c, x, y);
  }

  /// Position in the source of output position `at`; `scale` is output over
  /// input size.
  Value source(Value at, Value scale, Value in, Value out) {
    Value x = toFloat(at);
    switch (op.getCoordinateTransform()) {
    case graph::CoordinateTransform::Asymmetric:
      return div(x, scale);
    case graph::CoordinateTransform::AlignCorners: {
      Value last = sub(toFloat(out), f(1));
      Value single = arith::CmpFOp::create(
          b, loc, arith::CmpFPredicate::OLE, last, f(0));
      Value divisor = select(single, f(1), last);
      Value y = div(mul(x, sub(toFloat(in), f(1))), divisor);
      return select(single, f(0), y);
    }
    case graph::CoordinateTransform::PytorchHalfPixel: {
      Value single = arith::CmpIOp::create(
          b, loc, arith::CmpIPredicate::sle, out, positionConstant(b, loc, 1));
      return select(single, f(0), sub(div(add(x, f(0.5)), scale), f(0.5)));
    }
    case graph::CoordinateTransform::HalfPixel:
      return sub(div(add(x, f(0.5)), scale), f(0.5));
    case graph::CoordinateTransform::HalfPixelSymmetric: {
      Value adjustment = div(toFloat(out), mul(scale, toFloat(in)));
      Value center = mul(toFloat(in), f(0.5));
      Value offset = mul(center, sub(f(1), adjustment));
      return sub(add(offset, div(add(x, f(0.5)), scale)), f(0.5));
    }
    }
    llvm_unreachable("covered switch");
  }

  Value nearest(Value x) {
    // What is a tie in exact arithmetic may lie a few units in the last place
    // beside it in f32. It counts as one within 1e-6, as in onnxruntime.
    Value half = f(0.5 + 1e-6);
    switch (op.getNearestMode()) {
    case graph::NearestMode::Floor:
      return toIndex(math::FloorOp::create(b, loc, x));
    case graph::NearestMode::Ceil:
      return toIndex(math::CeilOp::create(b, loc, x));
    case graph::NearestMode::RoundPreferFloor:
      return toIndex(math::CeilOp::create(b, loc, sub(x, half)));
    case graph::NearestMode::RoundPreferCeil:
      return toIndex(math::FloorOp::create(b, loc, add(x, half)));
    }
    llvm_unreachable("covered switch");
  }

  /// Neighbours along one axis with their weights.
  struct Taps {
    SmallVector<Value> positions, weights;
  };
  Taps taps(Value x, Value in) {
    Taps result;
    if (op.getMode() == graph::ResizeMode::Linear) {
      // Clamping the position first repeats the border.
      Value last = sub(toFloat(in), f(1));
      x = arith::MaximumFOp::create(b, loc, x, f(0));
      x = arith::MinimumFOp::create(b, loc, x, last);
      Value low = math::FloorOp::create(b, loc, x);
      Value t = sub(x, low);
      Value i = toIndex(low);
      result.positions = {
          clampIndex(b, loc, i, in),
          clampIndex(
              b, loc,
              arith::AddIOp::create(b, loc, i, positionConstant(b, loc, 1)), in)};
      result.weights = {sub(f(1), t), t};
      return result;
    }
    // Keys' cubic convolution with coefficient a.
    double a = op.getCubicCoeff().convertToDouble();
    Value low = math::FloorOp::create(b, loc, x);
    Value t = sub(x, low);
    auto inner = [&](Value d) { // |d| <= 1
      Value y = sub(mul(f(a + 2), d), f(a + 3));
      return add(mul(mul(y, d), d), f(1));
    };
    auto outer = [&](Value d) { // 1 < |d| < 2
      Value y = sub(mul(f(a), d), f(5 * a));
      y = add(mul(y, d), f(8 * a));
      return sub(mul(y, d), f(4 * a));
    };
    Value s = sub(f(1), t);
    result.weights = {outer(add(t, f(1))), inner(t), inner(s),
                      outer(add(s, f(1)))};
    Value i = toIndex(low);
    Value total;
    for (int64_t k = 0; k < 4; ++k) {
      Value p = arith::AddIOp::create(b, loc, i, positionConstant(b, loc, k - 1));
      if (op.getExcludeOutside()) {
        result.weights[k] =
            select(inBounds(b, loc, p, in), result.weights[k], f(0));
        total = total ? add(total, result.weights[k]) : result.weights[k];
      }
      result.positions.push_back(clampIndex(b, loc, p, in));
    }
    if (total)
      for (Value &weight : result.weights)
        weight = div(weight, total);
    return result;
  }
};
} // namespace

/// Output over input size along each axis: the given scale, or their ratio.
static FailureOr<SmallVector<std::optional<double>>>
scalesOf(graph::ResizeOp op, int64_t rank) {
  SmallVector<std::optional<double>> result(rank);
  if (!op.getScales())
    return result;
  DenseElementsAttr scales;
  if (!matchPattern(op.getScales(), m_Constant(&scales)))
    return op.emitOpError("scales depend on data; expected constants");
  for (auto [i, value] : llvm::enumerate(scales.getValues<APFloat>()))
    result[op.getAxes().empty() ? i : op.getAxes()[i]] =
        value.convertToDouble();
  return result;
}

FormResult strait::formResizeRegion(Operation *operation,
                                    GraphToKernel &state) {
  auto op = dyn_cast<graph::ResizeOp>(operation);
  if (!op)
    return std::nullopt;
  Location loc = op.getLoc();
  ShapedValue x = state.get(op.getX());
  SmallVector<AffineExpr> dims = state.dimsOf(op.getResult());
  Type element = x.elementType();
  bool isNearest = op.getMode() == graph::ResizeMode::Nearest;
  if (!isNearest && !element.isF32())
    return op.emitOpError("expected f32 to interpolate, found ") << element;
  auto scales = scalesOf(op, x.rank());
  if (failed(scales))
    return failure();
  state.set(
      op.getResult(),
      state.pull(loc, dims, element, [&](RegionBuilder &region, OpBuilder &b,
                                         Indices at) -> Value {
        ResizeEmitter emit{op, b, loc};
        Value source = region.input(x);
        SmallVector<Value> reads(at);
        SmallVector<std::pair<int64_t, ResizeEmitter::Taps>> blended;
        for (int64_t axis = 0; axis < x.rank(); ++axis) {
          if (x.dims[axis] == dims[axis])
            continue;
          Value in = region.extent(x.dims[axis]);
          Value out = region.extent(dims[axis]);
          Value scale = (*scales)[axis]
                            ? emit.f(*(*scales)[axis])
                            : emit.div(emit.toFloat(out), emit.toFloat(in));
          Value position = emit.source(at[axis], scale, in, out);
          if (isNearest)
            reads[axis] = clampIndex(b, loc, emit.nearest(position), in);
          else
            blended.push_back({axis, emit.taps(position, in)});
        }
        // Sum over all combinations of neighbours, innermost axis first.
        auto blend = [&](auto &self, unsigned level) -> Value {
          if (level == blended.size())
            return tensor::ExtractOp::create(b, loc, source, reads);
          auto &[axis, taps] = blended[level];
          Value sum;
          for (auto [position, weight] :
               llvm::zip(taps.positions, taps.weights)) {
            reads[axis] = position;
            Value term = emit.mul(self(self, level + 1), weight);
            sum = sum ? emit.add(sum, term) : term;
          }
          return sum;
        };
        return blend(blend, 0);
      }));
  return success();
}
