// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/ExprArithmetic.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace strait;

Value strait::emitExpr(OpBuilder &builder, Location loc, AffineExpr expr,
                       llvm::function_ref<Value(AffineExpr)> known,
                       Division division) {
  if (Value value = known(expr))
    return value;
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return arith::ConstantIndexOp::create(builder, loc, constant.getValue());
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Value lhs = emitExpr(builder, loc, binary.getLHS(), known, division);
  Value rhs = emitExpr(builder, loc, binary.getRHS(), known, division);
  bool isUnsigned = division == Division::ofExtents;
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return builder.createOrFold<arith::AddIOp>(loc, lhs, rhs);
  case AffineExprKind::Mul:
    return builder.createOrFold<arith::MulIOp>(loc, lhs, rhs);
  case AffineExprKind::FloorDiv:
    return isUnsigned
               ? builder.createOrFold<arith::DivUIOp>(loc, lhs, rhs)
               : builder.createOrFold<arith::FloorDivSIOp>(loc, lhs, rhs);
  case AffineExprKind::CeilDiv:
    return isUnsigned
               ? builder.createOrFold<arith::CeilDivUIOp>(loc, lhs, rhs)
               : builder.createOrFold<arith::CeilDivSIOp>(loc, lhs, rhs);
  case AffineExprKind::Mod: {
    if (isUnsigned)
      return builder.createOrFold<arith::RemUIOp>(loc, lhs, rhs);
    // x mod y = x - floor(x / y) * y, never negative.
    Value quotient = builder.createOrFold<arith::FloorDivSIOp>(loc, lhs, rhs);
    Value whole = builder.createOrFold<arith::MulIOp>(loc, quotient, rhs);
    return builder.createOrFold<arith::SubIOp>(loc, lhs, whole);
  }
  default:
    llvm_unreachable("`known` has values for dims and symbols");
  }
}
