// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A packing is a strided index map with zero padding: every dim of the result
// adds `stride * position` to the source's offset, and the last one may run
// past the end of a source dim. One loop nest packs constants of any element
// width; the same map as a region packs tensors that exist only at run time.
#include "passes/kernel/PackWeights.h"
#include "mlir/IR/AsmState.h"

using namespace mlir;
using namespace strait;

namespace {
/// One dim of the packed tensor.
struct PackedDim {
  int64_t extent;
  int64_t stride; // in source elements
  bool limited;   // contributes to the position that may exceed `limit`
  int64_t scale;  // its weight in that position
};
struct Packing {
  SmallVector<PackedDim> dims;
  int64_t limit; // positions at or past it are padding

  SmallVector<int64_t> shape() const {
    SmallVector<int64_t> result;
    for (const PackedDim &dim : dims)
      result.push_back(dim.extent);
    return result;
  }
};
} // namespace

static graph::WeightOp weightOf(const ShapedValue &tensor) {
  Value value = tensor.value;
  while (auto view = value.getDefiningOp<kernel::ReshapeOp>())
    value = view.getSource();
  return value.getDefiningOp<graph::WeightOp>();
}

bool strait::isConstant(const ShapedValue &tensor) {
  return bool(weightOf(tensor));
}

static void packBytes(const char *source, char *target, const Packing &packing,
                      unsigned axis, int64_t offset, int64_t position,
                      int64_t width) {
  const PackedDim &dim = packing.dims[axis];
  int64_t inner = width;
  for (const PackedDim &later : ArrayRef(packing.dims).drop_front(axis + 1))
    inner *= later.extent;
  for (int64_t i = 0; i < dim.extent; ++i) {
    int64_t from = offset + i * dim.stride;
    int64_t at = position + (dim.limited ? i * dim.scale : 0);
    if (axis + 1 < packing.dims.size())
      packBytes(source, target + i * inner, packing, axis + 1, from, at,
                width);
    else if (at < packing.limit)
      std::memcpy(target + i * width, source + from * width, width);
  }
}

/// The packed form as a constant whose blob this creates.
static Value packConstant(GraphToKernel &state, Location loc,
                          graph::WeightOp weight, const Packing &packing) {
  auto attr = weight.getValue();
  Type element = attr.getElementType();
  int64_t width = std::max<int64_t>(1, element.getIntOrFloatBitWidth() / 8);
  auto type = RankedTensorType::get(packing.shape(), element);
  ArrayRef<char> bytes;
  SmallVector<char> expanded;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr)) {
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      bytes = blob->getData();
  } else if (auto dense = dyn_cast<DenseElementsAttr>(attr)) {
    bytes = dense.getRawData();
    if (dense.isSplat()) {
      for (int64_t i = 0; i < dense.getNumElements(); ++i)
        llvm::append_range(expanded, bytes);
      bytes = expanded;
    }
  }
  assert(int64_t(bytes.size()) == attr.getNumElements() * width &&
         "a weight's blob has the size of its type");
  auto blob =
      HeapAsmResourceBlob::allocate(type.getNumElements() * width, 64);
  MutableArrayRef<char> target = blob.getMutableData();
  std::fill(target.begin(), target.end(), 0);
  packBytes(bytes.data(), target.data(), packing, 0, 0, 0, width);
  // MLIR looks for a free name from the first on, so it is given one. `packed`
  // has this one's row already.
  std::string name = "packed";
  if (size_t others = state.packed.size() - 1)
    name += "_" + std::to_string(others);
  auto packed = DenseResourceElementsAttr::get(type, name, std::move(blob));
  OpBuilder::InsertionGuard guard(state.builder);
  state.builder.setInsertionPointAfter(weight);
  return graph::WeightOp::create(state.builder, weight.getLoc(), packed);
}

