// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/CascadePlan.h"
#include "passes/analysis/TilingCpu.h"

using namespace mlir;
using namespace strait;

FailureOr<LaunchShape> cpu::cutCascade(Operation *regionOrFunc,
                                       graph::TargetAttr target) {
  FailureOr<CascadePlan> plan =
      CascadePlan::compute(regionOrFunc, {target.lanes()});
  if (failed(plan))
    return failure();
  unsigned numSizes = plan->loops.group.numSizes;
  LaunchShape shape(numSizes, {{"lanes", target.lanes()}},
                    plan->points.ceilDiv(plan->block), plan->scratch);
  shape.addToTile("block", AffineMapAttr::get(
                               AffineMap::get(0, numSizes, plan->block)));
  return shape;
}
