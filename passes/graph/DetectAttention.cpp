// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// softmax(scale (q k^T) + bias) v, as exporters spell it -> strait.attention.
//
// From the softmax upwards: a sum with the bias, products or quotients with
// scalar constants anywhere between it, the first matrix product and that
// product's operands. Downwards: an exporter's guard that turns the NaN rows of
// fully masked queries into zeros, then the product with v. How q, k and v are
// split and transposed does not matter: k is transposed back, and transposes
// meet in strait-propagate-transposes.
#include "dialects/graph/GraphOps.h"
#include "passes/graph/Passes.h"

namespace strait::graph {
#define GEN_PASS_DEF_DETECTATTENTIONPASS
#include "passes/graph/Passes.h.inc"
} // namespace strait::graph

using namespace mlir;
using namespace strait;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// The only element of a constant.
static std::optional<double> scalarConstant(Value value) {
  DenseFPElementsAttr attr;
  if (!matchPattern(value, m_Constant(&attr)) || attr.getNumElements() != 1)
    return std::nullopt;
  return (*attr.value_begin<APFloat>()).convertToDouble();
}

/// Strips products and quotients with scalar constants off `value`, collecting
/// them in `scale`.
static Value stripScale(Value value, double &scale) {
  while (Operation *op = value.getDefiningOp()) {
    std::optional<double> factor;
    Value rest;
    if (auto mul = dyn_cast<graph::MulOp>(op)) {
      rest = mul.getA();
      factor = scalarConstant(mul.getB());
      if (!factor) {
        rest = mul.getB();
        factor = scalarConstant(mul.getA());
      }
    } else if (auto div = dyn_cast<graph::DivOp>(op)) {
      rest = div.getA();
      factor = scalarConstant(div.getB());
      if (factor)
        factor = 1.0 / *factor;
    }
    if (!factor || rest.getType() != value.getType())
      return value;
    scale *= *factor;
    value = rest;
  }
  return value;
}

/// The select that zeroes NaN: select(is_nan(p), 0, p).
static graph::SelectOp nanGuard(Value probabilities) {
  for (Operation *user : probabilities.getUsers()) {
    auto select = dyn_cast<graph::SelectOp>(user);
    if (!select || select.getB() != probabilities)
      continue;
    auto isNan = select.getCond().getDefiningOp<graph::IsNanOp>();
    if (isNan && isNan.getX() == probabilities &&
        scalarConstant(select.getA()) == 0.0)
      return select;
  }
  return {};
}

namespace {
/// matmul(softmax(matmul(q, k^T) * scale + bias), v) -> attention(q, k, v, bias)
struct RaiseAttention : OpRewritePattern<graph::SoftmaxOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(graph::SoftmaxOp softmax,
                                PatternRewriter &rewriter) const override {
    int64_t rank = typeOf(softmax.getX()).getRank();
    if (rank != 4)
      return rewriter.notifyMatchFailure(softmax, "scores are not rank 4");
    if (int64_t(softmax.getAxis()) != rank - 1)
      return rewriter.notifyMatchFailure(softmax, "not over the last axis");

    // Downwards to the product with v.
    Value probabilities = softmax.getResult();
    bool guarded = false;
    if (graph::SelectOp guard = nanGuard(probabilities)) {
      if (!probabilities.hasNUses(2))
        return rewriter.notifyMatchFailure(softmax, "softmax has other uses");
      probabilities = guard.getResult();
      guarded = true;
    }
    if (!probabilities.hasOneUse())
      return rewriter.notifyMatchFailure(softmax, "softmax has other uses");
    auto output =
        dyn_cast<graph::MatmulOp>(*probabilities.getUsers().begin());
    if (!output || output.getA() != probabilities)
      return rewriter.notifyMatchFailure(softmax,
                                         "no product with values follows");

    // Upwards to the product of q and k.
    double scale = 1.0;
    Value scores = stripScale(softmax.getX(), scale);
    Value bias;
    if (auto add = scores.getDefiningOp<graph::AddOp>()) {
      if (scale != 1.0)
        return rewriter.notifyMatchFailure(softmax,
                                           "the bias is scaled as well");
      bool firstIsProduct = false;
      for (Value side : {add.getA(), add.getB()}) {
        double ignored = 1.0;
        if (stripScale(side, ignored).getDefiningOp<graph::MatmulOp>() &&
            side.getType() == add.getResult().getType()) {
          firstIsProduct = side == add.getA();
          scores = side;
          bias = firstIsProduct ? add.getB() : add.getA();
          break;
        }
      }
      if (!bias)
        return rewriter.notifyMatchFailure(softmax, "no summand is a product");
      scores = stripScale(scores, scale);
    }
    auto product = scores.getDefiningOp<graph::MatmulOp>();
    if (!product)
      return rewriter.notifyMatchFailure(softmax, "scores are no product");
    Value q = stripScale(product.getA(), scale);
    Value transposed = stripScale(product.getB(), scale);
    Value v = output.getB();
    auto qType = typeOf(q), kType = typeOf(transposed), vType = typeOf(v);
    if (qType.getRank() != 4 || kType.getRank() != 4 || vType.getRank() != 4)
      return rewriter.notifyMatchFailure(softmax, "q, k or v is not rank 4");
    if (!qType.getElementType().isF32())
      return rewriter.notifyMatchFailure(softmax, "not f32");
    for (unsigned axis : {0, 1})
      if (qType.getDimSize(axis) != kType.getDimSize(axis) ||
          qType.getDimSize(axis) != vType.getDimSize(axis))
        return rewriter.notifyMatchFailure(softmax,
                                           "batch or heads are broadcast");
    if (bias && typeOf(bias).getRank() > 4)
      return rewriter.notifyMatchFailure(softmax, "bias is not rank 4");
    if (!(scale > 0) || !std::isfinite(scale))
      return rewriter.notifyMatchFailure(softmax, "scale is not positive");

    Location loc = rewriter.getFusedLoc(
        {product.getLoc(), softmax.getLoc(), output.getLoc()});
    rewriter.setInsertionPoint(output);
    SmallVector<int64_t> swap = {0, 1, 3, 2};
    SmallVector<int64_t> shape(kType.getShape());
    std::swap(shape[2], shape[3]);
    Value k = graph::TransposeOp::create(rewriter, loc, kType.clone(shape),
                                         transposed, swap);
    auto attention = graph::AttentionOp::create(
        rewriter, loc, output.getResult().getType(), q, k, v, bias,
        APFloat(float(scale)), /*causal=*/false,
        /*zero_masked_rows=*/guarded);
    rewriter.replaceOp(output, attention.getResult());
    return success();
  }
};

class DetectAttentionPass
    : public strait::graph::impl::DetectAttentionPassBase<DetectAttentionPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<RaiseAttention>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
  }
};
} // namespace
