// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention from primitives: softmax(q * a @ (kt * b) * c + mask) @ v
//   -> attention(q, transpose(kt), v, mask) scale(a * b * c)
// The dataflow decides, not one exporter's chain: the scale may stand on either
// operand, on both, after the product, or (divided) anywhere of these.
#include "passes/graph/Passes.h"

#include "dialects/graph/SymbolicShape.h"
#include "passes/analysis/MissedRewrites.h"
#include "passes/graph/ConstantTree.h"

namespace strait::graph {
#define GEN_PASS_DEF_DETECTATTENTIONPASS
#include "passes/graph/Passes.h.inc"
} // namespace strait::graph

using namespace mlir;
using namespace strait;
using namespace strait::graph;

/// Strips multiplications and divisions by single numbers, which go to `scale`.
static Value stripScale(Value value, double &scale) {
  while (true) {
    if (auto mul = value.getDefiningOp<MulOp>()) {
      if (std::optional<double> factor = splatNumber(mul.getB());
          factor && mul.getA().getType() == value.getType()) {
        scale *= *factor;
        value = mul.getA();
        continue;
      }
      if (std::optional<double> factor = splatNumber(mul.getA());
          factor && mul.getB().getType() == value.getType()) {
        scale *= *factor;
        value = mul.getB();
        continue;
      }
    }
    if (auto div = value.getDefiningOp<DivOp>())
      if (std::optional<double> divisor = splatNumber(div.getB());
          divisor && *divisor != 0 && div.getA().getType() == value.getType()) {
        scale /= *divisor;
        value = div.getA();
        continue;
      }
    return value;
  }
}

/// The softmax behind select(is_nan(p), 0, p), or behind nothing.
static SoftmaxOp stripGuard(Value value, bool &isGuarded) {
  isGuarded = false;
  if (auto select = value.getDefiningOp<SelectOp>()) {
    auto isNan = select.getCond().getDefiningOp<IsNanOp>();
    if (isNan && isNan.getX() == select.getB() &&
        splatNumber(select.getA()) == 0.0) {
      isGuarded = true;
      value = select.getB();
    }
  }
  return value.getDefiningOp<SoftmaxOp>();
}

/// The product of queries and keys, its scale, and what is added to it.
namespace {
struct Scores {
  MatmulOp product;
  Value q, kt, bias;
  double scale = 1;
};
} // namespace

static std::optional<Scores> matchScores(Value scores) {
  Scores match;
  Value product = stripScale(scores, match.scale);
  if (auto add = product.getDefiningOp<AddOp>();
      add && product == scores) {
    for (auto [first, second] : {std::pair(add.getA(), add.getB()),
                                 std::pair(add.getB(), add.getA())}) {
      double scale = 1;
      auto matmul = stripScale(first, scale).getDefiningOp<MatmulOp>();
      // The mask may broadcast, the scores may not.
      if (!matmul || matmul.getResult().getType() != add.getResult().getType())
        continue;
      match.product = matmul;
      match.bias = second;
      match.scale = scale;
      break;
    }
  } else {
    match.product = product.getDefiningOp<MatmulOp>();
  }
  if (!match.product)
    return std::nullopt;
  match.q = stripScale(match.product.getA(), match.scale);
  match.kt = stripScale(match.product.getB(), match.scale);
  return match;
}

static RankedTensorType typeLike(Value value, ArrayRef<int64_t> shape) {
  return RankedTensorType::get(shape, getElementTypeOrSelf(value.getType()));
}

/// [B, S, D] as [B, 1, S, D]; 4-D values as they are.
static Value withHeads(OpBuilder &builder, Location loc, Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getRank() == 4)
    return value;
  // 0 copies dim 0; the sequence length takes what remains when it is open.
  ArrayRef<int64_t> dims = type.getShape();
  SmallVector<int64_t> entries = {dims[0], 1, dims[1], dims[2]};
  if (ShapedType::isDynamic(entries[0]))
    entries[0] = 0;
  for (int64_t &entry : llvm::drop_begin(entries))
    if (ShapedType::isDynamic(entry))
      entry = -1;
  return ReshapeOp::create(builder, loc,
                           typeLike(value, {dims[0], 1, dims[1], dims[2]}),
                           value, makeShape(builder, loc, entries), false);
}

