// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writes the loops of a cascade as its plan says (passes/analysis/CascadePlan.h):
//
//   for task:                                      emitTask
//     for row in the task's block:                 emitRows / emitColumns
//       for each stage:                            emitStage
//         for its inner loops, vectors last:       emitNest, emitReduction
//           for each step: load, compute, store    emitPoint
#ifndef STRAIT_PASSES_CPU_CASCADEEMITTER_H
#define STRAIT_PASSES_CPU_CASCADEEMITTER_H

#include "passes/analysis/CascadePlan.h"
#include "passes/cpu/Generators.h"
#include "passes/loops/ScalarBody.h"

namespace strait::cpu {

class CascadeEmitter {
public:
  CascadeEmitter(KernelFunction &function, const CascadePlan &plan)
      : function(function), plan(plan), loc(function.loc()),
        position(plan.loops.numLoops()),
        lanesLoop(plan.vectorLoop.value_or(0)) {}
  llvm::LogicalResult emit();

private:
  using Builder = mlir::OpBuilder;
  using Values = llvm::SmallVector<mlir::Value>;
  using EmitFn = llvm::function_ref<llvm::LogicalResult(Builder &)>;

  // Cascade.cpp: tasks, rows, stages.
  llvm::LogicalResult emitOuterScalars();
  llvm::LogicalResult emitTask(Builder &b, mlir::Value task);
  llvm::LogicalResult emitRows(Builder &b, mlir::Value from, mlir::Value to,
                               llvm::function_ref<llvm::LogicalResult(
                                   Builder &, mlir::Value row)>
                                   emitRow);
  llvm::LogicalResult emitColumns(Builder &b, mlir::Value low,
                                  mlir::Value high);
  llvm::LogicalResult emitStages(Builder &b, int64_t rowLanes);
  llvm::LogicalResult emitStage(Builder &b, const CascadeStage &stage,
                                int64_t rowLanes);
  llvm::LogicalResult emitNest(Builder &b, llvm::ArrayRef<unsigned> nest,
                               EmitFn inside);

  /// Emits `body(builder, rung, accumulators of that rung)` for positions
  /// [low, high) of the vector loop in steps of falling vector length.
  using RungFn = llvm::function_ref<mlir::FailureOr<Values>(
      Builder &, unsigned rung, mlir::ValueRange)>;
  mlir::FailureOr<llvm::SmallVector<Values>>
  emitLadder(Builder &b, mlir::Value low, mlir::Value high,
             std::optional<int64_t> extent,
             llvm::ArrayRef<Values> accumulators, RungFn body);

  // CascadeTranspose.cpp.
  llvm::LogicalResult emitTurnedTask(Builder &b, mlir::Value first,
                                     mlir::Value last);
  llvm::LogicalResult emitTurnedTile(Builder &b, mlir::Value u, mlir::Value v);
  llvm::LogicalResult emitInterleaved(Builder &b, mlir::Value u);

  // CascadeReduction.cpp.
  llvm::LogicalResult emitReduction(Builder &b, const CascadeStage &stage,
                                    int64_t lanes);
  bool canSplitReductions(const CascadeStage &stage) const;

  // CascadePoint.cpp: one position of a stage, `lanes` wide.
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
  mlir::Value scratchOf(mlir::Value value);
  /// Element type of a value in scratch: as computed.
  static mlir::Type scratchElement(mlir::Value value);
  mlir::Value outer(mlir::Value value) const;

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
  unsigned lanesLoop; // the loop that vectors lie along
  /// Where results go instead of memory; null: to memory.
  llvm::MapVector<mlir::Value, Values> *gathered = nullptr;
};

} // namespace strait::cpu

#endif // STRAIT_PASSES_CPU_CASCADEEMITTER_H
