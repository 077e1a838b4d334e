// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pools, and the global ones that are reductions.

#include "frontends/onnx/OpTable.h"
#include "frontends/onnx/Windows.h"

using namespace mlir;

namespace strait::importer {

static Value makePool(NodeContext &n, graph::PoolKind kind, Value x,
                      const Window &window, bool ceilMode,
                      bool countIncludePad) {
  return n.make<graph::PoolOp>(n.elementOf(x), kind, x, window.kernel,
                               window.strides, window.pads, window.dilations,
                               ceilMode, countIncludePad, window.autoPad,
                               graph::Layout::ChannelsFirst);
}

static FailureOr<Window> readPoolWindow(NodeContext &n) {
  Value x = n.input(0);
  if (failed(n.requireRank(x, 3, 16, "an input")))
    return failure();
  FailureOr<Window> window = readWindow(n, n.rankOf(x) - 2, {});
  if (succeeded(window))
    resolveAutoPad(*window, n.shapeOf(x).drop_front(2));
  return window;
}

template <graph::PoolKind Kind>
static LogicalResult importPool(NodeContext &n) {
  FailureOr<Window> window = readPoolWindow(n);
  bool ceilMode = n.attributes.getBool("ceil_mode", false);
  bool countIncludePad = Kind == graph::PoolKind::Average &&
                         n.attributes.getBool("count_include_pad", false);
  if (Kind == graph::PoolKind::Max)
    n.attributes.ignore("storage_order");
  if (failed(window))
    return failure();
  if (n.wantsOutput(1))
    return n.unsupported("the positions of the maxima (output 1)");
  n.setOutput(0, makePool(n, Kind, n.input(0), *window, ceilMode,
                          countIncludePad));
  return success();
}

/// (sum |x|^p)^(1/p) -> powers around an average that counts pads (which are
/// zero) times the window's size.
static LogicalResult importLpPool(NodeContext &n) {
  FailureOr<Window> window = readPoolWindow(n);
  double p = n.version < 2 ? n.attributes.getFloat("p", 2)
                           : double(n.attributes.getInt("p", 2));
  bool ceilMode = n.attributes.getBool("ceil_mode", false);
  if (failed(window))
    return failure();
  if (ceilMode)
    return n.unsupported("ceil_mode = 1");
  Value x = n.input(0);
  Type element = n.elementOf(x);
  int64_t size = 1;
  for (int64_t extent : window->kernel)
    if (__builtin_mul_overflow(size, extent, &size))
      return n.emitError() << "has a window without end";
  Value powers = n.binary<graph::PowOp>(n.unary<graph::AbsOp>(x),
                                        n.scalar(element, p));
  Value mean = makePool(n, graph::PoolKind::Average, powers, *window, false,
                        /*countIncludePad=*/true);
  Value sum = n.binary<graph::MulOp>(mean, n.scalar(element, double(size)));
  n.setOutput(0, n.binary<graph::PowOp>(sum, n.scalar(element, 1 / p)));
  return success();
}

static FailureOr<SmallVector<int64_t>> spatialAxes(NodeContext &n) {
  Value x = n.input(0);
  if (failed(n.requireRank(x, 2, 64, "an input")))
    return failure();
  SmallVector<int64_t> axes;
  for (int64_t axis = 2; axis < n.rankOf(x); ++axis)
    axes.push_back(axis);
  return axes;
}

template <graph::ReduceKind Kind>
static LogicalResult importGlobalPool(NodeContext &n) {
  FailureOr<SmallVector<int64_t>> axes = spatialAxes(n);
  if (failed(axes))
    return failure();
  n.setOutput(0, n.reduce(Kind, n.input(0), *axes, /*keepDims=*/true));
  return success();
}

static LogicalResult importGlobalLpPool(NodeContext &n) {
  FailureOr<SmallVector<int64_t>> axes = spatialAxes(n);
  double p = n.version < 2 ? n.attributes.getFloat("p", 2)
                           : double(n.attributes.getInt("p", 2));
  if (failed(axes))
    return failure();
  Value x = n.input(0);
  Type element = n.elementOf(x);
  Value powers = n.binary<graph::PowOp>(n.unary<graph::AbsOp>(x),
                                        n.scalar(element, p));
  Value sum = n.reduce(graph::ReduceKind::Sum, powers, *axes, true);
  n.setOutput(0, n.binary<graph::PowOp>(sum, n.scalar(element, 1 / p)));
  return success();
}

constexpr int kLast = kLatestOpset;
static const OpRow kRows[] = {
    {"AveragePool", 1, kLast, 1, 1, importPool<graph::PoolKind::Average>},
    {"GlobalAveragePool", 1, kLast, 1, 1,
     importGlobalPool<graph::ReduceKind::Mean>},
    {"GlobalLpPool", 1, kLast, 1, 1, importGlobalLpPool},
    {"GlobalMaxPool", 1, kLast, 1, 1,
     importGlobalPool<graph::ReduceKind::Max>},
    {"LpPool", 1, kLast, 1, 1, importLpPool},
    {"MaxPool", 1, kLast, 1, 1, importPool<graph::PoolKind::Max>},
};

ArrayRef<OpRow> windowRows() { return kRows; }

} // namespace strait::importer
