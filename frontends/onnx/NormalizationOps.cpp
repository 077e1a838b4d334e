// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Normalisations, in their inference form.

#include "frontends/onnx/OpTable.h"

using namespace mlir;

namespace strait::importer {

static llvm::APFloat f32(double value) { return llvm::APFloat(float(value)); }

static LogicalResult importBatchNorm(NodeContext &n) {
  double epsilon = n.attributes.getFloat("epsilon", 1e-5);
  n.attributes.ignore("momentum");
  n.attributes.ignore("is_test");
  if (n.version < 9 && !n.attributes.getBool("spatial", true))
    return n.unsupported("spatial = 0");
  if (n.version >= 14 && n.attributes.getBool("training_mode", false))
    return n.unsupported("training_mode = 1");
  for (size_t i = 1; i < n.numOutputs(); ++i)
    if (n.wantsOutput(i))
      return n.unsupported("training (output " + Twine(i) + ")");
  if (failed(n.requireRank(n.input(0), 2, 64, "an input")))
    return failure();
  n.setOutput(0, n.make<graph::BatchNormOp>(
                     n.elementOf(n.input(0)), n.input(0), n.input(1),
                     n.input(2), n.input(3), n.input(4), f32(epsilon)));
  return success();
}

/// The axis that LayerNormalization and RMSNormalization start at, and their
/// inputs' types: statistics in another precision are not offered.
static FailureOr<int64_t> readTrailingAxis(NodeContext &n) {
  int64_t stash = n.attributes.getInt("stash_type", 1);
  if (stash != 1) {
    return n.unsupported("stash_type other than 1 (float)");
  }
  return n.normalizeAxis(n.attributes.getInt("axis", -1),
                         n.rankOf(n.input(0)));
}

static LogicalResult importLayerNorm(NodeContext &n) {
  Value x = n.input(0);
  FailureOr<int64_t> axis = readTrailingAxis(n);
  double epsilon = n.attributes.getFloat("epsilon", 1e-5);
  if (failed(axis))
    return failure();
  n.setOutput(0, n.make<graph::LayerNormOp>(n.elementOf(x), x, n.input(1),
                                            n.input(2), *axis, f32(epsilon)));
  if (!n.wantsOutput(1) && !n.wantsOutput(2))
    return success();
  // The statistics themselves: mean, and 1 / sqrt(variance + epsilon).
  Value wide = n.cast(x, n.builder.getF32Type());
  Type element = n.elementOf(wide);
  auto axes = llvm::to_vector(llvm::seq<int64_t>(*axis, n.rankOf(x)));
  Value mean = n.reduce(graph::ReduceKind::Mean, wide, axes, true);
  Value centered = n.binary<graph::SubOp>(wide, mean);
  Value variance =
      n.reduce(graph::ReduceKind::Mean,
               n.binary<graph::MulOp>(centered, centered), axes, true);
  n.setOutput(1, mean);
  n.setOutput(2, n.unary<graph::RsqrtOp>(n.binary<graph::AddOp>(
                     variance, n.scalar(element, epsilon))));
  return success();
}

static LogicalResult importRmsNorm(NodeContext &n) {
  FailureOr<int64_t> axis = readTrailingAxis(n);
  double epsilon = n.attributes.getFloat("epsilon", 1e-5);
  if (failed(axis))
    return failure();
  n.setOutput(0, n.make<graph::RmsNormOp>(n.elementOf(n.input(0)), n.input(0),
                                          n.input(1), *axis, f32(epsilon)));
  return success();
}

static LogicalResult importInstanceNorm(NodeContext &n) {
  double epsilon = n.attributes.getFloat("epsilon", 1e-5);
  if (failed(n.requireRank(n.input(0), 3, 64, "an input")))
    return failure();
  n.setOutput(0, n.make<graph::InstanceNormOp>(
                     n.elementOf(n.input(0)), n.input(0), n.input(1),
                     n.input(2), f32(epsilon)));
  return success();
}

/// Repeats each element of a [groups] tensor for every channel of its group.
static Value spreadOverChannels(NodeContext &n, Value perGroup,
                                int64_t channels) {
  int64_t groups = n.shapeOf(perGroup)[0];
  Value column = n.reshape(perGroup, {Dim(groups), Dim(1)});
  Value full = n.make<graph::ExpandOp>(
      n.elementOf(column), column, n.intList({groups, channels / groups}));
  return n.reshape(full, {Dim(channels)});
}

static LogicalResult importGroupNorm(NodeContext &n) {
  Value x = n.input(0), scale = n.input(1), bias = n.input(2);
  int64_t groups = n.attributes.requireInt("num_groups");
  double epsilon = n.attributes.getFloat("epsilon", 1e-5);
  if (n.version >= 21 && n.attributes.getInt("stash_type", 1) != 1)
    return n.unsupported("stash_type other than 1 (float)");
  if (n.attributes.failed() ||
      failed(n.requireRank(x, 2, 64, "an input")) ||
      failed(n.requireRank(scale, 1, 1, "a scale")) ||
      failed(n.requireRank(bias, 1, 1, "a bias")))
    return failure();
  if (groups < 1)
    return n.attributes.emitError("num_groups")
           << "is out of range: expected at least 1, found " << groups;
  // Version 18 scaled groups, not channels.
  if (n.version < 21) {
    int64_t channels = n.shapeOf(x)[1];
    if (ShapedType::isDynamic(channels))
      return n.unsupported("an unknown number of channels");
    if (channels % groups || n.shapeOf(scale)[0] != groups ||
        n.shapeOf(bias)[0] != groups)
      return n.emitError() << "has " << channels << " channels, "
                           << n.shapeOf(scale)[0] << " scales and "
                           << n.shapeOf(bias)[0] << " biases, expected "
                           << groups << " groups of them";
    scale = spreadOverChannels(n, scale, channels);
    bias = spreadOverChannels(n, bias, channels);
  }
  n.setOutput(0, n.make<graph::GroupNormOp>(n.elementOf(x), x, scale, bias,
                                            groups, f32(epsilon)));
  return success();
}

/// LpNormalization -> x / norm(x).
static LogicalResult importLpNorm(NodeContext &n) {
  Value x = n.input(0);
  int64_t p = n.attributes.getInt("p", 2);
  FailureOr<int64_t> axis =
      n.normalizeAxis(n.attributes.getInt("axis", -1), n.rankOf(x));
  if (failed(axis))
    return failure();
  if (p != 1 && p != 2)
    return n.attributes.emitError("p")
           << "is out of range: expected 1 or 2, found " << p;
  Value powers = p == 1 ? n.unary<graph::AbsOp>(x)
                        : n.binary<graph::MulOp>(x, x);
  Value norm = n.reduce(graph::ReduceKind::Sum, powers, {*axis}, true);
  if (p == 2)
    norm = n.unary<graph::SqrtOp>(norm);
  // A norm of zero leaves zeros, not a division by zero.
  Value isZero = n.make<graph::CompareOp>(
      n.builder.getI1Type(), graph::CompareKind::Eq, norm,
      n.scalar(n.elementOf(x), 0));
  Value safe = n.make<graph::SelectOp>(n.elementOf(x), isZero,
                                       n.scalar(n.elementOf(x), 1), norm);
  n.setOutput(0, n.binary<graph::DivOp>(x, safe));
  return success();
}

/// LRN -> x / (bias + alpha * mean of squares over a window of channels)^beta.
static LogicalResult importLrn(NodeContext &n) {
  Value x = n.input(0);
  Type element = n.elementOf(x);
  int64_t size = n.attributes.requireInt("size");
  double alpha = n.attributes.getFloat("alpha", 1e-4);
  double beta = n.attributes.getFloat("beta", 0.75);
  double bias = n.attributes.getFloat("bias", 1);
  if (n.attributes.failed() || failed(n.requireRank(x, 2, 64, "an input")))
    return failure();
  if (size < 1 || size > 65536)
    return n.attributes.emitError("size")
           << "is out of range: expected 1 to 65536, found " << size;
  // Channels become rows of images with one channel, over which a pool slides.
  Value squares = n.reshape(n.binary<graph::MulOp>(x, x),
                            {Dim(x, 0), Dim(1), Dim(x, 1), Dim(-1)});
  SmallVector<int64_t> kernel = {size, 1}, ones = {1, 1};
  SmallVector<int64_t> pads = {(size - 1) / 2, 0, size / 2, 0};
  Value mean = n.make<graph::PoolOp>(
      element, graph::PoolKind::Average, squares, kernel, ones, pads, ones,
      /*ceil_mode=*/false, /*count_include_pad=*/true,
      graph::AutoPad::Explicit, graph::Layout::ChannelsFirst);
  mean = n.reshape(mean, n.dimsOf(x));
  Value base = n.binary<graph::AddOp>(
      n.binary<graph::MulOp>(mean, n.scalar(element, alpha)),
      n.scalar(element, bias));
  n.setOutput(0, n.binary<graph::DivOp>(
                     x, n.binary<graph::PowOp>(base, n.scalar(element, beta))));
  return success();
}

constexpr int kLast = kLatestOpset;
static const OpRow kRows[] = {
    {"BatchNormalization", 1, kLast, 5, 5, importBatchNorm},
    {"GroupNormalization", 18, kLast, 3, 3, importGroupNorm},
    {"InstanceNormalization", 1, kLast, 3, 3, importInstanceNorm},
    {"LRN", 1, kLast, 1, 1, importLrn},
    {"LayerNormalization", 17, kLast, 2, 3, importLayerNorm},
    {"LpNormalization", 1, kLast, 1, 1, importLpNorm},
    {"RMSNormalization", 23, kLast, 2, 2, importRmsNorm},
};

ArrayRef<OpRow> normalizationRows() { return kRows; }

} // namespace strait::importer
