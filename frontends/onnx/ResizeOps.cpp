// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Resize and Upsample in all of their versions.

#include "frontends/onnx/OpTable.h"

using namespace mlir;

namespace strait::importer {

namespace {
/// What the versions of Resize differ in, in the terms of the newest one.
struct Sampling {
  graph::ResizeMode mode = graph::ResizeMode::Nearest;
  graph::CoordinateTransform transform =
      graph::CoordinateTransform::HalfPixel;
  graph::NearestMode nearest = graph::NearestMode::RoundPreferFloor;
  double cubicCoeff = -0.75;
  bool excludeOutside = false;
};
} // namespace

static graph::ResizeMode readMode(NodeContext &n, bool hasCubic) {
  std::string mode =
      hasCubic ? n.attributes.getWord("mode", "nearest",
                                      {"nearest", "linear", "cubic"})
               : n.attributes.getWord("mode", "nearest",
                                      {"nearest", "linear", "bilinear"});
  return mode == "nearest" ? graph::ResizeMode::Nearest
         : mode == "cubic" ? graph::ResizeMode::Cubic
                           : graph::ResizeMode::Linear;
}

static graph::NearestMode readNearestMode(NodeContext &n) {
  std::string mode = n.attributes.getWord(
      "nearest_mode", "round_prefer_floor",
      {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"});
  return mode == "round_prefer_ceil" ? graph::NearestMode::RoundPreferCeil
         : mode == "floor"           ? graph::NearestMode::Floor
         : mode == "ceil"            ? graph::NearestMode::Ceil
                                     : graph::NearestMode::RoundPreferFloor;
}

static FailureOr<Sampling> readSampling(NodeContext &n) {
  Sampling sampling;
  // Up to opset 10 positions were input = output / scale, rounded down.
  if (n.version <= 10) {
    sampling.mode = readMode(n, /*hasCubic=*/false);
    sampling.transform = graph::CoordinateTransform::Asymmetric;
    sampling.nearest = graph::NearestMode::Floor;
    return sampling;
  }
  sampling.mode = readMode(n, /*hasCubic=*/true);
  std::string transform = n.attributes.getString(
      "coordinate_transformation_mode", "half_pixel");
  if (transform == "half_pixel")
    sampling.transform = graph::CoordinateTransform::HalfPixel;
  else if (transform == "half_pixel_symmetric" && n.version >= 19)
    sampling.transform = graph::CoordinateTransform::HalfPixelSymmetric;
  else if (transform == "pytorch_half_pixel")
    sampling.transform = graph::CoordinateTransform::PytorchHalfPixel;
  else if (transform == "align_corners")
    sampling.transform = graph::CoordinateTransform::AlignCorners;
  else if (transform == "asymmetric")
    sampling.transform = graph::CoordinateTransform::Asymmetric;
  else
    return n.unsupported("coordinate_transformation_mode '" + transform +
                         "'");
  sampling.nearest = readNearestMode(n);
  sampling.cubicCoeff = n.attributes.getFloat("cubic_coeff_a", -0.75);
  sampling.excludeOutside = n.attributes.getBool("exclude_outside", false);
  n.attributes.ignore("extrapolation_value");
  if (n.version >= 18) {
    if (n.attributes.getBool("antialias", false))
      return n.unsupported("antialias = 1");
    if (n.attributes.getString("keep_aspect_ratio_policy", "stretch") !=
        "stretch")
      return n.unsupported("a keep_aspect_ratio_policy other than stretch");
  }
  if (n.failed())
    return failure();
  return sampling;
}

/// The contents of a small float constant.
static std::optional<SmallVector<double>> knownFloats(Value value) {
  DenseElementsAttr attr;
  if (!matchPattern(value, m_Constant(&attr)) ||
      !isa<FloatType>(attr.getElementType()))
    return std::nullopt;
  SmallVector<double> numbers;
  for (const llvm::APFloat &number : attr.getValues<llvm::APFloat>())
    numbers.push_back(number.convertToDouble());
  return numbers;
}

/// An absent input, or an empty tensor in its place.
static bool isAbsent(Value value) {
  return !value || llvm::is_contained(
                       cast<RankedTensorType>(value.getType()).getShape(), 0);
}

/// The axes that an op over all dims really changes, as positions in `axes`.
static SmallVector<int64_t> changedEntries(NodeContext &n, Value sizes,
                                           Value scales,
                                           ArrayRef<int64_t> axes) {
  SmallVector<int64_t> changed;
  std::optional<SmallVector<double>> known;
  if (scales)
    known = knownFloats(scales);
  for (auto [index, axis] : llvm::enumerate(axes)) {
    bool same = scales ? known && (*known)[index] == 1.0
                       : n.isKnownDim(sizes, index, n.input(0), axis);
    if (!same)
      changed.push_back(index);
  }
  return changed;
}

static LogicalResult buildResize(NodeContext &n, const Sampling &sampling,
                                 Value sizes, Value scales,
                                 ArrayRef<int64_t> axes) {
  Value x = n.input(0);
  Value list = sizes ? sizes : scales;
  if (failed(n.requireRank(list, 1, 1, "a list of sizes or scales")))
    return failure();
  int64_t length = n.shapeOf(list)[0];
  if (length != int64_t(axes.size()))
    return n.emitError() << "has the wrong number of sizes or scales: expected "
                         << axes.size() << ", found "
                         << (ShapedType::isDynamic(length) ? -1 : length);
  if (scales) {
    if (std::optional<SmallVector<double>> known = knownFloats(scales))
      for (double scale : *known)
        if (!(scale > 0) || scale > 65536)
          return n.emitError() << "has a scale out of range: expected more "
                                  "than 0, found "
                               << scale;
    scales = n.cast(scales, n.builder.getF32Type());
  }
  SmallVector<int64_t> changed = changedEntries(n, sizes, scales, axes);
  if (changed.empty()) {
    n.setOutput(0, x);
    return success();
  }
  SmallVector<int64_t> changedAxes;
  for (int64_t index : changed)
    changedAxes.push_back(axes[index]);
  if (changed.size() != axes.size()) {
    Value at = n.intList(changed);
    if (sizes)
      sizes = n.make<graph::GatherOp>(n.elementOf(sizes), sizes, at, 0);
    else if (std::optional<SmallVector<double>> known = knownFloats(scales))
      scales = n.floatList(llvm::map_to_vector(
          changed, [&](int64_t index) { return (*known)[index]; }));
  }
  n.setOutput(0, n.make<graph::ResizeOp>(
                     n.elementOf(x), sampling.mode, x, sizes, scales,
                     changedAxes, sampling.transform, sampling.nearest,
                     llvm::APFloat(float(sampling.cubicCoeff)),
                     sampling.excludeOutside));
  return success();
}

static LogicalResult importResize(NodeContext &n) {
  FailureOr<Sampling> sampling = readSampling(n);
  if (failed(sampling))
    return failure();
  Value x = n.input(0);
  int64_t rank = n.rankOf(x);
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (n.version >= 18 && n.attributes.has("axes")) {
    axes = n.attributes.getInts("axes");
    if (n.attributes.failed() || failed(n.normalizeAxes(axes, rank)))
      return failure();
    for (int64_t &axis : axes)
      axis = axis < 0 ? axis + rank : axis;
  }
  // Opset 10 has scales only; a region of interest (input 1 since 11) matters
  // to no transform that is supported.
  Value scales = n.version <= 10 ? n.input(1) : n.input(2);
  Value sizes = n.version <= 10 ? Value() : n.input(3);
  if (isAbsent(scales))
    scales = {};
  if (isAbsent(sizes))
    sizes = {};
  if (bool(scales) == bool(sizes))
    return n.emitError() << "has " << (scales ? "both sizes and" : "neither")
                         << (scales ? " scales" : " sizes nor scales")
                         << ", expected exactly one of them";
  return buildResize(n, *sampling, sizes ? n.asIntList(sizes) : Value(),
                     scales, axes);
}

static LogicalResult importUpsample(NodeContext &n) {
  FailureOr<Sampling> sampling = readSampling(n);
  if (failed(sampling))
    return failure();
  Value scales = n.input(1);
  if (n.version < 7) {
    // Opset 1 knew images only.
    if (failed(n.requireRank(n.input(0), 4, 4, "an input")))
      return failure();
    scales = n.floatList({1, 1, n.attributes.getFloat("height_scale", 0),
                          n.attributes.getFloat("width_scale", 0)});
  } else if (n.version < 9) {
    scales = n.floatList(n.attributes.getFloats("scales"));
  }
  auto axes = llvm::to_vector(llvm::seq<int64_t>(0, n.rankOf(n.input(0))));
  return buildResize(n, *sampling, Value(), scales, axes);
}

constexpr int kLast = kLatestOpset;
static const OpRow kRows[] = {
    {"Resize", 10, 10, 2, 2, importResize},
    {"Resize", 11, kLast, 1, 4, importResize},
    {"Upsample", 1, 8, 1, 1, importUpsample},
    {"Upsample", 9, 10, 2, 2, importUpsample},
};

ArrayRef<OpRow> resizeRows() { return kRows; }

} // namespace strait::importer
