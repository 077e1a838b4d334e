// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// op(transpose(x)) -> transpose(op'(x)), so that transposes meet and cancel.
//
// Transposes sink towards the results. An op lets one through when all its
// operands come through transposes of the same order, or can be brought into
// the other order for nothing: constants (their transposes are evaluated at
// compile time) and tensors of which only dims of extent 1 move.
#include "dialects/graph/GraphOps.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "passes/graph/Passes.h"

namespace strait::graph {
#define GEN_PASS_DEF_PROPAGATETRANSPOSESPASS
#include "passes/graph/Passes.h.inc"
} // namespace strait::graph

using namespace mlir;
using namespace strait;
using graph::TransposeOp;

static RankedTensorType permuted(Type type, ArrayRef<int64_t> perm) {
  auto ranked = cast<RankedTensorType>(type);
  return ranked.clone(applyPermutation(ranked.getShape(), perm));
}

/// A 1-D i64 constant.
static Value shapeConstant(OpBuilder &builder, Location loc,
                           ArrayRef<int64_t> values) {
  auto type = RankedTensorType::get({int64_t(values.size())},
                                    builder.getI64Type());
  return graph::WeightOp::create(
      builder, loc, cast<ElementsAttr>(DenseElementsAttr::get(type, values)));
}

/// The constant contents of a 1-D integer tensor.
static std::optional<SmallVector<int64_t>> constantInts(Value value) {
  DenseIntElementsAttr attr;
  if (!matchPattern(value, m_Constant(&attr)))
    return std::nullopt;
  SmallVector<int64_t> result;
  for (APInt element : attr.getValues<APInt>())
    result.push_back(element.getSExtValue());
  return result;
}

/// Whether dims of extent 1 are all that `perm` moves.
static bool movesOnlyUnitDims(RankedTensorType type, ArrayRef<int64_t> perm) {
  int64_t last = -1;
  for (int64_t axis : perm) {
    if (type.getDimSize(axis) == 1)
      continue;
    if (axis < last)
      return false;
    last = axis;
  }
  return true;
}

/// Where a dynamic extent of a reshape's result comes from.
struct ExtentSource {
  Value value;
  int64_t axis;
};

/// The shape tensor for a reshape to `type`: one dynamic extent is what is left
/// over, several are read from `sources` (one entry per dim). Null when they
/// are needed and not given.
static Value shapeFor(OpBuilder &builder, Location loc, RankedTensorType type,
                      ArrayRef<ExtentSource> sources = {}) {
  if (type.getNumDynamicDims() <= 1) {
    SmallVector<int64_t> shape;
    for (int64_t extent : type.getShape())
      shape.push_back(ShapedType::isDynamic(extent) ? -1 : extent);
    return shapeConstant(builder, loc, shape);
  }
  if (sources.empty())
    return {};
  SmallVector<Value> parts;
  auto one = RankedTensorType::get({1}, builder.getI64Type());
  for (auto [extent, source] : llvm::zip(type.getShape(), sources)) {
    if (!ShapedType::isDynamic(extent))
      parts.push_back(shapeConstant(builder, loc, extent));
    else if (source.value)
      parts.push_back(graph::ShapeOp::create(builder, loc, one, source.value,
                                             source.axis, source.axis + 1));
    else
      return {};
  }
  return graph::ConcatOp::create(
      builder, loc,
      RankedTensorType::get({type.getRank()}, builder.getI64Type()), parts, 0);
}

/// `value`, aligned right to `rank` dims, with its dims in the order `perm`,
/// where that costs nothing; null elsewhere. Only checks without a builder.
static Value inOrder(OpBuilder *builder, Location loc, Value value,
                     int64_t rank, ArrayRef<int64_t> perm, bool &possible) {
  auto type = cast<RankedTensorType>(value.getType());
  possible = true;
  if (llvm::all_of(type.getShape(), [](int64_t d) { return d == 1; }))
    return value;
  SmallVector<int64_t> shape(rank - type.getRank(), 1);
  llvm::append_range(shape, type.getShape());
  RankedTensorType full = type.clone(shape);
  bool constant = bool(value.getDefiningOp<graph::WeightOp>());
  bool view = movesOnlyUnitDims(full, perm) && full.getNumDynamicDims() <= 1;
  if (!constant && !view) {
    possible = false;
    return {};
  }
  if (!builder)
    return {};
  RankedTensorType target = permuted(full, perm);
  if (view)
    return graph::ReshapeOp::create(*builder, loc, target, value,
                                    shapeFor(*builder, loc, target), false);
  if (full != type)
    value = graph::ReshapeOp::create(*builder, loc, full, value,
                                     shapeFor(*builder, loc, full), false);
  return TransposeOp::create(*builder, loc, target, value, perm);
}

