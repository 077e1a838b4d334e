// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Checks what kernel formation relies on; changes nothing.
#include "dialects/graph/GraphOps.h"
#include "dialects/graph/SymbolicShape.h"
#include "passes/graph/Passes.h"

namespace strait::graph {
#define GEN_PASS_DEF_VERIFYGRAPHPASS
#include "passes/graph/Passes.h.inc"
} // namespace strait::graph

using namespace mlir;
using namespace strait;

/// Every value is a tensor of known rank, static where its shape rule says so.
static LogicalResult verifyType(Operation *op, Value value,
                                const graph::SymbolicShapeAnalysis &shapes) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return op->emitOpError("expected tensors of a known rank, which "
                           "strait-infer-shapes finds, found ")
           << value.getType();
  const graph::SymbolicTensor *shape = shapes.lookup(value);
  if (!shape)
    return success();
  for (auto [axis, dim] : llvm::enumerate(shape->dims)) {
    std::optional<int64_t> extent = graph::constantValue(dim);
    if (extent && type.isDynamicDim(axis))
      return op->emitOpError("expected extent ")
             << *extent << " for dimension " << axis
             << ", as strait-infer-shapes writes it, found " << type;
  }
  return success();
}

/// Windowed ops run channels last.
template <typename OpT> static LogicalResult verifyLayout(OpT op) {
  if (op.getLayout() == graph::Layout::ChannelsLast)
    return success();
  return op.emitOpError("expected layout channels_last, which "
                        "strait-assign-layout sets, found ")
         << graph::stringifyLayout(op.getLayout());
}

static LogicalResult verifyOp(Operation *op,
                              const graph::SymbolicShapeAnalysis &shapes) {
  if (!isa<graph::GraphDialect>(op->getDialect()) && !isa<func::ReturnOp>(op))
    return op->emitOpError("expected only ops of the graph dialect, which "
                           "the importer makes of every node");
  for (Value result : op->getResults())
    if (failed(verifyType(op, result, shapes)))
      return failure();
  for (Region &region : op->getRegions())
    for (Value argument : region.getArguments())
      if (failed(verifyType(op, argument, shapes)))
        return failure();
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<graph::ConvOp, graph::ConvTransposeOp, graph::PoolOp>(
          [](auto windowed) { return verifyLayout(windowed); })
      .Default(success());
}

namespace {
struct VerifyGraphPass
    : public graph::impl::VerifyGraphPassBase<VerifyGraphPass> {
  void runOnOperation() override {
    markAllAnalysesPreserved();
    func::FuncOp func = getOperation();
    if (func.isExternal())
      return;
    graph::SymbolicShapeAnalysis shapes(func);
    WalkResult result = func.getBody().walk<WalkOrder::PreOrder>(
        [&](Operation *op) -> WalkResult {
          // Rules run on ranked operands only, so in step with the checks.
          if (op->getParentOp() == func && failed(shapes.visit(op)))
            return WalkResult::interrupt();
          return verifyOp(op, shapes);
        });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
