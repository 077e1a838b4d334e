// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What tilings and code generators of GPUs agree on beyond `tile`.
#ifndef STRAIT_PASSES_ANALYSIS_TILINGCUDA_H
#define STRAIT_PASSES_ANALYSIS_TILINGCUDA_H

#include "passes/analysis/Tiling.h"

namespace strait {

/// Shared memory through which the warps of a block combine partial results:
/// for a cascade behind its scratch, for tuples once per value.
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

/// `lanes`: elements that a thread does side by side.
mlir::FailureOr<LaunchShape> cutConcat(kernel::ConcatOp concat,
                                       const RootShape &shape,
                                       graph::TargetAttr target);
mlir::FailureOr<LaunchShape> cutPool2D(kernel::Pool2DOp pool,
                                       const RootShape &shape,
                                       graph::TargetAttr target);
mlir::FailureOr<LaunchShape> cutScatter(kernel::ScatterOp scatter,
                                        const RootShape &shape,
                                        graph::TargetAttr target);
/// `pixels`: neighbours that a thread does, too.
mlir::FailureOr<LaunchShape> cutDepthwise(kernel::DepthwiseConv2DOp conv,
                                          const RootShape &shape,
                                          graph::TargetAttr target);

mlir::FailureOr<LaunchShape> cutNonZero(kernel::NonZeroOp nonZero,
                                        const RootShape &shape,
                                        graph::TargetAttr target);
/// A row per task.
mlir::FailureOr<LaunchShape> cutTopK(kernel::TopKOp topK,
                                     const RootShape &shape,
                                     graph::TargetAttr target);
/// `batch_block`: entries of the batch per task.
mlir::FailureOr<LaunchShape> cutRecurrence(kernel::RecurrenceOp recurrence,
                                           const RootShape &shape,
                                           graph::TargetAttr target);

} // namespace cuda
} // namespace strait

#endif // STRAIT_PASSES_ANALYSIS_TILINGCUDA_H
