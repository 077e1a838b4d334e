// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The elementary functions that others are made of, for f32 and f64.
#include "passes/loops/MathBuilder.h"

#include <limits>

using namespace mlir;
using namespace strait;

static constexpr double inf = std::numeric_limits<double>::infinity();
static constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

/// e^x = 2^n e^r with n = round(x / ln 2), |r| <= ln(2) / 2.
Value MathBuilder::exp(Value x) const {
  // Beyond these the result is 0 or inf, and n stays in range.
  x = atLeast(atMost(x, wide ? 710.0 : 89.0), wide ? -746.0 : -104.0);
  auto [n, exponent] = nearest(mul(x, constant(1.4426950408889634)));
  Value negated = neg(n);
  // ln 2 in two parts, so that n * high is exact.
  double high = wide ? 0x1.62e42fefa38p-1 : 0x1.62e4p-1;
  double low = wide ? 0x1.ef35793c7673p-45 : 1.428606820309417e-6;
  Value r = fma(negated, constant(high), x);
  r = fma(negated, constant(low), r);
  // e^r - 1 - r over r^2: Taylor's terms for f64, a minimax fit for f32.
  Value p = wide ? polynomial(r, {1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120,
                                  1.0 / 720, 1.0 / 5040, 1.0 / 40320,
                                  1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800,
                                  1.0 / 479001600, 1.0 / 6227020800.0})
                 : polynomial(r, {5.0000001201e-1, 1.6666665459e-1,
                                  4.1665795894e-2, 8.3334519073e-3,
                                  1.3981999507e-3, 1.9875691500e-4});
  Value y = add(fma(p, mul(r, r), r), constant(1.0));
  return scale(y, exponent);
}

/// e^x = 2^n 2^f with n = round(x / ln 2), |f| <= 1/2; n = -127 gives 0.
Value MathBuilder::expLoose(Value x) const {
  x = atLeast(atMost(x, 88.3), -88.1);
  Value log2e = constant(1.4426950408889634), magic = constant(0x1.8p23);
  Value shifted = add(mul(x, log2e), magic);
  Value n = sub(shifted, magic);
  Value f = fma(x, log2e, neg(n));
  Value p = polynomial(f, {1.0, 0.69314697759916432673, 0.24022242085378028852,
                           0.05550733679014877023, 0.00967151086140259246,
                           0.00132647271963665363});
  // Only the low bits, which hold n, survive the shift.
  Value power = shiftLeft(addI(toBits(shifted), integer(127)), 23);
  return mul(p, fromBits(power));
}

/// ln x = e ln 2 + ln m with m in [sqrt(1/2), sqrt(2)).
Value MathBuilder::log(Value x) const {
  int64_t bits = wide ? 52 : 23;
  double least = wide ? 0x1p-1022 : 0x1p-126, up = wide ? 0x1p54 : 0x1p25;
  Value isSmall = less(x, constant(least));
  Value normal = select(isSmall, mul(x, constant(up)), x);
  Value raw = toBits(normal);
  // Subtracting sqrt(1/2)'s bits makes the exponent field change there.
  Value root = integer(wide ? 0x3fe6a09e667f3bcd : 0x3f3504f3);
  Value e = shiftRight(subI(raw, root), bits);
  Value m = fromBits(subI(raw, shiftLeft(e, bits)));
  Value exponent = add(toFloat(e), select(isSmall, constant(wide ? -54 : -25),
                                          constant(0.0)));
  Value f = sub(m, constant(1.0));
  Value y;
  if (wide) {
    // ln m = 2 atanh(s), s = f / (2 + f): a series in s^2 <= 0.0295.
    Value s = div(f, add(f, constant(2.0)));
    Value z = mul(s, s);
    SmallVector<double> series;
    for (int term = 3; term <= 23; term += 2)
      series.push_back(2.0 / term);
    Value tail = mul(mul(z, s), polynomial(z, series));
    Value low = fma(exponent, constant(0x1.ef35793c7673p-45), tail);
    y = add(fma(exponent, constant(0x1.62e42fefa38p-1), add(s, s)), low);
  } else {
    Value z = mul(f, f);
    Value p = polynomial(
        f, {3.3333331174e-1, -2.4999993993e-1, 2.0000714765e-1,
            -1.6668057665e-1, 1.4249322787e-1, -1.2420140846e-1,
            1.1676998740e-1, -1.1514610310e-1, 7.0376836292e-2});
    Value tail = mul(mul(z, f), p);
    tail = fma(exponent, constant(-2.12194440e-4), tail);
    tail = fma(z, constant(-0.5), tail);
    y = fma(exponent, constant(0.693359375), add(f, tail));
  }
  y = select(equal(x, constant(inf)), x, y);
  y = select(equal(x, constant(0.0)), constant(-inf), y);
  // Negative numbers and NaN.
  Value isNumber = either(greater(x, constant(0.0)), equal(x, constant(0.0)));
  return select(isNumber, y, constant(notANumber));
}

