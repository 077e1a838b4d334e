// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// strait.attention -> kernel.attention. Transposes of the operands and of the
// result become the root's operand orders: heads are read where they lie.
#include "passes/kernel/GraphToKernel.h"

using namespace mlir;
using namespace strait;

/// The tensor that `value` permutes, with the order in which it lies: dim i of
/// the tensor is dim order[i] of `value`.
static std::pair<Value, SmallVector<int64_t>> lying(Value value) {
  auto transpose = value.getDefiningOp<graph::TransposeOp>();
  if (!transpose)
    return {value, SmallVector<int64_t>{0, 1, 2, 3}};
  // value's dim i is the source's dim perm[i].
  ArrayRef<int64_t> perm = transpose.getPerm();
  SmallVector<int64_t> order(perm.size());
  for (auto [i, from] : llvm::enumerate(perm))
    order[from] = i;
  return {transpose.getX(), order};
}

FormResult strait::formAttentionRegion(Operation *op, GraphToKernel &state) {
  auto attention = dyn_cast<graph::AttentionOp>(op);
  if (!attention)
    return std::nullopt;
  Location loc = op->getLoc();
  auto [q, qOrder] = lying(attention.getQ());
  auto [k, kOrder] = lying(attention.getK());
  auto [v, vOrder] = lying(attention.getV());
  ShapedValue query = state.get(q), key = state.get(k), value = state.get(v);
  if (!query.elementType().isF32())
    return op->emitOpError("expected f32 attention, found ")
           << query.elementType();
  ShapedValue bias;
  if (attention.getBias()) {
    bias = state.get(attention.getBias());
    // [B, H, S, T] with leading ones added.
    SmallVector<AffineExpr> dims(4 - bias.rank(), state.constant(1));
    llvm::append_range(dims, bias.dims);
    bias = state.reshape(loc, bias, dims);
  }

  // A transpose that alone uses the result is how the result lies.
  Value result = attention.getResult();
  SmallVector<int64_t> resultOrder = {0, 1, 2, 3};
  if (result.hasOneUse())
    if (auto transpose =
            dyn_cast<graph::TransposeOp>(*result.user_begin())) {
      resultOrder.assign(transpose.getPerm().begin(),
                         transpose.getPerm().end());
      result = transpose.getResult();
    }
  SmallVector<AffineExpr> dims = state.dimsOf(result);
  RegionBuilder region(state.builder, loc, state.sizes);
  Value a = region.input(query), b = region.input(key),
        c = region.input(value);
  Value d = bias ? region.input(bias) : Value();
  Value output = kernel::AttentionOp::create(
      region.body(), loc, typeOf(dims, query.elementType()), a, b, c, d,
      attention.getScale(), attention.getCausal(),
      attention.getZeroMaskedRows(), qOrder, kOrder,
      vOrder, resultOrder);
  state.set(result, region.finish({{output, dims}}).front());
  return success();
}
