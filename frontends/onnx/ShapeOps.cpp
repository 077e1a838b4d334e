// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Operators that read or change the shape of a tensor and not its elements'
// order.

#include "frontends/onnx/OpTable.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace strait::importer {

/// The shape was an attribute in opset 1.
static LogicalResult importReshape(NodeContext &n) {
  Value x = n.input(0);
  bool allowZero =
      n.version >= 14 && n.attributes.getBool("allowzero", false);
  Value shape = n.version < 5 ? n.intList(n.attributes.getInts("shape"))
                              : n.input(1);
  if (failed(n.requireRank(shape, 1, 1, "a shape")))
    return failure();
  n.setOutput(0, n.make<graph::ReshapeOp>(n.elementOf(x), x,
                                          n.asIntList(shape), allowZero));
  return success();
}

/// Flatten -> reshape to [product before the axis, product from it on].
static LogicalResult importFlatten(NodeContext &n) {
  Value x = n.input(0);
  int64_t rank = n.rankOf(x);
  int64_t axis = n.attributes.getInt("axis", 1);
  // Unlike other operators' axes, this one may be the rank.
  if (axis < -rank || axis > rank)
    return n.emitError() << "has an axis out of range: expected [" << -rank
                         << ", " << rank << "], found " << axis;
  if (axis < 0)
    axis += rank;
  // A side with one dim, or with known ones, is named; the other is the rest.
  auto product = [&](int64_t from, int64_t to) -> std::optional<Dim> {
    Dim known(1);
    for (int64_t i = from; i < to; ++i) {
      int64_t size = n.shapeOf(x)[i];
      if (ShapedType::isDynamic(size)) {
        if (known.source)
          return std::nullopt;
        known = Dim(x, i, known.factor);
      } else if (size == 0 ||
                 __builtin_mul_overflow(known.factor, size, &known.factor)) {
        return std::nullopt;
      }
    }
    return known;
  };
  std::optional<Dim> before = product(0, axis), after = product(axis, rank);
  if (!before && !after) {
    // Multiplies the dims of the first part at run time.
    Value dims = n.make<graph::ShapeOp>(n.builder.getI64Type(), x, 0, axis);
    Value size = n.reduce(graph::ReduceKind::Prod, dims, {0}, true);
    Value shape = n.make<graph::ConcatOp>(
        n.builder.getI64Type(), ValueRange{size, n.intList({-1})}, 0);
    n.setOutput(0, n.make<graph::ReshapeOp>(n.elementOf(x), x, shape, true));
    return success();
  }
  n.setOutput(0, n.reshape(x, {before.value_or(Dim(-1)),
                               after.value_or(Dim(-1))}));
  return success();
}

/// The axes of Squeeze and Unsqueeze: an attribute before opset 13.
static FailureOr<std::optional<SmallVector<int64_t>>>
readAxes(NodeContext &n) {
  if (n.version < 13) {
    if (!n.attributes.has("axes"))
      return std::optional<SmallVector<int64_t>>();
    return std::optional(n.attributes.getInts("axes"));
  }
  if (!n.input(1))
    return std::optional<SmallVector<int64_t>>();
  FailureOr<SmallVector<int64_t>> known = n.requireInts(n.input(1), "axes");
  if (failed(known))
    return failure();
  return std::optional(*known);
}

/// The axes that Squeeze drops when it names none. Of open ones, the declared
/// rank of the result says whether all go or none.
static FailureOr<SmallVector<int64_t>> findUnitAxes(NodeContext &n) {
  Value x = n.input(0);
  SmallVector<int64_t> units, open;
  for (auto [axis, size] : llvm::enumerate(n.shapeOf(x))) {
    if (size == 1)
      units.push_back(axis);
    if (ShapedType::isDynamic(size))
      open.push_back(axis);
  }
  if (open.empty())
    return units;
  int64_t certain = units.size(), possible = certain + open.size();
  std::optional<int64_t> rank = n.declaredRank(0);
  int64_t dropped = rank ? n.rankOf(x) - *rank : -1;
  if (rank && (dropped < certain || dropped > possible))
    return n.emitError() << "has a result of declared rank " << *rank
                         << ", expected " << n.rankOf(x) - possible << " to "
                         << n.rankOf(x) - certain;
  if (dropped == certain)
    return units;
  if (dropped == possible) {
    units.append(open);
    llvm::sort(units);
    return units;
  }
  std::string list = llvm::join(
      llvm::map_range(open, [](int64_t axis) { return std::to_string(axis); }),
      ", ");
  return n.unsupported("no axes, where dims " + list +
                       " of the input may be 1: give axes, or fix the dims "
                       "with --shape");
}

