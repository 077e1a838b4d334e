// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Linear branches of one input become one convolution:
//   conv(x, v, a) + conv(x, w, b) -> conv(x, v + pad(w), a + b)
//   conv(x, v, a) + (x * s + t)   -> conv(x, v + pad(dirac * s), a + t)
// A narrow filter stands inside a wide one where its pads put it: tap k of w is
// tap k + begin(v) - begin(w) of v. The arithmetic is graph ops on constants.
#include "passes/graph/Passes.h"

#include "passes/analysis/MissedRewrites.h"
#include "passes/graph/ConstantTree.h"

namespace strait::graph {
#define GEN_PASS_DEF_FOLDPARALLELCONVSPASS
#include "passes/graph/Passes.h.inc"
} // namespace strait::graph

using namespace mlir;
using namespace strait;
using namespace strait::graph;

/// A convolution with constant filters and no other use; a reason if not.
static const char *whyNotFoldable(ConvOp conv) {
  if (!conv)
    return "no convolution";
  if (!conv->hasOneUse())
    return "convolution is used elsewhere";
  if (conv.getLayout() != Layout::ChannelsFirst)
    return "channels are not dim 1";
  if (conv.getAutoPad() != AutoPad::Explicit)
    return "pads are found at run time";
  auto w = dyn_cast<RankedTensorType>(conv.getW().getType());
  if (!w || !w.hasStaticShape() || !isConstant(conv.getW()) ||
      (conv.getBias() && !isConstant(conv.getBias())))
    return "filters are computed";
  return nullptr;
}

/// Where taps of a filter of `sizes` under pads `inner` stand in one of `wide`
/// sizes under pads `outer`: zeros before and after, as strait.pad has them;
/// nullopt when it does not fit.
static std::optional<SmallVector<int64_t>>
placement(ArrayRef<int64_t> sizes, ArrayRef<int64_t> inner,
          ArrayRef<int64_t> wide, ArrayRef<int64_t> outer) {
  size_t spatial = sizes.size();
  SmallVector<int64_t> pads(2 * (spatial + 2), 0);
  for (size_t i = 0; i < spatial; ++i) {
    int64_t before = outer[i] - inner[i];
    int64_t after = wide[i] - sizes[i] - before;
    if (before < 0 || after < 0 ||
        outer[spatial + i] - inner[spatial + i] != after)
      return std::nullopt;
    pads[2 + i] = before;
    pads[spatial + 4 + i] = after;
  }
  return pads;
}

static Value sum(OpBuilder &builder, Location loc, Value a, Value b) {
  if (!a || !b)
    return a ? a : b;
  return AddOp::create(builder, loc, a.getType(), a, b);
}

/// `wide` with more taps added to its filters and more bias.
static void addTaps(PatternRewriter &rewriter, AddOp op, ConvOp wide,
                    Value taps, ArrayRef<int64_t> pads, Value bias) {
  Location loc = op.getLoc();
  Type type = wide.getW().getType();
  Value padded = PadOp::create(rewriter, loc, type, PadMode::Constant, taps,
                               makeShape(rewriter, loc, pads), Value());
  Value w = AddOp::create(rewriter, loc, type, wide.getW(), padded);
  Value total = sum(rewriter, loc, wide.getBias(), bias);
  auto folded = cast<ConvOp>(rewriter.clone(*wide));
  folded.getWMutable().assign(w);
  if (total)
    folded.getBiasMutable().assign(total);
  rewriter.replaceOp(op, folded);
  rewriter.eraseOp(wide);
}

static ArrayRef<int64_t> kernelOf(ConvOp conv) {
  return cast<RankedTensorType>(conv.getW().getType()).getShape().drop_front(2);
}

namespace {
/// conv(x, v, a) + conv(x, w, b) -> conv(x, v + pad(w), a + b)
struct AddConvs : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AddOp op,
                                PatternRewriter &rewriter) const override {
    auto a = op.getA().getDefiningOp<ConvOp>();
    auto b = op.getB().getDefiningOp<ConvOp>();
    for (ConvOp conv : {a, b})
      if (const char *reason = whyNotFoldable(conv))
        return rewriter.notifyMatchFailure(op, reason);
    if (a == b || a.getX() != b.getX())
      return rewriter.notifyMatchFailure(op, "inputs differ");
    if (a.getStrides() != b.getStrides() || a.getGroups() != b.getGroups() ||
        a.getDilations() != b.getDilations())
      return rewriter.notifyMatchFailure(op, "strides or groups differ");
    bool isDilated =
        llvm::any_of(a.getDilations(), [](int64_t d) { return d != 1; });
    if (isDilated && kernelOf(a) != kernelOf(b))
      return rewriter.notifyMatchFailure(op, "dilated filters differ in size");
    if (a.getResult().getType() != op.getResult().getType() ||
        b.getResult().getType() != op.getResult().getType())
      return rewriter.notifyMatchFailure(op, "results broadcast");
    std::optional<SmallVector<int64_t>> pads =
        placement(kernelOf(b), b.getPads(), kernelOf(a), a.getPads());
    if (!pads) {
      std::swap(a, b);
      pads = placement(kernelOf(b), b.getPads(), kernelOf(a), a.getPads());
    }
    if (!pads)
      return rewriter.notifyMatchFailure(op, "filters do not nest");
    addTaps(rewriter, op, a, b.getW(), *pads, b.getBias());
    rewriter.eraseOp(b);
    return success();
  }
};

