// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Transposes sink: relu(transpose(x)) -> transpose(relu(x)), until they meet
// their inverse, and vanish.
//
// One walk in program order suffices: an op that is rewritten leaves its
// transpose behind itself, where its users, which come later, find it.
#include "passes/graph/Passes.h"

#include "dialects/graph/GraphOps.h"
#include "passes/graph/ConstantTree.h"
#include "passes/graph/TransposeSinker.h"

namespace strait::graph {
#define GEN_PASS_DEF_PROPAGATETRANSPOSESPASS
#include "passes/graph/Passes.h.inc"
} // namespace strait::graph

using namespace mlir;
using namespace strait;
using namespace strait::graph;

namespace {
struct PropagateTransposesPass
    : public graph::impl::PropagateTransposesPassBase<PropagateTransposesPass> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal())
      return;
    SymbolicShapeAnalysis shapes(func);
    if (failed(shapes.run()))
      return signalPassFailure();
    IRRewriter rewriter(&getContext());
    TransposeSinker sinker(shapes, rewriter);
    // Ops stay until the end, so that `shapes` never sees another value at an
    // old address.
    SmallVector<Operation *> ops;
    func.walk<WalkOrder::PreOrder>([&](Operation *op) { ops.push_back(op); });
    for (Operation *op : ops)
      if (failed(sinker.sinkThrough(op)))
        return signalPassFailure();
    SmallVector<TransposeOp> left;
    func.walk([&](TransposeOp op) { left.push_back(op); });
    for (TransposeOp op : left)
      if (failed(sinker.turnIntoReshape(op)))
        return signalPassFailure();
    ops.clear();
    func.walk<WalkOrder::PostOrder>([&](Operation *op) { ops.push_back(op); });
    for (Operation *op : llvm::reverse(ops))
      if (isOpTriviallyDead(op))
        rewriter.eraseOp(op);
  }
};
} // namespace
