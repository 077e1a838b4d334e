// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/cpu/AttentionOperands.h"

#include "passes/loops/IndexMath.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

AttentionOperands::AttentionOperands(KernelFunction &function,
                                     const AttentionPlan &plan)
    : AttentionHeads(function, plan), function(function), plan(plan),
      loc(function.loc()) {
  OpBuilder &builder = function.builder();
  IndexMath math(builder, loc);
  auto floats = MemRefType::get({ShapedType::kDynamic}, builder.getF32Type());
  auto carve = [&](AffineExpr offset, AffineExpr end) {
    Value bytes = math.sub(function.size(end), function.size(offset));
    return function.carveScratch(offset, floats, math.div(bytes, 4));
  };
  keys = carve(builder.getAffineConstantExpr(0), plan.valuesAt);
  values = carve(plan.valuesAt, plan.scoresAt);
  scores = carve(plan.scoresAt, plan.factorsAt);
  factors = carve(plan.factorsAt, plan.scratchBytes);
}

/// 8 vectors of 8 elements, transposed: two rounds of interleaving within
/// 128-bit halves, then exchanging halves.
static SmallVector<Value> transpose8x8(OpBuilder &builder, Location loc,
                                       ArrayRef<Value> rows) {
  auto shuffle = [&](Value a, Value b, ArrayRef<int64_t> lanes) -> Value {
    return vector::ShuffleOp::create(builder, loc, a, b, lanes);
  };
  SmallVector<Value> pairs, quads, columns;
  for (int64_t i = 0; i < 8; i += 2) {
    pairs.push_back(shuffle(rows[i], rows[i + 1], {0, 8, 1, 9, 4, 12, 5, 13}));
    pairs.push_back(
        shuffle(rows[i], rows[i + 1], {2, 10, 3, 11, 6, 14, 7, 15}));
  }
  for (int64_t i : {0, 4})
    for (int64_t half : {0, 1}) {
      Value a = pairs[i + half], b = pairs[i + half + 2];
      quads.push_back(shuffle(a, b, {0, 1, 8, 9, 4, 5, 12, 13}));
      quads.push_back(shuffle(a, b, {2, 3, 10, 11, 6, 7, 14, 15}));
    }
  for (int64_t i = 0; i < 4; ++i)
    columns.push_back(
        shuffle(quads[i], quads[i + 4], {0, 1, 2, 3, 8, 9, 10, 11}));
  for (int64_t i = 0; i < 4; ++i)
    columns.push_back(
        shuffle(quads[i], quads[i + 4], {4, 5, 6, 7, 12, 13, 14, 15}));
  return columns;
}

/// keys[panel][d][j] = k[16 panel + j][d] for d from `depthBegin` on. Columns
/// beyond the last key repeat it: finite numbers that are masked later.
void AttentionOperands::packKeysByElement(OpBuilder &builder,
                                          const HeadPosition &head, Value panel,
                                          Value depthBegin) {
  IndexMath math(builder, loc);
  Value last = math.sub(function.size(plan.keyRows()), math.constant(1));
  Value depth = function.size(plan.depth());
  math.forEach(depthBegin, depth, 1, [&](OpBuilder &builder, Value d) {
    IndexMath math(builder, loc);
    Value from =
        math.add(head.k, math.mul(d, function.size(plan.k.strides[3])));
    Value to = math.mul(math.add(math.mul(panel, depth), d), panelWidth);
    math.forEach(math.constant(panelWidth), [&](OpBuilder &builder, Value j) {
      IndexMath math(builder, loc);
      Value row = math.min(math.add(math.mul(panel, panelWidth), j), last);
      Value at =
          math.add(from, math.mul(row, function.size(plan.k.strides[2])));
      Value element = memref::LoadOp::create(builder, loc, k, at);
      memref::StoreOp::create(builder, loc, element, keys, math.add(to, j));
    });
  });
}

/// The same where each key is contiguous: blocks of 8 keys x 8 elements.
void AttentionOperands::packKeysTransposed(OpBuilder &builder,
                                           const HeadPosition &head,
                                           Value panel) {
  auto type = VectorType::get({8}, builder.getF32Type());
  IndexMath math(builder, loc);
  Value last = math.sub(function.size(plan.keyRows()), math.constant(1));
  Value depth = function.size(plan.depth());
  Value whole = math.mul(math.div(depth, 8), 8);
  auto known = constantExtent(plan.depth());
  for (int64_t half : {0, 8}) {
    SmallVector<Value> rows;
    for (int64_t i = 0; i < 8; ++i) {
      Value row = math.add(math.mul(panel, panelWidth), half + i);
      row = math.min(row, last);
      rows.push_back(
          math.add(head.k, math.mul(row, function.size(plan.k.strides[2]))));
    }
    auto emitBlock = [&](OpBuilder &builder, Value d) {
      IndexMath math(builder, loc);
      SmallVector<Value> block;
      for (Value row : rows)
        block.push_back(
            vector::LoadOp::create(builder, loc, type, k, math.add(row, d)));
      Value to = math.mul(math.add(math.mul(panel, depth), d), panelWidth);
      for (auto [i, column] :
           llvm::enumerate(transpose8x8(builder, loc, block)))
        vector::StoreOp::create(builder, loc, column, keys,
                                math.add(to, i * panelWidth + half));
    };
    math.forEach(math.constant(0), whole, 8, emitBlock);
    // The last block overlaps the one before and writes the same again.
    if (known && *known > 8 && *known % 8 != 0)
      emitBlock(builder, math.constant(*known - 8));
  }
  if (!known || *known < 8)
    packKeysByElement(builder, head, panel, whole);
}

