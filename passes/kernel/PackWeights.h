// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Weights in the order that kernels read them: panels 16 columns wide.
#ifndef STRAIT_PASSES_KERNEL_PACKWEIGHTS_H
#define STRAIT_PASSES_KERNEL_PACKWEIGHTS_H

#include "passes/kernel/GraphToKernel.h"

namespace strait {

constexpr int64_t kPanelWidth = 16;

/// A constant `source` is rearranged now into a new constant; otherwise a region
/// does it at run time.
/// [B, K, N], or [B, N, K] with `transposed` -> [B, ceil(N / 16), K, 16].
ShapedValue packMatrix(GraphToKernel &state, mlir::Location loc,
                       ShapedValue source, bool transposed);
/// [G * O, C, KH, KW] -> [G, ceil(O / 16), KH, KW, C, 16].
ShapedValue packFilters(GraphToKernel &state, mlir::Location loc,
                        ShapedValue source, int64_t groups);
/// [C, 1, KH, KW] -> [KH, KW, C].
ShapedValue packDepthwise(GraphToKernel &state, mlir::Location loc,
                          ShapedValue source);

/// Whether the tensor is a constant (a strait.weight, possibly reshaped).
bool isConstant(const ShapedValue &tensor);

} // namespace strait

#endif // STRAIT_PASSES_KERNEL_PACKWEIGHTS_H
