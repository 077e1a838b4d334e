// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One element of every elementwise op, in arith and math ops. The same code
// serves vectors: every constant is splatted to the type at hand.
#include "dialects/graph/GraphOps.h"

using namespace mlir;
using namespace strait::graph;

namespace {
/// Builds ops of one type, scalar or vector.
struct Emitter {
  OpBuilder &b;
  Location loc;
  Type type;

  template <typename OpT> Value make(ValueRange operands) {
    return OpT::create(b, loc, operands).getResult();
  }
  bool isFloat() const { return isa<FloatType>(getElementTypeOrSelf(type)); }

  Value constant(double value) {
    Type element = getElementTypeOrSelf(type);
    TypedAttr attribute =
        isFloat() ? TypedAttr(b.getFloatAttr(element, value))
                  : TypedAttr(b.getIntegerAttr(element, int64_t(value)));
    if (auto vector = dyn_cast<VectorType>(type))
      attribute = DenseElementsAttr::get(vector, Attribute(attribute));
    return arith::ConstantOp::create(b, loc, attribute);
  }
  Value constant(const APFloat &value) {
    return constant(value.convertToFloat());
  }
  Value add(Value x, Value y) { return make<arith::AddFOp>({x, y}); }
  Value sub(Value x, Value y) { return make<arith::SubFOp>({x, y}); }
  Value mul(Value x, Value y) { return make<arith::MulFOp>({x, y}); }
  Value div(Value x, Value y) { return make<arith::DivFOp>({x, y}); }
  Value max(Value x, Value y) { return make<arith::MaximumFOp>({x, y}); }
  Value min(Value x, Value y) { return make<arith::MinimumFOp>({x, y}); }
  Value neg(Value x) { return make<arith::NegFOp>({x}); }
  Value select(Value cond, Value x, Value y) {
    return arith::SelectOp::create(b, loc, cond, x, y);
  }
  Value compare(arith::CmpFPredicate predicate, Value x, Value y) {
    return arith::CmpFOp::create(b, loc, predicate, x, y);
  }
  Value compare(arith::CmpIPredicate predicate, Value x, Value y) {
    return arith::CmpIOp::create(b, loc, predicate, x, y);
  }
  /// 1 + e^-x: beside the 1, tiny powers do not count.
  Value onePlusExpNeg(Value x) {
    return add(constant(1), math::ExpOp::create(b, loc, neg(x),
                                                arith::FastMathFlags::afn));
  }
  /// ln(1 + e^x) that neither overflows nor loses small results.
  Value softplus(Value x) {
    Value small = make<math::ExpOp>({neg(make<math::AbsFOp>({x}))});
    return add(max(x, constant(0)), make<math::Log1pOp>({small}));
  }
  Value clamp01(Value x) { return min(max(x, constant(0)), constant(1)); }
};
} // namespace

static bool isUnsigned(Value tensor) {
  Type element = getElementTypeOrSelf(tensor);
  return element.isUnsignedInteger() || element.isInteger(1);
}

/// `shape` (scalar or vector) with other elements.
static Type like(Type shape, Type element) {
  if (auto vector = dyn_cast<VectorType>(shape))
    return VectorType::get(vector.getShape(), element);
  return element;
}

//===----------------------------------------------------------------------===//
// One operand
//===----------------------------------------------------------------------===//

/// SCALAR(Op, formula): `e` emits, `x` is the operand.
#define SCALAR(OP, FORMULA)                                                    \
  Value OP::buildScalar(OpBuilder &builder, Location loc,                      \
                        ValueRange operands) {                                 \
    Value x = operands[0];                                                     \
    Emitter e{builder, loc, x.getType()};                                      \
    return FORMULA;                                                            \
  }