/// x * scale + shift per channel; either may be absent.
struct Branch {
  Value scale, shift;
};
} // namespace

static std::optional<Branch> matchBranch(Value value, Value x, int64_t rank,
                                         int64_t channels) {
  Branch branch;
  if (value == x)
    return branch;
  if (auto add = value.getDefiningOp<AddOp>()) {
    if (!isConstantAlong(add.getB(), rank, 1, channels))
      return std::nullopt;
    branch.shift = add.getB();
    value = add.getA();
  }
  if (value == x)
    return branch;
  auto mul = value.getDefiningOp<MulOp>();
  if (!mul || mul.getA() != x ||
      !isConstantAlong(mul.getB(), rank, 1, channels))
    return std::nullopt;
  branch.scale = mul.getB();
  return branch;
}

namespace {
/// conv(x, v, a) + (x * s + t) -> conv(x, v + pad(dirac * s), a + t)
struct AddBranch : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AddOp op,
                                PatternRewriter &rewriter) const override {
    auto conv = op.getA().getDefiningOp<ConvOp>();
    Value other = op.getB();
    if (!conv) {
      conv = op.getB().getDefiningOp<ConvOp>();
      other = op.getA();
    }
    if (const char *reason = whyNotFoldable(conv))
      return rewriter.notifyMatchFailure(op, reason);
    auto type = dyn_cast<RankedTensorType>(op.getResult().getType());
    auto w = cast<RankedTensorType>(conv.getW().getType());
    int64_t channels = w.getDimSize(0), groups = conv.getGroups();
    int64_t perGroup = w.getDimSize(1);
    if (!type || conv.getX().getType() != type ||
        conv.getResult().getType() != type || channels != perGroup * groups)
      return rewriter.notifyMatchFailure(op, "sizes of the branches differ");
    if (llvm::any_of(conv.getStrides(), [](int64_t s) { return s != 1; }) ||
        llvm::any_of(conv.getDilations(), [](int64_t d) { return d != 1; }))
      return rewriter.notifyMatchFailure(op, "convolution skips positions");
    SmallVector<int64_t> ones(kernelOf(conv).size(), 1);
    SmallVector<int64_t> zeros(2 * ones.size(), 0);
    std::optional<SmallVector<int64_t>> pads =
        placement(ones, zeros, kernelOf(conv), conv.getPads());
    if (!pads)
      return rewriter.notifyMatchFailure(op, "convolution shifts its input");
    std::optional<Branch> branch =
        matchBranch(other, conv.getX(), w.getRank(), channels);
    if (!branch)
      return rewriter.notifyMatchFailure(op, "other branch is not affine");
    if (!branch->scale && !branch->shift)
      // A residual connection: cheaper as an epilogue than as a dense tap.
      if (groups != channels)
        return rewriter.notifyMatchFailure(op, "plain residual connection");

    Location loc = op.getLoc();
    Type element = w.getElementType();
    auto square = RankedTensorType::get({perGroup, perGroup}, element);
    Value empty = WeightOp::create(
        rewriter, loc, square,
        DenseElementsAttr::get(square, rewriter.getZeroAttr(element)));
    Value dirac = EyeLikeOp::create(rewriter, loc, square, empty, 0);
    auto flat = RankedTensorType::get({channels, perGroup}, element);
    dirac = TileOp::create(rewriter, loc, flat, dirac,
                           makeShape(rewriter, loc, {groups, 1}));
    if (branch->scale) {
      auto scaleType = cast<RankedTensorType>(branch->scale.getType());
      Value column = reshapeTo(rewriter, loc, branch->scale,
                               {scaleType.getNumElements(), 1});
      dirac = MulOp::create(rewriter, loc, flat, dirac, column);
    }
    SmallVector<int64_t> tapShape = {channels, perGroup};
    tapShape.append(ones);
    Value taps = reshapeTo(rewriter, loc, dirac, tapShape);
    Value shift = branch->shift ? flatten(rewriter, loc, branch->shift) : Value();
    if (shift && cast<RankedTensorType>(shift.getType()).getDimSize(0) == 1 &&
        channels != 1)
      shift = ExpandOp::create(rewriter, loc,
                               RankedTensorType::get({channels}, element),
                               shift, makeShape(rewriter, loc, {channels}));
    addTaps(rewriter, op, conv, taps, *pads, shift);
    return success();
  }
};

struct FoldParallelConvsPass
    : public graph::impl::FoldParallelConvsPassBase<FoldParallelConvsPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<AddConvs, AddBranch>(&getContext());
    if (failed(applyAndReportMissed(getOperation(), std::move(patterns),
                                    getArgument())))
      signalPassFailure();
  }
};
} // namespace
