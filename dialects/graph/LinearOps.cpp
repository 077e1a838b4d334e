// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifiers of the contractions. Sizes are checked by the shape rules; here
// only what the op alone can tell.
#include "dialects/graph/GraphOps.h"

using namespace mlir;
using namespace strait::graph;

LogicalResult MatmulOp::verify() {
  for (Value operand : getOperands()) {
    auto type = dyn_cast<RankedTensorType>(operand.getType());
    if (type && type.getRank() < 2) // Constraint 1.
      return emitOpError() << "expected operands of rank 2 or more, got "
                           << type;
  }
  Type a = getElementTypeOrSelf(getA()), b = getElementTypeOrSelf(getB()),
       result = getElementTypeOrSelf(getResult());
  if (a != b || a != result) // Constraint 3.
    return emitOpError() << "expected one element type, got " << a << ", " << b
                         << " and " << result;
  return success();
}

/// Constraint 1 of the convolutions, and the sanity of their numbers.
template <typename OpT> static LogicalResult verifyWindow(OpT op) {
  size_t spatial = op.getStrides().size();
  if (spatial == 0 || op.getDilations().size() != spatial ||
      op.getPads().size() != 2 * spatial)
    return op.emitOpError()
           << "expected strides, dilations and pads of lengths n, n and 2n, got "
           << spatial << ", " << op.getDilations().size() << " and "
           << op.getPads().size();
  for (Value value : {op.getX(), op.getW(), op.getResult()}) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (type && type.getRank() != int64_t(spatial) + 2)
      return op.emitOpError() << "expected rank " << spatial + 2
                              << " for " << spatial << " strides, got " << type;
  }
  for (int64_t stride : op.getStrides())
    if (stride < 1)
      return op.emitOpError() << "expected positive strides, got " << stride;
  for (int64_t dilation : op.getDilations())
    if (dilation < 1)
      return op.emitOpError() << "expected positive dilations, got "
                              << dilation;
  if (op.getGroups() < 1)
    return op.emitOpError() << "expected positive groups, got "
                            << op.getGroups();
  return success();
}

LogicalResult ConvOp::verify() { return verifyWindow(*this); }

LogicalResult ConvTransposeOp::verify() {
  if (getOutputPadding().size() != getStrides().size())
    return emitOpError() << "expected output_padding of length "
                         << getStrides().size() << ", got "
                         << getOutputPadding().size();
  return verifyWindow(*this);
}