SCALAR(ExpOp, e.make<math::ExpOp>({x}))
SCALAR(LogOp, e.make<math::LogOp>({x}))
SCALAR(SqrtOp, e.make<math::SqrtOp>({x}))
SCALAR(RsqrtOp, e.div(e.constant(1), e.make<math::SqrtOp>({x})))
SCALAR(ReciprocalOp, e.div(e.constant(1), x))
SCALAR(SinOp, e.make<math::SinOp>({x}))
SCALAR(CosOp, e.make<math::CosOp>({x}))
SCALAR(TanOp, e.make<math::TanOp>({x}))
SCALAR(AsinOp, e.make<math::AsinOp>({x}))
SCALAR(AcosOp, e.make<math::AcosOp>({x}))
SCALAR(AtanOp, e.make<math::AtanOp>({x}))
SCALAR(SinhOp, e.make<math::SinhOp>({x}))
SCALAR(CoshOp, e.make<math::CoshOp>({x}))
SCALAR(TanhOp, e.make<math::TanhOp>({x}))
SCALAR(AsinhOp, e.make<math::AsinhOp>({x}))
SCALAR(AcoshOp, e.make<math::AcoshOp>({x}))
SCALAR(AtanhOp, e.make<math::AtanhOp>({x}))
SCALAR(ErfOp, e.make<math::ErfOp>({x}))
SCALAR(SigmoidOp, e.div(e.constant(1), e.onePlusExpNeg(x)))
SCALAR(SiluOp, e.div(x, e.onePlusExpNeg(x)))
SCALAR(SoftplusOp, e.softplus(x))
SCALAR(SoftsignOp,
       e.div(x, e.add(e.constant(1), e.make<math::AbsFOp>({x}))))
SCALAR(HardSwishOp,
       e.mul(x, e.clamp01(e.add(e.mul(x, e.constant(1.0 / 6)),
                                e.constant(0.5)))))
SCALAR(MishOp, e.mul(x, e.make<math::TanhOp>({e.softplus(x)})))
SCALAR(CeilOp, e.make<math::CeilOp>({x}))
SCALAR(FloorOp, e.make<math::FloorOp>({x}))
SCALAR(RoundOp, e.make<math::RoundEvenOp>({x}))
SCALAR(LeakyReluOp, e.select(e.compare(arith::CmpFPredicate::OGE, x,
                                       e.constant(0)),
                             x, e.mul(x, e.constant(getAlpha()))))
SCALAR(EluOp,
       e.select(e.compare(arith::CmpFPredicate::OGE, x, e.constant(0)), x,
                e.mul(e.constant(getAlpha()), e.make<math::ExpM1Op>({x}))))
SCALAR(CeluOp,
       e.add(e.max(x, e.constant(0)),
             e.min(e.constant(0),
                   e.mul(e.constant(getAlpha()),
                         e.make<math::ExpM1Op>(
                             {e.div(x, e.constant(getAlpha()))})))))
SCALAR(SeluOp,
       e.mul(e.constant(getGamma()),
             e.select(e.compare(arith::CmpFPredicate::OGT, x, e.constant(0)),
                      x,
                      e.mul(e.constant(getAlpha()),
                            e.make<math::ExpM1Op>({x})))))
SCALAR(ThresholdedReluOp,
       e.select(e.compare(arith::CmpFPredicate::OGT, x,
                          e.constant(getAlpha())),
                x, e.constant(0)))
SCALAR(HardSigmoidOp,
       e.clamp01(e.add(e.mul(x, e.constant(getAlpha())),
                       e.constant(getBeta()))))
SCALAR(NotOp, e.make<arith::XOrIOp>({x, e.constant(1)}))
SCALAR(BitNotOp, e.make<arith::XOrIOp>({x, e.constant(-1)}))
SCALAR(IsNanOp, e.compare(arith::CmpFPredicate::UNO, x, x))

Value AbsOp::buildScalar(OpBuilder &builder, Location loc,
                         ValueRange operands) {
  Emitter e{builder, loc, operands[0].getType()};
  if (e.isFloat())
    return e.make<math::AbsFOp>(operands);
  return isUnsigned(getX()) ? operands[0] : e.make<math::AbsIOp>(operands);
}

Value NegOp::buildScalar(OpBuilder &builder, Location loc,
                         ValueRange operands) {
  Emitter e{builder, loc, operands[0].getType()};
  if (e.isFloat())
    return e.neg(operands[0]);
  return e.make<arith::SubIOp>({e.constant(0), operands[0]});
}

Value SignOp::buildScalar(OpBuilder &builder, Location loc,
                          ValueRange operands) {
  Value x = operands[0];
  Emitter e{builder, loc, x.getType()};
  Value zero = e.constant(0), one = e.constant(1);
  if (e.isFloat())
    return e.select(
        e.compare(arith::CmpFPredicate::OGT, x, zero), one,
        e.select(e.compare(arith::CmpFPredicate::OLT, x, zero), e.constant(-1),
                 x));
  if (isUnsigned(getX()))
    return e.select(e.compare(arith::CmpIPredicate::ne, x, zero), one, zero);
  return e.select(
      e.compare(arith::CmpIPredicate::sgt, x, zero), one,
      e.select(e.compare(arith::CmpIPredicate::slt, x, zero), e.constant(-1),
               zero));
}

