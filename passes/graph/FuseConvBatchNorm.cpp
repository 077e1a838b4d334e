// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// batch_norm(conv(x, w, b)) -> conv(x, w', b'), and the same for products and
// sums with one constant per channel. With s and t the factor and the summand:
//   s (w * x + b) + t = (s w) * x + (s b + t)
// The new weights are ops on constants; strait-evaluate-constants computes them.
#include "dialects/graph/GraphOps.h"
#include "passes/graph/Passes.h"

namespace strait::graph {
#define GEN_PASS_DEF_FUSECONVBATCHNORMPASS
#include "passes/graph/Passes.h.inc"
} // namespace strait::graph

using namespace mlir;
using namespace strait;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Whether the value is computed from constants alone, a few ops deep.
static bool isConstantExpression(Value value, unsigned depth = 8) {
  Operation *op = value.getDefiningOp();
  if (!op || depth == 0)
    return false;
  if (isa<graph::WeightOp>(op))
    return true;
  return isa<graph::ElementwiseOpInterface, graph::ReshapeOp>(op) &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return isConstantExpression(operand, depth - 1);
         });
}

static Value reshapeTo(OpBuilder &b, Location loc, Value value,
                       ArrayRef<int64_t> shape) {
  auto type = typeOf(value).clone(shape);
  if (type == value.getType())
    return value;
  auto shapeType =
      RankedTensorType::get({int64_t(shape.size())}, b.getI64Type());
  Value target = graph::WeightOp::create(
      b, loc, cast<ElementsAttr>(DenseElementsAttr::get(shapeType, shape)));
  return graph::ReshapeOp::create(b, loc, type, value, target, false);
}

namespace {
/// A convolution whose weights may be rewritten.
struct FoldableConv {
  Operation *op = nullptr;
  int64_t channels = 0;
  int64_t channelAxis = 1; // in the result
};
} // namespace

/// The convolution that alone produces `value`, all its weights constant.
static FailureOr<FoldableConv> foldableConv(PatternRewriter &rewriter,
                                            Operation *user, Value value) {
  Operation *op = value.getDefiningOp();
  if (!isa_and_nonnull<graph::ConvOp, graph::ConvTransposeOp>(op))
    return rewriter.notifyMatchFailure(user, "operand is no convolution");
  if (!value.hasOneUse())
    return rewriter.notifyMatchFailure(user, "the convolution's result has "
                                             "other uses");
  for (Value weight : op->getOperands().drop_front())
    if (!isConstantExpression(weight))
      return rewriter.notifyMatchFailure(user, "weights are not constant");
  FoldableConv conv{op};
  if (auto transposed = dyn_cast<graph::ConvTransposeOp>(op))
    if (transposed.getGroups() != 1)
      return rewriter.notifyMatchFailure(user, "grouped transposed "
                                               "convolution");
  auto layout = op->getAttrOfType<graph::LayoutAttr>("layout");
  if (layout && layout.getValue() == graph::Layout::ChannelsLast)
    conv.channelAxis = typeOf(value).getRank() - 1;
  conv.channels = typeOf(value).getDimSize(conv.channelAxis);
  if (ShapedType::isDynamic(conv.channels))
    return rewriter.notifyMatchFailure(user, "dynamic number of channels");
  return conv;
}

/// `value` as [channels] or [1], or null where it varies over other dims.
static Value perChannel(OpBuilder &b, const FoldableConv &conv, Value value) {
  auto type = typeOf(value);
  if (!type.hasStaticShape() || !isConstantExpression(value))
    return {};
  int64_t rank = typeOf(conv.op->getResult(0)).getRank();
  if (type.getRank() > rank)
    return {};
  for (auto [axis, extent] : llvm::enumerate(type.getShape())) {
    int64_t aligned = rank - type.getRank() + axis;
    if (extent != 1 &&
        !(aligned == conv.channelAxis && extent == conv.channels))
      return {};
  }
  return reshapeTo(b, value.getLoc(), value, {type.getNumElements()});
}

