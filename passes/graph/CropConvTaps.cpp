// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// conv(x, w, pads) -> conv(x, slice of w, smaller pads), without the taps that
// meet padding at every output: wide dilations on small maps, as in the last
// stages of segmentation networks, leave little more than the centre.
#include "passes/graph/Passes.h"

#include "passes/graph/ConstantTree.h"

namespace strait::graph {
#define GEN_PASS_DEF_CROPCONVTAPSPASS
#include "passes/graph/Passes.h.inc"
} // namespace strait::graph

using namespace mlir;
using namespace strait;
using namespace strait::graph;

namespace {
/// One spatial dim of a convolution.
struct Axis {
  int64_t input, output, taps, stride, dilation, before, after;

  bool reaches(int64_t tap) const {
    // The first output whose tap lies at or behind the input's begin.
    int64_t lack = before - tap * dilation;
    int64_t first = lack <= 0 ? 0 : (lack + stride - 1) / stride;
    return first < output && first * stride - lack < input;
  }

  /// Leaves out taps at both ends that reach no input; false if there are none.
  bool crop(int64_t &begin) {
    int64_t end = taps;
    for (begin = 0; begin < end && !reaches(begin);)
      ++begin;
    while (end > begin && !reaches(end - 1))
      --end;
    int64_t newBefore = before - begin * dilation;
    int64_t newAfter = after - (taps - end) * dilation;
    if (end == begin || end - begin == taps || newBefore < 0 || newAfter < 0)
      return false;
    taps = end - begin;
    before = newBefore;
    after = newAfter;
    if (taps == 1)
      dilation = 1;
    return true;
  }
};

/// conv(x, w) -> conv(x, slice(w))
struct CropTaps : OpRewritePattern<ConvOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ConvOp conv,
                                PatternRewriter &rewriter) const override {
    auto x = dyn_cast<RankedTensorType>(conv.getX().getType());
    auto w = dyn_cast<RankedTensorType>(conv.getW().getType());
    auto y = dyn_cast<RankedTensorType>(conv.getResult().getType());
    if (conv.getLayout() != Layout::ChannelsFirst ||
        conv.getAutoPad() != AutoPad::Explicit)
      return rewriter.notifyMatchFailure(conv, "pads are found at run time");
    if (!x || !y || !w || !w.hasStaticShape() || !isConstant(conv.getW()))
      return rewriter.notifyMatchFailure(conv, "filters are computed");

    size_t spatial = w.getRank() - 2;
    SmallVector<int64_t> starts, ends, axes;
    SmallVector<int64_t> pads(conv.getPads()), dilations(conv.getDilations());
    SmallVector<int64_t> shape(w.getShape());
    for (size_t i = 0; i < spatial; ++i) {
      if (x.isDynamicDim(i + 2) || y.isDynamicDim(i + 2))
        continue;
      Axis axis{x.getDimSize(i + 2),  y.getDimSize(i + 2), shape[i + 2],
                conv.getStrides()[i], dilations[i],        pads[i],
                pads[spatial + i]};
      int64_t begin = 0;
      if (!axis.crop(begin))
        continue;
      axes.push_back(i + 2);
      starts.push_back(begin);
      ends.push_back(begin + axis.taps);
      shape[i + 2] = axis.taps;
      dilations[i] = axis.dilation;
      pads[i] = axis.before;
      pads[spatial + i] = axis.after;
    }
    if (axes.empty())
      return rewriter.notifyMatchFailure(conv, "every tap reaches the input");

    Location loc = conv.getLoc();
    SmallVector<int64_t> steps(axes.size(), 1);
    Value cropped = SliceOp::create(
        rewriter, loc, w.clone(shape), conv.getW(),
        makeShape(rewriter, loc, starts), makeShape(rewriter, loc, ends),
        makeShape(rewriter, loc, steps), axes);
    rewriter.modifyOpInPlace(conv, [&] {
      conv.getWMutable().assign(cropped);
      conv.setPads(pads);
      conv.setDilations(dilations);
    });
    return success();
  }
};

struct CropConvTapsPass
    : public graph::impl::CropConvTapsPassBase<CropConvTapsPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<CropTaps>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
  }
};
} // namespace