Value ReluOp::buildScalar(OpBuilder &builder, Location loc,
                          ValueRange operands) {
  Emitter e{builder, loc, operands[0].getType()};
  if (e.isFloat())
    return e.max(operands[0], e.constant(0));
  if (isUnsigned(getX()))
    return operands[0];
  return e.make<arith::MaxSIOp>({operands[0], e.constant(0)});
}

Value GeluOp::buildScalar(OpBuilder &builder, Location loc,
                          ValueRange operands) {
  Value x = operands[0];
  Emitter e{builder, loc, x.getType()};
  Value half = e.mul(x, e.constant(0.5));
  if (!getTanh()) {
    Value erf =
        e.make<math::ErfOp>({e.mul(x, e.constant(0.70710678118654752440))});
    return e.mul(half, e.add(e.constant(1), erf));
  }
  // x (1 + 0.044715 x^2) sqrt(2/pi)
  Value square = e.mul(x, x);
  Value inner =
      e.mul(e.mul(x, e.constant(0.79788456080286535588)),
            e.add(e.constant(1), e.mul(square, e.constant(0.044715))));
  return e.mul(half, e.add(e.constant(1), e.make<math::TanhOp>({inner})));
}

Value IsInfOp::buildScalar(OpBuilder &builder, Location loc,
                           ValueRange operands) {
  Value x = operands[0];
  Emitter e{builder, loc, x.getType()};
  double infinity = std::numeric_limits<double>::infinity();
  Value up = e.compare(arith::CmpFPredicate::OEQ, x, e.constant(infinity));
  Value down = e.compare(arith::CmpFPredicate::OEQ, x, e.constant(-infinity));
  if (getPositive() && getNegative())
    return e.make<arith::OrIOp>({up, down});
  if (getPositive())
    return up;
  if (getNegative())
    return down;
  Emitter booleans{builder, loc, up.getType()};
  return booleans.constant(0);
}

Value CastOp::buildScalar(OpBuilder &builder, Location loc,
                          ValueRange operands) {
  Value x = operands[0];
  Type from = getElementTypeOrSelf(getX());
  Type to = getElementTypeOrSelf(getResult());
  if (from == to)
    return x;
  Type toValue = to.isUnsignedInteger()
                     ? IntegerType::get(getContext(), to.getIntOrFloatBitWidth())
                     : to;
  Type type = like(x.getType(), toValue);
  Emitter e{builder, loc, x.getType()};
  unsigned fromWidth = from.getIntOrFloatBitWidth();
  unsigned toWidth = to.getIntOrFloatBitWidth();
  auto convert = [&](auto tag, Value value, Type target) -> Value {
    return decltype(tag)::create(builder, loc, target, value);
  };
  if (isa<FloatType>(from)) {
    if (to.isInteger(1))
      return e.compare(arith::CmpFPredicate::UNE, x, e.constant(0));
    if (isa<FloatType>(to)) {
      if (toWidth > fromWidth)
        return convert(arith::ExtFOp(), x, type);
      if (toWidth < fromWidth)
        return convert(arith::TruncFOp(), x, type);
      // f16 and bf16 meet in f32.
      Value wide = convert(arith::ExtFOp(), x,
                           like(x.getType(), builder.getF32Type()));
      return convert(arith::TruncFOp(), wide, type);
    }
    if (to.isUnsignedInteger())
      return convert(arith::FPToUIOp(), x, type);
    return convert(arith::FPToSIOp(), x, type);
  }
  if (to.isInteger(1))
    return e.compare(arith::CmpIPredicate::ne, x, e.constant(0));
  if (isa<FloatType>(to)) {
    if (isUnsigned(getX()))
      return convert(arith::UIToFPOp(), x, type);
    return convert(arith::SIToFPOp(), x, type);
  }
  if (toWidth < fromWidth)
    return convert(arith::TruncIOp(), x, type);
  if (toWidth == fromWidth)
    return x;
  if (isUnsigned(getX()))
    return convert(arith::ExtUIOp(), x, type);
  return convert(arith::ExtSIOp(), x, type);
}

