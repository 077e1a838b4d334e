// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/cpu/PanelPacking.h"

#include "passes/loops/IndexMath.h"
#include "passes/cpu/MicroKernel.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

/// Columns move in vectors of this width on every target.
static constexpr int64_t width = 8;

/// 8 rows of 8 -> 8 columns of 8: unpack, unpack pairs, exchange halves.
static SmallVector<Value> emitTranspose8x8(OpBuilder &builder, Location loc,
                                           ArrayRef<Value> rows) {
  auto shuffle = [&](Value a, Value b, ArrayRef<int64_t> lanes) -> Value {
    return vector::ShuffleOp::create(builder, loc, a, b, lanes);
  };
  SmallVector<Value> pairs, quads, columns(8);
  for (int64_t i = 0; i < 8; i += 2) {
    pairs.push_back(shuffle(rows[i], rows[i + 1], {0, 8, 1, 9, 4, 12, 5, 13}));
    pairs.push_back(
        shuffle(rows[i], rows[i + 1], {2, 10, 3, 11, 6, 14, 7, 15}));
  }
  for (int64_t i = 0; i < 8; i += 4)
    for (int64_t j = 0; j < 2; ++j) {
      Value a = pairs[i + j], b = pairs[i + j + 2];
      quads.push_back(shuffle(a, b, {0, 1, 8, 9, 4, 5, 12, 13}));
      quads.push_back(shuffle(a, b, {2, 3, 10, 11, 6, 7, 14, 15}));
    }
  for (int64_t i = 0; i < 4; ++i) {
    columns[i] =
        shuffle(quads[i], quads[i + 4], {0, 1, 2, 3, 8, 9, 10, 11});
    columns[i + 4] =
        shuffle(quads[i], quads[i + 4], {4, 5, 6, 7, 12, 13, 14, 15});
  }
  return columns;
}

/// panel[k][16] = source rows of 16 contiguous columns.
static void emitPackRows(OpBuilder &builder, Location loc,
                         const PanelSource &source, Value columns, Value panel,
                         Value at) {
  IndexMath math(builder, loc);
  auto type = VectorType::get({width}, builder.getF32Type());
  SmallVector<Value> masks;
  if (columns)
    for (int64_t vector = 0; vector < panelWidth / width; ++vector)
      masks.push_back(vector::CreateMaskOp::create(
          builder, loc, VectorType::get({width}, builder.getI1Type()),
          ValueRange(math.sub(columns, math.constant(vector * width)))));
  math.forEach(source.depth, [&](OpBuilder &inside, Value k) {
    IndexMath in(inside, loc);
    Value from = in.add(source.base, in.mul(k, source.depthStride));
    Value to = in.add(at, in.mul(k, panelWidth));
    for (int64_t vector = 0; vector < panelWidth / width; ++vector) {
      Value begin = in.add(from, vector * width);
      Value row;
      if (columns) {
        Value zero = arith::ConstantOp::create(inside, loc,
                                               inside.getZeroAttr(type));
        row = vector::MaskedLoadOp::create(inside, loc, type, source.memref,
                                           begin, masks[vector], zero);
      } else {
        row = vector::LoadOp::create(inside, loc, type, source.memref, begin);
      }
      vector::StoreOp::create(inside, loc, row, panel,
                              in.add(to, vector * width));
    }
  });
}

/// Elements [kBegin, depth) of every column one by one, zero where no column
/// exists.
static void emitPackElements(OpBuilder &builder, Location loc,
                             const PanelSource &source, Value kBegin,
                             Value columns, Value panel, Value at) {
  IndexMath math(builder, loc);
  Value zero = arith::ConstantOp::create(builder, loc,
                                         builder.getF32FloatAttr(0.0f));
  Value existing = columns ? columns : math.constant(panelWidth);
  auto copy = [&](Value begin, Value end, bool exists) {
    math.forEach(begin, end, 1, [&](OpBuilder &outer, Value n) {
      IndexMath out(outer, loc);
      Value from = out.add(source.base, out.mul(n, source.columnStride));
      out.forEach(kBegin, source.depth, 1, [&](OpBuilder &inside, Value k) {
        IndexMath in(inside, loc);
        Value element = zero;
        if (exists)
          element = memref::LoadOp::create(
              inside, loc, source.memref,
              ValueRange(in.add(from, in.mul(k, source.depthStride))));
        Value to = in.add(in.add(at, in.mul(k, panelWidth)), n);
        memref::StoreOp::create(inside, loc, element, panel, to);
      });
    });
  };
  copy(math.constant(0), existing, true);
  if (columns)
    copy(existing, math.constant(panelWidth), false);
}

void strait::cpu::emitPackPanel(OpBuilder &builder, Location loc,
                                const PanelSource &source, Value columns,
                                Value panel, Value at) {
  IndexMath math(builder, loc);
  if (!source.transposed)
    return emitPackRows(builder, loc, source, columns, panel, at);
  if (columns)
    return emitPackElements(builder, loc, source, math.constant(0), columns,
                            panel, at);
  // Blocks of 8 columns x 8 k, then what is left of k.
  auto type = VectorType::get({width}, builder.getF32Type());
  Value whole = math.mul(math.div(source.depth, width), width);
  math.forEach(math.constant(0), whole, width,
               [&](OpBuilder &inside, Value k) {
                 IndexMath in(inside, loc);
                 for (int64_t half = 0; half < panelWidth; half += width) {
                   SmallVector<Value> rows;
                   for (int64_t n = 0; n < width; ++n) {
                     Value from = in.add(
                         in.add(source.base, k),
                         in.mul(source.columnStride, half + n));
                     rows.push_back(vector::LoadOp::create(
                         inside, loc, type, source.memref, from));
                   }
                   SmallVector<Value> turned =
                       emitTranspose8x8(inside, loc, rows);
                   for (int64_t i = 0; i < width; ++i) {
                     Value to = in.add(at, in.mul(in.add(k, i), panelWidth));
                     vector::StoreOp::create(inside, loc, turned[i], panel,
                                             in.add(to, half));
                   }
                 }
               });
  if (auto known = IndexMath::known(source.depth); known && *known % width == 0)
    return;
  emitPackElements(builder, loc, source, whole, {}, panel, at);
}
