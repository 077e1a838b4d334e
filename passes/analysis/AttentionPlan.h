// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How a kernel.attention is cut and where its parts lie in memory.
//
// A task is (batch, head, up to `taskRows` query rows). It packs the head's
// keys and values into panels 16 wide and walks its rows in blocks of
// `blockRows`, whose scores stay in scratch:
//
//   keys    [ceil(T / 16)][D][16]       values  [ceil(E / 16)][T'][16]
//   scores  [blockRows][scoreStride]    factors [blockRows]
//
// with T' = T rounded up to 16 and scoreStride = T' + 16, so that rows do not
// meet in the same cache sets.
#ifndef STRAIT_PASSES_ANALYSIS_ATTENTIONPLAN_H
#define STRAIT_PASSES_ANALYSIS_ATTENTIONPLAN_H

#include "passes/analysis/AttentionShape.h"

namespace strait {

struct AttentionPlan : AttentionShape {
  /// Fails with a diagnostic on groups that are no attention.
  static mlir::FailureOr<AttentionPlan> compute(mlir::Operation *regionOrFunc,
                                                int64_t lanes);

  int64_t lanes;
  int64_t tileRows;  // of the block product
  int64_t blockRows; // a multiple of tileRows
  int64_t taskRows;
  mlir::AffineExpr tasks;
  mlir::AffineExpr keyColumns, scoreStride; // T', with padding
  // Offsets in scratch, in bytes; keys lie at 0.
  mlir::AffineExpr valuesAt, scoresAt, factorsAt, scratchBytes;

private:
  explicit AttentionPlan(AttentionShape shape)
      : AttentionShape(std::move(shape)) {}
  void cutRows();
  void layOutScratch();
};

} // namespace strait

#endif // STRAIT_PASSES_ANALYSIS_ATTENTIONPLAN_H
