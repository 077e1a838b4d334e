// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The buffers of an attention kernel: where a head lies in them, and packing
// its keys and values into panels.
#ifndef STRAIT_PASSES_CPU_ATTENTIONOPERANDS_H
#define STRAIT_PASSES_CPU_ATTENTIONOPERANDS_H

#include "passes/analysis/AttentionPlan.h"
#include "passes/loops/KernelFunction.h"

namespace strait::cpu {

/// A head and where it starts in each operand.
struct HeadPosition {
  mlir::Value batch, head;
  mlir::Value q, k, v, bias; // elements
};

class AttentionOperands {
public:
  AttentionOperands(KernelFunction &function, const AttentionPlan &plan);

  /// Head number `number`, counted through all batches.
  HeadPosition headAt(mlir::OpBuilder &builder, mlir::Value number);
  /// How many keys query row `query` of a causal attention sees.
  mlir::Value keysSeen(mlir::OpBuilder &builder, mlir::Value query);
  /// From one bias to the next along a logical dim; 0 where it is broadcast.
  mlir::Value biasStride(unsigned dim) { return biasStrides[dim]; }

  void packKeys(mlir::OpBuilder &builder, const HeadPosition &head);
  void packValues(mlir::OpBuilder &builder, const HeadPosition &head);

  mlir::Value q, k, v, bias;                 // memref<?xf32>; bias may be null
  mlir::Value keys, values, scores, factors; // the same, in scratch

private:
  mlir::Value positionOf(mlir::OpBuilder &builder, const HeadTensor &tensor,
                         mlir::Value batch, mlir::Value head);
  void packKeysByElement(mlir::OpBuilder &builder, const HeadPosition &head,
                         mlir::Value panel, mlir::Value depthBegin);
  void packKeysTransposed(mlir::OpBuilder &builder, const HeadPosition &head,
                          mlir::Value panel);

  KernelFunction &function;
  const AttentionPlan &plan;
  mlir::Location loc;
  llvm::SmallVector<mlir::Value, 4> biasStrides;
};

} // namespace strait::cpu

#endif // STRAIT_PASSES_CPU_ATTENTIONOPERANDS_H
