// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The elementary functions that others are made of, for f32 and f64.
#include "passes/cpu/MathBuilder.h"

#include <limits>

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

static constexpr double inf = std::numeric_limits<double>::infinity();
static constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

/// e^x = 2^n e^r with n = round(x / ln 2), |r| <= ln(2) / 2.
Value MathBuilder::exp(Value x, bool isFinite) const {
  // Beyond these the result is 0 or inf, and n stays in range. Where it need
  // only be finite, 2^n is one number, not two.
  bool single = isFinite && !wide;
  x = atLeast(atMost(x, wide ? 710.0 : single ? 88.0 : 89.0),
              wide ? -746.0 : single ? -87.0 : -104.0);
  // Adding 1.5 * 2^(mantissa bits) leaves n in the low bits.
  Value magic = constant(wide ? 0x1.8p52 : 0x1.8p23);
  Value shifted = fma(x, constant(1.4426950408889634), magic);
  Value n = sub(shifted, magic);
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
  Value y = fma(p, mul(r, r), r); // e^r - 1
  if (single) {
    // The shift drops all but n; NaN comes through y.
    Value power = fromBits(
        addI(shiftLeft(toBits(shifted), 23), toBits(constant(1.0))));
    return fma(y, power, power);
  }
  return scale(add(y, constant(1.0)), subI(toBits(shifted), toBits(magic)));
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

/// f32: a rational fit; f64: through e^(2|x|), a series near 0.
Value MathBuilder::tanh(Value x) const {
  if (!wide) {
    Value c = atLeast(atMost(x, 7.90531110763549805), -7.90531110763549805);
    Value z = mul(c, c);
    Value p = polynomial(z, {4.89352455891786e-03, 6.37261928875436e-04,
                             1.48572235717979e-05, 5.12229709037114e-08,
                             -8.60467152213735e-11, 2.00018790482477e-13,
                             -2.76076847742355e-16});
    Value q = polynomial(z, {4.89352518554385e-03, 2.26843463243900e-03,
                             1.18534705686654e-04, 1.19825839466702e-06});
    Value y = div(mul(c, p), q);
    return select(less(abs(x), constant(0.0004)), x, y);
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

/// f32: a rational fit on [-4, 4]; f64: the continued fraction of erfc beyond
/// 2, the series below.
Value MathBuilder::erf(Value x) const {
  if (!wide) {
    Value c = atLeast(atMost(x, 4.0), -4.0);
    Value z = mul(c, c);
    Value p = polynomial(z, {-1.60960333262415e-02, -2.95459980854025e-03,
                             -7.34990630326855e-04, -5.69250639462346e-05,
                             -2.10102402082508e-06, 2.77068142495902e-08,
                             -2.72614225801306e-10});
    Value q = polynomial(z, {-1.42647390514189e-02, -7.37332916720468e-03,
                             -1.68282697438203e-03, -2.13374055278905e-04,
                             -1.45660718464996e-05});
    // 2 / sqrt(pi) x near 0, where c * p would lose denormal bits.
    return select(less(abs(x), constant(1e-4)),
                  mul(x, constant(1.1283791670955126)), div(mul(c, p), q));
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