/// f32: a rational fit, scaled so that denormals keep their bits; f64: through
/// e^(2|x|), a series near 0.
Value MathBuilder::tanh(Value x) const {
  if (!wide) {
    Value c = atLeast(atMost(x, 7.90531110763549805), -7.90531110763549805);
    Value z = mul(c, c);
    Value p = polynomial(z, {9.99999871947938e-01, 1.30225533682343e-01,
                             3.03609831531841e-03, 1.04674991875042e-05,
                             -1.75837891824011e-08, 4.08741720740214e-11,
                             -5.64167624104448e-14});
    Value q = polynomial(z, {1.0, 4.63558385096345e-01, 2.42227639977867e-02,
                             2.44866093303625e-04});
    return div(mul(c, p), q);
  }
  Value a = abs(x);
  Value e = exp(add(a, a));
  Value large = sub(constant(1.0), div(constant(2.0), add(e, constant(1.0))));
  // Series of tanh around 0, for |x| < 0.1.
  Value z = mul(x, x);
  Value p = polynomial(
      z, {-1.0 / 3, 2.0 / 15, -17.0 / 315, 62.0 / 2835, -1382.0 / 155925,
          21844.0 / 6081075, -929569.0 / 638512875});
  Value small = fma(mul(z, p), x, x);
  return select(less(a, constant(0.1)), small, copySign(large, x));
}

/// f32: a rational fit on [-4, 4], scaled likewise; f64: the continued fraction
/// of erfc beyond 2, the series below.
Value MathBuilder::erf(Value x) const {
  if (!wide) {
    Value c = atLeast(atMost(x, 4.0), -4.0);
    Value z = mul(c, c);
    Value p = polynomial(z, {1.12837909394777e+00, 2.07126102895402e-01,
                             5.15249965441005e-02, 3.99061376033881e-03,
                             1.47287939390387e-04, -1.94232885366622e-06,
                             1.91110559273911e-08});
    Value q = polynomial(z, {1.0, 5.16891976826682e-01, 1.17971101210901e-01,
                             1.49581464133184e-02, 1.02112431177286e-03});
    return div(mul(c, p), q);
  }
  Value a = abs(x);
  Value z = mul(x, x);
  // erf x = 2/sqrt(pi) x sum (-1)^n x^2n / (n! (2n + 1)).
  SmallVector<double> series;
  double factorial = 1;
  for (int n = 0; n < 40; ++n) {
    if (n > 0)
      factorial *= n;
    series.push_back((n % 2 ? -1.0 : 1.0) / (factorial * (2 * n + 1)));
  }
  Value inner = mul(mul(constant(1.1283791670955126), x),
                    polynomial(z, series));
  // erfc a = e^(-a^2) / sqrt(pi) / (a + (1/2)/(a + 1/(a + (3/2)/(a + ...)))).
  Value tail = a;
  for (int n = 60; n > 0; --n)
    tail = add(a, div(constant(n / 2.0), tail));
  Value outer = sub(
      constant(1.0),
      div(mul(exp(neg(z)), constant(0.5641895835477563)), tail));
  Value isFar = greater(a, constant(6.0));
  outer = select(isFar, constant(1.0), outer);
  return select(greater(a, constant(2.0)), copySign(outer, x), inner);
}
