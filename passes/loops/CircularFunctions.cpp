// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sine, cosine, tangent and their inverses.
#include "passes/loops/MathBuilder.h"

using namespace mlir;
using namespace strait;

static constexpr double pi = 3.141592653589793;

/// x = q pi/2 + r, |r| <= pi/4, reduced in f64; sin and cos of r by Taylor's or
/// minimax polynomials, exchanged and negated as q mod 4 says. Exact quadrants
/// up to |x| of about 10^9; beyond, results stay within [-1, 1].
std::pair<Value, Value> MathBuilder::sinCos(Value x) const {
  MathBuilder d = withType(b.getF64Type());
  Value wideX = wide ? x : d.widen(x);
  auto [n, q] = d.nearest(d.mul(wideX, d.constant(2 / pi)));
  Value negated = d.neg(n);
  Value r = d.fma(negated, d.constant(0x1.921fb54442d18p0), wideX);
  r = d.fma(negated, d.constant(0x1.1a62633145c07p-54), r);
  r = d.atLeast(d.atMost(r, 0.8), -0.8);
  if (!wide) {
    r = arith::TruncFOp::create(b, loc, type, r);
    q = arith::TruncIOp::create(b, loc, integers, q);
  }
  Value z = mul(r, r);
  Value s = wide ? polynomial(z, {-1.0 / 6, 1.0 / 120, -1.0 / 5040,
                                  1.0 / 362880, -1.0 / 39916800,
                                  1.0 / 6227020800.0, -1.0 / 1307674368000.0})
                 : polynomial(z, {-1.6666654611e-1, 8.3321608736e-3,
                                  -1.9515295891e-4});
  s = fma(mul(z, r), s, r);
  Value c = wide ? polynomial(z, {1.0 / 24, -1.0 / 720, 1.0 / 40320,
                                  -1.0 / 3628800, 1.0 / 479001600,
                                  -1.0 / 87178291200.0,
                                  1.0 / 20922789888000.0})
                 : polynomial(z, {4.166664568298827e-2, -1.388731625493765e-3,
                                  2.443315711809948e-5});
  c = fma(mul(z, z), c, fma(z, constant(-0.5), constant(1.0)));
  auto isBitSet = [&](Value bits, int64_t mask) -> Value {
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne,
                                 andI(bits, integer(mask)), integer(0));
  };
  Value swapped = isBitSet(q, 1);
  Value sine = select(swapped, c, s), cosine = select(swapped, s, c);
  sine = select(isBitSet(q, 2), neg(sine), sine);
  cosine = select(isBitSet(addI(q, integer(1)), 2), neg(cosine), cosine);
  return {sine, cosine};
}

/// asin of |x| through asin(a) = pi/2 - 2 asin(sqrt((1 - a) / 2)) for a > 1/2:
/// gives the argument's arc sine and whether that form was taken.
std::pair<Value, Value> MathBuilder::arcSine(Value a) const {
  Value isLarge = greater(a, constant(0.5));
  Value half = mul(constant(0.5), sub(constant(1.0), a));
  Value z = select(isLarge, half, mul(a, a));
  Value s = select(isLarge, sqrt(half), a);
  Value p = polynomial(z, {1.6666752422e-1, 7.4953002686e-2, 4.5470025998e-2,
                           2.4181311049e-2, 4.2163199048e-2});
  return {fma(mul(s, z), p, s), isLarge};
}

Value MathBuilder::asin(Value x) const {
  auto [y, isLarge] = arcSine(abs(x));
  Value folded = fma(y, constant(-2.0), constant(pi / 2));
  return copySign(select(isLarge, folded, y), x);
}

Value MathBuilder::acos(Value x) const {
  auto [y, isLarge] = arcSine(abs(x));
  Value twice = add(y, y);
  Value large = select(less(x, constant(0.0)), sub(constant(pi), twice), twice);
  return select(isLarge, large, sub(constant(pi / 2), copySign(y, x)));
}

/// atan a = pi/2 - atan(1/a) beyond tan(3 pi/8), pi/4 + atan((a-1)/(a+1))
/// beyond tan(pi/8).
Value MathBuilder::atan(Value x) const {
  Value a = abs(x);
  Value isLarge = greater(a, constant(2.414213562373095));
  Value isMiddle = greater(a, constant(0.414213562373095));
  Value middle =
      div(sub(a, constant(1.0)), add(a, constant(1.0)));
  Value t = select(isLarge, div(constant(-1.0), a),
                   select(isMiddle, middle, a));
  Value start = select(isLarge, constant(pi / 2),
                       select(isMiddle, constant(pi / 4), constant(0.0)));
  Value z = mul(t, t);
  Value p = polynomial(z, {-3.33329491539e-1, 1.99777106478e-1,
                           -1.38776856032e-1, 8.05374449538e-2});
  return copySign(add(start, fma(mul(t, z), p, t)), x);
}