namespace {
/// softmax(...) v with everything that the attention is made of.
struct AttentionChain {
  MatmulOp product; // weights v
  SoftmaxOp softmax;
  Scores scores;
  bool isGuarded = false; // rows without any key give zeros
};
} // namespace

/// The softmax whose weights `op` multiplies with, and the scores below it; says
/// why there are none.
static FailureOr<AttentionChain> matchChain(MatmulOp op,
                                            RewriterBase &rewriter) {
  AttentionChain chain{op, {}, {}};
  chain.softmax = stripGuard(op.getA(), chain.isGuarded);
  if (!chain.softmax)
    return rewriter.notifyMatchFailure(op, "left operand is no softmax");
  auto type = dyn_cast<RankedTensorType>(chain.softmax.getX().getType());
  if (!type || int64_t(chain.softmax.getAxis()) != type.getRank() - 1)
    return rewriter.notifyMatchFailure(op, "softmax is not over the last dim");
  // All its users are this chain; else the N x N matrix is needed anyway.
  for (Operation *user : chain.softmax->getUsers())
    if (user != op && !(chain.isGuarded && isa<SelectOp, IsNanOp>(user)))
      return rewriter.notifyMatchFailure(op, "weights are used elsewhere");
  std::optional<Scores> scores = matchScores(chain.softmax.getX());
  if (!scores)
    return rewriter.notifyMatchFailure(op, "scores are no scaled product");
  if (!(scores->scale > 0) || !std::isfinite(scores->scale))
    return rewriter.notifyMatchFailure(op, "scale is not positive");
  chain.scores = *scores;
  return chain;
}

/// Whether the operands have the ranks and sizes that strait.attention takes.
static LogicalResult checkOperands(const AttentionChain &chain,
                                   RewriterBase &rewriter,
                                   const SymbolicShapeAnalysis &shapes) {
  MatmulOp op = chain.product;
  const Scores &scores = chain.scores;
  auto qType = dyn_cast<RankedTensorType>(scores.q.getType());
  auto kType = dyn_cast<RankedTensorType>(scores.kt.getType());
  auto vType = dyn_cast<RankedTensorType>(op.getB().getType());
  if (!qType || !kType || !vType)
    return rewriter.notifyMatchFailure(op, "operands of unknown rank");
  if (!qType.getElementType().isF32())
    return rewriter.notifyMatchFailure(op, "not f32");
  int64_t rank = qType.getRank();
  if (rank != kType.getRank() || rank != vType.getRank() ||
      (rank != 3 && rank != 4))
    return rewriter.notifyMatchFailure(op, "q, k and v are not 3-D or 4-D");
  const SymbolicTensor *q = shapes.lookup(scores.q);
  const SymbolicTensor *kt = shapes.lookup(scores.kt);
  const SymbolicTensor *values = shapes.lookup(op.getB());
  if (!q || !kt || !values)
    return rewriter.notifyMatchFailure(op, "operands of unknown shape");
  for (int64_t i = 0; i < rank - 2; ++i)
    if (q->dims[i] != kt->dims[i] || q->dims[i] != values->dims[i])
      return rewriter.notifyMatchFailure(op, "batch dims broadcast");
  if (ShapedType::isDynamic(qType.getShape().back()) ||
      ShapedType::isDynamic(vType.getShape().back()))
    return rewriter.notifyMatchFailure(op, "head size is not static");
  if (rank == 3)
    for (RankedTensorType type : {qType, kType, vType})
      if (ShapedType::isDynamic(type.getDimSize(1)) &&
          ShapedType::isDynamic(type.getDimSize(2)))
        return rewriter.notifyMatchFailure(op, "two open sizes");
  if (isConstant(scores.kt) && isConstant(op.getB()))
    return rewriter.notifyMatchFailure(op, "keys and values are constant");
  if (!scores.bias)
    return success();
  auto bType = dyn_cast<RankedTensorType>(scores.bias.getType());
  if (!bType || bType.getRank() > rank)
    return rewriter.notifyMatchFailure(op, "mask of unknown or higher rank");
  if (rank == 3 && (bType.getRank() == 3 && !bType.hasStaticShape()))
    return rewriter.notifyMatchFailure(op, "open mask of 3-D attention");
  return success();
}

