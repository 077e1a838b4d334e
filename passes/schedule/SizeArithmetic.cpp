// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/schedule/SizeArithmetic.h"

#include "passes/analysis/ExprArithmetic.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

Value strait::indexConstant(OpBuilder &builder, Location loc, int64_t value) {
  return arith::ConstantIndexOp::create(builder, loc, value);
}

std::optional<int64_t> strait::constantIndexOf(Value value) {
  APInt constant;
  if (value && matchPattern(value, m_ConstantInt(&constant)))
    return constant.getSExtValue();
  return std::nullopt;
}

Value strait::emitExpr(OpBuilder &builder, Location loc, AffineExpr expr,
                       ValueRange dims, ValueRange symbols) {
  auto known = [&](AffineExpr part) -> Value {
    if (auto dim = dyn_cast<AffineDimExpr>(part))
      return dims[dim.getPosition()];
    if (auto symbol = dyn_cast<AffineSymbolExpr>(part))
      return symbols[symbol.getPosition()];
    return {};
  };
  return emitExpr(builder, loc, expr, known, Division::ofAny);
}

Value strait::emitProduct(OpBuilder &builder, Location loc, ValueRange dims,
                          int64_t factor) {
  Value product;
  for (Value dim : dims) {
    if (auto constant = constantIndexOf(dim)) {
      // What overflows stays huge, as in the host function: no memory holds it.
      if (llvm::MulOverflow(factor, *constant, factor))
        factor = std::numeric_limits<int64_t>::max();
      continue;
    }
    product = product ? builder.createOrFold<arith::MulIOp>(loc, product, dim)
                      : dim;
  }
  if (!product)
    return indexConstant(builder, loc, factor);
  if (factor == 1)
    return product;
  return builder.createOrFold<arith::MulIOp>(
      loc, product, indexConstant(builder, loc, factor));
}
