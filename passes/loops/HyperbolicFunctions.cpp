// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Hyperbolic functions and their inverses, e^x - 1, ln(1 + x), powers,
// remainders.
#include "passes/loops/MathBuilder.h"

#include <limits>

using namespace mlir;
using namespace strait;

static constexpr double inf = std::numeric_limits<double>::infinity();
static constexpr double ln2 = 0.6931471805599453;

/// Kahan's corrections: the rounding error of u = e^x (or 1 + x) cancels when
/// the quotient is formed with the u that was computed.
Value MathBuilder::expM1(Value x) const {
  Value u = exp(x);
  Value less1 = sub(u, constant(1.0));
  Value y = div(mul(less1, x), log(u));
  // Nothing to correct in large results, and less1 * x might overflow.
  y = select(greater(x, constant(40.0)), less1, y);
  y = select(equal(less1, constant(-1.0)), less1, y);
  return select(equal(u, constant(1.0)), x, y);
}

Value MathBuilder::log1P(Value x) const {
  Value u = add(x, constant(1.0));
  Value y = mul(log(u), div(x, sub(u, constant(1.0))));
  y = select(equal(u, constant(inf)), u, y);
  return select(equal(u, constant(1.0)), x, y);
}

/// e^a / 2 without overflow before the result does.
static Value halfExp(const MathBuilder &m, Value a) {
  Value h = m.exp(m.mul(a, m.constant(0.5)));
  return m.mul(m.mul(h, m.constant(0.5)), h);
}

Value MathBuilder::sinh(Value x) const {
  Value a = abs(x);
  Value e = expM1(a);
  Value small = mul(constant(0.5), add(e, div(e, add(e, constant(1.0)))));
  Value y = select(greater(a, constant(20.0)), halfExp(*this, a), small);
  return copySign(y, x);
}

Value MathBuilder::cosh(Value x) const {
  Value h = halfExp(*this, abs(x));
  return add(h, div(constant(0.25), h));
}

Value MathBuilder::asinh(Value x) const {
  Value a = abs(x), z = mul(a, a);
  Value root = sqrt(add(z, constant(1.0)));
  Value y = log1P(add(a, div(z, add(root, constant(1.0)))));
  Value large = add(log(a), constant(ln2));
  return copySign(select(greater(a, constant(1e8)), large, y), x);
}

Value MathBuilder::acosh(Value x) const {
  Value t = sub(x, constant(1.0));
  Value y = log1P(add(t, sqrt(fma(t, t, add(t, t)))));
  Value large = add(log(x), constant(ln2));
  return select(greater(x, constant(1e8)), large, y);
}

Value MathBuilder::atanh(Value x) const {
  Value a = abs(x);
  Value y = log1P(div(add(a, a), sub(constant(1.0), a)));
  return copySign(mul(constant(0.5), y), x);
}

/// e^(y ln|x|), always in f64, with IEEE's special cases. Whole powers of whole
/// numbers come out whole.
Value MathBuilder::pow(Value x, Value y) const {
  if (!wide) {
    MathBuilder d = withType(b.getF64Type());
    return arith::TruncFOp::create(b, loc, type,
                                   d.pow(d.widen(x), d.widen(y)));
  }
  Value a = abs(x);
  Value r = exp(mul(y, log(a)));
  auto isWhole = [&](Value v) { return equal(trunc(v), v); };
  Value wholeY = isWhole(y);
  Value exact = both(both(wholeY, isWhole(x)), less(r, constant(0x1p53)));
  exact = both(exact, greater(y, constant(0.0)));
  r = select(exact, math::RoundEvenOp::create(b, loc, r), r);
  // Powers of 1 are 1, even to NaN; those of -1 are too, but to NaN.
  Value one = constant(1.0);
  Value isUnit = both(equal(a, one), either(equal(x, one), equal(y, y)));
  r = select(isUnit, one, r);
  Value half = mul(y, constant(0.5));
  Value isOdd = both(wholeY, unequal(trunc(half), half));
  Value isNegative = less(x, constant(0.0));
  r = select(isOdd, copySign(r, x), r);
  // Roots of negative numbers.
  Value undefined = both(both(isNegative, greater(x, constant(-inf))),
                         both(unequal(trunc(y), y), less(abs(y), constant(inf))));
  Value zero = constant(0.0);
  r = select(undefined, div(zero, zero), r);
  return select(equal(y, zero), constant(1.0), r);
}

/// C's fmod: x - trunc(x / y) y, in f64 so that the quotient is exact enough.
Value MathBuilder::remainder(Value x, Value y) const {
  if (!wide) {
    MathBuilder d = withType(b.getF64Type());
    return arith::TruncFOp::create(b, loc, type,
                                   d.remainder(d.widen(x), d.widen(y)));
  }
  Value quotient = trunc(div(x, y));
  Value r = fma(neg(quotient), y, x);
  // A quotient rounded up to the next integer leaves the wrong sign.
  Value magnitude = abs(y);
  Value wrong = both(less(mul(r, x), constant(0.0)),
                     unequal(r, constant(0.0)));
  r = select(wrong, add(r, copySign(magnitude, x)), r);
  Value isInfinite = both(equal(magnitude, constant(inf)),
                          less(abs(x), constant(inf)));
  return copySign(select(isInfinite, x, r), x);
}
