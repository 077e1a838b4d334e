// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tasks of pooling (blocks of result rows), of concatenation (runs of
// elements), of scattering (blocks of columns) and of top-k (blocks of rows).
#include "passes/analysis/TilingCpu.h"

using namespace mlir;
using namespace strait;

/// Elements read by a task that is worth its launch.
static constexpr int64_t elementsPerTask = 32768;

FailureOr<LaunchShape> cpu::cutPool2D(kernel::Pool2DOp pool,
                                      const RootShape &shape,
                                      graph::TargetAttr target) {
  ArrayRef<AffineExpr> result = shape.result();
  int64_t perRow = extentOr(result[2], 32) * extentOr(result[3], 64);
  for (int64_t size : pool.getKernel())
    perRow *= size;
  int64_t block = std::max<int64_t>(
      1, elementsPerTask / std::max<int64_t>(1, perRow));
  return LaunchShape(shape.numSizes(),
                     {{"row_block", block}, {"lanes", target.lanes()}},
                     (result[0] * result[1]).ceilDiv(block));
}

FailureOr<LaunchShape> cpu::cutConcat(kernel::ConcatOp concat,
                                      const RootShape &shape,
                                      graph::TargetAttr target) {
  ArrayRef<AffineExpr> result = shape.result();
  return LaunchShape(shape.numSizes(),
                     {{"block", elementsPerTask}, {"lanes", target.lanes()}},
                     (result[0] * result[1]).ceilDiv(elementsPerTask));
}

FailureOr<LaunchShape> cpu::cutScatter(kernel::ScatterOp scatter,
                                       const RootShape &shape,
                                       graph::TargetAttr target) {
  // Updates of one row meet in their order only within a column.
  constexpr int64_t block = 256;
  return LaunchShape(shape.numSizes(),
                     {{"block", block}, {"lanes", target.lanes()}},
                     shape.result()[1].ceilDiv(block));
}

FailureOr<LaunchShape> cpu::cutNonZero(kernel::NonZeroOp nonZero,
                                       const RootShape &shape,
                                       graph::TargetAttr target) {
  return LaunchShape(shape.numSizes(), {}, shape.constant(1));
}

FailureOr<LaunchShape> cpu::cutTopK(kernel::TopKOp topK,
                                    const RootShape &shape,
                                    graph::TargetAttr target) {
  ArrayRef<AffineExpr> input = shape.operand(topK.getInput());
  int64_t perRow = std::max<int64_t>(1, extentOr(input[1], 1024));
  int64_t block = std::max<int64_t>(1, elementsPerTask / perRow);
  return LaunchShape(shape.numSizes(), {{"row_block", block}},
                     input[0].ceilDiv(block));
}