static ShapedValue pack(GraphToKernel &state, Location loc, ShapedValue source,
                        const Packing &packing) {
  SmallVector<AffineExpr> dims;
  for (const PackedDim &dim : packing.dims)
    dims.push_back(state.constant(dim.extent));
  if (graph::WeightOp weight = weightOf(source)) {
    std::string key = "pack";
    for (const PackedDim &dim : packing.dims)
      key += "," + std::to_string(dim.extent) + ":" +
             std::to_string(dim.stride) + ":" +
             std::to_string(dim.limited ? dim.scale : 0);
    ShapedValue &packed =
        state.packed[{weight.getValue(), state.builder.getStringAttr(key)}];
    if (!packed)
      packed = {packConstant(state, loc, weight, packing), dims};
    return packed;
  }
  // At run time: the same map, by positions in the flat source.
  AffineExpr total = productOf(source.dims, state.builder.getContext());
  ShapedValue flat = state.reshape(loc, source, {total});
  return state.pull(
      loc, dims, source.elementType(),
      [&](RegionBuilder &region, OpBuilder &b, Indices at) -> Value {
        Value input = region.input(flat);
        Value offset = positionConstant(b, loc, 0);
        Value position = positionConstant(b, loc, 0);
        auto accumulate = [&](Value sum, Value index, int64_t factor) {
          return arith::AddIOp::create(
                     b, loc, sum,
                     arith::MulIOp::create(b, loc, index,
                                           positionConstant(b, loc, factor)))
              .getResult();
        };
        for (auto [dim, index] : llvm::zip(packing.dims, at)) {
          offset = accumulate(offset, index, dim.stride);
          if (dim.limited)
            position = accumulate(position, index, dim.scale);
        }
        Value inside =
            inBounds(b, loc, position, positionConstant(b, loc, packing.limit));
        offset = clampIndex(b, loc, offset, region.extent(total));
        Value element = tensor::ExtractOp::create(b, loc, input, offset);
        Value zero = arith::ConstantOp::create(
            b, loc, b.getZeroAttr(source.elementType()));
        return arith::SelectOp::create(b, loc, inside, element, zero);
      });
}

ShapedValue strait::packMatrix(GraphToKernel &state, Location loc,
                               ShapedValue source, bool transposed) {
  int64_t batch = *constantExtent(source.dims[0]);
  int64_t k = *constantExtent(source.dims[transposed ? 2 : 1]);
  int64_t n = *constantExtent(source.dims[transposed ? 1 : 2]);
  int64_t panels = llvm::divideCeil(n, kPanelWidth);
  int64_t strideK = transposed ? 1 : n, strideN = transposed ? k : 1;
  return pack(state, loc, source,
              {{{batch, k * n, false, 0},
                {panels, kPanelWidth * strideN, true, kPanelWidth},
                {k, strideK, false, 0},
                {kPanelWidth, strideN, true, 1}},
               n});
}

ShapedValue strait::packFilters(GraphToKernel &state, Location loc,
                                ShapedValue source, int64_t groups) {
  int64_t outputs = *constantExtent(source.dims[0]) / groups;
  int64_t channels = *constantExtent(source.dims[1]);
  int64_t kh = *constantExtent(source.dims[2]), kw = *constantExtent(source.dims[3]);
  int64_t filter = channels * kh * kw;
  return pack(state, loc, source,
              {{{groups, outputs * filter, false, 0},
                {int64_t(llvm::divideCeil(outputs, kPanelWidth)),
                 kPanelWidth * filter, true, kPanelWidth},
                {kh, kw, false, 0},
                {kw, 1, false, 0},
                {channels, kh * kw, false, 0},
                {kPanelWidth, filter, true, 1}},
               outputs});
}

ShapedValue strait::packDepthwise(GraphToKernel &state, Location loc,
                                  ShapedValue source) {
  int64_t channels = *constantExtent(source.dims[0]);
  int64_t kh = *constantExtent(source.dims[2]), kw = *constantExtent(source.dims[3]);
  return pack(state, loc, source,
              {{{kh, kw, false, 0},
                {kw, 1, false, 0},
                {channels, kh * kw, true, 1}},
               channels});
}
