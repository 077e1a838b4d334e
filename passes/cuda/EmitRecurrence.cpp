// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.recurrence on a GPU (RecurrenceSteps.h). A block keeps the states of
// its part of the batch in shared memory; of the product,
//
//   for column of the gates = thread to G * H step threads:
//     for k: weight = R^T[k, column]
//       for row of the batch: sums[row] += weight * source[row, k]
//     gates[row, column] = sums[row]
//   barrier
//
// neighbouring threads read neighbouring weights, each of them once for all
// rows.
#include "passes/cuda/Generators.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "passes/cuda/Threads.h"
#include "passes/loops/RecurrenceSteps.h"

using namespace mlir;
using namespace strait;
using namespace strait::cuda;

namespace {
class RecurrenceEmitter : public RecurrenceSteps {
public:
  RecurrenceEmitter(KernelFunction &function, kernel::RecurrenceOp op,
                    int64_t count)
      : RecurrenceSteps(function, op),
        threads(function.builder(), loc, count) {}

private:
  void emitProduct(OpBuilder &builder, const Task &task, Value source,
                   int64_t firstPanel) override;
  void emitColumn(OpBuilder &b, const Task &task, Value source, Value column);
  void forEachState(OpBuilder &builder, const Task &task,
                    EmitStateFn emit) override;

  Threads threads;
};
} // namespace

void RecurrenceEmitter::emitProduct(OpBuilder &builder, const Task &task,
                                    Value source, int64_t firstPanel) {
  IndexMath math(builder, loc);
  Value first = math.add(threads.id(), firstPanel * panelWidth);
  math.forEach(first, math.constant(allPanels * panelWidth), threads.count(),
               [&](OpBuilder &inside, Value column) {
                 emitColumn(inside, task, source, column);
               });
  threads.barrier(builder);
}

/// The gates `column` of all rows of the block.
void RecurrenceEmitter::emitColumn(OpBuilder &b, const Task &task,
                                   Value source, Value column) {
  IndexMath math(b, loc);
  Value panel = math.add(math.mul(task.direction, allPanels),
                         math.div(column, panelWidth));
  Value weightsAt = math.add(math.mul(panel, hidden * panelWidth),
                             math.rem(column, panelWidth));
  // Rows that the block lacks are computed as its last one.
  Value lastRow = math.sub(task.rowCount, math.constant(1));
  SmallVector<Value> statesAt;
  for (int64_t row = 0; row < batchBlock; ++row)
    statesAt.push_back(
        math.mul(math.min(math.constant(row), lastRow), statePitch()));
  Value zero = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0.0f));
  SmallVector<Value> start(batchBlock, zero);
  auto loop = scf::ForOp::create(
      b, loc, math.constant(0), math.constant(hidden), math.constant(1), start,
      [&](OpBuilder &inside, Location, Value k, ValueRange carried) {
        IndexMath in(inside, loc);
        Value weight = memref::LoadOp::create(
            inside, loc, recurrent,
            in.add(weightsAt, in.mul(k, panelWidth)));
        SmallVector<Value> sums;
        for (auto [at, sum] : llvm::zip(statesAt, carried)) {
          Value state = memref::LoadOp::create(inside, loc, source,
                                               in.add(at, k));
          sums.push_back(
              math::FmaOp::create(inside, loc, weight, state, sum));
        }
        scf::YieldOp::create(inside, loc, sums);
      });
  for (auto [row, sum] : llvm::enumerate(loop.getResults()))
    memref::StoreOp::create(b, loc, sum, gateArea,
                            math.add(column, row * gatePitch()));
}

void RecurrenceEmitter::forEachState(OpBuilder &builder, const Task &task,
                                     EmitStateFn emit) {
  IndexMath math(builder, loc);
  math.forEach(threads.id(), math.mul(task.rowCount, hidden), threads.count(),
               [&](OpBuilder &inside, Value state) {
                 IndexMath in(inside, loc);
                 Value extent = in.constant(hidden);
                 emit(inside, in.div(state, extent), in.rem(state, extent), 1);
               });
  threads.barrier(builder);
}

LogicalResult cuda::emitRecurrence(KernelFunction &function,
                                   kernel::RecurrenceOp op, int64_t threads) {
  return RecurrenceEmitter(function, op, threads).emit();
}
