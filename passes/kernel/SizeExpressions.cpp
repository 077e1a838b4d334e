// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/kernel/SizeExpressions.h"
#include "dialects/graph/SymbolicShape.h"

using namespace mlir;
using namespace strait;

SizeExpressions::SizeExpressions(MLIRContext *context)
    : context(context), sizes([this](OpBuilder &, Location, unsigned symbol) {
        return bases[symbol];
      }) {}

AffineExpr SizeExpressions::get(Value index) {
  auto found = known.find(index);
  if (found != known.end())
    return found->second;
  APInt constant;
  AffineExpr result;
  Operation *op = index.getDefiningOp();
  if (matchPattern(index, m_ConstantInt(&constant))) {
    result = getAffineConstantExpr(constant.getSExtValue(), context);
  } else if (auto apply = dyn_cast_or_null<affine::AffineApplyOp>(op)) {
    AffineMap map = apply.getAffineMap();
    SmallVector<AffineExpr> dims, symbols;
    for (auto [i, operand] : llvm::enumerate(apply.getMapOperands()))
      (i < map.getNumDims() ? dims : symbols).push_back(get(operand));
    result = map.getResult(0).replaceDimsAndSymbols(dims, symbols);
  } else if (isa_and_nonnull<arith::AddIOp, arith::SubIOp, arith::MulIOp,
                             arith::FloorDivSIOp, arith::CeilDivSIOp,
                             arith::RemSIOp>(op)) {
    AffineExpr lhs = get(op->getOperand(0)), rhs = get(op->getOperand(1));
    result = TypeSwitch<Operation *, AffineExpr>(op)
                 .Case([&](arith::AddIOp) { return graph::add(lhs, rhs);
                 })
                 .Case([&](arith::SubIOp) { return graph::subtract(lhs, rhs);
                 })
                 .Case([&](arith::MulIOp) { return graph::multiply({lhs, rhs}, context);
                 })
                 .Case([&](arith::FloorDivSIOp) { return lhs.floorDiv(rhs); })
                 .Case([&](arith::CeilDivSIOp) { return lhs.ceilDiv(rhs); })
                 .Case([&](arith::RemSIOp) { return lhs % rhs; });
  } else {
    // Two readings of one dimension are one base.
    auto dim = dyn_cast_or_null<tensor::DimOp>(op);
    for (auto [symbol, base] : llvm::enumerate(bases)) {
      auto other = base.getDefiningOp<tensor::DimOp>();
      if (dim && other && dim.getSource() == other.getSource() &&
          dim.getConstantIndex() == other.getConstantIndex() &&
          dim.getConstantIndex())
        result = getAffineSymbolExpr(symbol, context);
    }
    if (!result) {
      result = getAffineSymbolExpr(bases.size(), context);
      bases.push_back(index);
    }
  }
  known[index] = result;
  return result;
}

SmallVector<AffineExpr> SizeExpressions::dims(kernel::RegionOp region,
                                              AffineMap map) {
  SmallVector<AffineExpr> result;
  for (AffineExpr expr : map.getResults()) {
    if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
      expr = get(region.getSizes()[symbol.getPosition()]);
    result.push_back(expr);
  }
  return result;
}

ShapedValue SizeExpressions::input(kernel::RegionOp region, unsigned index) {
  auto map = cast<AffineMapAttr>(region.getInputShapes()[index]).getValue();
  return {region.getInputs()[index], dims(region, map)};
}

SmallVector<AffineExpr> SizeExpressions::resultDims(kernel::RegionOp region,
                                                    unsigned index) {
  auto map = cast<AffineMapAttr>(region.getResultShapes()[index]).getValue();
  return dims(region, map);
}
