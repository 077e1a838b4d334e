// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tasks of attention: batch x heads x blocks of queries. A task packs its head's
// keys and values once, so blocks are large unless there are few heads.
#include "passes/analysis/AttentionShape.h"
#include "passes/analysis/RootShape.h"
#include "passes/analysis/Tiling.h"

using namespace mlir;
using namespace strait;

/// Queries whose scores are in scratch at a time.
static constexpr int64_t queryBlock = 48;
/// Fewer tasks than this leave cores idle: queries are split too.
static constexpr int64_t enoughTasks = 8;
/// Queries assumed, and given to a task, where their number is dynamic.
static constexpr int64_t dynamicQueries = 192;

static int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Bytes of `count` f32, up to the next boundary of an area of scratch.
static AffineExpr areaBytes(AffineExpr count) {
  return (count * 4).ceilDiv(64) * 64;
}

AttentionScratch AttentionScratch::create(AffineExpr keys, AffineExpr depth,
                                          AffineExpr width, int64_t queries) {
  AttentionScratch areas;
  areas.pitch = keys.ceilDiv(16) * 16 + 16;
  areas.values = areaBytes(keys.ceilDiv(16) * 16 * depth);
  areas.scores = areas.values + areaBytes(width.ceilDiv(16) * 16 * keys);
  areas.sums = areas.scores + areaBytes(areas.pitch * queries);
  areas.bytes =
      areas.sums + areaBytes(getAffineConstantExpr(queries, keys.getContext()));
  return areas;
}

FailureOr<LaunchShape>
strait::computeAttentionLaunch(Operation *regionOrFunc,
                               const MachineModel &machine) {
  FailureOr<RootShape> shape = RootShape::create(regionOrFunc);
  if (failed(shape))
    return failure();
  auto op = cast<kernel::AttentionOp>(shape->root());
  auto q = OrderedTensor::create(op, shape->operand(op.getQ()), op.getQOrder());
  auto v = OrderedTensor::create(op, shape->operand(op.getV()), op.getVOrder());
  if (failed(q) || failed(v))
    return failure();
  int64_t heads = std::max<int64_t>(
      1, extentOr(q->extents[0], 1) * extentOr(q->extents[1], 8));
  int64_t taskQueries = dynamicQueries;
  if (auto queries = knownExtent(q->extents[2])) {
    int64_t blocks = std::max<int64_t>(1, ceilDiv(enoughTasks, heads));
    taskQueries = std::max(ceilDiv(*queries, blocks), queryBlock);
  }
  Builder builder(shape->context());
  auto number = [&](StringRef name, int64_t value) {
    return builder.getNamedAttr(name, builder.getI64IntegerAttr(value));
  };
  LaunchShape launch;
  launch.tile = builder.getDictionaryAttr(
      {number("lanes", machine.lanes()), number("queries", queryBlock),
       number("rows", machine.isa == Isa::Avx512 ? 8 : 6),
       number("task_queries", taskQueries)});
  launch.tasks = shape->overSizes(q->extents[0] * q->extents[1] *
                                  q->extents[2].ceilDiv(taskQueries));
  launch.scratch = shape->overSizes(
      AttentionScratch::create(v->extents[2], q->extents[3], v->extents[3],
                               queryBlock)
          .bytes);
  return launch;
}
