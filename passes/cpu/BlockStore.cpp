// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/cpu/BlockStore.h"

#include "passes/loops/IndexMath.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

/// Epilogues longer than this are written once per block, in a loop over its
/// rows, instead of once per accumulator.
static constexpr int64_t maxInlineLength = 8;

BlockColumns BlockColumns::fixed(OpBuilder &builder, Location loc,
                                 int64_t count, int64_t lanes) {
  BlockColumns columns;
  columns.lanes = lanes;
  columns.vectors = (count + lanes - 1) / lanes;
  if (count % lanes == 0)
    return columns;
  columns.masks.resize(columns.vectors);
  auto type = VectorType::get({lanes}, builder.getI1Type());
  columns.masks.back() = vector::ConstantMaskOp::create(
      builder, loc, type, ArrayRef<int64_t>{count % lanes});
  return columns;
}

LogicalResult strait::cpu::storeBlock(OpBuilder &builder,
                                      KernelFunction &function,
                                      const Epilogue &epilogue,
                                      ArrayRef<Value> accumulators,
                                      const BlockColumns &columns,
                                      Value column, RowPosition position) {
  Location loc = function.loc();
  IndexMath math(builder, loc);
  int64_t rows = accumulators.size() / columns.vectors;
  auto columnOf = [&](IndexMath &at, int64_t vector) {
    return at.add(column, vector * columns.lanes);
  };
  int64_t raw = epilogue.rawResult();
  if (epilogue.length() <= maxInlineLength || rows == 1 || raw < 0) {
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t vector = 0; vector < columns.vectors; ++vector) {
        SmallVector<Value> at = position(builder, math.constant(row));
        at.push_back(columnOf(math, vector));
        if (failed(epilogue.store(builder,
                                  accumulators[row * columns.vectors + vector],
                                  at, columns.mask(vector))))
          return failure();
      }
    return success();
  }

  // Raw sums first, then the epilogue over them while they are in L1: all
  // columns of a row as one wide vector, whose registers take each step of a
  // long computation side by side.
  Value memref = function.flatResult(raw);
  auto flat = [&](OpBuilder &inside, Value row, int64_t vector) {
    IndexMath at(inside, loc);
    SmallVector<Value> where = position(inside, row);
    where.push_back(columnOf(at, vector));
    return std::pair(where, FusedMap::linearise(function, inside, loc, where,
                                                function.resultShape(raw)));
  };
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t vector = 0; vector < columns.vectors; ++vector) {
      Value sum = accumulators[row * columns.vectors + vector];
      Value at = flat(builder, math.constant(row), vector).second;
      if (Value mask = columns.mask(vector))
        vector::MaskedStoreOp::create(builder, loc, memref, at, mask, sum);
      else
        vector::StoreOp::create(builder, loc, sum, memref, at);
    }
  int64_t wide = columns.masks.empty() ? columns.vectors : 1;
  auto type =
      VectorType::get({wide * columns.lanes}, builder.getF32Type());
  LogicalResult result = success();
  math.forEach(math.constant(rows), [&](OpBuilder &inside, Value row) {
    for (int64_t vector = 0; vector < columns.vectors; vector += wide) {
      auto [where, at] = flat(inside, row, vector);
      Value sum;
      if (Value mask = columns.mask(vector)) {
        Value zero = arith::ConstantOp::create(inside, loc,
                                               inside.getZeroAttr(type));
        sum = vector::MaskedLoadOp::create(inside, loc, type, memref, at, mask,
                                           zero);
      } else {
        sum = vector::LoadOp::create(inside, loc, type, memref, at);
      }
      if (failed(epilogue.store(inside, sum, where, columns.mask(vector))))
        result = failure();
    }
  });
  return result;
}
