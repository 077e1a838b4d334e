// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tasks of a recurrence: directions x blocks of the batch. Steps follow each
// other inside a task.
#include "passes/analysis/ContractionTile.h"
#include "passes/analysis/RootShape.h"
#include "passes/analysis/Tiling.h"

using namespace mlir;
using namespace strait;

FailureOr<LaunchShape>
strait::computeRecurrenceLaunch(Operation *regionOrFunc,
                                graph::TargetAttr target) {
  FailureOr<RootShape> shape = RootShape::create(regionOrFunc);
  if (failed(shape))
    return failure();
  auto op = cast<kernel::RecurrenceOp>(shape->root());
  auto weights = cast<RankedTensorType>(op.getRecurrent().getType());
  if (!weights.hasStaticShape() || weights.getRank() != 4)
    return op.emitOpError("expected static recurrent weights [R, panels, H, "
                          "16]");
  ArrayRef<AffineExpr> inputs = shape->operand(op.getInputs());
  int64_t panels = weights.getDimSize(1), hidden = weights.getDimSize(2);
  int64_t tallest = target.getIsa() == graph::Isa::Avx512 ? 8 : 6;
  std::optional<int64_t> batch = knownExtent(inputs[1]);
  int64_t block = batch ? std::clamp<int64_t>(*batch, 1, tallest) : tallest;
  RegisterTile tile = chooseRegisterTile(
      batch ? std::optional(block) : std::nullopt, panels, target);
  // A step's input products, gates and states of every row of the block.
  int64_t rowBytes = 4 * (panels * 16 + 16 + 3 * (hidden + 16));
  Builder builder(shape->context());
  auto number = [&](StringRef name, int64_t value) {
    return builder.getNamedAttr(name, builder.getI64IntegerAttr(value));
  };
  LaunchShape launch;
  launch.tile = builder.getDictionaryAttr(
      {number("batch_block", block), number("lanes", target.lanes()),
       number("panels", tile.panels), number("unroll", tile.unroll)});
  launch.tasks = shape->overSizes(inputs[1].ceilDiv(block) *
                                  weights.getDimSize(0));
  launch.scratch = shape->overSizes(
      shape->constant((block * rowBytes + 4 * 64 + 63) / 64 * 64));
  return launch;
}
