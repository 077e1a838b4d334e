// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/AttentionPlan.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace strait;

/// Scores of this many rows (and 512 keys) leave room in L2 for the panels.
static constexpr int64_t mostBlockRows = 48;
/// Packing the keys and values of a head costs as much as about 2 rows.
static constexpr int64_t mostTaskRows = 256;
/// With few heads, rows have to be shared among workers too.
static constexpr int64_t mostTaskRowsFewHeads = 96;
static constexpr int64_t fewHeads = 8;
/// Bytes; the runtime aligns scratch to as much (STRAIT_ALIGNMENT).
static constexpr int64_t kAlignment = 64;

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

FailureOr<AttentionPlan> AttentionPlan::compute(Operation *regionOrFunc,
                                                int64_t lanes) {
  AttentionPlan plan(regionOrFunc);
  KernelGroup &group = plan.group;
  auto ops = group.body->getOps<kernel::AttentionOp>();
  if (ops.empty())
    return regionOrFunc->emitOpError("expected a kernel.attention");
  kernel::AttentionOp op = plan.op = *ops.begin();

  for (ArrayRef<int64_t> order :
       {op.getQOrder(), op.getKOrder(), op.getVOrder(), op.getResultOrder()})
    if (!isOrder(order))
      return op.emitOpError("expected orders to be permutations of 4 dims");
  // Everything that is read must be a buffer of four dims.
  auto read = [&](Value value, ArrayRef<int64_t> order,
                  StringRef name) -> FailureOr<HeadTensor> {
    auto type = cast<RankedTensorType>(value.getType());
    std::optional<unsigned> input = group.inputIndex(value);
    if (!input)
      return op.emitOpError("expected ")
             << name << " to be an input of the kernel";
    if (type.getRank() != 4 || !type.getElementType().isF32())
      return op.emitOpError("expected ")
             << name << " to be an f32 tensor of 4 dims, found " << type;
    return headTensor(group.inputShapes[*input], order);
  };
  FailureOr<HeadTensor> q = read(op.getQ(), op.getQOrder(), "q");
  FailureOr<HeadTensor> k = read(op.getK(), op.getKOrder(), "k");
  FailureOr<HeadTensor> v = read(op.getV(), op.getVOrder(), "v");
  if (failed(q) || failed(k) || failed(v))
    return failure();
  plan.q = *q, plan.k = *k, plan.v = *v;
  if (op.getBias()) {
    FailureOr<HeadTensor> bias = read(op.getBias(), {0, 1, 2, 3}, "bias");
    if (failed(bias))
      return failure();
    plan.bias = *bias;
  }
  auto resultType = cast<RankedTensorType>(op.getResult().getType());
  if (resultType.getRank() != 4)
    return op.emitOpError("expected a result of 4 dims, found ") << resultType;

  MLIRContext *context = op.getContext();
  auto constant = [&](int64_t value) {
    return getAffineConstantExpr(value, context);
  };
  // The result's shape follows from the operands'.
  SmallVector<AffineExpr, 4> dims = {plan.q.extents[0], plan.q.extents[1],
                                     plan.q.extents[2], plan.v.extents[3]};
  SmallVector<AffineExpr> lying;
  for (int64_t dim : op.getResultOrder())
    lying.push_back(dims[dim]);
  plan.result = headTensor(AffineMap::get(0, group.numSizes, lying, context),
                           op.getResultOrder());

  // Tiles: 16 columns in as many vectors as they need, rows for the rest.
  plan.lanes = lanes;
  int64_t mostTileRows = lanes == 16 ? 12 : lanes == 8 ? 6 : 2;
  AffineExpr allHeads = multiplyExtents(dims[0], dims[1]);
  auto heads = constantExtent(allHeads);
  int64_t most =
      heads && *heads < fewHeads ? mostTaskRowsFewHeads : mostTaskRows;
  plan.tileRows = mostTileRows;
  plan.taskRows = most;
  plan.blockRows = roundUp(mostBlockRows, mostTileRows);
  if (auto rows = constantExtent(plan.queryRows())) {
    // Cut evenly where the number of rows is known.
    int64_t count = std::max<int64_t>(*rows, 1);
    plan.taskRows = llvm::divideCeil(count, llvm::divideCeil(count, most));
    int64_t blocks = llvm::divideCeil(plan.taskRows, mostBlockRows);
    int64_t perBlock = llvm::divideCeil(plan.taskRows, blocks);
    int64_t tiles = llvm::divideCeil(perBlock, mostTileRows);
    plan.tileRows = llvm::divideCeil(perBlock, tiles);
    plan.blockRows = tiles * plan.tileRows;
  }
  plan.tasks = allHeads * plan.queryRows().ceilDiv(constant(plan.taskRows));

  plan.keyColumns = plan.keyRows().ceilDiv(constant(panelWidth)) * panelWidth;
  plan.scoreStride = plan.keyColumns + 16;
  auto bytes = [&](AffineExpr floats) {
    return (floats * 4).ceilDiv(constant(kAlignment)) * kAlignment;
  };
  AffineExpr paddedWidth =
      plan.width().ceilDiv(constant(panelWidth)) * panelWidth;
  plan.valuesAt = bytes(plan.keyColumns * plan.depth());
  plan.scoresAt = plan.valuesAt + bytes(plan.keyColumns * paddedWidth);
  plan.factorsAt = plan.scoresAt + bytes(plan.scoreStride * plan.blockRows);
  plan.scratchBytes = plan.factorsAt + bytes(constant(plan.blockRows));
  return plan;
}