/// matmul(softmax(scores), v) -> attention. Replaced ops stay until the end, so
/// that `shapes` never sees another value at an old address.
static LogicalResult raiseToAttention(MatmulOp op, RewriterBase &rewriter,
                                    const SymbolicShapeAnalysis &shapes) {
  FailureOr<AttentionChain> chain = matchChain(op, rewriter);
  if (failed(chain) || failed(checkOperands(*chain, rewriter, shapes)))
    return failure();
  Scores &scores = chain->scores;
  int64_t rank = cast<RankedTensorType>(scores.q.getType()).getRank();

  Location loc = rewriter.getFusedLoc(
      {scores.product.getLoc(), chain->softmax.getLoc(), op.getLoc()});
  SmallVector<int64_t> perm = llvm::to_vector(llvm::seq<int64_t>(rank));
  std::swap(perm[rank - 2], perm[rank - 1]);
  SmallVector<int64_t> kShape(
      cast<RankedTensorType>(scores.kt.getType()).getShape());
  std::swap(kShape[rank - 2], kShape[rank - 1]);
  Value k = TransposeOp::create(rewriter, loc, typeLike(scores.kt, kShape),
                                scores.kt, perm);
  Value queries = withHeads(rewriter, loc, scores.q);
  k = withHeads(rewriter, loc, k);
  Value v = withHeads(rewriter, loc, op.getB());
  Value bias = scores.bias;
  if (bias && rank == 3)
    if (auto bType = cast<RankedTensorType>(bias.getType());
        bType.getRank() == 3)
      bias = withHeads(rewriter, loc, bias);
  auto rType = cast<RankedTensorType>(op.getResult().getType());
  SmallVector<int64_t> shape(rType.getShape());
  if (rank == 3)
    shape.insert(shape.begin() + 1, 1);
  Value result = AttentionOp::create(
      rewriter, loc, typeLike(op.getResult(), shape), queries, k, v, bias,
      rewriter.getF32FloatAttr(float(scores.scale)), /*causal=*/nullptr,
      chain->isGuarded ? rewriter.getUnitAttr() : nullptr);
  if (rank == 3) {
    SmallVector<int64_t> entries(rType.getShape());
    if (ShapedType::isDynamic(entries[0]))
      entries[0] = 0;
    for (int64_t &entry : llvm::drop_begin(entries))
      if (ShapedType::isDynamic(entry))
        entry = -1;
    result = ReshapeOp::create(rewriter, loc, rType, result,
                               makeShape(rewriter, loc, entries), false);
  }
  rewriter.replaceAllUsesWith(op.getResult(), result);
  return success();
}

namespace {
struct DetectAttentionPass
    : public graph::impl::DetectAttentionPassBase<DetectAttentionPass> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal())
      return;
    SymbolicShapeAnalysis shapes(func);
    if (failed(shapes.run()))
      return signalPassFailure();
    SmallVector<MatmulOp> products;
    func.walk([&](MatmulOp op) { products.push_back(op); });
    MissedRewriteListener listener(getArgument());
    IRRewriter rewriter(&getContext(), &listener);
    for (MatmulOp op : products) {
      rewriter.setInsertionPoint(op);
      if (failed(raiseToAttention(op, rewriter, shapes)))
        continue; // Most products are no attention.
    }
  }
};
} // namespace
