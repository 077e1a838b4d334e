// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The buffers of an attention kernel and where a head lies in them.
#ifndef STRAIT_PASSES_LOOPS_ATTENTIONHEADS_H
#define STRAIT_PASSES_LOOPS_ATTENTIONHEADS_H

#include "passes/analysis/AttentionShape.h"
#include "passes/loops/KernelFunction.h"

namespace strait {

/// A head and where it starts in each operand.
struct HeadPosition {
  mlir::Value batch, head;
  mlir::Value q, k, v, bias; // elements
};

class AttentionHeads {
public:
  AttentionHeads(KernelFunction &function, const AttentionShape &shape);

  /// Head number `number`, counted through all batches.
  HeadPosition headAt(mlir::OpBuilder &builder, mlir::Value number);
  /// How many keys query row `query` of a causal attention sees.
  mlir::Value keysSeen(mlir::OpBuilder &builder, mlir::Value query);
  /// From one bias to the next along a logical dim; 0 where it is broadcast.
  mlir::Value biasStride(unsigned dim) { return biasStrides[dim]; }

  mlir::Value q, k, v, bias; // memref<?xf32>; bias may be null

private:
  mlir::Value positionOf(mlir::OpBuilder &builder, const HeadTensor &tensor,
                         mlir::Value batch, mlir::Value head);

  KernelFunction &function;
  const AttentionShape &shape;
  mlir::Location loc;
  llvm::SmallVector<mlir::Value, 4> biasStrides;
};

} // namespace strait

#endif // STRAIT_PASSES_LOOPS_ATTENTIONHEADS_H
