// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/cpu/RowLadder.h"

#include "passes/cpu/IndexMath.h"
#include "llvm/ADT/SmallSet.h"

using namespace mlir;
using namespace strait::cpu;

RowSplit strait::cpu::splitRows(int64_t count, int64_t tile) {
  int64_t tiles = (count + tile - 1) / tile;
  int64_t missing = tiles * tile - count;
  if (missing <= tiles && tile > 1)
    return {tiles - missing, missing, 0};
  return {count / tile, 0, count % tile};
}

void strait::cpu::emitRowLadder(
    OpBuilder &builder, Location loc, Value count, int64_t tile,
    ArrayRef<int64_t> possible,
    llvm::function_ref<void(OpBuilder &, Value, int64_t)> emit) {
  IndexMath math(builder, loc);
  bool anyFull = possible.empty(), anyLess = possible.empty() && tile > 1;
  llvm::SmallSet<int64_t, 8> rests;
  for (int64_t rows : possible) {
    RowSplit split = splitRows(rows, tile);
    anyFull |= split.full > 0;
    anyLess |= split.less > 0;
    if (split.rest > 0)
      rests.insert(split.rest);
  }
  if (possible.empty())
    for (int64_t rest = 1; rest < tile - 1; ++rest)
      rests.insert(rest);

  // The same split as splitRows, at run time where the count is not known.
  Value full, less, rest;
  if (auto known = IndexMath::known(count)) {
    RowSplit split = splitRows(*known, tile);
    full = math.constant(split.full);
    less = math.constant(split.less);
    rest = math.constant(split.rest);
  } else if (tile == 1) {
    full = count;
    less = rest = math.constant(0);
  } else {
    Value tiles = math.ceilDiv(count, tile);
    Value missing = math.sub(math.mul(tiles, tile), count);
    Value even = math.compare(arith::CmpIPredicate::sle, missing, tiles);
    Value whole = math.div(count, tile);
    full = math.select(even, math.sub(tiles, missing), whole);
    less = math.select(even, missing, math.constant(0));
    rest = math.select(even, math.constant(0),
                       math.sub(count, math.mul(whole, tile)));
  }

  Value fullRows = math.mul(full, tile);
  Value lessEnd = math.add(fullRows, math.mul(less, tile - 1));
  if (anyFull)
    math.forEach(math.constant(0), fullRows, tile,
                 [&](OpBuilder &inside, Value row) { emit(inside, row, tile); });
  if (anyLess)
    math.forEach(fullRows, lessEnd, tile - 1,
                 [&](OpBuilder &inside, Value row) {
                   emit(inside, row, tile - 1);
                 });
  if (auto known = IndexMath::known(rest)) {
    if (*known > 0)
      emit(builder, lessEnd, *known);
    return;
  }
  SmallVector<int64_t> heights(rests.begin(), rests.end());
  llvm::sort(heights);
  for (int64_t height : heights) {
    Value hit = math.compare(arith::CmpIPredicate::eq, rest,
                             math.constant(height));
    auto branch = scf::IfOp::create(builder, loc, hit, /*withElse=*/false);
    OpBuilder inside = branch.getThenBodyBuilder();
    emit(inside, lessEnd, height);
  }
}
