// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.recurrence on CPUs (RecurrenceSteps.h): the product goes over groups
// of panels in block products, states go in vectors.
#include "passes/cpu/Generators.h"

#include "passes/cpu/RowLadder.h"
#include "passes/cpu/Ukernel.h"
#include "passes/loops/RecurrenceSteps.h"
#include "passes/loops/TileAttributes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

namespace {
class RecurrenceEmitter : public RecurrenceSteps {
public:
  RecurrenceEmitter(KernelFunction &function, kernel::RecurrenceOp op)
      : RecurrenceSteps(function, op) {}

private:
  LogicalResult readTile() override {
    return TileAttributes(function.kernel())
        .read({{"lanes", &lanes}, {"panels", &panels}, {"unroll", &unroll}});
  }
  void emitProduct(OpBuilder &builder, const Task &task, Value source,
                   int64_t firstPanel) override;
  void forEachState(OpBuilder &builder, const Task &task,
                    EmitStateFn emit) override;

  int64_t lanes = 8, panels = 1, unroll = 4; // of the tile
};
} // namespace

void RecurrenceEmitter::emitProduct(OpBuilder &builder, const Task &task,
                                    Value source, int64_t firstPanel) {
  IndexMath math(builder, loc);
  int64_t panelSize = hidden * panelWidth;
  auto group = [&](OpBuilder &outer, Value panel, int64_t count) {
    IndexMath out(outer, loc);
    Value base = out.mul(
        out.add(out.mul(task.direction, allPanels), panel), panelSize);
    emitRowLadder(outer, loc, task.rowCount, batchBlock, possibleRows,
                  [&](OpBuilder &inside, Value row, int64_t height) {
      IndexMath in(inside, loc);
      BlockOperands operands{source, {}, recurrent, {}};
      SmallVector<Value> coordinates;
      for (int64_t r = 0; r < height; ++r) {
        coordinates.push_back(in.add(row, r));
        operands.rows.push_back(in.mul(coordinates.back(), statePitch()));
      }
      for (int64_t p = 0; p < count; ++p)
        operands.panels.push_back(in.add(base, p * panelSize));
      BlockTile tile;
      tile.lanes = lanes;
      tile.vectors = count * panelWidth / lanes;
      tile.unroll = unroll;
      ReductionLoop loop{in.constant(hidden), in.constant(1),
                         in.constant(panelWidth)};
      BlockSums block = createUkernel(inside, loc, tile, operands, loop,
                                      coordinates);
      OpBuilder &b = block.builder;
      IndexMath math(b, loc);
      Value at = math.add(math.mul(block.coordinates[0], gatePitch()),
                          math.mul(panel, panelWidth));
      vector::StoreOp::create(b, loc, block.sums, gateArea,
                              math.add(at, block.column));
    });
  };
  int64_t full = (allPanels - firstPanel) / panels * panels;
  math.forEach(math.constant(firstPanel), math.constant(firstPanel + full),
               panels, [&](OpBuilder &inside, Value panel) {
                 group(inside, panel, panels);
               });
  if (int64_t rest = allPanels - firstPanel - full)
    group(builder, math.constant(firstPanel + full), rest);
}

void RecurrenceEmitter::forEachState(OpBuilder &builder, const Task &task,
                                     EmitStateFn emit) {
  IndexMath math(builder, loc);
  int64_t whole = hidden / lanes * lanes;
  math.forEach(task.rowCount, [&](OpBuilder &outer, Value row) {
    IndexMath out(outer, loc);
    out.forEach(out.constant(0), out.constant(whole), lanes,
                [&](OpBuilder &inside, Value j) {
                  emit(inside, row, j, lanes);
                });
    out.forEach(out.constant(whole), out.constant(hidden), 1,
                [&](OpBuilder &inside, Value j) { emit(inside, row, j, 1); });
  });
}

LogicalResult cpu::emitRecurrence(KernelFunction &function,
                                  kernel::RecurrenceOp op) {
  return RecurrenceEmitter(function, op).emit();
}
