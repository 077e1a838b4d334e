// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/AttentionShape.h"

using namespace mlir;
using namespace strait;

FailureOr<OrderedTensor> OrderedTensor::create(Operation *op,
                                               ArrayRef<AffineExpr> memory,
                                               ArrayRef<int64_t> order) {
  SmallVector<bool> seen(4, false);
  bool valid = memory.size() == 4 && order.size() == 4;
  for (int64_t dim : order) {
    valid = valid && dim >= 0 && dim < 4 && !seen[dim];
    if (valid)
      seen[dim] = true;
  }
  if (!valid)
    return op->emitOpError("expected tensors of rank 4 and orders that permute "
                           "0 to 3");
  OrderedTensor tensor;
  tensor.extents.resize(4);
  tensor.strides.resize(4);
  AffineExpr stride = getAffineConstantExpr(1, op->getContext());
  for (int64_t axis = 3; axis >= 0; --axis) {
    tensor.extents[order[axis]] = memory[axis];
    tensor.strides[order[axis]] = stride;
    stride = stride * memory[axis];
  }
  tensor.last = order[3];
  return tensor;
}
