// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Factors and summands per channel go into the weights of the contraction
// beside them:
//   conv(x, w, b) * s       -> conv(x, s w, s b)      (s per output channel)
//   conv(x, w, b) + t       -> conv(x, w, b + t)
//   conv(x * s, w, b)       -> conv(x, s w, b)        (s per input channel)
//   conv(x + t, w, b)       -> conv(x, w, b + sum(t w))         without pads
//   conv(pad(x * s), w, b)  -> conv(pad(x) * s, w, b)           pads of zeros
//   matmul(x, w) * s        -> matmul(x, w s)         (s per column)
//   (matmul(x, w) + b) * s  -> matmul(x, w s) + b s
//   matmul(x * s, w)        -> matmul(x, s w)         (s per row of w)
// Differences and quotients are sums of negatives and products of reciprocals.
// The arithmetic on weights is graph ops on constants, which constant
// evaluation performs.
#include "passes/graph/Passes.h"

#include "passes/analysis/MissedRewrites.h"
#include "passes/graph/ConstantTree.h"

namespace strait::graph {
#define GEN_PASS_DEF_FOLDAFFINEPASS
#include "passes/graph/Passes.h.inc"
} // namespace strait::graph

using namespace mlir;
using namespace strait;
using namespace strait::graph;

static RankedTensorType typeOf(Value value) {
  return dyn_cast<RankedTensorType>(value.getType());
}

namespace {
/// One of x * c, x / c, x + c, x - c with a constant c.
struct Affine {
  Value x, c;
  bool scales = false;   // * or /
  bool inverts = false;  // / or -
};
} // namespace

/// `op` as an affine step that leaves the type of its operand.
static std::optional<Affine> matchAffine(Operation *op) {
  if (!isa_and_nonnull<MulOp, DivOp, AddOp, SubOp>(op))
    return std::nullopt;
  Affine step{op->getOperand(0), op->getOperand(1), isa<MulOp, DivOp>(op),
              isa<DivOp, SubOp>(op)};
  if (!step.inverts && isConstant(step.x))
    std::swap(step.x, step.c);
  auto type = typeOf(step.x);
  if (!type || type != op->getResult(0).getType() ||
      !isa<FloatType>(type.getElementType()) || !isConstant(step.c))
    return std::nullopt;
  return step;
}

/// The step's factor or summand as [channels] or [1].
static Value operandOf(OpBuilder &builder, Location loc, const Affine &step) {
  Value c = flatten(builder, loc, step.c);
  if (!step.inverts)
    return c;
  return step.scales
             ? ReciprocalOp::create(builder, loc, c.getType(), c).getResult()
             : NegOp::create(builder, loc, c.getType(), c).getResult();
}

/// `value` [..] times `factor` ([n] or [1]), which lies along `axis`.
static Value scaleAlong(OpBuilder &builder, Location loc, Value value,
                        Value factor, int64_t axis) {
  SmallVector<int64_t> shape(typeOf(value).getRank(), 1);
  shape[axis] = typeOf(factor).getNumElements();
  return MulOp::create(builder, loc, value.getType(), value,
                       reshapeTo(builder, loc, factor, shape));
}

/// `bias` (may be null) plus `summand` ([1] or [channels]), as [channels].
static Value addToBias(OpBuilder &builder, Location loc, Value bias,
                       Value summand, int64_t channels) {
  auto vector = typeOf(summand).clone(ArrayRef<int64_t>{channels});
  if (bias)
    return AddOp::create(builder, loc, vector, bias, summand);
  if (summand.getType() == vector)
    return summand;
  return ExpandOp::create(builder, loc, vector, summand,
                          makeShape(builder, loc, {channels}));
}

namespace {
/// A convolution with channels in dim 1 and constant weights.
struct ConstantConv {
  Operation *op;
  Value w, bias;
  /// The dims of `w` that hold output channels (of one group, when transposed)
  /// and input channels (of one group, when not).
  int64_t outputAxis, inputAxis;
  int64_t groups, outputs;
};
} // namespace

