// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/RootShape.h"

using namespace mlir;
using namespace strait;

static Block &bodyOf(Operation *group) {
  return group->getRegion(0).front();
}

Operation *RootShape::findRoot(Operation *group) {
  for (Operation &op : bodyOf(group).without_terminator())
    if (isa<kernel::KernelDialect>(op.getDialect()))
      return &op;
  return nullptr;
}

FailureOr<RootShape> RootShape::create(Operation *group) {
  RootShape shape;
  shape.group = group;
  shape.rootOp = findRoot(group);
  if (!shape.rootOp)
    return group->emitOpError("expected a root op in the kernel");
  ArrayAttr inputs = group->getAttrOfType<ArrayAttr>("input_shapes");
  shape.sizes = bodyOf(group).getNumArguments() - inputs.size();
  for (Value operand : shape.rootOp->getOperands()) {
    auto argument = dyn_cast<BlockArgument>(operand);
    if (!argument || argument.getArgNumber() >= inputs.size())
      return shape.rootOp->emitOpError(
          "expected its operands to be inputs of the kernel: this root takes "
          "no prologue");
  }
  // Whatever is yielded has the root's shape: an epilogue keeps positions.
  ArrayAttr results = group->getAttrOfType<ArrayAttr>("result_shapes");
  if (results.empty())
    return group->emitOpError("expected a kernel with a result");
  llvm::append_range(shape.results,
                     cast<AffineMapAttr>(results[0]).getValue().getResults());
  return shape;
}

ArrayRef<AffineExpr> RootShape::operand(Value tensor) const {
  ArrayAttr inputs = group->getAttrOfType<ArrayAttr>("input_shapes");
  unsigned index = cast<BlockArgument>(tensor).getArgNumber();
  return cast<AffineMapAttr>(inputs[index]).getValue().getResults();
}

std::optional<int64_t> strait::knownExtent(AffineExpr expr) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  return std::nullopt;
}

int64_t strait::extentOr(AffineExpr expr, int64_t otherwise) {
  return knownExtent(expr).value_or(otherwise);
}
