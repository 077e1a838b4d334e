// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/AttentionPlan.h"
#include "passes/analysis/Tiling.h"

using namespace mlir;
using namespace strait;

FailureOr<LaunchShape>
strait::computeAttentionLaunch(Operation *regionOrFunc,
                               graph::TargetAttr target) {
  FailureOr<AttentionPlan> plan =
      AttentionPlan::compute(regionOrFunc, target.lanes());
  if (failed(plan))
    return failure();
  Builder builder(regionOrFunc->getContext());
  auto overSizes = [&](AffineExpr expr) {
    return AffineMap::get(0, plan->group.numSizes, expr);
  };
  LaunchShape shape;
  shape.tasks = overSizes(plan->tasks);
  shape.scratch = overSizes(plan->scratchBytes);
  shape.tile = builder.getDictionaryAttr(
      builder.getNamedAttr("lanes", builder.getI64IntegerAttr(plan->lanes)));
  return shape;
}
