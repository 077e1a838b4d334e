// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// batch_norm(x) -> x * s + (bias - mean * s), s = scale / sqrt(variance + eps),
// for the norms that no convolution took. The arithmetic on parameters is graph
// ops on constants, which constant evaluation performs.
#include "passes/graph/Passes.h"

#include "passes/analysis/MissedRewrites.h"
#include "passes/graph/ConstantTree.h"

namespace strait::graph {
#define GEN_PASS_DEF_EXPANDBATCHNORMPASS
#include "passes/graph/Passes.h.inc"
} // namespace strait::graph

using namespace mlir;
using namespace strait;
using namespace strait::graph;

static Value scalarOf(OpBuilder &builder, Location loc, Type element,
                      const APFloat &number) {
  auto type = RankedTensorType::get({}, element);
  return WeightOp::create(
      builder, loc, type,
      DenseElementsAttr::get(
          type, Attribute(builder.getFloatAttr(
                    element, number.convertToFloat()))));
}

/// scale / sqrt(variance + epsilon), of shape [C].
static Value factorOf(OpBuilder &builder, BatchNormOp norm) {
  Location loc = norm.getLoc();
  Type type = norm.getScale().getType();
  Value epsilon = scalarOf(builder, loc, getElementTypeOrSelf(type),
                           norm.getEpsilon());
  Value shifted =
      AddOp::create(builder, loc, type, norm.getVariance(), epsilon);
  Value deviation = SqrtOp::create(builder, loc, type, shifted);
  return DivOp::create(builder, loc, type, norm.getScale(), deviation);
}

namespace {
/// batch_norm(x) -> x * s + (bias - mean * s)
struct ExpandBatchNorm : OpRewritePattern<BatchNormOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BatchNormOp norm,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(norm.getX().getType());
    auto sType = dyn_cast<RankedTensorType>(norm.getScale().getType());
    if (!type || !sType || !sType.hasStaticShape())
      return rewriter.notifyMatchFailure(norm, "parameters of unknown size");
    Location loc = norm.getLoc();
    Value factor = factorOf(rewriter, norm);
    Value product =
        MulOp::create(rewriter, loc, sType, norm.getMean(), factor);
    Value shift =
        SubOp::create(rewriter, loc, sType, norm.getBias(), product);
    SmallVector<int64_t> perChannel(type.getRank() - 1, 1);
    perChannel[0] = sType.getNumElements();
    Type result = norm.getResult().getType();
    Value scaled =
        MulOp::create(rewriter, loc, result, norm.getX(),
                      reshapeTo(rewriter, loc, factor, perChannel));
    rewriter.replaceOpWithNewOp<AddOp>(
        norm, result, scaled, reshapeTo(rewriter, loc, shift, perChannel));
    return success();
  }
};

struct ExpandBatchNormPass
    : public graph::impl::ExpandBatchNormPassBase<ExpandBatchNormPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ExpandBatchNorm>(&getContext());
    if (failed(applyAndReportMissed(getOperation(), std::move(patterns),
                                    getArgument())))
      signalPassFailure();
  }
};
} // namespace