/// Clones `op` onto `operands`, its results being what they were before a
/// transpose by `perm`, and transposes them.
static void replaceBelow(PatternRewriter &rewriter, Operation *op,
                         ValueRange operands, ArrayRef<int64_t> perm,
                         function_ref<void(Operation *)> adjust = {}) {
  SmallVector<int64_t> inverse = invertPermutationVector(perm);
  Operation *inner = rewriter.clone(*op);
  inner->setOperands(operands);
  SmallVector<Value> results;
  for (OpResult result : inner->getResults()) {
    Type type = result.getType();
    result.setType(permuted(type, inverse));
    results.push_back(TransposeOp::create(rewriter, op->getLoc(), type,
                                          result, perm));
  }
  if (adjust)
    adjust(inner);
  rewriter.replaceOp(op, results);
}

namespace {
/// f(transpose(a), transpose(b), c) -> transpose(f(a, b, c'))
struct SinkThroughElementwise
    : OpInterfaceRewritePattern<graph::ElementwiseOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(graph::ElementwiseOpInterface op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
    TransposeOp first;
    for (Value operand : op->getOperands())
      if (auto transpose = operand.getDefiningOp<TransposeOp>())
        if (!first)
          first = transpose;
    if (!type || !first ||
        int64_t(first.getPerm().size()) != type.getRank())
      return rewriter.notifyMatchFailure(op, "no operand is a transpose of "
                                             "the result's rank");
    SmallVector<int64_t> perm(first.getPerm());
    SmallVector<int64_t> inverse = invertPermutationVector(perm);
    for (Value operand : op->getOperands()) {
      auto transpose = operand.getDefiningOp<TransposeOp>();
      if (transpose && transpose.getPerm() == ArrayRef(perm))
        continue;
      bool possible = false;
      inOrder(nullptr, op->getLoc(), operand, type.getRank(), inverse,
              possible);
      if (!possible)
        return rewriter.notifyMatchFailure(
            op, "an operand is in another order");
    }
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      auto transpose = operand.getDefiningOp<TransposeOp>();
      bool possible = true;
      operands.push_back(transpose && transpose.getPerm() == ArrayRef(perm)
                             ? transpose.getX()
                             : inOrder(&rewriter, op->getLoc(), operand,
                                       type.getRank(), inverse, possible));
    }
    replaceBelow(rewriter, op, operands, perm);
    return success();
  }
};

/// concat(transpose(a), transpose(b)) -> transpose(concat(a, b))
struct SinkThroughConcat : OpRewritePattern<graph::ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(graph::ConcatOp op,
                                PatternRewriter &rewriter) const override {
    auto first = op.getInputs().front().getDefiningOp<TransposeOp>();
    if (!first)
      return rewriter.notifyMatchFailure(op, "first input is no transpose");
    SmallVector<int64_t> perm(first.getPerm());
    SmallVector<Value> inputs;
    for (Value input : op.getInputs()) {
      auto transpose = input.getDefiningOp<TransposeOp>();
      if (!transpose || transpose.getPerm() != ArrayRef(perm))
        return rewriter.notifyMatchFailure(op, "inputs in different orders");
      inputs.push_back(transpose.getX());
    }
    replaceBelow(rewriter, op, inputs, perm, [&](Operation *inner) {
      cast<graph::ConcatOp>(inner).setAxis(perm[op.getAxis()]);
    });
    return success();
  }
};

/// Ops on one tensor whose axes are renamed by the transpose.
template <typename OpT>
struct SinkThroughAxisOp : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    auto transpose = op.getX().template getDefiningOp<TransposeOp>();
    if (!transpose)
      return rewriter.notifyMatchFailure(op, "operand is no transpose");
    SmallVector<int64_t> perm(transpose.getPerm());
    SmallVector<Value> operands(op->getOperands());
    operands[0] = transpose.getX();
    replaceBelow(rewriter, op, operands, perm, [&](Operation *inner) {
      cast<OpT>(inner).setAxis(perm[op.getAxis()]);
    });
    return success();
  }
};

