// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/cpu/MicroKernel.h"

#include "passes/loops/IndexMath.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

/// Innermost of several loops: sums up to this length are written out in full.
/// A sum that is all there is needs its loop, or B's panel is invariant in the
/// loop over rows, and LLVM would hold it in registers that do not exist.
static constexpr int64_t maxStraightSteps = 24;

namespace {
/// Emits the nest of one block product.
struct BlockProduct {
  Location loc;
  const BlockTile &tile;
  const BlockOperands &operands;
  int64_t rows;
  VectorType vectorType;
  Value a = operands.a, b = operands.b;

  /// One rank-1 update: A's column at `aAt[r] + aOffset`, B's row at
  /// `bAt[panel] + bOffset`.
  void emitStep(OpBuilder &builder, ArrayRef<Value> aAt, Value aOffset,
                ArrayRef<Value> bAt, Value bOffset,
                SmallVector<Value> &acc) const {
    IndexMath math(builder, loc);
    auto broadcast = [&](int64_t row) -> Value {
      Value at = math.add(aAt[row], aOffset);
      Value element = memref::LoadOp::create(builder, loc, a, at);
      return vector::BroadcastOp::create(builder, loc, vectorType, element);
    };
    auto column = [&](int64_t vector) -> Value {
      int64_t perPanel = panelWidth / tile.lanes;
      Value at = math.add(bAt[vector / perPanel], bOffset);
      at = math.add(at, vector % perPanel * tile.lanes);
      return vector::LoadOp::create(builder, loc, vectorType, b, at);
    };
    auto update = [&](int64_t row, int64_t vector, Value x, Value y) {
      Value &sum = acc[row * tile.vectors + vector];
      sum = vector::FMAOp::create(builder, loc, x, y, sum);
    };
    SmallVector<Value> held;
    if (tile.vectors > rows) {
      for (int64_t row = 0; row < rows; ++row)
        held.push_back(broadcast(row));
      for (int64_t vector = 0; vector < tile.vectors; ++vector) {
        Value y = column(vector);
        for (int64_t row = 0; row < rows; ++row)
          update(row, vector, held[row], y);
      }
      return;
    }
    for (int64_t vector = 0; vector < tile.vectors; ++vector)
      held.push_back(column(vector));
    for (int64_t row = 0; row < rows; ++row) {
      Value x = broadcast(row);
      for (int64_t vector = 0; vector < tile.vectors; ++vector)
        update(row, vector, x, held[vector]);
    }
  }

  /// Fetches one cache line into L2, at the pace of the steps.
  void emitFetchAhead(OpBuilder &builder, Value k) const {
    IndexMath math(builder, loc);
    Value far = math.div(math.mul(k, operands.aheadRate), 1024);
    memref::PrefetchOp::create(builder, loc, b, math.add(operands.ahead, far),
                               /*isWrite=*/false, /*localityHint=*/2,
                               /*isDataCache=*/true);
  }

  /// `count` steps from `k` on, which follow each other without a loop.
  void emitSteps(OpBuilder &builder, const ReductionLoop &loop, Value k,
                 int64_t count, ArrayRef<Value> aAt, ArrayRef<Value> bAt,
                 SmallVector<Value> &acc) const {
    IndexMath math(builder, loc);
    Value aFirst = math.mul(k, loop.aStep), bFirst = math.mul(k, loop.bStep);
    if (operands.ahead && count > 0)
      emitFetchAhead(builder, k);
    for (int64_t step = 0; step < count; ++step) {
      Value aOffset = math.add(aFirst, math.mul(loop.aStep, step));
      Value bOffset = math.add(bFirst, math.mul(loop.bStep, step));
      if (tile.prefetch != 0) {
        Value ahead = math.add(bOffset, math.mul(loop.bStep, tile.prefetch));
        for (Value panel : bAt)
          memref::PrefetchOp::create(builder, loc, b, math.add(panel, ahead),
                                     /*isWrite=*/false, /*localityHint=*/3,
                                     /*isDataCache=*/true);
      }
      emitStep(builder, aAt, aOffset, bAt, bOffset, acc);
    }
  }