static LogicalResult importSqueeze(NodeContext &n) {
  Value x = n.input(0);
  auto given = readAxes(n);
  if (failed(given))
    return failure();
  SmallVector<int64_t> axes;
  if (*given) {
    FailureOr<SmallVector<int64_t>> sorted =
        n.normalizeAxes(**given, n.rankOf(x));
    if (failed(sorted))
      return failure();
    axes = *sorted;
    for (int64_t axis : axes) {
      int64_t size = n.shapeOf(x)[axis];
      if (size != 1 && !ShapedType::isDynamic(size))
        return n.emitError() << "of dim " << axis << " needs size 1, found "
                             << size;
    }
  } else {
    FailureOr<SmallVector<int64_t>> units = findUnitAxes(n);
    if (failed(units))
      return failure();
    // What stays may not turn out to be 1: ONNX would drop it.
    for (auto [axis, size] : llvm::enumerate(n.shapeOf(x)))
      if (ShapedType::isDynamic(size) && !llvm::is_contained(*units, axis))
        x = n.make<graph::RequireDimOp>(n.elementOf(x), x, axis, 2);
    axes = *units;
  }
  n.setOutput(0, n.squeeze(x, axes));
  return success();
}

static LogicalResult importUnsqueeze(NodeContext &n) {
  Value x = n.input(0);
  auto given = readAxes(n);
  if (failed(given))
    return failure();
  if (!*given)
    return n.emitError() << "has no axes";
  if ((*given)->size() > 64)
    return n.emitError() << "has " << (*given)->size() << " axes";
  FailureOr<SmallVector<int64_t>> axes =
      n.normalizeAxes(**given, n.rankOf(x) + int64_t((*given)->size()));
  if (failed(axes))
    return failure();
  n.setOutput(0, n.unsqueeze(x, *axes));
  return success();
}

static LogicalResult importShape(NodeContext &n) {
  Value x = n.input(0);
  int64_t rank = n.rankOf(x);
  // Out-of-range bounds are clamped, not refused.
  auto bound = [&](StringRef name, int64_t otherwise) {
    int64_t value = n.attributes.getInt(name, otherwise);
    if (value < 0)
      value += rank;
    return std::clamp<int64_t>(value, 0, rank);
  };
  int64_t start = n.version < 15 ? 0 : bound("start", 0);
  int64_t end = n.version < 15 ? rank : bound("end", rank);
  n.setOutput(0, n.make<graph::ShapeOp>(n.builder.getI64Type(), x, start,
                                        std::max(start, end)));
  return success();
}

static LogicalResult importSize(NodeContext &n) {
  n.setOutput(0, n.make<graph::SizeOp>(n.builder.getI64Type(), n.input(0)));
  return success();
}

static LogicalResult importExpand(NodeContext &n) {
  Value x = n.input(0);
  if (failed(n.requireRank(n.input(1), 1, 1, "a shape")))
    return failure();
  n.setOutput(0, n.make<graph::ExpandOp>(n.elementOf(x), x,
                                         n.asIntList(n.input(1))));
  return success();
}

static LogicalResult importTile(NodeContext &n) {
  Value x = n.input(0), repeats = n.input(1);
  if (n.version >= 6) {
    if (failed(n.requireRank(repeats, 1, 1, "repeats")))
      return failure();
    n.setOutput(0, n.make<graph::TileOp>(n.elementOf(x), x,
                                         n.asIntList(repeats)));
    return success();
  }
  // Opset 1: one axis, and how often, as tensors.
  FailureOr<SmallVector<int64_t>> count = n.requireInts(n.input(1), "tiles");
  FailureOr<SmallVector<int64_t>> axes = n.requireInts(n.input(2), "axis");
  if (failed(count) || failed(axes))
    return failure();
  if (count->size() != 1 || axes->size() != 1)
    return n.emitError() << "needs one count and one axis";
  FailureOr<int64_t> axis = n.normalizeAxis(axes->front(), n.rankOf(x));
  if (failed(axis))
    return failure();
  SmallVector<int64_t> all(n.rankOf(x), 1);
  all[*axis] = count->front();
  n.setOutput(0, n.make<graph::TileOp>(n.elementOf(x), x, n.intList(all)));
  return success();
}

constexpr int kLast = kLatestOpset;
static const OpRow kRows[] = {
    {"Expand", 8, kLast, 2, 2, importExpand},
    {"Flatten", 1, kLast, 1, 1, importFlatten},
    {"Reshape", 1, 4, 1, 1, importReshape},
    {"Reshape", 5, kLast, 2, 2, importReshape},
    {"Shape", 1, kLast, 1, 1, importShape},
    {"Size", 1, kLast, 1, 1, importSize},
    {"Squeeze", 1, 12, 1, 1, importSqueeze},
    {"Squeeze", 13, kLast, 1, 2, importSqueeze},
    {"Tile", 1, 5, 3, 3, importTile},
    {"Tile", 6, kLast, 2, 2, importTile},
    {"Unsqueeze", 1, 12, 1, 1, importUnsqueeze},
    {"Unsqueeze", 13, kLast, 2, 2, importUnsqueeze},
};

ArrayRef<OpRow> shapeRows() { return kRows; }

} // namespace strait::importer