/// reduce(transpose(x)) -> reduce(x), transposed where dims are left to order
struct SinkThroughReduce : OpRewritePattern<graph::ReduceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(graph::ReduceOp op,
                                PatternRewriter &rewriter) const override {
    auto transpose = op.getX().getDefiningOp<TransposeOp>();
    if (!transpose)
      return rewriter.notifyMatchFailure(op, "operand is no transpose");
    ArrayRef<int64_t> perm = transpose.getPerm();
    SmallVector<int64_t> axes;
    for (int64_t axis : op.getAxes())
      axes.push_back(perm[axis]);
    llvm::sort(axes);
    SmallVector<int64_t> resultPerm(perm);
    if (!op.getKeepDims()) {
      // Order of the dims that are left, renumbered.
      SmallVector<int64_t> left;
      for (auto [axis, from] : llvm::enumerate(perm))
        if (!llvm::is_contained(op.getAxes(), int64_t(axis)))
          left.push_back(from);
      SmallVector<int64_t> sorted(left);
      llvm::sort(sorted);
      resultPerm.clear();
      for (int64_t from : left)
        resultPerm.push_back(llvm::find(sorted, from) - sorted.begin());
    }
    replaceBelow(rewriter, op, {transpose.getX()}, resultPerm,
                 [&](Operation *inner) {
                   cast<graph::ReduceOp>(inner).setAxes(axes);
                 });
    return success();
  }
};

/// slice, resize: a list of axes is renamed
template <typename OpT>
struct SinkThroughAxesOp : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    auto transpose = op.getX().template getDefiningOp<TransposeOp>();
    if (!transpose)
      return rewriter.notifyMatchFailure(op, "operand is no transpose");
    SmallVector<int64_t> perm(transpose.getPerm());
    SmallVector<int64_t> axes;
    if (isa<graph::ResizeOp>(op) && op.getAxes().empty())
      axes.assign(perm); // all of them, in the transposed order
    for (int64_t axis : op.getAxes())
      axes.push_back(perm[axis]);
    SmallVector<Value> operands(op->getOperands());
    operands[0] = transpose.getX();
    replaceBelow(rewriter, op, operands, perm, [&](Operation *inner) {
      cast<OpT>(inner).setAxes(axes);
    });
    return success();
  }
};

/// pad(transpose(x), pads) -> transpose(pad(x, pads'))
struct SinkThroughPad : OpRewritePattern<graph::PadOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(graph::PadOp op,
                                PatternRewriter &rewriter) const override {
    auto transpose = op.getX().getDefiningOp<TransposeOp>();
    auto pads = constantInts(op.getPads());
    if (!transpose || !pads)
      return rewriter.notifyMatchFailure(
          op, "operand is no transpose or pads are not constant");
    ArrayRef<int64_t> perm = transpose.getPerm();
    size_t rank = perm.size();
    if (pads->size() != 2 * rank)
      return rewriter.notifyMatchFailure(op, "pads do not fit the rank");
    SmallVector<int64_t> moved(2 * rank);
    for (auto [axis, from] : llvm::enumerate(perm)) {
      moved[from] = (*pads)[axis];
      moved[rank + from] = (*pads)[rank + axis];
    }
    SmallVector<Value> operands(op->getOperands());
    operands[0] = transpose.getX();
    operands[1] = shapeConstant(rewriter, op.getLoc(), moved);
    replaceBelow(rewriter, op, operands, perm);
    return success();
  }
};

/// A dim of a reshape's result: the run of operand dims that it merges, or the
/// operand dim of which it is a part.
struct ReshapePiece {
  SmallVector<int64_t> from, to;
};

/// How a reshape merges and splits dims, dims of extent 1 apart; nullopt where
/// extents do not tell.
static std::optional<SmallVector<ReshapePiece>>
piecesOf(RankedTensorType from, RankedTensorType to) {
  SmallVector<int64_t> a, b;
  for (int64_t i = 0; i < from.getRank(); ++i)
    if (from.getDimSize(i) != 1)
      a.push_back(i);
  for (int64_t i = 0; i < to.getRank(); ++i)
    if (to.getDimSize(i) != 1)
      b.push_back(i);
  SmallVector<ReshapePiece> pieces;
  size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    int64_t x = from.getDimSize(a[i]), y = to.getDimSize(b[j]);
    ReshapePiece piece{{a[i++]}, {b[j++]}};
    if (x != y && (ShapedType::isDynamic(x) || ShapedType::isDynamic(y)))
      return std::nullopt;
    while (x != y) {
      if (x < y && i < a.size() && !from.isDynamicDim(a[i])) {
        x *= from.getDimSize(a[i]);
        piece.from.push_back(a[i++]);
      } else if (y < x && j < b.size() && !to.isDynamicDim(b[j])) {
        y *= to.getDimSize(b[j]);
        piece.to.push_back(b[j++]);
      } else {
        return std::nullopt;
      }
    }
    pieces.push_back(piece);
  }
  if (i != a.size() || j != b.size())
    return std::nullopt;
  return pieces;
}