static FailureOr<ConstantConv> matchConv(PatternRewriter &rewriter,
                                         Operation *user, Operation *op) {
  ConstantConv conv{op, {}, {}, 0, 1, 1, 0};
  if (auto plain = dyn_cast_or_null<ConvOp>(op)) {
    conv.w = plain.getW();
    conv.bias = plain.getBias();
    conv.groups = plain.getGroups();
    if (plain.getLayout() != Layout::ChannelsFirst)
      return rewriter.notifyMatchFailure(user, "channels are not dim 1");
  } else if (auto transposed = dyn_cast_or_null<ConvTransposeOp>(op)) {
    conv.w = transposed.getW();
    conv.bias = transposed.getBias();
    std::swap(conv.outputAxis, conv.inputAxis);
    if (transposed.getLayout() != Layout::ChannelsFirst)
      return rewriter.notifyMatchFailure(user, "channels are not dim 1");
    if (transposed.getGroups() != 1)
      return rewriter.notifyMatchFailure(user, "grouped transposed "
                                               "convolution");
  } else {
    return rewriter.notifyMatchFailure(user, "operand is no convolution");
  }
  auto w = typeOf(conv.w);
  if (!w || !w.hasStaticShape() || !isConstant(conv.w) ||
      (conv.bias && !isConstant(conv.bias)))
    return rewriter.notifyMatchFailure(user, "weights are not constant");
  conv.outputs = w.getDimSize(conv.outputAxis);
  return conv;
}

/// Puts a copy of `conv` on `x` with new weights in the place of `replaced`.
static void replaceWithConv(PatternRewriter &rewriter, Operation *replaced,
                            const ConstantConv &conv, Location loc, Value x,
                            Value w, Value bias) {
  SmallVector<Value> operands = {x, w};
  if (bias)
    operands.push_back(bias);
  Operation *folded = rewriter.clone(*conv.op);
  folded->setOperands(operands);
  folded->setLoc(loc);
  rewriter.replaceOp(replaced, folded->getResults());
}

namespace {
/// affine(conv(x, w, b)) -> conv(x, w', b')
struct FoldIntoConvBefore : RewritePattern {
  explicit FoldIntoConvBefore(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    std::optional<Affine> step = matchAffine(op);
    if (!step)
      return rewriter.notifyMatchFailure(op, "no affine step");
    if (!step->x.hasOneUse())
      return rewriter.notifyMatchFailure(op, "convolution is used elsewhere");
    FailureOr<ConstantConv> conv =
        matchConv(rewriter, op, step->x.getDefiningOp());
    if (failed(conv))
      return failure();
    int64_t rank = typeOf(step->x).getRank();
    if (!isConstantAlong(step->c, rank, 1, conv->outputs))
      return rewriter.notifyMatchFailure(op, "not constant per channel");

    Location loc = rewriter.getFusedLoc({conv->op->getLoc(), op->getLoc()});
    Value c = operandOf(rewriter, loc, *step);
    Value w = conv->w, bias = conv->bias;
    if (step->scales) {
      w = scaleAlong(rewriter, loc, w, c, conv->outputAxis);
      if (bias)
        bias = scaleAlong(rewriter, loc, bias, c, 0);
    } else {
      bias = addToBias(rewriter, loc, bias, c, conv->outputs);
    }
    replaceWithConv(rewriter, op, *conv, loc, conv->op->getOperand(0), w, bias);
    return success();
  }
};

/// conv(affine(x), w, b) -> conv(x, w', b')
struct FoldIntoConvAfter : OpRewritePattern<ConvOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ConvOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<Affine> step = matchAffine(op.getX().getDefiningOp());
    if (!step)
      return rewriter.notifyMatchFailure(op, "no affine step before");
    if (!op.getX().hasOneUse())
      return rewriter.notifyMatchFailure(op, "the step is used elsewhere");
    FailureOr<ConstantConv> conv = matchConv(rewriter, op, op);
    if (failed(conv))
      return failure();
    auto type = typeOf(conv->w);
    int64_t perGroup = type.getDimSize(1), inputs = perGroup * conv->groups;
    if (!isConstantAlong(step->c, type.getRank(), 1, inputs))
      return rewriter.notifyMatchFailure(op, "not constant per channel");
    // Padding adds zeros after the sum.
    if (!step->scales &&
        (op.getAutoPad() != AutoPad::Explicit ||
         llvm::any_of(op.getPads(), [](int64_t pad) { return pad != 0; })))
      return rewriter.notifyMatchFailure(op, "pads are not shifted");