//===----------------------------------------------------------------------===//
// Two operands and more
//===----------------------------------------------------------------------===//

/// BINARY(Op, float op, signed op, unsigned op)
#define BINARY(OP, FLOAT, SIGNED, UNSIGNED)                                    \
  Value OP::buildScalar(OpBuilder &builder, Location loc,                      \
                        ValueRange operands) {                                 \
    Emitter e{builder, loc, operands[0].getType()};                            \
    if (e.isFloat())                                                           \
      return e.make<FLOAT>(operands);                                          \
    return isUnsigned(getA()) ? e.make<UNSIGNED>(operands)                     \
                              : e.make<SIGNED>(operands);                      \
  }
BINARY(AddOp, arith::AddFOp, arith::AddIOp, arith::AddIOp)
BINARY(SubOp, arith::SubFOp, arith::SubIOp, arith::SubIOp)
BINARY(MulOp, arith::MulFOp, arith::MulIOp, arith::MulIOp)
BINARY(MinOp, arith::MinimumFOp, arith::MinSIOp, arith::MinUIOp)
BINARY(MaxOp, arith::MaximumFOp, arith::MaxSIOp, arith::MaxUIOp)

#define BITS(OP, ARITH)                                                        \
  Value OP::buildScalar(OpBuilder &builder, Location loc,                      \
                        ValueRange operands) {                                 \
    return Emitter{builder, loc, operands[0].getType()}.make<ARITH>(operands); \
  }
BITS(AndOp, arith::AndIOp)
BITS(OrOp, arith::OrIOp)
BITS(XorOp, arith::XOrIOp)
BITS(BitAndOp, arith::AndIOp)
BITS(BitOrOp, arith::OrIOp)
BITS(BitXorOp, arith::XOrIOp)

/// A divisor that the processor does not trap on: zero gives an unspecified
/// result in ONNX, and x / -1 overflows for the least x.
static Value safeDivisor(Emitter &e, Value divisor, bool isSigned) {
  Value bad = e.compare(arith::CmpIPredicate::eq, divisor, e.constant(0));
  if (isSigned)
    bad = e.make<arith::OrIOp>(
        {bad, e.compare(arith::CmpIPredicate::eq, divisor, e.constant(-1))});
  return e.select(bad, e.constant(1), divisor);
}

Value DivOp::buildScalar(OpBuilder &builder, Location loc,
                         ValueRange operands) {
  Value a = operands[0], b = operands[1];
  Emitter e{builder, loc, a.getType()};
  if (e.isFloat())
    return e.div(a, b);
  if (isUnsigned(getA()))
    return e.make<arith::DivUIOp>({a, safeDivisor(e, b, false)});
  Value quotient = e.make<arith::DivSIOp>({a, safeDivisor(e, b, true)});
  Value negated = e.make<arith::SubIOp>({e.constant(0), a});
  return e.select(e.compare(arith::CmpIPredicate::eq, b, e.constant(-1)),
                  negated, quotient);
}

Value ModOp::buildScalar(OpBuilder &builder, Location loc,
                         ValueRange operands) {
  Value a = operands[0], b = operands[1];
  Emitter e{builder, loc, a.getType()};
  if (e.isFloat())
    return e.make<arith::RemFOp>({a, b});
  if (isUnsigned(getA()))
    return e.make<arith::RemUIOp>({a, safeDivisor(e, b, false)});
  // A divisor of -1 was replaced by 1: the remainder is 0 for both.
  Value rest = e.make<arith::RemSIOp>({a, safeDivisor(e, b, true)});
  if (getFmod())
    return rest;
  Value zero = e.constant(0);
  Value nonZero = e.compare(arith::CmpIPredicate::ne, rest, zero);
  Value signs = e.make<arith::XOrIOp>({rest, b});
  Value differ = e.compare(arith::CmpIPredicate::slt, signs, zero);
  return e.select(e.make<arith::AndIOp>({nonZero, differ}),
                  e.make<arith::AddIOp>({rest, b}), rest);
}

