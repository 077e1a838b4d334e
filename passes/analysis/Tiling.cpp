// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/Tiling.h"

#include "passes/analysis/RootShape.h"

using namespace mlir;
using namespace strait;

FailureOr<LaunchShape>
strait::computeLaunchShape(Operation *regionOrFunc,
                           const MachineModel &machine) {
  Operation *root = RootShape::findRoot(regionOrFunc);
  if (!root)
    return computeCascadeLaunch(regionOrFunc, machine.lanes());
  return TypeSwitch<Operation *, FailureOr<LaunchShape>>(root)
      .Case<kernel::AttentionOp>([&](auto) {
        return computeAttentionLaunch(regionOrFunc, machine);
      })
      .Case<kernel::Conv2DOp>([&](auto) {
        return computeConv2DLaunch(regionOrFunc, machine);
      })
      .Case<kernel::DepthwiseConv2DOp>([&](auto) {
        return computeDepthwiseLaunch(regionOrFunc, machine);
      })
      .Case<kernel::MatmulOp>([&](auto) {
        return computeMatmulLaunch(regionOrFunc, machine);
      })
      .Case<kernel::ConcatOp>([&](auto) {
        return computeConcatLaunch(regionOrFunc, machine);
      })
      .Case<kernel::Pool2DOp>([&](auto) {
        return computePool2DLaunch(regionOrFunc, machine);
      })
      .Case<kernel::RecurrenceOp>([&](auto) {
        return computeRecurrenceLaunch(regionOrFunc, machine);
      })
      .Default([](Operation *op) -> FailureOr<LaunchShape> {
        return op->emitOpError("has no rule for cutting it into tasks");
      });
}
