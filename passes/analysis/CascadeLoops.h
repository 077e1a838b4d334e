// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loops of a cascade (README of dialects/kernel), seen as one nest.
//
// Loops of different linalg.generics that walk the same dim of the same values
// are one loop here. For softmax over the last axis of x[a, b, c]:
//
//   max:  (a, b, c) -> (a, b)
//   exp:  (a, b, c)              loops a, b: shared (parallel in every step)
//   sum:  (a, b, c) -> (a, b)    loop c: inner
//   div:  (a, b, c)
//
// A point of the shared loops is a row: all of a row's steps depend on that row
// alone. Neighbouring loops that every access walks like one are merged: a and
// b above become one loop of a * b rows.
#ifndef STRAIT_PASSES_ANALYSIS_CASCADELOOPS_H
#define STRAIT_PASSES_ANALYSIS_CASCADELOOPS_H

#include "dialects/kernel/KernelOps.h"
#include "passes/analysis/Extents.h"

namespace strait {

/// What kernel.region and kernel.func have in common.
struct KernelGroup {
  explicit KernelGroup(mlir::Operation *regionOrFunc);
  mlir::AffineExpr symbolOf(mlir::Value size) const; // null if it is no size
  std::optional<unsigned> inputIndex(mlir::Value tensor) const;

  mlir::Operation *op;
  mlir::Block *body;
  unsigned numInputs, numSizes;
  llvm::SmallVector<mlir::AffineMap> inputShapes, resultShapes;
};

/// How one operand of a step moves with the loops: element number
/// offset + sum of strides[l] * (position in loop l) of a row-major tensor.
struct CascadeAccess {
  bool isLinear = true; // else only the indexing map tells
  llvm::SmallVector<mlir::AffineExpr> strides; // per loop of the cascade
  mlir::AffineExpr offset;
};

struct CascadeStep {
  mlir::linalg::GenericOp op;
  llvm::SmallVector<unsigned> loops; // loop of the cascade, per own loop; own
                                     // loops that were merged share one
  llvm::SmallVector<bool> isReduced;     // per loop of the cascade
  llvm::SmallVector<CascadeAccess> reads; // per input operand
  bool has(unsigned loop) const { return llvm::is_contained(loops, loop); }
  bool isReduction() const { return llvm::is_contained(isReduced, true); }
};

/// A tensor that a step computes: its shape is the extents of `dims`.
struct CascadeValue {
  unsigned step;
  llvm::SmallVector<unsigned> dims; // loop of the cascade, per dim; merged
                                    // dims share one
};

struct CascadeLoops {
  /// Fails with a diagnostic on bodies that are no cascade.
  static mlir::FailureOr<CascadeLoops> compute(mlir::Operation *regionOrFunc);

  unsigned numLoops() const { return extents.size(); }
  /// Extent of a dimension of any tensor of the body.
  mlir::FailureOr<llvm::SmallVector<mlir::AffineExpr>>
  shapeOf(mlir::Value tensor) const;
  /// Does `step` read the value at its own position in every loop?
  bool readsInPlace(const CascadeStep &step, unsigned operand) const;

  KernelGroup group;
  llvm::SmallVector<mlir::AffineExpr> extents; // per loop
  llvm::SmallVector<bool> isShared;            // per loop
  llvm::SmallVector<bool> isIndexed; // position matters beyond addresses
  llvm::SmallVector<CascadeStep> steps;
  llvm::DenseMap<mlir::Value, CascadeValue> values;

private:
  explicit CascadeLoops(KernelGroup group) : group(std::move(group)) {}
  mlir::LogicalResult collectSteps();
  mlir::LogicalResult findExtents();
  void classifyLoops();
  void computeAccesses();
  void mergeLoops();
  bool canMerge(unsigned outer, unsigned inner) const;
};

} // namespace strait

#endif // STRAIT_PASSES_ANALYSIS_CASCADELOOPS_H
