// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef STRAIT_PASSES_LOOPS_NONZEROTEST_H
#define STRAIT_PASSES_LOOPS_NONZEROTEST_H

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace strait {

/// Whether a computed number is one that kernel.non_zero lists: NaN is.
inline mlir::Value isNonZero(mlir::OpBuilder &b, mlir::Location loc,
                             mlir::Value x) {
  using namespace mlir::arith;
  mlir::Value zero =
      ConstantOp::create(b, loc, b.getZeroAttr(x.getType()));
  if (llvm::isa<mlir::FloatType>(x.getType()))
    return CmpFOp::create(b, loc, CmpFPredicate::UNE, x, zero);
  return CmpIOp::create(b, loc, CmpIPredicate::ne, x, zero);
}

} // namespace strait

#endif // STRAIT_PASSES_LOOPS_NONZEROTEST_H
