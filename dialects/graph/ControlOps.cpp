// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifiers of control flow.
#include "dialects/graph/GraphOps.h"

using namespace mlir;
using namespace strait::graph;

/// A region ends in a yield of `expected` values.
static LogicalResult verifyYield(Operation *op, Region &region,
                                 size_t expected) {
  auto yield = dyn_cast<YieldOp>(region.front().back());
  if (!yield)
    return op->emitOpError("expected regions that end in strait.yield");
  if (yield.getValues().size() != expected)
    return op->emitOpError() << "expected a yield of " << expected
                             << " values, got " << yield.getValues().size();
  return success();
}

LogicalResult IfOp::verify() {
  for (Region *region : {&getThenRegion(), &getElseRegion()}) {
    if (failed(verifyYield(*this, *region, getNumResults())))
      return failure();
    auto yield = cast<YieldOp>(region->front().back());
    for (auto [value, result] : llvm::zip(yield.getValues(), getResults()))
      if (getElementTypeOrSelf(value) != getElementTypeOrSelf(result))
        return emitOpError() << "expected yielded element type "
                             << getElementTypeOrSelf(result) << ", got "
                             << getElementTypeOrSelf(value);
  }
  return success();
}

LogicalResult LoopOp::verify() {
  size_t carried = getCarried().size();
  if (getNumResults() < carried)
    return emitOpError() << "expected at least one result per carried value, "
                         << "got " << getNumResults() << " for " << carried;
  if (getBody().getNumArguments() != carried + 2)
    return emitOpError() << "expected a region with " << carried + 2
                         << " arguments, got " << getBody().getNumArguments();
  return verifyYield(*this, getBody(), getNumResults() + 1);
}
