// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What tilings and code generators of GPUs agree on beyond `tile`.
#ifndef STRAIT_PASSES_ANALYSIS_TILINGCUDA_H
#define STRAIT_PASSES_ANALYSIS_TILINGCUDA_H

#include "passes/analysis/Tiling.h"

namespace strait {

/// Shared memory through which the warps of a block combine partial results,
/// behind the scratch of a cascade.
constexpr int64_t exchangeBytes = 256;

namespace cuda {

/// The rules of roots. `threads` of a tile: those of the block that does a task.
mlir::FailureOr<LaunchShape> cutAttention(kernel::AttentionOp attention,
                                          const RootShape &shape,
                                          graph::TargetAttr target);
mlir::FailureOr<LaunchShape> cutConv2D(kernel::Conv2DOp conv,
                                       const RootShape &shape,
                                       graph::TargetAttr target);
mlir::FailureOr<LaunchShape> cutMatmul(kernel::MatmulOp matmul,
                                       const RootShape &shape,
                                       graph::TargetAttr target);

} // namespace cuda
} // namespace strait

#endif // STRAIT_PASSES_ANALYSIS_TILINGCUDA_H