    Location loc = rewriter.getFusedLoc(
        {op.getX().getDefiningOp()->getLoc(), op.getLoc()});
    Value c = operandOf(rewriter, loc, *step);
    // Filters of group g see channels g * perGroup onwards.
    SmallVector<int64_t> grouped = {conv->groups, conv->outputs / conv->groups,
                                    perGroup};
    llvm::append_range(grouped, type.getShape().drop_front(2));
    SmallVector<int64_t> factors(grouped.size(), 1);
    if (typeOf(c).getNumElements() != 1) {
      factors[0] = conv->groups;
      factors[2] = perGroup;
    }
    Value wide = reshapeTo(rewriter, loc, conv->w, grouped);
    Value product =
        MulOp::create(rewriter, loc, wide.getType(), wide,
                      reshapeTo(rewriter, loc, c, factors));
    product = reshapeTo(rewriter, loc, product, type.getShape());
    Value w = conv->w, bias = conv->bias;
    if (step->scales) {
      w = product;
    } else {
      auto axes = llvm::to_vector(llvm::seq<int64_t>(1, type.getRank()));
      Value sums = ReduceOp::create(
          rewriter, loc, type.clone(ArrayRef<int64_t>{conv->outputs}),
          ReduceKind::Sum, product, axes, /*keepdims=*/false);
      bias = addToBias(rewriter, loc, bias, sums, conv->outputs);
    }
    replaceWithConv(rewriter, op, *conv, loc, step->x, w, bias);
    return success();
  }
};
} // namespace

/// A product with a constant matrix that no other op reads: a factor can be
/// stored in it without a second copy.
static FailureOr<MatmulOp> matchProduct(PatternRewriter &rewriter,
                                        Operation *user, Operation *op) {
  auto product = dyn_cast_or_null<MatmulOp>(op);
  if (!product)
    return rewriter.notifyMatchFailure(user, "operand is no product");
  auto b = typeOf(product.getB());
  if (!b || !b.hasStaticShape() || b.getRank() != 2 ||
      !isConstant(product.getB()))
    return rewriter.notifyMatchFailure(user, "no constant matrix");
  if (!product.getB().hasOneUse())
    return rewriter.notifyMatchFailure(user, "the matrix is used elsewhere");
  return product;
}

