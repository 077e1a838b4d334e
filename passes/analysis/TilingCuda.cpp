// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tasks of kernels on a GPU: one block of threads each.
#include "passes/analysis/TilingCuda.h"

#include "passes/analysis/CascadePlan.h"

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

/// `threads`: of a block, one block per task; scratch is its shared memory.
static FailureOr<LaunchShape> cutCascade(Operation *regionOrFunc,
                                         graph::TargetAttr) {
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
  return LaunchShape(plan->loops.group.numSizes, {{"threads", threads}},
                     plan->points.ceilDiv(plan->block),
                     plan->scratch + (sharesRows ? exchangeBytes : 0));
}

const TilingTable &strait::cudaTilings() {
  static const RootRow<TilingRule> rows[] = {
      tilingRow<kernel::AttentionOp, cuda::cutAttention>(),
      tilingRow<kernel::ConcatOp, cuda::cutConcat>(),
      tilingRow<kernel::Conv2DOp, cuda::cutConv2D>(),
      tilingRow<kernel::DepthwiseConv2DOp, cuda::cutDepthwise>(),
      tilingRow<kernel::MatmulOp, cuda::cutMatmul>(),
      tilingRow<kernel::NonZeroOp, cuda::cutNonZero>(),
      tilingRow<kernel::Pool2DOp, cuda::cutPool2D>(),
      tilingRow<kernel::RecurrenceOp, cuda::cutRecurrence>(),
      tilingRow<kernel::ScatterOp, cuda::cutScatter>(),
      tilingRow<kernel::TopKOp, cuda::cutTopK>(),
  };
  static const TilingTable table = {cutCascade, rows};
  return table;
}