Value PowOp::buildScalar(OpBuilder &builder, Location loc,
                         ValueRange operands) {
  Value a = operands[0], b = operands[1];
  Emitter e{builder, loc, a.getType()};
  Type base = getElementTypeOrSelf(getA());
  Type exponent = getElementTypeOrSelf(getB());
  auto convert = [&](auto tag, Value value, Type element) -> Value {
    return decltype(tag)::create(builder, loc, like(a.getType(), element),
                                 value);
  };
  auto toFloat = [&](Value value, Value tensor, Type element) -> Value {
    return isUnsigned(tensor) ? convert(arith::UIToFPOp(), value, element)
                              : convert(arith::SIToFPOp(), value, element);
  };
  if (isa<FloatType>(base)) {
    // The powers that models write cost a multiplication or two.
    DenseElementsAttr known;
    if (matchPattern(getB(), m_Constant(&known)) && known.isSplat()) {
      double power =
          isa<FloatType>(exponent)
              ? known.getSplatValue<APFloat>().convertToDouble()
              : double(known.getSplatValue<APInt>().getSExtValue());
      if (power == 2)
        return e.mul(a, a);
      if (power == 3)
        return e.mul(e.mul(a, a), a);
      if (power == 0.5)
        return e.make<math::SqrtOp>({a});
      if (power == -1)
        return e.div(e.constant(1), a);
      if (power == 1)
        return a;
    }
    if (!isa<FloatType>(exponent))
      b = toFloat(b, getB(), base);
    else if (exponent.getIntOrFloatBitWidth() < base.getIntOrFloatBitWidth())
      b = convert(arith::ExtFOp(), b, base);
    else if (exponent.getIntOrFloatBitWidth() > base.getIntOrFloatBitWidth())
      b = convert(arith::TruncFOp(), b, base);
    return e.make<math::PowFOp>({a, b});
  }
  // Integers go through f64, as the ONNX reference does.
  Type wide = builder.getF64Type();
  Value x = toFloat(a, getA(), wide);
  Value y = b;
  if (!isa<FloatType>(exponent))
    y = toFloat(b, getB(), wide);
  else if (!exponent.isF64())
    y = convert(arith::ExtFOp(), b, wide);
  Value power = math::PowFOp::create(builder, loc, x, y);
  Type element = getElementTypeOrSelf(a.getType());
  return isUnsigned(getA()) ? convert(arith::FPToUIOp(), power, element)
                            : convert(arith::FPToSIOp(), power, element);
}

Value ShiftOp::buildScalar(OpBuilder &builder, Location loc,
                           ValueRange operands) {
  Value a = operands[0], b = operands[1];
  Emitter e{builder, loc, a.getType()};
  // Shifting by the width or more is undefined in LLVM and gives 0 here.
  unsigned width = getElementTypeOrSelf(getA()).getIntOrFloatBitWidth();
  Value zero = e.constant(0);
  Value inside = e.compare(arith::CmpIPredicate::ult, b, e.constant(width));
  Value count = e.select(inside, b, zero);
  Value shifted = getKind() == ShiftKind::Left
                      ? e.make<arith::ShLIOp>({a, count})
                      : e.make<arith::ShRUIOp>({a, count});
  return e.select(inside, shifted, zero);
}

Value CompareOp::buildScalar(OpBuilder &builder, Location loc,
                             ValueRange operands) {
  using Float = arith::CmpFPredicate;
  using Integer = arith::CmpIPredicate;
  static constexpr Float floats[] = {Float::OEQ, Float::UNE, Float::OLT,
                                     Float::OLE, Float::OGT, Float::OGE};
  static constexpr Integer signeds[] = {Integer::eq,  Integer::ne,
                                        Integer::slt, Integer::sle,
                                        Integer::sgt, Integer::sge};
  static constexpr Integer unsigneds[] = {Integer::eq,  Integer::ne,
                                          Integer::ult, Integer::ule,
                                          Integer::ugt, Integer::uge};
  Emitter e{builder, loc, operands[0].getType()};
  size_t kind = size_t(getKind());
  if (e.isFloat())
    return e.compare(floats[kind], operands[0], operands[1]);
  return e.compare(isUnsigned(getA()) ? unsigneds[kind] : signeds[kind],
                   operands[0], operands[1]);
}

Value SelectOp::buildScalar(OpBuilder &builder, Location loc,
                            ValueRange operands) {
  return arith::SelectOp::create(builder, loc, operands[0], operands[1],
                                 operands[2]);
}
