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

#include "passes/cpu/Generators.h"
#include "passes/loops/CascadePoint.h"

namespace strait::cpu {

class CascadeEmitter : CascadePoint {
public:
  CascadeEmitter(KernelFunction &function, const CascadePlan &plan)
      : CascadePoint(function, plan) {}
  llvm::LogicalResult emit();

private:
  // Cascade.cpp: tasks, rows, stages.
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
  using Accumulators = llvm::SmallVector<Values>; // per rung
  struct ReductionNest {
    const CascadeStage &stage;
    bool hasVectors = false; // along a reduced loop, the innermost then
    llvm::SmallVector<int64_t> rungs = {}; // vector lengths, falling
    /// What is reduced, each with the op that combines two values.
    llvm::SmallVector<std::pair<mlir::Value, mlir::Operation *>> results = {};
  };
  llvm::LogicalResult emitReduction(Builder &b, const CascadeStage &stage,
                                    int64_t lanes);
  llvm::LogicalResult startAccumulators(Builder &b, ReductionNest &nest,
                                        Accumulators &start);
  mlir::FailureOr<Accumulators> emitReducedLoops(Builder &b,
                                                 const ReductionNest &nest,
                                                 llvm::ArrayRef<unsigned> loops,
                                                 const Accumulators &carried);
};

} // namespace strait::cpu

#endif // STRAIT_PASSES_CPU_CASCADEEMITTER_H
