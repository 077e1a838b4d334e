// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions, softmax and its like, sorting by value.

#include "frontends/onnx/OpTable.h"

using namespace mlir;

namespace strait::importer {

namespace {
struct ReduceAxes {
  SmallVector<int64_t> axes;
  bool keepDims = true;
  /// Empty axes that mean "reduce nothing".
  bool isNoop = false;
};
} // namespace

/// The axes are an attribute at first and an input later: since 13 for
/// ReduceSum, since 18 for the others.
static FailureOr<ReduceAxes> readAxes(NodeContext &n, bool isInput) {
  ReduceAxes result;
  result.keepDims = n.attributes.getBool("keepdims", true);
  SmallVector<int64_t> axes;
  if (isInput) {
    result.isNoop = n.attributes.getBool("noop_with_empty_axes", false);
    if (n.input(1)) {
      FailureOr<SmallVector<int64_t>> known = n.requireInts(n.input(1), "axes");
      if (failed(known))
        return failure();
      axes = *known;
    }
  } else {
    axes = n.attributes.getInts("axes");
  }
  int64_t rank = n.rankOf(n.input(0));
  FailureOr<SmallVector<int64_t>> sorted = n.normalizeAxes(axes, rank);
  if (failed(sorted))
    return failure();
  result.axes = *sorted;
  result.isNoop &= axes.empty();
  if (axes.empty() && !result.isNoop)
    result.axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  return result;
}

template <graph::ReduceKind Kind, int InputSince>
static LogicalResult importReduce(NodeContext &n) {
  FailureOr<ReduceAxes> axes = readAxes(n, n.version >= InputSince);
  if (failed(axes))
    return failure();
  Value x = n.input(0);
  n.setOutput(0, axes->isNoop ? x
                              : n.reduce(Kind, x, axes->axes, axes->keepDims));
  return success();
}

/// sum(before(x)) with a function after it: ReduceL1, L2, SumSquare, LogSum.
template <typename Before, typename After>
static LogicalResult importComposed(NodeContext &n, Before before,
                                    After after) {
  FailureOr<ReduceAxes> axes = readAxes(n, n.version >= 18);
  if (failed(axes))
    return failure();
  Value mapped = before(n.input(0));
  if (!axes->isNoop)
    mapped = n.reduce(graph::ReduceKind::Sum, mapped, axes->axes,
                      axes->keepDims);
  n.setOutput(0, after(mapped));
  return success();
}

static LogicalResult importReduceL1(NodeContext &n) {
  return importComposed(
      n, [&](Value x) { return n.unary<graph::AbsOp>(x); },
      [](Value sum) { return sum; });
}

static LogicalResult importReduceL2(NodeContext &n) {
  return importComposed(
      n, [&](Value x) { return n.binary<graph::MulOp>(x, x); },
      [&](Value sum) { return n.unary<graph::SqrtOp>(sum); });
}

static LogicalResult importReduceSumSquare(NodeContext &n) {
  return importComposed(
      n, [&](Value x) { return n.binary<graph::MulOp>(x, x); },
      [](Value sum) { return sum; });
}

static LogicalResult importReduceLogSum(NodeContext &n) {
  return importComposed(
      n, [](Value x) { return x; },
      [&](Value sum) { return n.unary<graph::LogOp>(sum); });
}

/// log(sum(exp(x))) -> log(sum(exp(x - max))) + max, which does not overflow.
static LogicalResult importReduceLogSumExp(NodeContext &n) {
  FailureOr<ReduceAxes> axes = readAxes(n, n.version >= 18);
  if (failed(axes))
    return failure();
  Value x = n.input(0);
  if (axes->isNoop)
    return n.unsupported("noop_with_empty_axes = 1");
  Value max = n.reduce(graph::ReduceKind::Max, x, axes->axes, true);
  // Beside an infinite maximum there is nothing to scale, and its difference
  // to itself is no number.
  Type element = n.elementOf(x);
  if (isa<FloatType>(element))
    max = n.make<graph::SelectOp>(
        element,
        n.make<graph::IsInfOp>(n.builder.getI1Type(), max, true, true),
        n.scalar(element, 0), max);
  Value powers = n.unary<graph::ExpOp>(n.binary<graph::SubOp>(x, max));
  Value sum = n.reduce(graph::ReduceKind::Sum, powers, axes->axes, true);
  Value result =
      n.binary<graph::AddOp>(n.unary<graph::LogOp>(sum), max);
  n.setOutput(0, axes->keepDims ? result : n.squeeze(result, axes->axes));
  return success();
}

template <graph::ArgKind Kind>
static LogicalResult importArgReduce(NodeContext &n) {
  Value x = n.input(0);
  FailureOr<int64_t> axis =
      n.normalizeAxis(n.attributes.getInt("axis", 0), n.rankOf(x));
  bool keepDims = n.attributes.getBool("keepdims", true);
  bool selectLast = n.attributes.getBool("select_last_index", false);
  if (failed(axis))
    return failure();
  n.setOutput(0, n.make<graph::ArgReduceOp>(n.builder.getI64Type(), Kind, x,
                                            *axis, keepDims, selectLast));
  return success();
}

/// Before opset 13 the operand was seen as a matrix, split before `axis`.
template <typename Build>
static LogicalResult importAlongAxis(NodeContext &n, Build build) {
  Value x = n.input(0);
  bool old = n.version < 13;
  FailureOr<int64_t> axis =
      n.normalizeAxis(n.attributes.getInt("axis", old ? 1 : -1), n.rankOf(x));
  if (failed(axis))
    return failure();
  if (!old || *axis == n.rankOf(x) - 1) {
    n.setOutput(0, build(x, *axis));
    return success();
  }
  // [d0 .. dr] -> [d0 .. d(axis-1), rest]: one trailing dim is enough.
  SmallVector<Dim> flat = NodeContext::dimsOf(x);
  flat.truncate(*axis);
  flat.push_back(Dim(-1));
  Value result = build(n.reshape(x, flat), *axis);
  n.setOutput(0, n.reshape(result, NodeContext::dimsOf(x)));
  return success();
}

template <typename OpTy> static LogicalResult importSoftmax(NodeContext &n) {
  return importAlongAxis(n, [&](Value x, int64_t axis) {
    return n.make<OpTy>(n.elementOf(x), x, axis);
  });
}

/// Hardmax -> one_hot(argmax), the first of equals.
static LogicalResult importHardmax(NodeContext &n) {
  return importAlongAxis(n, [&](Value x, int64_t axis) {
    Type element = n.elementOf(x);
    Value at = n.make<graph::ArgReduceOp>(n.builder.getI64Type(),
                                          graph::ArgKind::Max, x, axis, false,
                                          false);
    Value depth = n.shapeTensor({Dim(x, axis)});
    Value values = n.make<graph::ConcatOp>(
        element,
        ValueRange{n.reshape(n.scalar(element, 0), {Dim(1)}),
                   n.reshape(n.scalar(element, 1), {Dim(1)})},
        0);
    return n.make<graph::OneHotOp>(element, at, depth, values, axis);
  });
}

static LogicalResult importCumSum(NodeContext &n) {
  Value x = n.input(0);
  bool exclusive = n.attributes.getBool("exclusive", false);
  bool reverse = n.attributes.getBool("reverse", false);
  FailureOr<SmallVector<int64_t>> known = n.requireInts(n.input(1), "axis");
  if (failed(known))
    return failure();
  if (known->size() != 1)
    return n.emitError() << "needs one axis, found " << known->size();
  FailureOr<int64_t> axis = n.normalizeAxis(known->front(), n.rankOf(x));
  if (failed(axis))
    return failure();
  n.setOutput(0, n.make<graph::CumSumOp>(n.elementOf(x), x, *axis, exclusive,
                                         reverse));
  return success();
}

/// `k` was an attribute before opset 10.
static LogicalResult importTopK(NodeContext &n) {
  Value x = n.input(0);
  Value k = n.version < 10 ? n.intList({n.attributes.requireInt("k")})
                           : n.asIntList(n.input(1));
  bool largest = n.attributes.getBool("largest", true);
  n.attributes.ignore("sorted");
  FailureOr<int64_t> axis =
      n.normalizeAxis(n.attributes.getInt("axis", -1), n.rankOf(x));
  if (failed(axis))
    return failure();
  auto topK = n.makeWithResults<graph::TopKOp>(
      {n.elementOf(x), n.builder.getI64Type()}, x, k, *axis, !largest);
  n.setOutput(0, topK.getValues());
  n.setOutput(1, topK.getIndices());
  return success();
}

constexpr int kLast = kLatestOpset;
using graph::ReduceKind;
static const OpRow kRows[] = {
    {"ArgMax", 1, kLast, 1, 1, importArgReduce<graph::ArgKind::Max>},
    {"ArgMin", 1, kLast, 1, 1, importArgReduce<graph::ArgKind::Min>},
    {"CumSum", 11, kLast, 2, 2, importCumSum},
    {"Hardmax", 1, kLast, 1, 1, importHardmax},
    {"LogSoftmax", 1, kLast, 1, 1, importSoftmax<graph::LogSoftmaxOp>},
    {"ReduceL1", 1, 17, 1, 1, importReduceL1},
    {"ReduceL1", 18, kLast, 1, 2, importReduceL1},
    {"ReduceL2", 1, 17, 1, 1, importReduceL2},
    {"ReduceL2", 18, kLast, 1, 2, importReduceL2},
    {"ReduceLogSum", 1, 17, 1, 1, importReduceLogSum},
    {"ReduceLogSum", 18, kLast, 1, 2, importReduceLogSum},
    {"ReduceLogSumExp", 1, 17, 1, 1, importReduceLogSumExp},
    {"ReduceLogSumExp", 18, kLast, 1, 2, importReduceLogSumExp},
    {"ReduceMax", 1, 17, 1, 1, importReduce<ReduceKind::Max, 18>},
    {"ReduceMax", 18, kLast, 1, 2, importReduce<ReduceKind::Max, 18>},
    {"ReduceMean", 1, 17, 1, 1, importReduce<ReduceKind::Mean, 18>},
    {"ReduceMean", 18, kLast, 1, 2, importReduce<ReduceKind::Mean, 18>},
    {"ReduceMin", 1, 17, 1, 1, importReduce<ReduceKind::Min, 18>},
    {"ReduceMin", 18, kLast, 1, 2, importReduce<ReduceKind::Min, 18>},
    {"ReduceProd", 1, 17, 1, 1, importReduce<ReduceKind::Prod, 18>},
    {"ReduceProd", 18, kLast, 1, 2, importReduce<ReduceKind::Prod, 18>},
    {"ReduceSum", 1, 12, 1, 1, importReduce<ReduceKind::Sum, 13>},
    {"ReduceSum", 13, kLast, 1, 2, importReduce<ReduceKind::Sum, 13>},
    {"ReduceSumSquare", 1, 17, 1, 1, importReduceSumSquare},
    {"ReduceSumSquare", 18, kLast, 1, 2, importReduceSumSquare},
    {"Softmax", 1, kLast, 1, 1, importSoftmax<graph::SoftmaxOp>},
    {"TopK", 1, 9, 1, 1, importTopK},
    {"TopK", 10, kLast, 2, 2, importTopK},
};

ArrayRef<OpRow> reductionRows() { return kRows; }

} // namespace strait::importer
