// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Result types from shape rules: tensor<*xf32> -> tensor<2x?xf32>.
#include "passes/graph/Passes.h"

#include "dialects/graph/GraphOps.h"
#include "dialects/graph/SymbolicShape.h"

namespace strait::graph {
#define GEN_PASS_DEF_INFERSHAPESPASS
#include "passes/graph/Passes.h.inc"
} // namespace strait::graph

using namespace mlir;
using namespace strait;
using namespace strait::graph;

namespace {
struct InferShapesPass
    : public graph::impl::InferShapesPassBase<InferShapesPass> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal())
      return;
    SymbolicShapeAnalysis shapes(func);
    if (failed(shapes.run()))
      return signalPassFailure();
    Block &body = func.getBody().front();
    for (Operation &op : body)
      shapes.refineTypes(&op);
    func.setType(FunctionType::get(
        &getContext(), func.getFunctionType().getInputs(),
        llvm::to_vector(body.getTerminator()->getOperandTypes())));
  }
};
} // namespace
