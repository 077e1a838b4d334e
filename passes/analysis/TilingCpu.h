// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How CPUs cut kernels into tasks, a rule per root. A task runs on one core;
// `lanes` of a tile are the f32 elements of a vector register.
#ifndef STRAIT_PASSES_ANALYSIS_TILINGCPU_H
#define STRAIT_PASSES_ANALYSIS_TILINGCPU_H

#include "passes/analysis/Tiling.h"

namespace strait::cpu {

/// A group without a root. `block`: ()[sizes] -> (shared positions per task).
mlir::FailureOr<LaunchShape> cutCascade(mlir::Operation *regionOrFunc,
                                        graph::TargetAttr target);

mlir::FailureOr<LaunchShape> cutAttention(kernel::AttentionOp attention,
                                          const RootShape &shape,
                                          graph::TargetAttr target);
mlir::FailureOr<LaunchShape> cutConv2D(kernel::Conv2DOp conv,
                                       const RootShape &shape,
                                       graph::TargetAttr target);
mlir::FailureOr<LaunchShape> cutDepthwise(kernel::DepthwiseConv2DOp conv,
                                          const RootShape &shape,
                                          graph::TargetAttr target);
mlir::FailureOr<LaunchShape> cutMatmul(kernel::MatmulOp matmul,
                                       const RootShape &shape,
                                       graph::TargetAttr target);
/// `row_block`: result rows (image, y) per task.
mlir::FailureOr<LaunchShape> cutPool2D(kernel::Pool2DOp pool,
                                       const RootShape &shape,
                                       graph::TargetAttr target);
/// `block`: result elements per task.
mlir::FailureOr<LaunchShape> cutConcat(kernel::ConcatOp concat,
                                       const RootShape &shape,
                                       graph::TargetAttr target);
/// `block`: result columns per task.
mlir::FailureOr<LaunchShape> cutScatter(kernel::ScatterOp scatter,
                                        const RootShape &shape,
                                        graph::TargetAttr target);
/// One task: where an element goes depends on all before it.
mlir::FailureOr<LaunchShape> cutNonZero(kernel::NonZeroOp nonZero,
                                        const RootShape &shape,
                                        graph::TargetAttr target);
/// `row_block`: rows per task.
mlir::FailureOr<LaunchShape> cutTopK(kernel::TopKOp topK,
                                     const RootShape &shape,
                                     graph::TargetAttr target);
mlir::FailureOr<LaunchShape> cutRecurrence(kernel::RecurrenceOp recurrence,
                                           const RootShape &shape,
                                           graph::TargetAttr target);

} // namespace strait::cpu

#endif // STRAIT_PASSES_ANALYSIS_TILINGCPU_H
