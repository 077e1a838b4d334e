// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/graph/SymbolicAlgebra.h"

using namespace mlir;
using namespace strait::graph;

std::optional<int64_t> strait::graph::constantValue(AffineExpr expr) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  return std::nullopt;
}

std::optional<SmallVector<int64_t>>
strait::graph::constantValues(ArrayRef<AffineExpr> exprs) {
  SmallVector<int64_t> values;
  for (AffineExpr expr : exprs) {
    std::optional<int64_t> value = constantValue(expr);
    if (!value)
      return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

std::string strait::graph::toString(AffineExpr expr) {
  std::string text;
  llvm::raw_string_ostream(text) << expr;
  return text;
}

/// Splits products into a coefficient and other factors.
static void collectFactors(AffineExpr expr, int64_t &coefficient,
                           SmallVectorImpl<AffineExpr> &factors) {
  if (std::optional<int64_t> value = constantValue(expr)) {
    int64_t product;
    if (llvm::MulOverflow(coefficient, *value, product))
      factors.push_back(expr);
    else
      coefficient = product;
    return;
  }
  if (expr.getKind() == AffineExprKind::Mul) {
    auto product = cast<AffineBinaryOpExpr>(expr);
    collectFactors(product.getLHS(), coefficient, factors);
    collectFactors(product.getRHS(), coefficient, factors);
    return;
  }
  factors.push_back(expr);
}

/// An order of expressions that depends on their text only, so that results
/// do not vary between runs.
static bool isBefore(AffineExpr a, AffineExpr b) {
  if (a == b)
    return false;
  auto symbolA = dyn_cast<AffineSymbolExpr>(a);
  auto symbolB = dyn_cast<AffineSymbolExpr>(b);
  if (symbolA && symbolB)
    return symbolA.getPosition() < symbolB.getPosition();
  if (symbolA || symbolB)
    return bool(symbolA);
  return toString(a) < toString(b);
}

static AffineExpr multiplySorted(int64_t coefficient,
                                 SmallVectorImpl<AffineExpr> &factors,
                                 MLIRContext *context) {
  llvm::sort(factors, isBefore);
  AffineExpr product;
  for (AffineExpr factor : factors)
    product = product ? product * factor : factor;
  if (!product || coefficient == 0)
    return getAffineConstantExpr(coefficient, context);
  return coefficient == 1 ? product : product * coefficient;
}

AffineExpr strait::graph::multiply(ArrayRef<AffineExpr> exprs,
                                   MLIRContext *context) {
  int64_t coefficient = 1;
  SmallVector<AffineExpr> factors;
  for (AffineExpr expr : exprs)
    collectFactors(expr, coefficient, factors);
  return multiplySorted(coefficient, factors, context);
}

AffineExpr strait::graph::divide(ArrayRef<AffineExpr> numerator,
                                 ArrayRef<AffineExpr> denominator,
                                 MLIRContext *context) {
  int64_t above = 1, below = 1;
  SmallVector<AffineExpr> aboveFactors, belowFactors;
  for (AffineExpr expr : numerator)
    collectFactors(expr, above, aboveFactors);
  for (AffineExpr expr : denominator)
    collectFactors(expr, below, belowFactors);
  llvm::erase_if(belowFactors, [&](AffineExpr factor) {
    auto it = llvm::find(aboveFactors, factor);
    if (it == aboveFactors.end())
      return false;
    aboveFactors.erase(it);
    return true;
  });
  if (below == 0)
    return getAffineConstantExpr(0, context);
  if (int64_t common = std::gcd(above, below); common > 1) {
    above /= common;
    below /= common;
  }
  if (below < 0) {
    above = -above;
    below = -below;
  }
  AffineExpr result = multiplySorted(above, aboveFactors, context);
  if (below != 1 || !belowFactors.empty())
    result =
        result.floorDiv(multiplySorted(below, belowFactors, context));
  return result;
}

/// Splits sums into terms of coefficient and product.
static void
collectTerms(AffineExpr expr, int64_t sign,
             SmallVectorImpl<std::pair<AffineExpr, int64_t>> &terms) {
  if (expr.getKind() == AffineExprKind::Add) {
    auto sum = cast<AffineBinaryOpExpr>(expr);
    collectTerms(sum.getLHS(), sign, terms);
    collectTerms(sum.getRHS(), sign, terms);
    return;
  }
  int64_t coefficient = 1;
  SmallVector<AffineExpr> factors;
  collectFactors(expr, coefficient, factors);
  if (factors.size() == 1 && factors[0].getKind() == AffineExprKind::Add &&
      coefficient != 1) {
    auto sum = cast<AffineBinaryOpExpr>(factors[0]);
    collectTerms(sum.getLHS() * coefficient, sign, terms);
    collectTerms(sum.getRHS() * coefficient, sign, terms);
    return;
  }
  AffineExpr product = multiplySorted(1, factors, expr.getContext());
  for (auto &[known, count] : terms)
    if (known == product) {
      count += sign * coefficient;
      return;
    }
  terms.push_back({product, sign * coefficient});
}

static AffineExpr sumOf(AffineExpr a, AffineExpr b, int64_t sign) {
  SmallVector<std::pair<AffineExpr, int64_t>> terms;
  collectTerms(a, 1, terms);
  collectTerms(b, sign, terms);
  llvm::sort(terms, [](const auto &x, const auto &y) {
    bool constantX = bool(constantValue(x.first));
    bool constantY = bool(constantValue(y.first));
    if (constantX != constantY)
      return constantY;
    return isBefore(x.first, y.first);
  });
  AffineExpr sum = getAffineConstantExpr(0, a.getContext());
  for (auto &[product, count] : terms)
    if (count != 0)
      sum = sum + product * count;
  return sum;
}

AffineExpr strait::graph::add(AffineExpr a, AffineExpr b) {
  return sumOf(a, b, 1);
}

AffineExpr strait::graph::subtract(AffineExpr a, AffineExpr b) {
  return sumOf(a, b, -1);
}
