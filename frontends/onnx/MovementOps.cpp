// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Operators that rearrange, cut and join tensors.

#include "frontends/onnx/OpTable.h"

using namespace mlir;

namespace strait::importer {

static LogicalResult importTranspose(NodeContext &n) {
  Value x = n.input(0);
  int64_t rank = n.rankOf(x);
  SmallVector<int64_t> perm = n.attributes.getInts("perm");
  if (!n.attributes.has("perm"))
    for (int64_t axis = rank - 1; axis >= 0; --axis)
      perm.push_back(axis);
  if (int64_t(perm.size()) != rank)
    return n.attributes.emitError("perm")
           << "has the wrong length: expected " << rank << ", found "
           << perm.size();
  FailureOr<SmallVector<int64_t>> sorted = n.normalizeAxes(perm, rank);
  if (failed(sorted))
    return failure();
  for (int64_t &axis : perm)
    axis = axis < 0 ? axis + rank : axis;
  n.setOutput(0, n.transpose(x, perm));
  return success();
}

static LogicalResult importConcat(NodeContext &n) {
  for (Value input : n.inputs)
    if (!input)
      return n.emitError() << "has an operand without a name";
  if (n.version >= 4)
    n.attributes.requireInt("axis");
  FailureOr<int64_t> axis = n.normalizeAxis(n.attributes.getInt("axis", 1),
                                            n.rankOf(n.input(0)));
  if (failed(axis))
    return failure();
  n.setOutput(0, n.inputs.size() == 1
                     ? n.input(0)
                     : n.make<graph::ConcatOp>(n.elementOf(n.input(0)),
                                               ValueRange(n.inputs), *axis));
  return success();
}

/// The sizes were an attribute (or in opset 1 also an input) before opset 13.
static LogicalResult importSplit(NodeContext &n) {
  Value x = n.input(0);
  FailureOr<int64_t> axis =
      n.normalizeAxis(n.attributes.getInt("axis", 0), n.rankOf(x));
  if (failed(axis))
    return failure();
  SmallVector<int64_t> sizes;
  bool hasSizes = false;
  if (n.input(1)) {
    FailureOr<SmallVector<int64_t>> known = n.requireInts(n.input(1), "split");
    if (failed(known))
      return failure();
    sizes = *known;
    hasSizes = true;
  } else if (n.version < 13 && n.attributes.has("split")) {
    sizes = n.attributes.getInts("split");
    hasSizes = true;
  }
  if (n.version >= 18 && n.attributes.has("num_outputs")) {
    int64_t count = n.attributes.requireInt("num_outputs");
    if (count != int64_t(n.numOutputs()))
      return n.attributes.emitError("num_outputs")
             << "does not fit the node: expected " << n.numOutputs()
             << ", found " << count;
  }
  int64_t size = n.shapeOf(x)[*axis];
  int64_t count = n.numOutputs();
  if (hasSizes && int64_t(sizes.size()) != count)
    return n.emitError() << "has " << sizes.size() << " sizes, expected "
                         << count;
  int64_t total = 0;
  for (int64_t piece : sizes)
    if (piece < 0 || __builtin_add_overflow(total, piece, &total))
      return n.emitError() << "has a bad size: found " << piece;
  if (hasSizes && !ShapedType::isDynamic(size) && total != size)
    return n.emitError() << "has sizes that sum to " << total
                         << ", expected " << size;
  if (!hasSizes && n.version < 18 && !ShapedType::isDynamic(size) &&
      size % count)
    return n.emitError() << "cannot cut " << size << " into " << count
                         << " equal pieces";
  SmallVector<Type> elements(count, n.elementOf(x));
  auto split = n.makeWithResults<graph::SplitOp>(
      elements, x, *axis,
      hasSizes ? n.builder.getDenseI64ArrayAttr(sizes) : DenseI64ArrayAttr());
  for (auto [index, piece] : llvm::enumerate(split.getResults()))
    n.setOutput(index, piece);
  return success();
}

/// Everything was an attribute before opset 10.
static LogicalResult importSlice(NodeContext &n) {
  Value x = n.input(0);
  Value starts, ends, steps;
  SmallVector<int64_t> axes;
  bool hasAxes = false;
  if (n.version < 10) {
    SmallVector<int64_t> from = n.attributes.requireInts("starts");
    SmallVector<int64_t> to = n.attributes.requireInts("ends");
    if (from.size() != to.size())
      return n.emitError() << "has " << from.size() << " starts and "
                           << to.size() << " ends";
    hasAxes = n.attributes.has("axes");
    axes = n.attributes.getInts("axes");
    starts = n.intList(from);
    ends = n.intList(to);
  } else {
    if (failed(n.requireRank(n.input(1), 1, 1, "starts")) ||
        failed(n.requireRank(n.input(2), 1, 1, "ends")))
      return failure();
    starts = n.asIntList(n.input(1));
    ends = n.asIntList(n.input(2));
    if (n.input(4))
      steps = n.asIntList(n.input(4));
    hasAxes = bool(n.input(3));
    if (hasAxes) {
      FailureOr<SmallVector<int64_t>> known =
          n.requireInts(n.input(3), "axes");
      if (failed(known))
        return failure();
      axes = *known;
    }
  }
  if (n.failed())
    return failure();
  int64_t count = n.shapeOf(starts)[0];
  if (ShapedType::isDynamic(count))
    return n.unsupported("an unknown number of starts");
  int64_t rank = n.rankOf(x);
  if (!hasAxes) {
    if (count > rank)
      return n.emitError() << "has " << count << " starts, expected at most "
                           << rank;
    axes = llvm::to_vector(llvm::seq<int64_t>(0, count));
  }
  if (int64_t(axes.size()) != count)
    return n.emitError() << "has " << axes.size() << " axes and " << count
                         << " starts";
  if (failed(n.normalizeAxes(axes, rank)))
    return failure();
  for (int64_t &axis : axes)
    axis = axis < 0 ? axis + rank : axis;
  if (!steps)
    steps = n.intList(SmallVector<int64_t>(count, 1));
  n.setOutput(0, n.make<graph::SliceOp>(n.elementOf(x), x, starts, ends, steps,
                                        axes));
  return success();
}

/// Pads of the given axes as pads of all axes.
static FailureOr<Value> padsOfAllAxes(NodeContext &n, Value pads,
                                      Value axesInput) {
  int64_t rank = n.rankOf(n.input(0));
  FailureOr<SmallVector<int64_t>> axes = n.requireInts(axesInput, "axes");
  FailureOr<SmallVector<int64_t>> known = n.requireInts(pads, "pads");
  if (failed(axes) || failed(known))
    return failure();
  if (known->size() != 2 * axes->size())
    return n.emitError() << "has " << known->size() << " pads for "
                         << axes->size() << " axes";
  if (failed(n.normalizeAxes(*axes, rank)))
    return failure();
  SmallVector<int64_t> all(2 * rank, 0);
  for (auto [index, axis] : llvm::enumerate(*axes)) {
    int64_t at = axis < 0 ? axis + rank : axis;
    all[at] = (*known)[index];
    all[rank + at] = (*known)[axes->size() + index];
  }
  return n.intList(all);
}

/// Pads and value were attributes before opset 11.
static LogicalResult importPad(NodeContext &n) {
  Value x = n.input(0);
  std::string mode = n.attributes.getWord(
      "mode", "constant", {"constant", "reflect", "edge", "wrap"});
  auto kind = mode == "reflect" ? graph::PadMode::Reflect
              : mode == "edge"  ? graph::PadMode::Edge
              : mode == "wrap"  ? graph::PadMode::Wrap
                                : graph::PadMode::Constant;
  Value pads, value;
  if (n.version < 11) {
    pads = n.intList(
        n.attributes.requireInts(n.version < 2 ? "paddings" : "pads"));
    value = n.scalar(n.elementOf(x), n.attributes.getFloat("value", 0));
  } else {
    if (failed(n.requireRank(n.input(1), 1, 2, "pads")))
      return failure();
    pads = n.asIntList(n.input(1));
    value = n.input(2);
    if (value && n.rankOf(value) != 0)
      value = n.reshape(value, {});
    if (n.input(3)) {
      FailureOr<Value> all = padsOfAllAxes(n, pads, n.input(3));
      if (failed(all))
        return failure();
      pads = *all;
    }
  }
  if (kind != graph::PadMode::Constant)
    value = {};
  n.setOutput(0, n.make<graph::PadOp>(n.elementOf(x), kind, x, pads, value));
  return success();
}

/// Depth and space trade places in blocks: reshape, transpose, reshape.
static FailureOr<int64_t> readBlockSize(NodeContext &n) {
  int64_t size = n.attributes.requireInt("blocksize");
  if (n.attributes.failed() ||
      failed(n.requireRank(n.input(0), 4, 4, "an input")))
    return failure();
  if (size < 1 || size > (1 << 15))
    return n.attributes.emitError("blocksize")
           << "is out of range: expected at least 1, found " << size;
  return size;
}

static LogicalResult importDepthToSpace(NodeContext &n) {
  Value x = n.input(0);
  FailureOr<int64_t> block = readBlockSize(n);
  std::string mode = "DCR";
  if (n.version >= 11)
    mode = n.attributes.getWord("mode", "DCR", {"DCR", "CRD"});
  if (failed(block))
    return failure();
  int64_t b = *block, channels = n.shapeOf(x)[1];
  if (!ShapedType::isDynamic(channels) && channels % (b * b))
    return n.emitError() << "has " << channels
                         << " channels, expected a multiple of " << b * b;
  // A number that is not known now is checked by the reshape.
  Dim batch(x, 0), height(x, 2), width(x, 3), depth(x, 1, 1, b * b);
  bool crd = mode == "CRD";
  Value blocks =
      crd ? n.reshape(x, {batch, depth, Dim(b), Dim(b), height, width})
          : n.reshape(x, {batch, Dim(b), Dim(b), depth, height, width});
  SmallVector<int64_t> perm =
      crd ? SmallVector<int64_t>{0, 1, 4, 2, 5, 3}
          : SmallVector<int64_t>{0, 3, 4, 1, 5, 2};
  n.setOutput(0, n.reshape(n.transpose(blocks, perm),
                           {batch, depth, Dim(x, 2, b), Dim(x, 3, b)}));
  return success();
}

static LogicalResult importSpaceToDepth(NodeContext &n) {
  Value x = n.input(0);
  FailureOr<int64_t> block = readBlockSize(n);
  if (failed(block))
    return failure();
  int64_t b = *block, height = n.shapeOf(x)[2], width = n.shapeOf(x)[3];
  if ((!ShapedType::isDynamic(height) && height % b) ||
      (!ShapedType::isDynamic(width) && width % b))
    return n.emitError() << "has an image of " << height << " x " << width
                         << ", expected multiples of " << b;
  Dim batch(x, 0), channels(x, 1), rows(x, 2, 1, b), columns(x, 3, 1, b);
  Value blocks =
      n.reshape(x, {batch, channels, rows, Dim(b), columns, Dim(b)});
  n.setOutput(0, n.reshape(n.transpose(blocks, {0, 3, 5, 1, 2, 4}),
                           {batch, Dim(x, 1, b * b), rows, columns}));
  return success();
}

static LogicalResult importTrilu(NodeContext &n) {
  Value x = n.input(0), k = n.input(1);
  bool upper = n.attributes.getBool("upper", true);
  if (k)
    k = n.rankOf(k) == 0 ? n.cast(k, n.builder.getI64Type())
                         : n.reshape(n.cast(k, n.builder.getI64Type()), {});
  if (failed(n.requireRank(x, 2, 64, "an input")))
    return failure();
  n.setOutput(0, n.make<graph::TriluOp>(n.elementOf(x), x, k, upper));
  return success();
}

constexpr int kLast = kLatestOpset;
static const OpRow kRows[] = {
    {"Concat", 1, kLast, 1, -1, importConcat},
    {"DepthToSpace", 1, kLast, 1, 1, importDepthToSpace},
    {"Pad", 1, 10, 1, 1, importPad},
    {"Pad", 11, 17, 2, 3, importPad},
    {"Pad", 18, kLast, 2, 4, importPad},
    {"Slice", 1, 9, 1, 1, importSlice},
    {"Slice", 10, kLast, 3, 5, importSlice},
    {"SpaceToDepth", 1, kLast, 1, 1, importSpaceToDepth},
    {"Split", 1, 12, 1, 2, importSplit},
    {"Split", 13, kLast, 1, 2, importSplit},
    {"Transpose", 1, kLast, 1, 1, importTranspose},
    {"Trilu", 14, kLast, 1, 2, importTrilu},
};

ArrayRef<OpRow> movementRows() { return kRows; }

} // namespace strait::importer
