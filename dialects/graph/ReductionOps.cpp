// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifiers of the reductions, normalisations and windows. Sizes are checked
// by the shape rules; here only what the op alone can tell.
#include "dialects/graph/GraphOps.h"

using namespace mlir;
using namespace strait::graph;

/// An axis within [0, rank) where the rank is known.
static LogicalResult verifyAxis(Operation *op, Value x, int64_t axis) {
  auto type = dyn_cast<RankedTensorType>(x.getType());
  if (axis < 0 || (type && axis >= type.getRank()))
    return op->emitOpError() << "expected an axis within the operand's rank, "
                             << "got " << axis << " for " << x.getType();
  return success();
}

LogicalResult ReduceOp::verify() {
  int64_t previous = -1;
  for (int64_t axis : getAxes()) {
    if (failed(verifyAxis(*this, getX(), axis)))
      return failure();
    if (axis <= previous)
      return emitOpError() << "expected sorted unique axes, got " << axis
                           << " after " << previous;
    previous = axis;
  }
  return success();
}

LogicalResult ArgReduceOp::verify() {
  return verifyAxis(*this, getX(), getAxis());
}
LogicalResult SoftmaxOp::verify() {
  return verifyAxis(*this, getX(), getAxis());
}
LogicalResult LogSoftmaxOp::verify() {
  return verifyAxis(*this, getX(), getAxis());
}
LogicalResult LayerNormOp::verify() {
  return verifyAxis(*this, getX(), getAxis());
}
LogicalResult RmsNormOp::verify() {
  return verifyAxis(*this, getX(), getAxis());
}
LogicalResult CumSumOp::verify() {
  return verifyAxis(*this, getX(), getAxis());
}
LogicalResult TopKOp::verify() { return verifyAxis(*this, getX(), getAxis()); }

/// Per-channel parameters are vectors.
static LogicalResult verifyVectors(Operation *op, ValueRange values) {
  for (Value value : values) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (type && type.getRank() != 1)
      return op->emitOpError()
             << "expected per-channel parameters of rank 1, got " << type;
  }
  return success();
}

LogicalResult InstanceNormOp::verify() {
  return verifyVectors(*this, {getScale(), getBias()});
}

LogicalResult GroupNormOp::verify() {
  if (getGroups() < 1)
    return emitOpError() << "expected positive groups, got " << getGroups();
  return verifyVectors(*this, {getScale(), getBias()});
}

LogicalResult BatchNormOp::verify() {
  return verifyVectors(*this,
                       {getScale(), getBias(), getMean(), getVariance()});
}

LogicalResult PoolOp::verify() {
  size_t spatial = getKernel().size();
  if (spatial == 0 || getStrides().size() != spatial ||
      getDilations().size() != spatial || getPads().size() != 2 * spatial)
    return emitOpError() << "expected kernel, strides, dilations and pads of "
                         << "lengths n, n, n and 2n, got " << spatial << ", "
                         << getStrides().size() << ", "
                         << getDilations().size() << " and "
                         << getPads().size();
  auto type = dyn_cast<RankedTensorType>(getX().getType());
  if (type && type.getRank() != int64_t(spatial) + 2)
    return emitOpError() << "expected rank " << spatial + 2 << " for "
                         << spatial << " kernel sizes, got " << type;
  for (ArrayRef<int64_t> list : {getKernel(), getStrides(), getDilations()})
    for (int64_t value : list)
      if (value < 1)
        return emitOpError() << "expected positive kernel, strides and "
                             << "dilations, got " << value;
  return success();
}
