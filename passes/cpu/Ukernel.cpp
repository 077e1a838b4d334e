// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/cpu/Ukernel.h"

#include "dialects/kernel/KernelOps.h"
#include "passes/loops/IndexMath.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

UkernelColumns UkernelColumns::first(OpBuilder &builder, Location loc,
                                     Value count, int64_t lanes) {
  auto known = IndexMath::known(count);
  if (!known)
    return {panelWidth / lanes, count};
  return {(*known + lanes - 1) / lanes, *known % lanes != 0 ? count : Value()};
}

UkernelColumns UkernelColumns::first(OpBuilder &builder, Location loc,
                                     int64_t count, int64_t lanes) {
  return first(builder, loc, IndexMath(builder, loc).constant(count), lanes);
}

BlockSums cpu::createUkernel(OpBuilder &builder, Location loc,
                             const BlockTile &tile,
                             const BlockOperands &operands,
                             ArrayRef<ReductionLoop> loops,
                             ArrayRef<Value> coordinates, Value columns,
                             int64_t length) {
  SmallVector<Value> counts, aSteps, bSteps;
  for (const ReductionLoop &loop : loops) {
    counts.push_back(loop.count);
    aSteps.push_back(loop.aStep);
    bSteps.push_back(loop.bStep);
  }
  SmallVector<Value> ahead;
  if (operands.ahead)
    ahead = {operands.ahead, operands.aheadRate};
  auto op = kernel::UkernelOp::create(
      builder, loc, operands.a, operands.rows, operands.b, operands.panels,
      counts, aSteps, bSteps, coordinates, columns, ahead, tile.lanes, tile.vectors,
      tile.unroll, tile.prefetch,
      /*by_rows=*/length > maxInlineLength && operands.rows.size() > 1);
  size_t perRow = op.coordinatesPerRow();
  SmallVector<Type> types(perRow + 1, builder.getIndexType());
  types.push_back(VectorType::get({op.width()}, builder.getF32Type()));
  if (columns)
    types.push_back(VectorType::get({op.width()}, builder.getI1Type()));
  Block &block = op.getStore().emplaceBlock();
  block.addArguments(types, SmallVector<Location>(types.size(), loc));
  OpBuilder end = OpBuilder::atBlockBegin(&block);
  auto yield = kernel::YieldOp::create(end, loc);
  ValueRange arguments(block.getArguments());
  return {OpBuilder(yield), arguments.take_front(perRow), arguments[perRow],
          arguments[perRow + 1], columns ? arguments[perRow + 2] : Value()};
}