namespace {
/// matmul(x, w) * s -> matmul(x, w s), also with a constant added in between
struct FoldIntoMatmulBefore : RewritePattern {
  explicit FoldIntoMatmulBefore(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    std::optional<Affine> step = matchAffine(op);
    if (!step || !step->scales)
      return rewriter.notifyMatchFailure(op, "no factor");
    if (!step->x.hasOneUse())
      return rewriter.notifyMatchFailure(op, "product is used elsewhere");
    Operation *producer = step->x.getDefiningOp();
    std::optional<Affine> shift = matchAffine(producer);
    if (shift && (shift->scales || !shift->x.hasOneUse()))
      return rewriter.notifyMatchFailure(op, "sum is used elsewhere");
    FailureOr<MatmulOp> product = matchProduct(
        rewriter, op, shift ? shift->x.getDefiningOp() : producer);
    if (failed(product))
      return failure();
    auto type = typeOf(product->getResult());
    int64_t rank = type ? type.getRank() : 0;
    int64_t columns = typeOf(product->getB()).getDimSize(1);
    auto isRow = [&](Value c) {
      return isConstantAlong(c, rank, rank - 1, columns);
    };
    if (!type || !isRow(step->c) || (shift && !isRow(shift->c)))
      return rewriter.notifyMatchFailure(op, "not constant per column");

    Location loc = rewriter.getFusedLoc({product->getLoc(), op->getLoc()});
    Value s = operandOf(rewriter, loc, *step);
    Value b = scaleAlong(rewriter, loc, product->getB(), s, 1);
    Value result =
        MatmulOp::create(rewriter, loc, type, product->getA(), b);
    if (shift) {
      Value t = operandOf(rewriter, loc, *shift);
      auto vector = typeOf(t).clone(ArrayRef<int64_t>{std::max(
          typeOf(t).getNumElements(), typeOf(s).getNumElements())});
      t = MulOp::create(rewriter, loc, vector, t, s);
      result = AddOp::create(rewriter, loc, type, result, t);
    }
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// matmul(x * s, w) -> matmul(x, s w)
struct FoldIntoMatmulAfter : OpRewritePattern<MatmulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MatmulOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<Affine> step = matchAffine(op.getA().getDefiningOp());
    if (!step || !step->scales)
      return rewriter.notifyMatchFailure(op, "no factor before");
    if (!op.getA().hasOneUse())
      return rewriter.notifyMatchFailure(op, "the factor is used elsewhere");
    if (failed(matchProduct(rewriter, op, op)))
      return failure();
    int64_t rank = typeOf(step->x).getRank();
    if (!isConstantAlong(step->c, rank, rank - 1,
                         typeOf(op.getB()).getDimSize(0)))
      return rewriter.notifyMatchFailure(op, "not constant per row");

    Location loc = rewriter.getFusedLoc(
        {op.getA().getDefiningOp()->getLoc(), op.getLoc()});
    Value s = operandOf(rewriter, loc, *step);
    Value b = scaleAlong(rewriter, loc, op.getB(), s, 0);
    rewriter.replaceOpWithNewOp<MatmulOp>(op, op.getResult().getType(),
                                          step->x, b);
    return success();
  }
};

/// conv(pad(x * s)) -> conv(pad(x) * s): zeros stay zeros
struct SinkFactorBehindPad : OpRewritePattern<PadOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PadOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<Affine> step = matchAffine(op.getX().getDefiningOp());
    if (!step || !step->scales)
      return rewriter.notifyMatchFailure(op, "no factor before");
    if (!op.getX().hasOneUse() || !op->hasOneUse() ||
        !isa<ConvOp>(*op->user_begin()))
      return rewriter.notifyMatchFailure(op, "not on the way to one "
                                             "convolution");
    if (op.getMode() != PadMode::Constant ||
        (op.getValue() && splatNumber(op.getValue()) != 0.0))
      return rewriter.notifyMatchFailure(op, "pads are not zero");
    auto type = typeOf(op.getResult()), xType = typeOf(step->x);
    if (!type || type.getRank() < 2 || type.isDynamicDim(1) ||
        type.getDimSize(1) != xType.getDimSize(1) ||
        !isConstantAlong(step->c, type.getRank(), 1, type.getDimSize(1)))
      return rewriter.notifyMatchFailure(op, "not constant per channel");
    Value padded = PadOp::create(rewriter, op.getLoc(), type, op.getMode(),
                                 step->x, op.getPads(), op.getValue());
    Operation *scale = rewriter.clone(*op.getX().getDefiningOp());
    scale->replaceUsesOfWith(step->x, padded);
    scale->getResult(0).setType(type);
    rewriter.replaceOp(op, scale->getResults());
    return success();
  }
};

struct FoldAffinePass : public graph::impl::FoldAffinePassBase<FoldAffinePass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FoldIntoConvBefore, FoldIntoConvAfter, FoldIntoMatmulBefore,
                 FoldIntoMatmulAfter, SinkFactorBehindPad>(&getContext());
    if (failed(applyAndReportMissed(getOperation(), std::move(patterns),
                                    getArgument())))
      signalPassFailure();
  }
};
} // namespace
