// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The extents around a kernel's root as expressions over the kernel's sizes.
#ifndef STRAIT_PASSES_ANALYSIS_ROOTSHAPE_H
#define STRAIT_PASSES_ANALYSIS_ROOTSHAPE_H

#include "dialects/kernel/KernelOps.h"
#include "passes/analysis/Extents.h"

namespace strait {

/// A kernel.region or kernel.func, looked at from its root.
class RootShape {
public:
  /// Fails with a diagnostic where the root's operands are not inputs of the
  /// group, nor maps of them where the root takes a prologue.
  static mlir::FailureOr<RootShape> create(mlir::Operation *regionOrFunc);
  kernel::RootInterface root() const { return rootOp; }
  mlir::Operation *regionOrFunc() const { return group; }
  mlir::MLIRContext *context() const { return group->getContext(); }
  /// Extents of an operand of the root.
  llvm::ArrayRef<mlir::AffineExpr> operand(mlir::Value tensor) const;
  /// Extents of the root's first result.
  llvm::ArrayRef<mlir::AffineExpr> result() const { return results; }
  unsigned numSizes() const { return sizes; }
  mlir::AffineExpr constant(int64_t value) const {
    return mlir::getAffineConstantExpr(value, context());
  }

private:
  mlir::Operation *group;
  kernel::RootInterface rootOp;
  unsigned sizes;
  llvm::SmallVector<mlir::AffineExpr> results;
  llvm::SmallVector<mlir::AffineExpr> computed; // extents of the prologue
};

} // namespace strait

#endif // STRAIT_PASSES_ANALYSIS_ROOTSHAPE_H
