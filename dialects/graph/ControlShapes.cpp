// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shape rules of control flow: regions are visited like straight code.
#include "dialects/graph/GraphOps.h"
#include "dialects/graph/SymbolicShape.h"

using namespace mlir;
using namespace strait::graph;

static LogicalResult visitBlock(Block &block, SymbolicShapeAnalysis &shapes) {
  for (Operation &op : block)
    if (failed(shapes.visit(&op)))
      return failure();
  return success();
}

LogicalResult IfOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  Block &thenBlock = getThenRegion().front();
  Block &elseBlock = getElseRegion().front();
  if (failed(visitBlock(thenBlock, shapes)) ||
      failed(visitBlock(elseBlock, shapes)))
    return failure();
  for (OpResult result : getOperation()->getResults()) {
    unsigned i = result.getResultNumber();
    const SymbolicTensor &a = shapes.get(thenBlock.back().getOperand(i));
    const SymbolicTensor &b = shapes.get(elseBlock.back().getOperand(i));
    if (a.dims.size() != b.dims.size())
      return emitOpError("expected branches that yield one rank, got ")
             << a.dims.size() << " and " << b.dims.size();
    SymbolicTensor shape;
    for (size_t axis = 0; axis < a.dims.size(); ++axis)
      shape.dims.push_back(a.dims[axis] == b.dims[axis]
                               ? a.dims[axis]
                               : shapes.opaqueDim(result, axis));
    if (a.elements && a.elements == b.elements)
      shape.elements = a.elements;
    if (failed(shapes.set(result, std::move(shape))))
      return failure();
  }
  return success();
}

LogicalResult LoopOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  Block &block = getBody().front();
  unsigned carried = getCarried().size();
  shapes.setArgument(block.getArgument(0), SymbolicTensor());
  shapes.setArgument(block.getArgument(1), SymbolicTensor());
  // A carried dim keeps its first size until an iteration changes it; then it
  // is open, and the region is visited again.
  SmallVector<SmallVector<AffineExpr>> dims;
  for (Value value : getCarried())
    dims.emplace_back(shapes.dims(value));
  for (bool changed = true; changed;) {
    changed = false;
    for (unsigned i = 0; i < carried; ++i)
      shapes.setArgument(block.getArgument(i + 2), SymbolicTensor{dims[i], {}});
    if (failed(visitBlock(block, shapes)))
      return failure();
    for (unsigned i = 0; i < carried; ++i) {
      ArrayRef<AffineExpr> next =
          shapes.dims(block.back().getOperand(i + 1));
      if (next.size() != dims[i].size())
        return emitOpError("expected carried values of one rank, got ")
               << dims[i].size() << " and " << next.size();
      for (size_t axis = 0; axis < next.size(); ++axis) {
        AffineExpr open = shapes.opaqueDim(block.getArgument(i + 2), axis);
        if (next[axis] == dims[i][axis] || dims[i][axis] == open)
          continue;
        dims[i][axis] = open;
        changed = true;
      }
    }
  }
  for (OpResult result : getOperation()->getResults()) {
    unsigned i = result.getResultNumber();
    SmallVector<AffineExpr> out;
    if (i < carried) {
      for (size_t axis = 0; axis < dims[i].size(); ++axis) {
        AffineExpr open = shapes.opaqueDim(block.getArgument(i + 2), axis);
        out.push_back(dims[i][axis] == open ? shapes.opaqueDim(result, axis)
                                            : dims[i][axis]);
      }
    } else {
      // A slice's dims may be symbols of the region; those end with it.
      out.push_back(shapes.opaqueDim(result, 0));
      for (auto [axis, dim] :
           llvm::enumerate(shapes.dims(block.back().getOperand(i + 1)))) {
        bool isInner = false;
        shapes.walkOrigins(dim, [&](const SymbolOrigin &origin) {
          isInner |= origin.value &&
                     getBody().isAncestor(
                         Value(origin.value).getParentRegion());
        });
        out.push_back(isInner ? shapes.opaqueDim(result, axis + 1) : dim);
      }
    }
    if (failed(shapes.set(result, out)))
      return failure();
  }
  return success();
}
