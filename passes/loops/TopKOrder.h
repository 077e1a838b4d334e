// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The order in which kernel.top_k lists elements.
#ifndef STRAIT_PASSES_LOOPS_TOPKORDER_H
#define STRAIT_PASSES_LOOPS_TOPKORDER_H

#include "dialects/kernel/KernelOps.h"

namespace strait {

/// Whether `x` comes before `y`, wherever the two stand.
inline mlir::Value isBetter(mlir::OpBuilder &b, mlir::Location loc,
                            kernel::TopKOp op, mlir::Value x, mlir::Value y) {
  using namespace mlir::arith;
  if (op.getSmallest())
    std::swap(x, y);
  // NaN is greater than any number, as in numpy's order: without a place of
  // its own it would hide what comes after it.
  if (llvm::isa<mlir::FloatType>(x.getType()))
    return AndIOp::create(b, loc,
                          CmpFOp::create(b, loc, CmpFPredicate::UGT, x, y),
                          CmpFOp::create(b, loc, CmpFPredicate::ORD, y, y));
  return CmpIOp::create(b, loc,
                        op.getIsUnsigned() ? CmpIPredicate::ugt
                                           : CmpIPredicate::sgt,
                        x, y);
}

} // namespace strait

#endif // STRAIT_PASSES_LOOPS_TOPKORDER_H
