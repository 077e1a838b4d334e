// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/AttentionShape.h"

using namespace mlir;
using namespace strait;

/// Logical extents and strides of a tensor of `shape` that lies in `order`.
static HeadTensor headTensor(AffineMap shape, ArrayRef<int64_t> order) {
  HeadTensor tensor;
  tensor.extents.resize(4);
  tensor.strides.resize(4);
  AffineExpr stride = getAffineConstantExpr(1, shape.getContext());
  for (int64_t axis = 3; axis >= 0; --axis) {
    tensor.extents[order[axis]] = shape.getResult(axis);
    tensor.strides[order[axis]] = stride;
    stride = multiplyExtents(stride, shape.getResult(axis));
  }
  return tensor;
}

static bool isOrder(ArrayRef<int64_t> order) {
  SmallVector<int64_t> sorted(order);
  llvm::sort(sorted);
  return ArrayRef<int64_t>(sorted) == ArrayRef<int64_t>({0, 1, 2, 3});
}

FailureOr<HeadTensor> AttentionShape::readInput(Value value,
                                                ArrayRef<int64_t> order,
                                                StringRef name) {
  auto type = cast<RankedTensorType>(value.getType());
  std::optional<unsigned> input = group.inputIndex(value);
  if (!input)
    return op.emitOpError("expected ")
           << name << " to be an input of the kernel";
  if (type.getRank() != 4 || !type.getElementType().isF32())
    return op.emitOpError("expected ")
           << name << " to be an f32 tensor of 4 dims, found " << type;
  return headTensor(group.inputShapes[*input], order);
}

LogicalResult AttentionShape::readOperands() {
  for (ArrayRef<int64_t> order :
       {op.getQOrder(), op.getKOrder(), op.getVOrder(), op.getResultOrder()})
    if (!isOrder(order))
      return op.emitOpError("expected orders to be permutations of 4 dims");
  // Everything that is read must be a buffer of four dims.
  auto read = [&](HeadTensor &tensor, Value value, ArrayRef<int64_t> order,
                  StringRef name) -> LogicalResult {
    FailureOr<HeadTensor> found = readInput(value, order, name);
    if (succeeded(found))
      tensor = *found;
    return found;
  };
  if (failed(read(q, op.getQ(), op.getQOrder(), "q")) ||
      failed(read(k, op.getK(), op.getKOrder(), "k")) ||
      failed(read(v, op.getV(), op.getVOrder(), "v")) ||
      (op.getBias() && failed(read(bias, op.getBias(), {0, 1, 2, 3}, "bias"))))
    return failure();
  auto resultType = cast<RankedTensorType>(op.getResult().getType());
  if (resultType.getRank() != 4)
    return op.emitOpError("expected a result of 4 dims, found ") << resultType;

  // The result's shape follows from the operands'.
  SmallVector<AffineExpr, 4> dims = {q.extents[0], q.extents[1], q.extents[2],
                                     v.extents[3]};
  SmallVector<AffineExpr> lying;
  for (int64_t dim : op.getResultOrder())
    lying.push_back(dims[dim]);
  result = headTensor(AffineMap::get(0, group.numSizes, lying, op.getContext()),
                      op.getResultOrder());
  return success();
}

FailureOr<AttentionShape> AttentionShape::compute(Operation *regionOrFunc) {
  AttentionShape shape(regionOrFunc);
  auto ops = shape.group.body->getOps<kernel::AttentionOp>();
  if (ops.empty())
    return regionOrFunc->emitOpError("expected a kernel.attention");
  shape.op = *ops.begin();
  if (failed(shape.readOperands()))
    return failure();
  return shape;
}