void AttentionOperands::packKeys(OpBuilder &builder, const HeadPosition &head) {
  IndexMath math(builder, loc);
  Value rows = function.size(plan.keyRows());
  Value panels = math.ceilDiv(rows, panelWidth);
  Value depth = function.size(plan.depth());
  auto byElement = [&](OpBuilder &builder, Value panel) {
    IndexMath math(builder, loc);
    packKeysByElement(builder, head, panel, math.constant(0));
  };
  if (constantExtent(plan.k.strides[3]) == 1) {
    math.forEach(panels, [&](OpBuilder &builder, Value panel) {
      packKeysTransposed(builder, head, panel);
    });
    return;
  }
  Value whole = math.constant(0);
  if (constantExtent(plan.k.strides[2]) == 1) {
    // Already transposed: whole panels are copied.
    auto type = VectorType::get({8}, builder.getF32Type());
    whole = math.div(rows, panelWidth);
    math.forEach(whole, [&](OpBuilder &builder, Value panel) {
      IndexMath math(builder, loc);
      math.forEach(depth, [&](OpBuilder &builder, Value d) {
        IndexMath math(builder, loc);
        Value from =
            math.add(head.k, math.mul(d, function.size(plan.k.strides[3])));
        from = math.add(from, math.mul(panel, panelWidth));
        Value to = math.mul(math.add(math.mul(panel, depth), d), panelWidth);
        for (int64_t half : {0, 8}) {
          Value part = vector::LoadOp::create(builder, loc, type, k,
                                              math.add(from, half));
          vector::StoreOp::create(builder, loc, part, keys, math.add(to, half));
        }
      });
    });
  }
  math.forEach(whole, panels, 1, byElement);
}

/// values[n][t][j] = v[t][16 n + j], zero beyond the last key: the scores there
/// are zero too, but zero times garbage may be NaN.
void AttentionOperands::packValues(OpBuilder &builder,
                                   const HeadPosition &head) {
  auto type = VectorType::get({8}, builder.getF32Type());
  IndexMath math(builder, loc);
  Value rows = function.size(plan.keyRows());
  Value padded = function.size(plan.keyColumns);
  Value width = function.size(plan.width());
  Value stride = function.size(plan.v.strides[3]);
  bool isContiguous = constantExtent(plan.v.strides[3]) == 1;
  Value vectors =
      isContiguous ? math.mul(math.div(width, 8), 8) : math.constant(0);
  Value zeros =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  auto target = [&](IndexMath &math, Value row, Value column) {
    Value panel = math.mul(math.div(column, panelWidth), padded);
    return math.add(math.mul(math.add(panel, row), panelWidth),
                    math.rem(column, panelWidth));
  };
  // Column by column where that is known to be short.
  auto forEachEighth = [&](OpBuilder &builder, Value begin, Value end,
                           llvm::function_ref<void(OpBuilder &, Value)> emit) {
    IndexMath math(builder, loc);
    auto first = IndexMath::known(begin), last = IndexMath::known(end);
    if (!first || !last || *last > 256)
      return math.forEach(begin, end, 8, emit);
    for (int64_t column = *first; column < *last; column += 8)
      emit(builder, math.constant(column));
  };
  math.forEach(rows, [&](OpBuilder &builder, Value row) {
    IndexMath math(builder, loc);
    Value from =
        math.add(head.v, math.mul(row, function.size(plan.v.strides[2])));
    forEachEighth(builder, math.constant(0), vectors,
                  [&](OpBuilder &builder, Value column) {
                    IndexMath math(builder, loc);
                    Value part = vector::LoadOp::create(builder, loc, type, v,
                                                        math.add(from, column));
                    vector::StoreOp::create(builder, loc, part, values,
                                            target(math, row, column));
                  });
    math.forEach(vectors, width, 1, [&](OpBuilder &builder, Value column) {
      IndexMath math(builder, loc);
      Value element = memref::LoadOp::create(
          builder, loc, v, math.add(from, math.mul(stride, column)));
      memref::StoreOp::create(builder, loc, element, values,
                              target(math, row, column));
    });
  });
  math.forEach(rows, padded, 1, [&](OpBuilder &builder, Value row) {
    IndexMath math(builder, loc);
    forEachEighth(builder, math.constant(0), width,
                  [&](OpBuilder &builder, Value column) {
                    IndexMath math(builder, loc);
                    vector::StoreOp::create(builder, loc, zeros, values,
                                            target(math, row, column));
                  });
  });
}
