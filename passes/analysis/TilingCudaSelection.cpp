// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tasks of roots on a GPU whose threads look for elements together: those of a
// block share an input, or a row of it.
#include "passes/analysis/TilingCuda.h"

using namespace mlir;
using namespace strait;

/// Threads of the one block that lists what is not zero.
static constexpr int64_t listThreads = 512;
/// Threads that share a row, and those that share one of unknown length.
static constexpr int64_t leastThreads = 32, mostThreads = 1024,
                         typicalThreads = 256;

/// One task: where an element goes depends on all before it.
FailureOr<LaunchShape> cuda::cutNonZero(kernel::NonZeroOp,
                                        const RootShape &shape,
                                        graph::TargetAttr) {
  return LaunchShape(shape.numSizes(), {{"threads", listThreads}},
                     shape.constant(1), shape.constant(exchangeBytes));
}

FailureOr<LaunchShape> cuda::cutTopK(kernel::TopKOp topK,
                                     const RootShape &shape,
                                     graph::TargetAttr) {
  ArrayRef<AffineExpr> input = shape.operand(topK.getInput());
  int64_t threads = typicalThreads;
  if (auto length = constantExtent(input[1]))
    threads = std::clamp<int64_t>(
        llvm::PowerOf2Ceil(std::max<int64_t>(1, *length / 4)), leastThreads,
        mostThreads);
  return LaunchShape(shape.numSizes(), {{"threads", threads}}, input[0],
                     shape.constant(2 * exchangeBytes));
}
