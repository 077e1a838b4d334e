// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Folders and canonical forms that an op can decide alone: identities, and
// chains of one op. What needs shapes of dynamic dims is strait-fold-shapes.
#include "dialects/graph/GraphOps.h"

using namespace mlir;
using namespace strait::graph;

/// Whether equal types mean equal shapes here: at most one dim is open, and
/// the number of elements (which the op keeps) then decides it.
static bool isSameShape(Value x, Value result, int64_t openDims) {
  auto type = dyn_cast<RankedTensorType>(x.getType());
  return type && type == result.getType() &&
         int64_t(type.getNumDynamicDims()) <= openDims;
}

/// Whether a constant operand is `number` in every element.
static bool isSplatOf(Attribute attribute, double number) {
  auto dense = dyn_cast_or_null<DenseElementsAttr>(attribute);
  if (!dense || !dense.isSplat())
    return false;
  if (isa<FloatType>(dense.getElementType()))
    return dense.getSplatValue<APFloat>().convertToDouble() == number;
  if (isa<IntegerType>(dense.getElementType()))
    return dense.getSplatValue<APInt>() ==
           APInt(dense.getElementType().getIntOrFloatBitWidth(),
                 uint64_t(number));
  return false;
}

/// x + 0, x - 0, x * 1, x / 1 where no broadcasting changes the shape of x.
template <typename OpT>
static OpFoldResult foldNeutral(OpT op, Attribute b, double neutral) {
  auto bType = dyn_cast<RankedTensorType>(op.getB().getType());
  auto type = dyn_cast<RankedTensorType>(op.getResult().getType());
  if (!bType || !type || op.getA().getType() != type)
    return nullptr;
  // A constant with unit dims only cannot stretch x (but for its rank).
  if (bType.getRank() > type.getRank() ||
      !(type.hasStaticShape() ||
        llvm::all_of(bType.getShape(), [](int64_t n) { return n == 1; })))
    return nullptr;
  return isSplatOf(b, neutral) ? OpFoldResult(op.getA()) : nullptr;
}

OpFoldResult AddOp::fold(FoldAdaptor adaptor) {
  return foldNeutral(*this, adaptor.getB(), 0);
}
OpFoldResult SubOp::fold(FoldAdaptor adaptor) {
  return foldNeutral(*this, adaptor.getB(), 0);
}
OpFoldResult MulOp::fold(FoldAdaptor adaptor) {
  return foldNeutral(*this, adaptor.getB(), 1);
}
OpFoldResult DivOp::fold(FoldAdaptor adaptor) {
  return foldNeutral(*this, adaptor.getB(), 1);
}

OpFoldResult CastOp::fold(FoldAdaptor) {
  return getX().getType() == getResult().getType() ? OpFoldResult(getX())
                                                   : nullptr;
}

OpFoldResult ReduceOp::fold(FoldAdaptor) {
  return getAxes().empty() && getX().getType() == getResult().getType()
             ? OpFoldResult(getX())
             : nullptr;
}

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  return isSameShape(getX(), getResult(), 1) ? OpFoldResult(getX()) : nullptr;
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  for (auto [i, dim] : llvm::enumerate(getPerm()))
    if (dim != int64_t(i))
      return nullptr;
  return getX().getType() == getResult().getType() ? OpFoldResult(getX())
                                                   : nullptr;
}

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  return getInputs().size() == 1 &&
                 getInputs()[0].getType() == getResult().getType()
             ? OpFoldResult(getInputs()[0])
             : nullptr;
}

OpFoldResult SliceOp::fold(FoldAdaptor adaptor) {
  auto steps = dyn_cast_or_null<DenseElementsAttr>(adaptor.getSteps());
  if (!steps || !isSameShape(getX(), getResult(), 0))
    return nullptr;
  // A whole reversal has the shape of its operand, too.
  for (const APInt &step : steps.getValues<APInt>())
    if (!step.isStrictlyPositive())
      return nullptr;
  return getX();
}

OpFoldResult ExpandOp::fold(FoldAdaptor) {
  return isSameShape(getX(), getResult(), 0) ? OpFoldResult(getX()) : nullptr;
}

namespace {
/// reshape(reshape(x, s), t) -> reshape(x, t)
struct MergeReshapes : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getX().getDefiningOp<ReshapeOp>();
    if (!inner)
      return rewriter.notifyMatchFailure(op, "operand is no reshape");
    DenseElementsAttr shape;
    if (!matchPattern(op.getShape(), m_Constant(&shape)))
      return rewriter.notifyMatchFailure(op, "shape is not constant");
    if (!op.getAllowZero())
      for (const APInt &entry : shape.getValues<APInt>())
        if (entry.isZero())
          return rewriter.notifyMatchFailure(op, "copies a dim of its operand");
    rewriter.modifyOpInPlace(op, [&] { op.getXMutable().assign(inner.getX()); });
    return success();
  }
};

/// transpose(transpose(x, p), q) -> transpose(x, p[q])
struct MergeTransposes : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getX().getDefiningOp<TransposeOp>();
    if (!inner)
      return rewriter.notifyMatchFailure(op, "operand is no transpose");
    SmallVector<int64_t> perm;
    for (int64_t dim : op.getPerm())
      perm.push_back(inner.getPerm()[dim]);
    rewriter.modifyOpInPlace(op, [&] {
      op.setPerm(perm);
      op.getXMutable().assign(inner.getX());
    });
    return success();
  }
};
} // namespace

void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                            MLIRContext *context) {
  patterns.add<MergeReshapes>(context);
}

void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                              MLIRContext *context) {
  patterns.add<MergeTransposes>(context);
}
