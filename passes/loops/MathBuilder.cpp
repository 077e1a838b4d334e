// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/loops/MathBuilder.h"

using namespace mlir;
using namespace strait;

static Type withElement(Type like, Type element) {
  if (auto vector = dyn_cast<VectorType>(like))
    return VectorType::get(vector.getShape(), element);
  return element;
}

MathBuilder::MathBuilder(OpBuilder &builder, Location loc, Type type)
    : b(builder), loc(loc), type(type),
      wide(getElementTypeOrSelf(type).isF64()) {
  integers = withElement(type, b.getIntegerType(wide ? 64 : 32));
}

MathBuilder MathBuilder::withType(Type element) const {
  return MathBuilder(b, loc, withElement(type, element));
}

Value MathBuilder::constant(double value) const {
  Attribute scalar = b.getFloatAttr(getElementTypeOrSelf(type), value);
  if (auto vector = dyn_cast<VectorType>(type))
    return arith::ConstantOp::create(b, loc,
                                     DenseElementsAttr::get(vector, scalar));
  return arith::ConstantOp::create(b, loc, cast<TypedAttr>(scalar));
}

Value MathBuilder::integer(int64_t value) const {
  Attribute scalar = b.getIntegerAttr(getElementTypeOrSelf(integers), value);
  if (auto vector = dyn_cast<VectorType>(integers))
    return arith::ConstantOp::create(b, loc,
                                     DenseElementsAttr::get(vector, scalar));
  return arith::ConstantOp::create(b, loc, cast<TypedAttr>(scalar));
}

Value MathBuilder::add(Value x, Value y) const {
  return arith::AddFOp::create(b, loc, x, y);
}
Value MathBuilder::sub(Value x, Value y) const {
  return arith::SubFOp::create(b, loc, x, y);
}
Value MathBuilder::mul(Value x, Value y) const {
  return arith::MulFOp::create(b, loc, x, y);
}
Value MathBuilder::div(Value x, Value y) const {
  return arith::DivFOp::create(b, loc, x, y);
}
Value MathBuilder::fma(Value x, Value y, Value z) const {
  return math::FmaOp::create(b, loc, x, y, z);
}
Value MathBuilder::neg(Value x) const {
  return arith::NegFOp::create(b, loc, x);
}
Value MathBuilder::abs(Value x) const {
  return math::AbsFOp::create(b, loc, x);
}
Value MathBuilder::sqrt(Value x) const {
  return math::SqrtOp::create(b, loc, x);
}
Value MathBuilder::trunc(Value x) const {
  return math::TruncOp::create(b, loc, x);
}
Value MathBuilder::widen(Value x) const {
  return arith::ExtFOp::create(b, loc, type, x);
}
Value MathBuilder::unequal(Value x, Value y) const {
  return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNE, x, y);
}
Value MathBuilder::copySign(Value x, Value sign) const {
  return math::CopySignOp::create(b, loc, x, sign);
}
Value MathBuilder::select(Value c, Value x, Value y) const {
  return arith::SelectOp::create(b, loc, c, x, y);
}
Value MathBuilder::less(Value x, Value y) const {
  return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT, x, y);
}
Value MathBuilder::greater(Value x, Value y) const {
  return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, x, y);
}
Value MathBuilder::equal(Value x, Value y) const {
  return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, x, y);
}
Value MathBuilder::either(Value x, Value y) const {
  return arith::OrIOp::create(b, loc, x, y);
}
Value MathBuilder::both(Value x, Value y) const {
  return arith::AndIOp::create(b, loc, x, y);
}
Value MathBuilder::atLeast(Value x, double low) const {
  Value limit = constant(low);
  return select(greater(limit, x), limit, x);
}
Value MathBuilder::atMost(Value x, double high) const {
  Value limit = constant(high);
  return select(less(limit, x), limit, x);
}

Value MathBuilder::polynomial(Value x, ArrayRef<double> coefficients) const {
  Value sum = constant(coefficients.back());
  for (double coefficient : llvm::reverse(coefficients.drop_back()))
    sum = fma(sum, x, constant(coefficient));
  return sum;
}

Value MathBuilder::toBits(Value x) const {
  return arith::BitcastOp::create(b, loc, integers, x);
}
Value MathBuilder::fromBits(Value x) const {
  return arith::BitcastOp::create(b, loc, type, x);
}
Value MathBuilder::toFloat(Value x) const {
  return arith::SIToFPOp::create(b, loc, type, x);
}
Value MathBuilder::addI(Value x, Value y) const {
  return arith::AddIOp::create(b, loc, x, y);
}
Value MathBuilder::subI(Value x, Value y) const {
  return arith::SubIOp::create(b, loc, x, y);
}
Value MathBuilder::andI(Value x, Value y) const {
  return arith::AndIOp::create(b, loc, x, y);
}
Value MathBuilder::shiftLeft(Value x, int64_t bits) const {
  return arith::ShLIOp::create(b, loc, x, integer(bits));
}
Value MathBuilder::shiftRight(Value x, int64_t bits) const {
  return arith::ShRSIOp::create(b, loc, x, integer(bits));
}

std::pair<Value, Value> MathBuilder::nearest(Value x) const {
  // Adding 1.5 * 2^(mantissa bits) leaves the integer in the low bits. No
  // float-to-integer conversion: that one is undefined for NaN.
  Value magic = constant(wide ? 0x1.8p52 : 0x1.8p23);
  Value shifted = add(x, magic);
  return {sub(shifted, magic), subI(toBits(shifted), toBits(magic))};
}

Value MathBuilder::scale(Value x, Value n) const {
  // Two factors reach below the least normal and above the largest number.
  int64_t bits = wide ? 52 : 23, bias = wide ? 1023 : 127;
  auto power = [&](Value exponent) {
    return fromBits(shiftLeft(addI(exponent, integer(bias)), bits));
  };
  Value half = shiftRight(n, 1);
  return mul(mul(x, power(half)), power(subI(n, half)));
}
