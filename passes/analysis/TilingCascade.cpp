// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/CascadePlan.h"
#include "passes/analysis/Tiling.h"

using namespace mlir;
using namespace strait;

FailureOr<LaunchShape> strait::computeCascadeLaunch(Operation *regionOrFunc,
                                                    int64_t lanes) {
  FailureOr<CascadePlan> plan = CascadePlan::compute(regionOrFunc, {lanes});
  if (failed(plan))
    return failure();
  MLIRContext *context = regionOrFunc->getContext();
  Builder builder(context);
  auto overSizes = [&](AffineExpr expr) {
    return AffineMap::get(0, plan->loops.group.numSizes, expr);
  };
  LaunchShape shape;
  shape.tasks = overSizes(plan->points.ceilDiv(plan->block));
  shape.scratch = overSizes(plan->scratch);
  shape.tile = builder.getDictionaryAttr(
      {builder.getNamedAttr("block",
                            AffineMapAttr::get(overSizes(plan->block))),
       builder.getNamedAttr("lanes", builder.getI64IntegerAttr(lanes))});
  return shape;
}
