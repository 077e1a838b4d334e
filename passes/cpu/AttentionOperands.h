// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The buffers of an attention kernel, and packing a head's keys and values into
// panels.
#ifndef STRAIT_PASSES_CPU_ATTENTIONOPERANDS_H
#define STRAIT_PASSES_CPU_ATTENTIONOPERANDS_H

#include "passes/analysis/AttentionPlan.h"
#include "passes/loops/AttentionHeads.h"

namespace strait::cpu {

class AttentionOperands : public AttentionHeads {
public:
  AttentionOperands(KernelFunction &function, const AttentionPlan &plan);

  void packKeys(mlir::OpBuilder &builder, const HeadPosition &head);
  void packValues(mlir::OpBuilder &builder, const HeadPosition &head);

  mlir::Value keys, values, scores, factors; // memref<?xf32> in scratch

private:
  void packKeysByElement(mlir::OpBuilder &builder, const HeadPosition &head,
                         mlir::Value panel, mlir::Value depthBegin);
  void packKeysTransposed(mlir::OpBuilder &builder, const HeadPosition &head,
                          mlir::Value panel);

  KernelFunction &function;
  const AttentionPlan &plan;
  mlir::Location loc;
};

} // namespace strait::cpu

#endif // STRAIT_PASSES_CPU_ATTENTIONOPERANDS_H
