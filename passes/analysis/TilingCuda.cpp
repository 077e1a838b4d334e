// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tasks of kernels on a GPU: one block of threads each.
#include "passes/analysis/CascadePlan.h"
#include "passes/analysis/RootShape.h"
#include "passes/analysis/Tiling.h"

using namespace mlir;
using namespace strait;

/// Threads of a warp, of blocks whose threads are independent, and the most
/// that share a row.
static constexpr int64_t warp = 32, pointThreads = 256, mostRowThreads = 256;
/// Threads that share a row of unknown length.
static constexpr int64_t typicalRowThreads = 128;

/// As many threads as a row has elements, in whole powers of two.
static int64_t rowThreads(const CascadePlan &plan) {
  auto extent = constantExtent(plan.loops.extents[*plan.vectorLoop]);
  if (!extent)
    return typicalRowThreads;
  int64_t threads = llvm::PowerOf2Ceil(std::max<int64_t>(*extent, 1));
  return std::clamp(threads, warp, mostRowThreads);
}

static FailureOr<LaunchShape> computeCudaCascade(Operation *regionOrFunc) {
  auto plan = CascadePlan::compute(regionOrFunc, {1, pointThreads});
  if (failed(plan))
    return failure();
  int64_t threads = pointThreads;
  bool sharesRows = plan->vectorLoop && !plan->columns;
  if (sharesRows) {
    threads = rowThreads(*plan);
    plan = CascadePlan::compute(regionOrFunc, {1, threads});
    if (failed(plan))
      return failure();
  }
  Builder builder(regionOrFunc->getContext());
  auto overSizes = [&](AffineExpr expr) {
    return AffineMap::get(0, plan->loops.group.numSizes, expr);
  };
  LaunchShape shape;
  shape.tasks = overSizes(plan->points.ceilDiv(plan->block));
  shape.scratch = overSizes(plan->scratch + (sharesRows ? exchangeBytes : 0));
  shape.tile = builder.getDictionaryAttr(
      {builder.getNamedAttr("threads", builder.getI64IntegerAttr(threads))});
  return shape;
}

FailureOr<LaunchShape> strait::computeCudaLaunch(Operation *regionOrFunc,
                                                 graph::TargetAttr target) {
  kernel::RootInterface root = kernel::findRoot(regionOrFunc);
  if (!root)
    return computeCudaCascade(regionOrFunc);
  return root->emitOpError("has no code generator for GPUs");
}
