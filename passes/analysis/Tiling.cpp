// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/Tiling.h"

#include "passes/analysis/RootShape.h"

using namespace mlir;
using namespace strait;

FailureOr<LaunchShape>
strait::computeLaunchShape(Operation *regionOrFunc, graph::TargetAttr target) {
  if (target.isGpu())
    return computeCudaLaunch(regionOrFunc, target);
  kernel::RootInterface root = kernel::findRoot(regionOrFunc);
  if (!root)
    return computeCascadeLaunch(regionOrFunc, target.lanes());
  return TypeSwitch<Operation *, FailureOr<LaunchShape>>(root)
      .Case<kernel::AttentionOp>([&](auto) {
        return computeAttentionLaunch(regionOrFunc, target);
      })
      .Case<kernel::Conv2DOp>([&](auto) {
        return computeConv2DLaunch(regionOrFunc, target);
      })
      .Case<kernel::DepthwiseConv2DOp>([&](auto) {
        return computeDepthwiseLaunch(regionOrFunc, target);
      })
      .Case<kernel::MatmulOp>([&](auto) {
        return computeMatmulLaunch(regionOrFunc, target);
      })
      .Case<kernel::ConcatOp>([&](auto) {
        return computeConcatLaunch(regionOrFunc, target);
      })
      .Case<kernel::Pool2DOp>([&](auto) {
        return computePool2DLaunch(regionOrFunc, target);
      })
      .Case<kernel::ScatterOp>([&](auto) {
        return computeScatterLaunch(regionOrFunc, target);
      })
      .Case<kernel::NonZeroOp>([&](auto) {
        return computeNonZeroLaunch(regionOrFunc, target);
      })
      .Case<kernel::TopKOp>([&](auto) {
        return computeTopKLaunch(regionOrFunc, target);
      })
      .Case<kernel::RecurrenceOp>([&](auto) {
        return computeRecurrenceLaunch(regionOrFunc, target);
      })
      .Default([](Operation *op) -> FailureOr<LaunchShape> {
        return op->emitOpError("has no rule for cutting it into tasks");
      });
}
