// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tasks of pooling (blocks of result rows), of concatenation (runs of
// elements), of scattering (blocks of columns) and of top-k (blocks of rows).
#include "passes/analysis/RootShape.h"
#include "passes/analysis/Tiling.h"

using namespace mlir;
using namespace strait;

/// Elements read by a task that is worth its launch.
static constexpr int64_t elementsPerTask = 32768;

static DictionaryAttr tileOf(MLIRContext *context, StringRef name,
                             int64_t block, int64_t lanes) {
  Builder builder(context);
  return builder.getDictionaryAttr(
      {builder.getNamedAttr(name, builder.getI64IntegerAttr(block)),
       builder.getNamedAttr("lanes", builder.getI64IntegerAttr(lanes))});
}

FailureOr<LaunchShape>
strait::computePool2DLaunch(Operation *regionOrFunc, graph::TargetAttr target) {
  FailureOr<RootShape> shape = RootShape::create(regionOrFunc);
  if (failed(shape))
    return failure();
  auto pool = cast<kernel::Pool2DOp>(shape->root());
  ArrayRef<AffineExpr> result = shape->result();
  int64_t perRow = extentOr(result[2], 32) * extentOr(result[3], 64);
  for (int64_t size : pool.getKernel())
    perRow *= size;
  int64_t block = std::max<int64_t>(
      1, elementsPerTask / std::max<int64_t>(1, perRow));
  LaunchShape launch;
  launch.tile = tileOf(shape->context(), "row_block", block, target.lanes());
  launch.tasks = shape->overSizes((result[0] * result[1]).ceilDiv(block));
  launch.scratch = shape->overSizes(shape->constant(0));
  return launch;
}

FailureOr<LaunchShape>
strait::computeConcatLaunch(Operation *regionOrFunc, graph::TargetAttr target) {
  FailureOr<RootShape> shape = RootShape::create(regionOrFunc);
  if (failed(shape))
    return failure();
  ArrayRef<AffineExpr> result = shape->result();
  LaunchShape launch;
  launch.tile = tileOf(shape->context(), "block", elementsPerTask,
                       target.lanes());
  launch.tasks =
      shape->overSizes((result[0] * result[1]).ceilDiv(elementsPerTask));
  launch.scratch = shape->overSizes(shape->constant(0));
  return launch;
}

FailureOr<LaunchShape>
strait::computeScatterLaunch(Operation *regionOrFunc,
                             graph::TargetAttr target) {
  FailureOr<RootShape> shape = RootShape::create(regionOrFunc);
  if (failed(shape))
    return failure();
  // Updates of one row meet in their order only within a column.
  constexpr int64_t block = 256;
  LaunchShape launch;
  launch.tile = tileOf(shape->context(), "block", block, target.lanes());
  launch.tasks = shape->overSizes(shape->result()[1].ceilDiv(block));
  launch.scratch = shape->overSizes(shape->constant(0));
  return launch;
}

FailureOr<LaunchShape>
strait::computeNonZeroLaunch(Operation *regionOrFunc,
                             graph::TargetAttr target) {
  FailureOr<RootShape> shape = RootShape::create(regionOrFunc);
  if (failed(shape))
    return failure();
  LaunchShape launch;
  launch.tile = tileOf(shape->context(), "block", 1, target.lanes());
  launch.tasks = shape->overSizes(shape->constant(1));
  launch.scratch = shape->overSizes(shape->constant(0));
  return launch;
}

FailureOr<LaunchShape>
strait::computeTopKLaunch(Operation *regionOrFunc, graph::TargetAttr target) {
  FailureOr<RootShape> shape = RootShape::create(regionOrFunc);
  if (failed(shape))
    return failure();
  auto topK = cast<kernel::TopKOp>(shape->root());
  ArrayRef<AffineExpr> input = shape->operand(topK.getInput());
  int64_t perRow = std::max<int64_t>(1, extentOr(input[1], 1024));
  int64_t block = std::max<int64_t>(1, elementsPerTask / perRow);
  LaunchShape launch;
  launch.tile = tileOf(shape->context(), "row_block", block, target.lanes());
  launch.tasks = shape->overSizes(input[0].ceilDiv(block));
  launch.scratch = shape->overSizes(shape->constant(0));
  return launch;
}
