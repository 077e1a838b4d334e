// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Operators that pick or place elements by computed positions.

#include "frontends/onnx/ElementTypes.h"
#include "frontends/onnx/OpTable.h"

using namespace mlir;

namespace strait::importer {

static LogicalResult importGather(NodeContext &n) {
  Value x = n.input(0);
  FailureOr<int64_t> axis =
      n.normalizeAxis(n.attributes.getInt("axis", 0), n.rankOf(x));
  if (failed(axis))
    return failure();
  n.setOutput(0, n.make<graph::GatherOp>(n.elementOf(x), x, n.input(1),
                                         *axis));
  return success();
}

static LogicalResult importGatherElements(NodeContext &n) {
  Value x = n.input(0);
  FailureOr<int64_t> axis =
      n.normalizeAxis(n.attributes.getInt("axis", 0), n.rankOf(x));
  if (failed(axis))
    return failure();
  n.setOutput(0, n.make<graph::GatherElementsOp>(n.elementOf(x), x,
                                                 n.input(1), *axis));
  return success();
}

static LogicalResult importGatherNd(NodeContext &n) {
  Value x = n.input(0);
  int64_t batchDims =
      n.version < 12 ? 0 : n.attributes.getInt("batch_dims", 0);
  int64_t most = std::min(n.rankOf(x), n.rankOf(n.input(1)));
  if (batchDims < 0 || batchDims >= most)
    return n.attributes.emitError("batch_dims")
           << "is out of range: expected [0, " << most << "), found "
           << batchDims;
  n.setOutput(0, n.make<graph::GatherNdOp>(n.elementOf(x), x, n.input(1),
                                           batchDims));
  return success();
}

static graph::ScatterKind readScatterKind(NodeContext &n) {
  std::string word = n.attributes.getWord(
      "reduction", "none", {"none", "add", "mul", "max", "min"});
  return word == "add"   ? graph::ScatterKind::Add
         : word == "mul" ? graph::ScatterKind::Mul
         : word == "max" ? graph::ScatterKind::Max
         : word == "min" ? graph::ScatterKind::Min
                         : graph::ScatterKind::Assign;
}

static LogicalResult importScatterElements(NodeContext &n) {
  Value x = n.input(0);
  graph::ScatterKind kind = readScatterKind(n);
  FailureOr<int64_t> axis =
      n.normalizeAxis(n.attributes.getInt("axis", 0), n.rankOf(x));
  if (failed(axis))
    return failure();
  n.setOutput(0, n.make<graph::ScatterElementsOp>(
                     n.elementOf(x), kind, x, n.input(1), n.input(2), *axis));
  return success();
}

static LogicalResult importScatterNd(NodeContext &n) {
  Value x = n.input(0);
  graph::ScatterKind kind = readScatterKind(n);
  n.setOutput(0, n.make<graph::ScatterNdOp>(n.elementOf(x), kind, x,
                                            n.input(1), n.input(2)));
  return success();
}

static LogicalResult importOneHot(NodeContext &n) {
  Value indices = n.input(0), depth = n.input(1), values = n.input(2);
  Type i64 = n.builder.getI64Type();
  int64_t rank = n.rankOf(indices) + 1;
  FailureOr<int64_t> axis =
      n.normalizeAxis(n.attributes.getInt("axis", -1), rank);
  if (failed(axis))
    return failure();
  n.setOutput(0, n.make<graph::OneHotOp>(
                     n.elementOf(values), n.cast(indices, i64),
                     n.cast(depth, i64), values, *axis));
  return success();
}

static LogicalResult importNonZero(NodeContext &n) {
  n.setOutput(0,
              n.make<graph::NonZeroOp>(n.builder.getI64Type(), n.input(0)));
  return success();
}

/// Compress -> gather at the positions where the condition holds.
static LogicalResult importCompress(NodeContext &n) {
  Value x = n.input(0), condition = n.input(1);
  if (failed(n.requireRank(condition, 1, 1, "a condition")))
    return failure();
  int64_t axis = 0;
  if (n.attributes.has("axis")) {
    FailureOr<int64_t> given =
        n.normalizeAxis(n.attributes.getInt("axis", 0), n.rankOf(x));
    if (failed(given))
      return failure();
    axis = *given;
  } else {
    x = n.reshape(x, {Dim(-1)});
  }
  Value positions =
      n.make<graph::NonZeroOp>(n.builder.getI64Type(), condition);
  // [1, count] -> [count].
  n.setOutput(0, n.make<graph::GatherOp>(n.elementOf(x), x,
                                         n.squeeze(positions, {0}), axis));
  return success();
}

static LogicalResult importEyeLike(NodeContext &n) {
  Value x = n.input(0);
  int64_t k = n.attributes.getInt("k", 0);
  Type element = n.elementOf(x);
  if (n.attributes.has("dtype")) {
    int64_t dtype = n.attributes.getInt("dtype", 0);
    element = elementType(int32_t(dtype), n.builder.getContext());
    if (!element || isa<ComplexType>(element))
      return n.unsupported("element type " + dataTypeName(int32_t(dtype)));
  }
  n.setOutput(0, n.make<graph::EyeLikeOp>(element, x, k));
  return success();
}

constexpr int kLast = kLatestOpset;
static const OpRow kRows[] = {
    {"Compress", 9, kLast, 2, 2, importCompress},
    {"EyeLike", 9, kLast, 1, 1, importEyeLike},
    {"Gather", 1, kLast, 2, 2, importGather},
    {"GatherElements", 11, kLast, 2, 2, importGatherElements},
    {"GatherND", 11, kLast, 2, 2, importGatherNd},
    {"NonZero", 9, kLast, 1, 1, importNonZero},
    {"OneHot", 9, kLast, 3, 3, importOneHot},
    {"Scatter", 9, 10, 3, 3, importScatterElements},
    {"ScatterElements", 11, kLast, 3, 3, importScatterElements},
    {"ScatterND", 11, kLast, 3, 3, importScatterNd},
};

ArrayRef<OpRow> indexingRows() { return kRows; }

} // namespace strait::importer
