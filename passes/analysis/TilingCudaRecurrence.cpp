// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tasks of a recurrence on a GPU: directions x blocks of the batch. Steps
// follow each other inside a task, whose states stay in shared memory.
#include "passes/analysis/TilingCuda.h"

using namespace mlir;
using namespace strait;

/// Rows of the batch that share the loads of weights.
static constexpr int64_t mostRows = 4;
static constexpr int64_t leastThreads = 32, mostThreads = 512;
/// Shared memory of a block: what every launch may ask for, and what sm_80 has.
static constexpr int64_t usualBytes = 48 << 10, mostBytes = 163 << 10;

FailureOr<LaunchShape> cuda::cutRecurrence(kernel::RecurrenceOp op,
                                           const RootShape &shape,
                                           graph::TargetAttr) {
  auto weights = cast<RankedTensorType>(op.getRecurrent().getType());
  if (!weights.hasStaticShape() || weights.getRank() != 4)
    return op.emitOpError("expected static recurrent weights [R, panels, H, "
                          "16]");
  ArrayRef<AffineExpr> inputs = shape.operand(op.getInputs());
  int64_t columns = weights.getDimSize(1) * panelWidth;
  int64_t hidden = weights.getDimSize(2);
  // Gates and three kinds of states of a row, and where the four areas start.
  int64_t rowBytes = 4 * (columns + 16 + 3 * (hidden + 16));
  auto bytes = [&](int64_t rows) { return roundUp(rows * rowBytes, 64) + 256; };
  int64_t batch = extentOr(inputs[1], mostRows);
  int64_t rows = std::clamp<int64_t>(batch, 1, mostRows);
  while (rows > 1 && bytes(rows) > usualBytes)
    --rows;
  if (bytes(rows) > mostBytes)
    return op.emitOpError("expected gates and states that take at most ")
           << mostBytes << " bytes of shared memory, found " << bytes(rows)
           << " for " << hidden << " hidden elements";
  int64_t threads = std::clamp<int64_t>(
      llvm::PowerOf2Ceil(std::max<int64_t>(1, columns)), leastThreads,
      mostThreads);
  return LaunchShape(shape.numSizes(),
                     {{"batch_block", rows}, {"threads", threads}},
                     inputs[1].ceilDiv(rows) * weights.getDimSize(0),
                     shape.constant(bytes(rows)));
}