/// reshape(transpose(x)) -> transpose(reshape(x)) where the reshape splits dims,
/// merges dims that lie side by side in x, or adds and drops dims of extent 1
struct SinkThroughReshape : OpRewritePattern<graph::ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(graph::ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    auto transpose = op.getX().getDefiningOp<TransposeOp>();
    if (!transpose)
      return rewriter.notifyMatchFailure(op, "operand is no transpose");
    auto from = cast<RankedTensorType>(op.getX().getType());
    auto to = cast<RankedTensorType>(op.getResult().getType());
    auto pieces = piecesOf(from, to);
    if (!pieces)
      return rewriter.notifyMatchFailure(op, "extents do not pair up");
    ArrayRef<int64_t> perm = transpose.getPerm();
    for (ReshapePiece &piece : *pieces)
      for (auto [i, axis] : llvm::enumerate(piece.from))
        if (perm[axis] != perm[piece.from.front()] + int64_t(i))
          return rewriter.notifyMatchFailure(
              op, "merged dims do not lie side by side");
    llvm::sort(*pieces, [&](const ReshapePiece &l, const ReshapePiece &r) {
      return perm[l.from.front()] < perm[r.from.front()];
    });
    // The reshaped x: the new dims of extent 1 first, then the pieces in the
    // order in which they lie.
    SmallVector<int64_t> shape, placeOf(to.getRank());
    SmallVector<ExtentSource> sources;
    auto place = [&](int64_t dim, ExtentSource source) {
      placeOf[dim] = shape.size();
      shape.push_back(to.getDimSize(dim));
      sources.push_back(source);
    };
    for (int64_t dim = 0; dim < to.getRank(); ++dim)
      if (to.getDimSize(dim) == 1)
        place(dim, {});
    for (ReshapePiece &piece : *pieces)
      for (int64_t dim : piece.to)
        place(dim, {transpose.getX(), perm[piece.from.front()]});
    RankedTensorType inner = to.clone(shape);
    Value target = shapeFor(rewriter, op.getLoc(), inner, sources);
    if (!target)
      return rewriter.notifyMatchFailure(op, "several dynamic dims");
    Value x = graph::ReshapeOp::create(rewriter, op.getLoc(), inner,
                                       transpose.getX(), target, false);
    rewriter.replaceOpWithNewOp<TransposeOp>(op, to, x, placeOf);
    return success();
  }
};

/// transpose(x) -> reshape(x) where only dims of extent 1 move
struct TurnUnitTransposeIntoReshape : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getX().getType());
    auto result = cast<RankedTensorType>(op.getResult().getType());
    if (!movesOnlyUnitDims(type, op.getPerm()))
      return rewriter.notifyMatchFailure(op, "moves dims of extent > 1");
    SmallVector<ExtentSource> sources;
    for (int64_t axis : op.getPerm())
      sources.push_back({op.getX(), axis});
    Value shape = shapeFor(rewriter, op.getLoc(), result, sources);
    rewriter.replaceOpWithNewOp<graph::ReshapeOp>(op, result, op.getX(),
                                                  shape, false);
    return success();
  }
};

class PropagateTransposesPass
    : public strait::graph::impl::PropagateTransposesPassBase<
          PropagateTransposesPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<SinkThroughElementwise, SinkThroughConcat, SinkThroughReduce,
                 SinkThroughPad, SinkThroughReshape,
                 SinkThroughAxisOp<graph::SoftmaxOp>,
                 SinkThroughAxisOp<graph::LogSoftmaxOp>,
                 SinkThroughAxisOp<graph::SplitOp>,
                 SinkThroughAxesOp<graph::SliceOp>,
                 SinkThroughAxesOp<graph::ResizeOp>,
                 TurnUnitTransposeIntoReshape>(&getContext());
    TransposeOp::getCanonicalizationPatterns(patterns, &getContext());
    graph::ReshapeOp::getCanonicalizationPatterns(patterns, &getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
  }
};
} // namespace
