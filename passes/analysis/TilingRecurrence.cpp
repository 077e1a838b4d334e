// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tasks of a recurrence: directions x blocks of the batch. Steps follow each
// other inside a task.
#include "passes/analysis/ContractionTile.h"
#include "passes/analysis/TilingCpu.h"

using namespace mlir;
using namespace strait;

FailureOr<LaunchShape> cpu::cutRecurrence(kernel::RecurrenceOp op,
                                          const RootShape &shape,
                                          graph::TargetAttr target) {
  auto weights = cast<RankedTensorType>(op.getRecurrent().getType());
  if (!weights.hasStaticShape() || weights.getRank() != 4)
    return op.emitOpError("expected static recurrent weights [R, panels, H, "
                          "16]");
  ArrayRef<AffineExpr> inputs = shape.operand(op.getInputs());
  int64_t panels = weights.getDimSize(1), hidden = weights.getDimSize(2);
  int64_t tallest = target.getIsa() == graph::Isa::Avx512 ? 8 : 6;
  std::optional<int64_t> batch = constantExtent(inputs[1]);
  int64_t block = batch ? std::clamp<int64_t>(*batch, 1, tallest) : tallest;
  RegisterTile tile = chooseRegisterTile(
      batch ? std::optional(block) : std::nullopt, panels, target);
  // A step's input products, gates and states of every row of the block.
  int64_t rowBytes = 4 * (panels * panelWidth + 16 + 3 * (hidden + 16));
  return LaunchShape(shape.numSizes(),
                     {{"batch_block", block},
                      {"lanes", target.lanes()},
                      {"panels", tile.panels},
                      {"unroll", tile.unroll}},
                     inputs[1].ceilDiv(block) * weights.getDimSize(0),
                     shape.constant(roundUp(block * rowBytes + 4 * 64, 64)));
}
