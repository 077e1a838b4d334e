// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/AttentionPlan.h"
#include "passes/analysis/TilingCpu.h"

using namespace mlir;
using namespace strait;

FailureOr<LaunchShape> cpu::cutAttention(kernel::AttentionOp attention,
                                         const RootShape &shape,
                                         graph::TargetAttr target) {
  FailureOr<AttentionPlan> plan =
      AttentionPlan::compute(shape.regionOrFunc(), target.lanes());
  if (failed(plan))
    return failure();
  return LaunchShape(shape.numSizes(), {{"lanes", plan->lanes}}, plan->tasks,
                     plan->scratchBytes);
}
