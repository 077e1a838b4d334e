// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The Attention operator: heads are laid out, the cache joined, the mask made
// a bias, and the rest is strait.attention.

#include "frontends/onnx/OpTable.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace strait::importer {

/// [B, S, H D] -> [B, H, S, D].
static Value splitHeads(NodeContext &n, Value x, int64_t heads) {
  Value split = n.reshape(
      x, {Dim(x, 0), Dim(x, 1), Dim(heads), Dim(x, 2, 1, heads)});
  return n.transpose(split, {0, 2, 1, 3});
}

static Value concatRows(NodeContext &n, Value past, Value now) {
  return past ? n.make<graph::ConcatOp>(n.elementOf(now),
                                        ValueRange{past, now}, 2)
              : now;
}

/// A boolean mask says who is seen; as a bias that is 0 or minus infinity.
static Value maskAsBias(NodeContext &n, Value mask, Type element) {
  if (!mask || !n.elementOf(mask).isInteger(1))
    return mask;
  return n.make<graph::SelectOp>(
      element, mask, n.scalar(element, 0),
      n.scalar(element, -std::numeric_limits<double>::infinity()));
}

/// The standard scale where the size of a head is known at run time only.
static Value dividedByRootOfWidth(NodeContext &n, Value q) {
  Value width = n.make<graph::ShapeOp>(n.builder.getI64Type(), q, 3, 4);
  Value root = n.unary<graph::SqrtOp>(n.cast(width, n.elementOf(q)));
  return n.binary<graph::DivOp>(q, root);
}

static LogicalResult importAttention(NodeContext &n) {
  Value q = n.input(0), k = n.input(1), v = n.input(2);
  Value pastK = n.input(4), pastV = n.input(5);
  bool causal = n.attributes.getBool("is_causal", false);
  double softcap = n.attributes.getFloat("softcap", 0);
  int64_t kvHeads = n.attributes.getInt("kv_num_heads", 0);
  int64_t qHeads = n.attributes.getInt("q_num_heads", 0);
  n.attributes.ignore("softmax_precision");
  n.attributes.ignore("qk_matmul_output_mode");
  if (n.wantsOutput(3))
    return n.unsupported("the scores themselves (output 3)");
  if (softcap != 0)
    return n.unsupported("softcap");
  if (n.input(6))
    return n.unsupported("nonpad_kv_seqlen (input 6)");
  if (causal && pastK)
    return n.unsupported("is_causal = 1 with a cache");
  if (bool(pastK) != bool(pastV))
    return n.emitError() << "has a cache of keys or of values only";
  int64_t rank = n.rankOf(q);
  if (failed(n.requireRank(q, 3, 4, "a query")) ||
      failed(n.requireRank(k, rank, rank, "keys")) ||
      failed(n.requireRank(v, rank, rank, "values")))
    return failure();
  for (Value past : {pastK, pastV})
    if (past && failed(n.requireRank(past, 4, 4, "a cache")))
      return failure();
  if (rank == 3) {
    if (qHeads < 1 || kvHeads < 1)
      return n.emitError() << "of rank 3 needs q_num_heads and kv_num_heads";
    for (auto [x, heads] : {std::pair(q, qHeads), {k, kvHeads}, {v, kvHeads}}) {
      int64_t width = n.shapeOf(x)[2];
      if (!ShapedType::isDynamic(width) && width % heads)
        return n.emitError() << "cannot cut a width of " << width << " into "
                             << heads << " heads";
    }
    q = splitHeads(n, q, qHeads);
    k = splitHeads(n, k, kvHeads);
    v = splitHeads(n, v, kvHeads);
  }
  k = concatRows(n, pastK, k);
  v = concatRows(n, pastV, v);
  Type element = n.elementOf(q);
  int64_t width = n.shapeOf(q)[3];
  double scale = 1;
  if (n.attributes.has("scale"))
    scale = n.attributes.getFloat("scale", 1);
  else if (!ShapedType::isDynamic(width))
    scale = 1.0 / std::sqrt(double(width));
  else
    q = dividedByRootOfWidth(n, q);
  Value bias = maskAsBias(n, n.input(3), element);
  Value result = n.make<graph::AttentionOp>(
      element, q, k, v, bias, llvm::APFloat(float(scale)), causal,
      /*zero_masked_rows=*/false, /*grouped=*/true);
  if (n.failed())
    return failure();
  if (rank == 3) {
    Value rows = n.transpose(result, {0, 2, 1, 3});
    result = n.reshape(rows,
                       {Dim(rows, 0), Dim(rows, 1), Dim(rows, 3, qHeads)});
  }
  n.setOutput(0, result);
  n.setOutput(1, k);
  n.setOutput(2, v);
  return success();
}

static const OpRow kRows[] = {
    {"Attention", 23, kLatestOpset, 3, 7, importAttention},
};

ArrayRef<OpRow> attentionRows() { return kRows; }

} // namespace strait::importer
