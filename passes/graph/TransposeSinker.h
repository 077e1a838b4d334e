// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Moving one op in front of the transposes of its operands.
#ifndef STRAIT_PASSES_GRAPH_TRANSPOSESINKER_H
#define STRAIT_PASSES_GRAPH_TRANSPOSESINKER_H

#include "dialects/graph/GraphOps.h"
#include "dialects/graph/SymbolicShape.h"
#include "mlir/IR/PatternMatch.h"

namespace strait::graph {

using Permutation = llvm::SmallVector<int64_t>;

class TransposeSinker {
public:
  TransposeSinker(SymbolicShapeAnalysis &shapes, mlir::RewriterBase &rewriter)
      : shapes(shapes), rewriter(rewriter) {}

  /// op(transpose(x)) -> transpose(op(x)) where the op allows it. The old op
  /// loses its uses and stays. Fails only after an op error.
  llvm::LogicalResult sinkThrough(mlir::Operation *op);

  /// A transpose that only moves dims of size 1 keeps the order of elements.
  llvm::LogicalResult turnIntoReshape(TransposeOp op);

private:
  llvm::LogicalResult sinkThroughElementwise(mlir::Operation *op);
  llvm::LogicalResult sinkThroughConcat(ConcatOp op);
  llvm::LogicalResult sinkThroughReshape(ReshapeOp op);
  llvm::LogicalResult sinkThroughReduce(mlir::Operation *op,
                                        llvm::ArrayRef<int64_t> axes,
                                        bool keepDims);
  llvm::LogicalResult sinkThroughPad(PadOp op);
  llvm::LogicalResult mergeTransposes(TransposeOp op);

  /// `op` with other operands, before `op`; result types follow from its rule.
  mlir::Operation *cloneWith(mlir::Operation *op,
                             llvm::ArrayRef<mlir::Value> operands);
  llvm::LogicalResult infer(mlir::Operation *op);
  /// Infers `inner` and lets transposes of its results replace those of `op`.
  llvm::LogicalResult finish(mlir::Operation *op, mlir::Operation *inner,
                             llvm::ArrayRef<int64_t> perm);
  /// Value v with transpose(v, perm) = value, when it is cheap; null otherwise.
  mlir::Value untransposed(mlir::Value value, llvm::ArrayRef<int64_t> perm,
                           mlir::Operation *user);
  mlir::Value makeList(llvm::ArrayRef<int64_t> entries, mlir::Location loc);

  SymbolicShapeAnalysis &shapes;
  mlir::RewriterBase &rewriter;
};

} // namespace strait::graph

#endif // STRAIT_PASSES_GRAPH_TRANSPOSESINKER_H