/// Replaces `user` by the convolution times `scale` plus `shift`, each [C], [1]
/// or null.
static void foldAffine(PatternRewriter &rewriter, Operation *user,
                       const FoldableConv &conv, Value scale, Value shift) {
  Location loc = rewriter.getFusedLoc({conv.op->getLoc(), user->getLoc()});
  rewriter.setInsertionPoint(user);
  Value w = conv.op->getOperand(1);
  Value b = conv.op->getNumOperands() > 2 ? conv.op->getOperand(2) : Value();
  auto vector = typeOf(w).clone(ArrayRef<int64_t>{conv.channels});
  if (scale) {
    SmallVector<int64_t> shape(typeOf(w).getRank(), 1);
    bool transposed = isa<graph::ConvTransposeOp>(conv.op);
    shape[transposed ? 1 : 0] = typeOf(scale).getNumElements();
    w = graph::MulOp::create(rewriter, loc, w.getType(), w,
                             reshapeTo(rewriter, loc, scale, shape));
    if (b)
      b = graph::MulOp::create(rewriter, loc, vector, b, scale);
  }
  if (shift && b) {
    b = graph::AddOp::create(rewriter, loc, vector, b, shift);
  } else if (shift) {
    b = shift;
    if (typeOf(b) != vector) {
      // One value for all channels.
      Value zeros = graph::WeightOp::create(
          rewriter, loc,
          cast<ElementsAttr>(DenseElementsAttr::get(
              vector, rewriter.getZeroAttr(vector.getElementType()))));
      b = graph::AddOp::create(rewriter, loc, vector, zeros, b);
    }
  }
  SmallVector<Value> operands = {conv.op->getOperand(0), w};
  if (b)
    operands.push_back(b);
  Operation *fused = rewriter.clone(*conv.op);
  fused->setOperands(operands);
  fused->setLoc(loc);
  rewriter.replaceOp(user, fused->getResults());
}

namespace {
/// batch_norm(conv(x)) -> conv'(x)
struct FoldBatchNorm : OpRewritePattern<graph::BatchNormOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(graph::BatchNormOp op,
                                PatternRewriter &rewriter) const override {
    auto conv = foldableConv(rewriter, op, op.getX());
    if (failed(conv))
      return failure();
    if (conv->channelAxis != 1)
      return rewriter.notifyMatchFailure(op, "channels last");
    for (Value parameter : op->getOperands().drop_front())
      if (!isConstantExpression(parameter))
        return rewriter.notifyMatchFailure(op, "parameters not constant");
    Location loc = op.getLoc();
    Type type = op.getVariance().getType();
    Type element = typeOf(op.getVariance()).getElementType();
    Value epsilon = graph::WeightOp::create(
        rewriter, loc,
        cast<ElementsAttr>(DenseElementsAttr::get(
            RankedTensorType::get({}, element),
            rewriter.getFloatAttr(element,
                                  op.getEpsilon().convertToDouble()))));
    Value root = graph::SqrtOp::create(
        rewriter, loc, type,
        graph::AddOp::create(rewriter, loc, type, op.getVariance(), epsilon));
    Value scale =
        graph::DivOp::create(rewriter, loc, type, op.getScale(), root);
    Value shift = graph::SubOp::create(
        rewriter, loc, type, op.getBias(),
        graph::MulOp::create(rewriter, loc, type, op.getMean(), scale));
    foldAffine(rewriter, op, *conv, scale, shift);
    return success();
  }
};

/// conv(x) * s, conv(x) + t, conv(x) - t, conv(x) / s -> conv'(x)
template <typename OpT> struct FoldChannelConstant : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    constexpr bool commutes = std::is_same_v<OpT, graph::AddOp> ||
                              std::is_same_v<OpT, graph::MulOp>;
    Value data = op.getA(), constant = op.getB();
    if (commutes && isConstantExpression(data))
      std::swap(data, constant);
    auto conv = foldableConv(rewriter, op, data);
    if (failed(conv))
      return failure();
    if (op.getResult().getType() != data.getType())
      return rewriter.notifyMatchFailure(op, "the constant broadcasts the "
                                             "convolution's result");
    if (std::is_same_v<OpT, graph::MulOp> &&
        !typeOf(data).getElementType().isF32())
      return rewriter.notifyMatchFailure(op, "only f32 products are exact "
                                             "enough");
    Value value = perChannel(rewriter, *conv, constant);
    if (!value)
      return rewriter.notifyMatchFailure(op, "not one constant per channel");
    Location loc = op.getLoc();
    if constexpr (std::is_same_v<OpT, graph::SubOp>)
      value = graph::NegOp::create(rewriter, loc, value.getType(), value);
    if constexpr (std::is_same_v<OpT, graph::DivOp>)
      value =
          graph::ReciprocalOp::create(rewriter, loc, value.getType(), value);
    constexpr bool scales = std::is_same_v<OpT, graph::MulOp> ||
                            std::is_same_v<OpT, graph::DivOp>;
    foldAffine(rewriter, op, *conv, scales ? value : Value(),
               scales ? Value() : value);
    return success();
  }
};

class FuseConvBatchNormPass
    : public strait::graph::impl::FuseConvBatchNormPassBase<FuseConvBatchNormPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FoldBatchNorm, FoldChannelConstant<graph::AddOp>,
                 FoldChannelConstant<graph::SubOp>,
                 FoldChannelConstant<graph::MulOp>,
                 FoldChannelConstant<graph::DivOp>>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
  }
};
} // namespace
