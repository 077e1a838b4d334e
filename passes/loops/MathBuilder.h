// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Short spellings for arithmetic on scalars or vectors of one float type, and
// the functions written with them (ExpandMath.cpp). Code generators that need a
// function create the math op; strait-expand-math does the rest.
#ifndef STRAIT_PASSES_LOOPS_MATHBUILDER_H
#define STRAIT_PASSES_LOOPS_MATHBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"

namespace strait {

class MathBuilder {
public:
  /// `type`: f32 or f64, or a vector of one.
  MathBuilder(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type type);

  bool isF64() const { return wide; }
  MathBuilder withType(mlir::Type element) const;

  mlir::Value constant(double value) const;
  mlir::Value integer(int64_t value) const; // as wide as the floats
  mlir::Value add(mlir::Value a, mlir::Value b) const;
  mlir::Value sub(mlir::Value a, mlir::Value b) const;
  mlir::Value mul(mlir::Value a, mlir::Value b) const;
  mlir::Value div(mlir::Value a, mlir::Value b) const;
  mlir::Value fma(mlir::Value a, mlir::Value b, mlir::Value c) const;
  mlir::Value neg(mlir::Value a) const;
  mlir::Value abs(mlir::Value a) const;
  mlir::Value sqrt(mlir::Value a) const;
  mlir::Value trunc(mlir::Value a) const;
  mlir::Value widen(mlir::Value a) const; // f32 to this f64 type
  mlir::Value copySign(mlir::Value a, mlir::Value sign) const;
  mlir::Value select(mlir::Value c, mlir::Value a, mlir::Value b) const;
  mlir::Value less(mlir::Value a, mlir::Value b) const;    // ordered
  mlir::Value greater(mlir::Value a, mlir::Value b) const; // ordered
  mlir::Value equal(mlir::Value a, mlir::Value b) const;   // ordered
  mlir::Value unequal(mlir::Value a, mlir::Value b) const; // true for NaN
  mlir::Value either(mlir::Value a, mlir::Value b) const;
  mlir::Value both(mlir::Value a, mlir::Value b) const;
  /// NaN stays NaN; one instruction on x86.
  mlir::Value atLeast(mlir::Value a, double low) const;
  mlir::Value atMost(mlir::Value a, double high) const;
  /// c[0] + c[1] x + c[2] x^2 + ...
  mlir::Value polynomial(mlir::Value x,
                         llvm::ArrayRef<double> coefficients) const;

  mlir::Value toBits(mlir::Value a) const;
  mlir::Value fromBits(mlir::Value a) const;
  mlir::Value toFloat(mlir::Value a) const; // signed integer to float
  mlir::Value addI(mlir::Value a, mlir::Value b) const;
  mlir::Value subI(mlir::Value a, mlir::Value b) const;
  mlir::Value andI(mlir::Value a, mlir::Value b) const;
  mlir::Value shiftLeft(mlir::Value a, int64_t bits) const;
  mlir::Value shiftRight(mlir::Value a, int64_t bits) const; // arithmetic
  /// The nearest integer of a (|a| < 2^21), as float and as integer.
  std::pair<mlir::Value, mlir::Value> nearest(mlir::Value a) const;
  /// a * 2^n for n in +-2 times the exponent's range, with one rounding.
  mlir::Value scale(mlir::Value a, mlir::Value n) const;

  /// Functions: a few units in the last place; IEEE's values for 0, inf, NaN.
  mlir::Value exp(mlir::Value x) const;
  /// f32 only, half the price: relative error (2 + |x| / 7) 1e-7, results below
  /// 2^-126 are 0, those above 2^127 stay finite.
  mlir::Value expLoose(mlir::Value x) const;
  mlir::Value log(mlir::Value x) const;
  mlir::Value tanh(mlir::Value x) const;
  mlir::Value erf(mlir::Value x) const;
  mlir::Value expM1(mlir::Value x) const;
  mlir::Value log1P(mlir::Value x) const;
  mlir::Value pow(mlir::Value x, mlir::Value y) const;
  mlir::Value remainder(mlir::Value x, mlir::Value y) const;
  std::pair<mlir::Value, mlir::Value> sinCos(mlir::Value x) const;
  mlir::Value sinh(mlir::Value x) const;
  mlir::Value cosh(mlir::Value x) const;
  mlir::Value asinh(mlir::Value x) const;
  mlir::Value acosh(mlir::Value x) const;
  mlir::Value atanh(mlir::Value x) const;
  /// f32 only.
  mlir::Value asin(mlir::Value x) const;
  mlir::Value acos(mlir::Value x) const;
  mlir::Value atan(mlir::Value x) const;

private:
  std::pair<mlir::Value, mlir::Value> arcSine(mlir::Value a) const;

  mlir::OpBuilder &b;
  mlir::Location loc;
  mlir::Type type, integers;
  bool wide;
};

} // namespace strait

#endif // STRAIT_PASSES_LOOPS_MATHBUILDER_H