  SmallVector<Value>
  emitLoop(OpBuilder &builder, Value begin, Value end, int64_t step,
           ArrayRef<Value> initial,
           llvm::function_ref<void(OpBuilder &, Value, SmallVector<Value> &)>
               emit) const {
    Value by = arith::ConstantIndexOp::create(builder, loc, step);
    auto loop = scf::ForOp::create(
        builder, loc, begin, end, by, initial,
        [&](OpBuilder &inside, Location, Value k, ValueRange carried) {
          SmallVector<Value> acc(carried);
          emit(inside, k, acc);
          scf::YieldOp::create(inside, loc, acc);
        });
    return SmallVector<Value>(loop.getResults());
  }

  void emitInnermost(OpBuilder &builder, const ReductionLoop &loop,
                     ArrayRef<Value> aAt, ArrayRef<Value> bAt, bool inLoop,
                     SmallVector<Value> &acc) const {
    IndexMath math(builder, loc);
    Value zero = math.constant(0);
    std::optional<int64_t> count = IndexMath::known(loop.count);
    if (count && *count <= (inLoop ? maxStraightSteps : tile.unroll)) {
      emitSteps(builder, loop, zero, *count, aAt, bAt, acc);
      return;
    }
    int64_t unroll = tile.unroll;
    Value main = math.mul(math.div(loop.count, unroll), unroll);
    acc = emitLoop(builder, zero, main, unroll, acc,
                   [&](OpBuilder &inside, Value k, SmallVector<Value> &sums) {
                     emitSteps(inside, loop, k, unroll, aAt, bAt, sums);
                   });
    if (count) {
      emitSteps(builder, loop, main, *count % unroll, aAt, bAt, acc);
      return;
    }
    if (unroll > 1)
      acc = emitLoop(builder, main, loop.count, 1, acc,
                     [&](OpBuilder &inside, Value k, SmallVector<Value> &sums) {
                       emitSteps(inside, loop, k, 1, aAt, bAt, sums);
                     });
  }

  void emitNest(OpBuilder &builder, ArrayRef<ReductionLoop> loops,
                ArrayRef<Value> aAt, ArrayRef<Value> bAt, bool inLoop,
                SmallVector<Value> &acc) const {
    if (loops.size() == 1)
      return emitInnermost(builder, loops.front(), aAt, bAt, inLoop, acc);
    const ReductionLoop &loop = loops.front();
    bool isSingle = IndexMath::isKnown(loop.count, 1);
    auto body = [&](OpBuilder &inside, Value k, SmallVector<Value> &sums) {
      IndexMath math(inside, loc);
      Value aOffset = math.mul(k, loop.aStep);
      Value bOffset = math.mul(k, loop.bStep);
      auto moved = [&](ArrayRef<Value> at, Value offset) {
        return llvm::map_to_vector(
            at, [&](Value position) { return math.add(position, offset); });
      };
      emitNest(inside, loops.drop_front(), moved(aAt, aOffset),
               moved(bAt, bOffset), inLoop || !isSingle, sums);
    };
    IndexMath math(builder, loc);
    if (isSingle) {
      body(builder, math.constant(0), acc);
      return;
    }
    acc = emitLoop(builder, math.constant(0), loop.count, 1, acc, body);
  }
};
} // namespace

SmallVector<Value>
strait::cpu::emitBlockProduct(OpBuilder &builder, Location loc,
                              const BlockTile &tile,
                              const BlockOperands &operands,
                              ArrayRef<ReductionLoop> loops) {
  int64_t rows = operands.rows.size();
  auto vectorType = VectorType::get({tile.lanes}, builder.getF32Type());
  Value zero = arith::ConstantOp::create(builder, loc,
                                         builder.getZeroAttr(vectorType));
  SmallVector<Value> acc(rows * tile.vectors, zero);
  BlockProduct product{loc, tile, operands, rows, vectorType};
  product.emitNest(builder, loops, operands.rows, operands.panels,
                   /*inLoop=*/false, acc);
  return acc;
}
