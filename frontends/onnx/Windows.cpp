// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "frontends/onnx/Windows.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace strait::importer {

FailureOr<SmallVector<int64_t>> readSizes(NodeContext &n, StringRef name,
                                          int64_t count, int64_t least,
                                          int64_t otherwise) {
  SmallVector<int64_t> sizes = n.attributes.getInts(name);
  if (n.attributes.failed())
    return failure();
  if (sizes.empty())
    sizes.assign(count, otherwise);
  if (int64_t(sizes.size()) != count)
    return n.attributes.emitError(name)
           << "has the wrong length: expected " << count << ", found "
           << sizes.size();
  for (int64_t size : sizes)
    if (size < least || size > INT32_MAX)
      return n.attributes.emitError(name)
             << "is out of range: expected at least " << least << ", found "
             << size;
  return sizes;
}

FailureOr<Window> readWindow(NodeContext &n, int64_t spatialRank,
                             ArrayRef<int64_t> kernel) {
  Window window;
  std::string autoPad = n.attributes.getWord(
      "auto_pad", "NOTSET", {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"});
  if (kernel.empty() && !n.attributes.has("kernel_shape"))
    return n.attributes.emitError("kernel_shape") << "is missing";
  auto kernelShape = readSizes(n, "kernel_shape", spatialRank, 1, 1);
  auto strides = readSizes(n, "strides", spatialRank, 1, 1);
  auto dilations = readSizes(n, "dilations", spatialRank, 1, 1);
  auto pads = readSizes(n, "pads", 2 * spatialRank, 0, 0);
  if (failed(kernelShape) || failed(strides) || failed(dilations) ||
      failed(pads))
    return failure();
  window.kernel = *kernelShape;
  if (!kernel.empty()) {
    bool isGiven = n.attributes.has("kernel_shape");
    for (auto [own, weights] : llvm::zip(window.kernel, kernel)) {
      if (isGiven && !ShapedType::isDynamic(weights) && own != weights)
        return n.attributes.emitError("kernel_shape")
               << "does not fit the weights: expected " << weights
               << ", found " << own;
      if (weights > INT32_MAX)
        return n.emitError() << "has a kernel out of range: found " << weights;
      if (!isGiven)
        own = weights;
    }
  }
  window.strides = *strides;
  window.dilations = *dilations;
  window.pads = *pads;
  // Pads beside an automatic mode have no meaning; exporters leave zeros.
  if (autoPad != "NOTSET")
    window.pads.assign(2 * spatialRank, 0);
  if (autoPad == "SAME_UPPER")
    window.autoPad = graph::AutoPad::SameUpper;
  if (autoPad == "SAME_LOWER")
    window.autoPad = graph::AutoPad::SameLower;
  return window;
}

void resolveAutoPad(Window &window, ArrayRef<int64_t> spatial) {
  auto isDynamic = [](int64_t size) { return ShapedType::isDynamic(size); };
  if (window.autoPad == graph::AutoPad::Explicit ||
      llvm::any_of(spatial, isDynamic) ||
      llvm::any_of(window.kernel, isDynamic))
    return;
  size_t rank = spatial.size();
  for (size_t i = 0; i < rank; ++i) {
    // The result has ceil(size / stride) elements; what the window needs
    // beyond the input is split evenly, the odd one at the end or the start.
    int64_t result = llvm::divideCeil(spatial[i], window.strides[i]);
    int64_t extent = (window.kernel[i] - 1) * window.dilations[i] + 1;
    int64_t total = std::max<int64_t>(
        (result - 1) * window.strides[i] + extent - spatial[i], 0);
    int64_t small = total / 2, large = total - small;
    bool upper = window.autoPad == graph::AutoPad::SameUpper;
    window.pads[i] = upper ? small : large;
    window.pads[rank + i] = upper ? large : small;
  }
  window.autoPad = graph::AutoPad::Explicit;
}

} // namespace strait::importer
