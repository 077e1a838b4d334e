// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// conv, conv_transpose, pool on [N, C, D...] -> the same op on [N, D..., C]
// between two transposes, which strait-propagate-transposes then cancels
// against each other. Channels last, a convolution is a product over pixels and
// everything per channel runs along memory.
#include "dialects/graph/GraphOps.h"
#include "passes/graph/Passes.h"

namespace strait::graph {
#define GEN_PASS_DEF_ASSIGNLAYOUTPASS
#include "passes/graph/Passes.h.inc"
} // namespace strait::graph

using namespace mlir;
using namespace strait;

static RankedTensorType permuted(Type type, ArrayRef<int64_t> perm) {
  auto ranked = cast<RankedTensorType>(type);
  SmallVector<int64_t> shape;
  for (int64_t axis : perm)
    shape.push_back(ranked.getDimSize(axis));
  return ranked.clone(shape);
}

/// [0, 2, ..., rank - 1, 1], or its inverse.
static SmallVector<int64_t> channelsLast(int64_t rank, bool inverse) {
  SmallVector<int64_t> perm = {0};
  if (inverse)
    perm.push_back(rank - 1);
  for (int64_t axis = inverse ? 1 : 2; axis < rank - (inverse ? 1 : 0); ++axis)
    perm.push_back(axis);
  if (!inverse)
    perm.push_back(1);
  return perm;
}

/// op(x) -> transpose(op channels_last(transpose(x)))
template <typename OpT> static void makeChannelsLast(OpT op) {
  if (op.getLayout() == graph::Layout::ChannelsLast)
    return;
  OpBuilder builder(op);
  auto type = cast<RankedTensorType>(op.getX().getType());
  SmallVector<int64_t> to = channelsLast(type.getRank(), false);
  SmallVector<int64_t> back = channelsLast(type.getRank(), true);
  Value x = graph::TransposeOp::create(builder, op.getLoc(),
                                       permuted(type, to), op.getX(), to);
  Type resultType = op.getResult().getType();
  auto inner = cast<OpT>(builder.clone(*op));
  inner.getXMutable().set(x);
  inner.setLayout(graph::Layout::ChannelsLast);
  inner.getResult().setType(permuted(resultType, to));
  Value y = graph::TransposeOp::create(builder, op.getLoc(), resultType,
                                       inner.getResult(), back);
  op.getResult().replaceAllUsesWith(y);
  op.erase();
}

namespace {
class AssignLayoutPass
    : public strait::graph::impl::AssignLayoutPassBase<AssignLayoutPass> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) { ops.push_back(op); });
    for (Operation *op : ops)
      TypeSwitch<Operation *>(op)
          .Case<graph::ConvOp, graph::ConvTransposeOp, graph::PoolOp>(
              [](auto windowed) { makeChannelsLast(windowed); });
  }
};
} // namespace
