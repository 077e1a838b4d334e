// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/cpu/RowLadder.h"

#include "passes/loops/IndexMath.h"
#include "llvm/ADT/SmallSet.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

RowSplit strait::cpu::splitRows(int64_t count, int64_t tile) {
  int64_t tiles = (count + tile - 1) / tile;
  int64_t missing = tiles * tile - count;
  if (missing <= tiles && tile > 1)
    return {tiles - missing, missing, 0};
  return {count / tile, 0, count % tile};
}

/// Tiles of one height over rows [0, count), count >= height: the last one ends
/// with the last row, whatever of it was done before. It stands apart: with its
/// row as a minimum in the loop, LLVM computes that minimum anew for every
/// element of A.
static void emitOverlapping(
    OpBuilder &builder, Location loc, Value count, int64_t height,
    llvm::function_ref<void(OpBuilder &, Value, int64_t)> emit) {
  IndexMath math(builder, loc);
  Value whole = math.mul(math.div(count, height), height);
  math.forEach(math.constant(0), whole, height,
               [&](OpBuilder &inside, Value at) { emit(inside, at, height); });
  if (height == 1)
    return;
  auto branch = scf::IfOp::create(
      builder, loc, math.compare(arith::CmpIPredicate::ne, whole, count),
      /*withElse=*/false);
  OpBuilder inside = branch.getThenBodyBuilder();
  IndexMath in(inside, loc);
  emit(inside, in.sub(count, in.constant(height)), height);
}

/// Any number of rows: tiles of `height`, or of half of it where there are
/// fewer rows, or single rows.
static void
emitUnknownRows(OpBuilder &builder, Location loc, Value count, int64_t height,
                llvm::function_ref<void(OpBuilder &, Value, int64_t)> emit) {
  if (height == 1)
    return emitOverlapping(builder, loc, count, 1, emit);
  IndexMath math(builder, loc);
  Value fits = math.compare(arith::CmpIPredicate::sge, count,
                            math.constant(height));
  auto branch = scf::IfOp::create(builder, loc, fits, /*withElse=*/true);
  OpBuilder enough = branch.getThenBodyBuilder();
  emitOverlapping(enough, loc, count, height, emit);
  OpBuilder fewer = branch.getElseBodyBuilder();
  emitUnknownRows(fewer, loc, count, height >= 5 ? (height + 1) / 2 : 1, emit);
}

void strait::cpu::emitRowLadder(
    OpBuilder &builder, Location loc, Value count, int64_t tile,
    ArrayRef<int64_t> possible,
    llvm::function_ref<void(OpBuilder &, Value, int64_t)> emit) {
  if (possible.empty())
    return emitUnknownRows(builder, loc, count, tile, emit);
  IndexMath math(builder, loc);
  bool anyFull = false, anyLess = false;
  llvm::SmallSet<int64_t, 8> rests;
  for (int64_t rows : possible) {
    RowSplit split = splitRows(rows, tile);
    anyFull |= split.full > 0;
    anyLess |= split.less > 0;
    if (split.rest > 0)
      rests.insert(split.rest);
  }

  // The same split as splitRows, at run time where the count is one of several.
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
