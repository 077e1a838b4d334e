// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matrix products and convolutions.

#include "frontends/onnx/OpTable.h"
#include "frontends/onnx/Windows.h"

using namespace mlir;

namespace strait::importer {

/// Vectors become matrices of one row or column, and the dim goes again.
static LogicalResult importMatMul(NodeContext &n) {
  Value a = n.input(0), b = n.input(1);
  if (failed(n.requireRank(a, 1, 64, "an operand")) ||
      failed(n.requireRank(b, 1, 64, "an operand")))
    return failure();
  bool isRow = n.rankOf(a) == 1, isColumn = n.rankOf(b) == 1;
  if (isRow)
    a = n.unsqueeze(a, {0});
  if (isColumn)
    b = n.unsqueeze(b, {1});
  Value product = n.binary<graph::MatmulOp>(a, b);
  if (n.failed())
    return failure();
  int64_t rank = n.rankOf(product);
  SmallVector<int64_t> gone;
  if (isRow)
    gone.push_back(rank - 2);
  if (isColumn)
    gone.push_back(rank - 1);
  n.setOutput(0, n.squeeze(product, gone));
  return success();
}

/// Gemm -> add(mul(matmul(a', b'), alpha), mul(c, beta)).
static LogicalResult importGemm(NodeContext &n) {
  Value a = n.input(0), b = n.input(1), c = n.input(2);
  double alpha = n.attributes.getFloat("alpha", 1);
  double beta = n.attributes.getFloat("beta", 1);
  bool transA = n.attributes.getInt("transA", 0) != 0;
  bool transB = n.attributes.getInt("transB", 0) != 0;
  // Broadcasting of c was an option before opset 7; now it is the rule.
  n.attributes.ignore("broadcast");
  if (failed(n.requireRank(a, 2, 2, "operand A")) ||
      failed(n.requireRank(b, 2, 2, "operand B")))
    return failure();
  if (transA)
    a = n.transpose(a, {1, 0});
  if (transB)
    b = n.transpose(b, {1, 0});
  Type element = n.elementOf(a);
  Value result = n.binary<graph::MatmulOp>(a, b);
  if (alpha != 1)
    result = n.binary<graph::MulOp>(result, n.scalar(element, alpha));
  if (c && beta != 0) {
    if (beta != 1)
      c = n.binary<graph::MulOp>(c, n.scalar(element, beta));
    result = n.binary<graph::AddOp>(result, c);
  }
  n.setOutput(0, result);
  return success();
}

/// The weights' checks that both convolutions share.
static LogicalResult checkOperands(NodeContext &n) {
  Value x = n.input(0), w = n.input(1);
  if (failed(n.requireRank(x, 3, 16, "an input")))
    return failure();
  return n.requireRank(w, n.rankOf(x), n.rankOf(x), "weights");
}

static LogicalResult importConv(NodeContext &n) {
  if (failed(checkOperands(n)))
    return failure();
  Value x = n.input(0), w = n.input(1);
  FailureOr<Window> window =
      readWindow(n, n.rankOf(x) - 2, n.shapeOf(w).drop_front(2));
  int64_t groups = n.attributes.getInt("group", 1);
  if (failed(window))
    return failure();
  if (groups < 1)
    return n.attributes.emitError("group")
           << "is out of range: expected at least 1, found " << groups;
  resolveAutoPad(*window, n.shapeOf(x).drop_front(2));
  n.setOutput(0, n.make<graph::ConvOp>(
                     n.elementOf(x), x, w, n.input(2), window->strides,
                     window->pads, window->dilations, groups, window->autoPad,
                     graph::Layout::ChannelsFirst));
  return success();
}

/// Finds the pads that give the results their sizes: `output_shape`, or
/// input * stride for the SAME modes.
static LogicalResult resolveTransposePads(NodeContext &n, Window &window,
                                          ArrayRef<int64_t> spatial,
                                          MutableArrayRef<int64_t>
                                              outputPadding) {
  SmallVector<int64_t> sizes = n.attributes.getInts("output_shape");
  size_t rank = spatial.size();
  // Some exporters list batch and channels too.
  if (sizes.size() == rank + 2)
    sizes.erase(sizes.begin(), sizes.begin() + 2);
  if (sizes.empty() && window.autoPad == graph::AutoPad::Explicit)
    return success();
  if (!sizes.empty() && sizes.size() != rank)
    return n.attributes.emitError("output_shape")
           << "has the wrong length: expected " << rank << ", found "
           << sizes.size();
  for (size_t i = 0; i < rank; ++i) {
    if (ShapedType::isDynamic(window.kernel[i]) ||
        (!sizes.empty() && ShapedType::isDynamic(spatial[i])))
      return n.unsupported("output_shape of an input of unknown size");
    int64_t extent = (window.kernel[i] - 1) * window.dilations[i] + 1;
    // stride (in - 1) + padding + extent - out; "in" cancels for SAME.
    int64_t total = outputPadding[i] + extent - window.strides[i];
    if (!sizes.empty()) {
      if (sizes[i] < 1 || sizes[i] > INT32_MAX || spatial[i] > INT32_MAX)
        return n.attributes.emitError("output_shape")
               << "is out of range: found " << sizes[i];
      total += window.strides[i] * spatial[i] - sizes[i];
    }
    // A result larger than the windows reach has zeros at its end, when it was
    // asked for by size.
    if (total < 0) {
      outputPadding[i] -= sizes.empty() ? 0 : total;
      total = 0;
    }
    int64_t small = total / 2, large = total - small;
    bool upper = window.autoPad == graph::AutoPad::SameUpper;
    window.pads[i] = upper ? small : large;
    window.pads[rank + i] = upper ? large : small;
  }
  window.autoPad = graph::AutoPad::Explicit;
  return success();
}

static LogicalResult importConvTranspose(NodeContext &n) {
  if (failed(checkOperands(n)))
    return failure();
  Value x = n.input(0), w = n.input(1);
  int64_t spatialRank = n.rankOf(x) - 2;
  FailureOr<Window> window =
      readWindow(n, spatialRank, n.shapeOf(w).drop_front(2));
  auto outputPadding = readSizes(n, "output_padding", spatialRank, 0, 0);
  int64_t groups = n.attributes.getInt("group", 1);
  if (failed(window) || failed(outputPadding))
    return failure();
  if (groups < 1)
    return n.attributes.emitError("group")
           << "is out of range: expected at least 1, found " << groups;
  if (failed(resolveTransposePads(n, *window, n.shapeOf(x).drop_front(2),
                                  *outputPadding)))
    return failure();
  n.setOutput(0, n.make<graph::ConvTransposeOp>(
                     n.elementOf(x), x, w, n.input(2), window->strides,
                     window->pads, window->dilations, *outputPadding, groups,
                     window->autoPad, graph::Layout::ChannelsFirst));
  return success();
}

constexpr int kLast = kLatestOpset;
static const OpRow kRows[] = {
    {"Conv", 1, kLast, 2, 3, importConv},
    {"ConvTranspose", 1, kLast, 2, 3, importConvTranspose},
    {"Gemm", 1, 10, 3, 3, importGemm},
    {"Gemm", 11, kLast, 2, 3, importGemm},
    {"MatMul", 1, kLast, 2, 2, importMatMul},
};

ArrayRef<OpRow> linearRows() { return kRows; }

} // namespace strait::importer
