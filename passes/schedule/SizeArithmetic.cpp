// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/schedule/SizeArithmetic.h"

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
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return indexConstant(builder, loc, constant.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dims[dim.getPosition()];
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return symbols[symbol.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Value lhs = emitExpr(builder, loc, binary.getLHS(), dims, symbols);
  Value rhs = emitExpr(builder, loc, binary.getRHS(), dims, symbols);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return builder.createOrFold<arith::AddIOp>(loc, lhs, rhs);
  case AffineExprKind::Mul:
    return builder.createOrFold<arith::MulIOp>(loc, lhs, rhs);
  case AffineExprKind::FloorDiv:
    return builder.createOrFold<arith::FloorDivSIOp>(loc, lhs, rhs);
  case AffineExprKind::CeilDiv:
    return builder.createOrFold<arith::CeilDivSIOp>(loc, lhs, rhs);
  case AffineExprKind::Mod: {
    // x mod y = x - floor(x / y) * y, never negative.
    Value quotient = builder.createOrFold<arith::FloorDivSIOp>(loc, lhs, rhs);
    Value whole = builder.createOrFold<arith::MulIOp>(loc, quotient, rhs);
    return builder.createOrFold<arith::SubIOp>(loc, lhs, whole);
  }
  default:
    llvm_unreachable("constants, dims and symbols are handled above");
  }
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
