// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How a kernel's work is cut into tasks: decided once, before code exists, from
// the group and the target. Generators follow `tile`; the host program knows
// `tasks` and `scratch`.
#ifndef STRAIT_PASSES_ANALYSIS_TILING_H
#define STRAIT_PASSES_ANALYSIS_TILING_H

#include "dialects/graph/GraphOps.h"
#include "dialects/kernel/KernelOps.h"

namespace strait {

struct LaunchShape {
  mlir::AffineMap tasks;   // ()[sizes] -> (number of independent tasks)
  mlir::AffineMap scratch; // ()[sizes] -> (bytes per worker)
  mlir::DictionaryAttr tile;
};

/// A group without a root. `tile`: `block`, ()[sizes] -> (shared positions per
/// task), and `lanes`, the f32 elements of a vector register.
mlir::FailureOr<LaunchShape>
computeCascadeLaunch(mlir::Operation *regionOrFunc, int64_t lanes);

/// A group around a root. Each `tile` is read by the root's generator only.
mlir::FailureOr<LaunchShape>
computeAttentionLaunch(mlir::Operation *regionOrFunc, graph::TargetAttr target);
mlir::FailureOr<LaunchShape>
computeConv2DLaunch(mlir::Operation *regionOrFunc, graph::TargetAttr target);
mlir::FailureOr<LaunchShape>
computeDepthwiseLaunch(mlir::Operation *regionOrFunc, graph::TargetAttr target);
mlir::FailureOr<LaunchShape>
computeMatmulLaunch(mlir::Operation *regionOrFunc, graph::TargetAttr target);

/// `row_block`: result rows (image, y) per task.
mlir::FailureOr<LaunchShape>
computePool2DLaunch(mlir::Operation *regionOrFunc, graph::TargetAttr target);
/// `block`: result elements per task.
mlir::FailureOr<LaunchShape>
computeConcatLaunch(mlir::Operation *regionOrFunc, graph::TargetAttr target);
/// `block`: result columns per task.
mlir::FailureOr<LaunchShape>
computeScatterLaunch(mlir::Operation *regionOrFunc, graph::TargetAttr target);
/// One task: where an element goes depends on all before it.
mlir::FailureOr<LaunchShape>
computeNonZeroLaunch(mlir::Operation *regionOrFunc, graph::TargetAttr target);
/// `row_block`: rows per task.
mlir::FailureOr<LaunchShape>
computeTopKLaunch(mlir::Operation *regionOrFunc, graph::TargetAttr target);

mlir::FailureOr<LaunchShape>
computeRecurrenceLaunch(mlir::Operation *regionOrFunc,
                        graph::TargetAttr target);

/// Any group on a GPU. `tile`: `threads` of a block, one block per task;
/// `scratch` is the block's shared memory.
mlir::FailureOr<LaunchShape> computeCudaLaunch(mlir::Operation *regionOrFunc,
                                               graph::TargetAttr target);
/// Shared memory through which the warps of a block combine partial results,
/// behind the scratch of a cascade.
constexpr int64_t exchangeBytes = 256;

/// Any group: the rule of its root, or that of cascades.
mlir::FailureOr<LaunchShape>
computeLaunchShape(mlir::Operation *regionOrFunc, graph::TargetAttr target);

} // namespace strait

#endif // STRAIT_PASSES_ANALYSIS_TILING_H
