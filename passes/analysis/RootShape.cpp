// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/RootShape.h"

using namespace mlir;
using namespace strait;

static Block &bodyOf(Operation *group) {
  return group->getRegion(0).front();
}

FailureOr<RootShape> RootShape::create(Operation *group) {
  RootShape shape;
  shape.group = group;
  shape.rootOp = kernel::findRoot(group);
  if (!shape.rootOp)
    return group->emitOpError("expected a root op in the kernel");
  ArrayAttr inputs = group->getAttrOfType<ArrayAttr>("input_shapes");
  shape.sizes = bodyOf(group).getNumArguments() - inputs.size();
  auto prologue = kernel::findPrologue(shape.rootOp);
  if (prologue) {
    auto empty = prologue.getDpsInits()[0].getDefiningOp<tensor::EmptyOp>();
    if (!empty)
      return prologue.emitOpError("expected a prologue into tensor.empty");
    auto dynamic = empty.getDynamicSizes().begin();
    for (int64_t extent : empty.getType().getShape()) {
      if (!ShapedType::isDynamic(extent)) {
        shape.computed.push_back(shape.constant(extent));
        continue;
      }
      auto size = dyn_cast<BlockArgument>(*dynamic++);
      if (!size || size.getArgNumber() < inputs.size())
        return prologue.emitOpError("expected its extents to be sizes of the "
                                    "kernel");
      shape.computed.push_back(getAffineSymbolExpr(
          size.getArgNumber() - inputs.size(), shape.context()));
    }
  }
  for (Value operand : shape.rootOp->getOperands()) {
    if (prologue && operand.getDefiningOp() == prologue)
      continue;
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
  if (tensor.getDefiningOp())
    return computed;
  ArrayAttr inputs = group->getAttrOfType<ArrayAttr>("input_shapes");
  unsigned index = cast<BlockArgument>(tensor).getArgNumber();
  return cast<AffineMapAttr>(inputs[index]).getValue().getResults();
}
