// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/Extents.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"

using namespace mlir;
using namespace strait;

static void collectFactors(AffineExpr expr, int64_t &constant,
                           SmallVectorImpl<unsigned> &symbols) {
  if (auto literal = dyn_cast<AffineConstantExpr>(expr)) {
    constant *= literal.getValue();
  } else if (auto symbol = dyn_cast<AffineSymbolExpr>(expr)) {
    symbols.push_back(symbol.getPosition());
  } else {
    auto product = cast<AffineBinaryOpExpr>(expr);
    collectFactors(product.getLHS(), constant, symbols);
    collectFactors(product.getRHS(), constant, symbols);
  }
}

AffineExpr strait::multiplyExtents(AffineExpr a, AffineExpr b) {
  MLIRContext *context = a.getContext();
  int64_t constant = 1;
  SmallVector<unsigned> symbols;
  collectFactors(a, constant, symbols);
  collectFactors(b, constant, symbols);
  llvm::sort(symbols);
  if (symbols.empty() || constant == 0)
    return getAffineConstantExpr(constant, context);
  AffineExpr product = getAffineSymbolExpr(symbols.front(), context);
  for (unsigned symbol : ArrayRef(symbols).drop_front())
    product = product * getAffineSymbolExpr(symbol, context);
  return product * constant;
}
