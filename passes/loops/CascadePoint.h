// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One position of a cascade's stage: loads its operands, computes the steps,
// stores what others need. Targets write the loops around it.
#ifndef STRAIT_PASSES_LOOPS_CASCADEPOINT_H
#define STRAIT_PASSES_LOOPS_CASCADEPOINT_H

#include "passes/analysis/CascadePlan.h"
#include "passes/loops/KernelFunction.h"
#include "passes/loops/ScalarBody.h"

namespace strait {

class CascadePoint {
protected:
  using Builder = mlir::OpBuilder;
  using Values = llvm::SmallVector<mlir::Value>;
  using EmitFn = llvm::function_ref<llvm::LogicalResult(Builder &)>;

  CascadePoint(KernelFunction &function, const CascadePlan &plan)
      : function(function), plan(plan), loc(function.loc()),
        position(plan.loops.numLoops()),
        lanesLoop(plan.vectorLoop.value_or(0)) {}

  /// Scalars that depend on sizes alone (1 / extent, ...), before all loops.
  llvm::LogicalResult emitOuterScalars();
  /// Loops over all positions of `nest`, outermost first, around `inside`.
  llvm::LogicalResult emitNest(Builder &b, llvm::ArrayRef<unsigned> nest,
                               EmitFn inside);
  /// The steps of a stage at the current position, `lanes` wide. Returns the
  /// accumulators of its reductions after it.
  mlir::FailureOr<Values> emitPoint(Builder &b, const CascadeStage &stage,
                                    int64_t lanes,
                                    mlir::ValueRange accumulators);
  mlir::FailureOr<Lanes> readOperand(Builder &b, const CascadeStep &step,
                                     unsigned operand, int64_t lanes);
  mlir::FailureOr<Lanes> readAt(Builder &b, mlir::Value tensor,
                                llvm::ArrayRef<Lanes> indices, int64_t lanes);
  Lanes readElements(Builder &b, mlir::Value memory, mlir::Type element,
                     Lanes index, int64_t lanes);
  void writeResult(Builder &b, mlir::Value result, mlir::Value computed,
                   int64_t lanes);
  void writeElements(Builder &b, mlir::Value memory, mlir::Type element,
                     Lanes index, mlir::Value computed, int64_t lanes);
  /// Where the current position lies: sum of position * stride.
  Lanes linearize(Builder &b, llvm::ArrayRef<mlir::AffineExpr> strides,
                  mlir::AffineExpr offset, int64_t lanes);
  llvm::SmallVector<mlir::AffineExpr> scratchStrides(mlir::Value value) const;
  llvm::SmallVector<mlir::AffineExpr> resultStrides(mlir::Value value) const;
  /// Where the current position lies in the scratch of a value.
  Lanes scratchIndex(Builder &b, mlir::Value value, int64_t lanes);
  mlir::Value scratchOf(mlir::Value value);
  /// Element type of a value in scratch: as computed.
  static mlir::Type scratchElement(mlir::Value value);
  mlir::Value outer(mlir::Value value) const;
  /// Whether all reductions of a stage can be computed in parts.
  bool canSplitReductions(const CascadeStage &stage) const;

  mlir::Value extent(unsigned loop) {
    return function.size(plan.loops.extents[loop]);
  }

  KernelFunction &function;
  const CascadePlan &plan;
  mlir::Location loc;
  llvm::SmallVector<mlir::Value> position; // lane 0, per loop; null outside
  llvm::DenseMap<mlir::Value, mlir::Value> outerScalars, scratchBuffers;
  llvm::DenseMap<mlir::Value, mlir::Value> rowValues;
  llvm::DenseMap<mlir::Value, Lanes> pointValues;
  /// Operands (step, operand) of the point at hand that are loaded already.
  llvm::DenseMap<std::pair<unsigned, unsigned>, mlir::Value> turnedOperands;
  // Where threads share a position: whether this one stores it (null: yes), and
  // its own column of a scratch that holds columns side by side (null: 0).
  mlir::Value writes, column;
  unsigned lanesLoop; // the loop that vectors lie along
  /// Where results go instead of memory; null: to memory.
  llvm::MapVector<mlir::Value, Values> *gathered = nullptr;
};

} // namespace strait

#endif // STRAIT_PASSES_LOOPS_CASCADEPOINT_H
