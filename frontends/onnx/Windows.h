// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernel, strides, pads and dilations of convolutions and pools.
#ifndef STRAIT_FRONTENDS_ONNX_WINDOWS_H
#define STRAIT_FRONTENDS_ONNX_WINDOWS_H

#include "frontends/onnx/NodeContext.h"

namespace strait::importer {

/// The attributes of a sliding window, one entry per spatial dimension; pads
/// are all begins, then all ends.
struct Window {
  llvm::SmallVector<int64_t> kernel, strides, pads, dilations;
  graph::AutoPad autoPad = graph::AutoPad::Explicit;
};

/// Reads and checks the attributes. `kernel` is what the weights say; empty
/// for pools, whose kernel_shape must be there.
mlir::FailureOr<Window> readWindow(NodeContext &n, int64_t spatialRank,
                                   llvm::ArrayRef<int64_t> kernel);

/// Turns SAME padding into explicit pads when all sizes are known. `spatial`
/// are the input's spatial dims.
void resolveAutoPad(Window &window, llvm::ArrayRef<int64_t> spatial);

/// Reads a list of `count` numbers within [least, 2^31); `otherwise` fills it
/// when it is absent.
mlir::FailureOr<llvm::SmallVector<int64_t>>
readSizes(NodeContext &n, llvm::StringRef name, int64_t count, int64_t least,
          int64_t otherwise);

} // namespace strait::importer

#endif // STRAIT_FRONTENDS_ONNX_WINDOWS_H
