// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/cuda/SplitProduct.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/loops/IndexMath.h"
#include "passes/loops/TileAttributes.h"

using namespace mlir;
using namespace strait;
using namespace strait::cuda;

/// Turns of the loop whose loads are under way together.
static constexpr int64_t unroll = 4;

FailureOr<SplitProduct> SplitProduct::create(KernelFunction &function,
                                             int64_t threads) {
  SplitTile tile;
  if (failed(TileAttributes(function.kernel())
                 .read({{"rows", &tile.rows},
                        {"columns", &tile.columns},
                        {"split", &tile.split}})))
    return failure();
  bool isSound = tile.rows > 0 && tile.columns % vectorWidth == 0 &&
                 tile.threads() == threads && threads % warpSize == 0;
  if (!isSound)
    return function.kernel().emitOpError(
               "expected a tile of whole rows whose parts make ")
           << threads << " threads of 4 columns";
  return SplitProduct(function, tile);
}

SplitProduct::SplitProduct(KernelFunction &function, const SplitTile &tile)
    : loc(function.loc()), shape(tile),
      threads(function.builder(), loc, tile.threads()) {
  OpBuilder &entry = function.builder();
  shared = function.carveScratch(
      getAffineConstantExpr(0, loc.getContext()),
      MemRefType::get({shape.split * shape.rows * shape.columns},
                      entry.getF32Type()));
}

LogicalResult SplitProduct::load(OpBuilder &b, OperandSource &source,
                                 ValueRange located, Value k, Value exists,
                                 Values &elements) const {
  FailureOr<Value> loaded = source.load(b, located, k);
  if (failed(loaded))
    return failure();
  Value value = *loaded;
  if (exists) {
    Value zero =
        arith::ConstantOp::create(b, loc, b.getZeroAttr(value.getType()));
    value = arith::SelectOp::create(b, loc, exists, value, zero);
  }
  for (int64_t lane = 0; lane < source.lanes; ++lane)
    elements.push_back(
        source.lanes == 1
            ? value
            : vector::ExtractOp::create(b, loc, value, lane).getResult());
  return success();
}

FailureOr<SmallVector<Value>>
SplitProduct::sum(OpBuilder &b, OperandSource &rows, OperandSource &columns,
                  const ProductBlock &block, Value column, Value part) const {
  IndexMath math(b, loc);
  // Steps that are loaded at once, and places of the thread's columns.
  int64_t steps = columns.alongDepth ? columns.lanes : 1;
  int64_t beside = columns.alongDepth ? 1 : columns.lanes;
  rows.lanes = steps;
  SmallVector<Values> rowPlaces, columnPlaces;
  for (int64_t row = 0; row < shape.rows; ++row)
    rowPlaces.push_back(rows.locate(b, math.constant(row)));
  for (int64_t lane = 0; lane < vectorWidth; lane += beside)
    columnPlaces.push_back(columns.locate(b, math.add(column, lane)));

  int64_t stride = shape.split * steps;
  auto known = IndexMath::known(block.depth);
  bool isWhole = known && *known % (stride * unroll) == 0;
  Value none = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0));
  auto loop = scf::ForOp::create(b, loc, math.constant(0), block.depth,
                                 math.constant(stride * unroll),
                                 Values(shape.rows * vectorWidth, none));
  OpBuilder inside = OpBuilder::atBlockEnd(loop.getBody());
  IndexMath in(inside, loc);
  Value mine = in.add(loop.getInductionVar(), in.mul(part, steps));
  Values sums(loop.getRegionIterArgs());
  SmallVector<Values> left(unroll);  // [row][step]
  SmallVector<Values> right(unroll); // [column][step], or [step][column]
  for (int64_t turn = 0; turn < unroll; ++turn) {
    Value k = in.add(mine, turn * stride), exists;
    if (!isWhole) {
      exists = in.less(k, block.depth);
      k = in.select(exists, k, in.constant(0));
    }
    for (Values &place : rowPlaces)
      if (failed(load(inside, rows, place, k, exists, left[turn])))
        return failure();
    for (Values &place : columnPlaces)
      if (failed(load(inside, columns, place, k, exists, right[turn])))
        return failure();
  }
  for (int64_t turn = 0; turn < unroll; ++turn)
    for (int64_t row = 0; row < shape.rows; ++row)
      for (int64_t c = 0; c < vectorWidth; ++c)
        for (int64_t step = 0; step < steps; ++step) {
          Value &total = sums[row * vectorWidth + c];
          total =
              math::FmaOp::create(inside, loc, left[turn][row * steps + step],
                                  right[turn][c * steps + step], total);
        }
  scf::YieldOp::create(inside, loc, sums);
  return Values(loop.getResults());
}

void SplitProduct::storeParts(OpBuilder &b, Value column, Value part,
                              ValueRange sums) const {
  IndexMath math(b, loc);
  auto type = VectorType::get({vectorWidth}, b.getF32Type());
  for (int64_t row = 0; row < shape.rows; ++row) {
    Value together = vector::FromElementsOp::create(
        b, loc, type, sums.slice(row * vectorWidth, vectorWidth));
    Value at =
        math.mul(math.add(math.mul(part, shape.rows), row), shape.columns);
    storeVector(b, loc, together, shared, math.add(at, column));
  }
}

LogicalResult SplitProduct::combineParts(OpBuilder &b,
                                         const ProductBlock &block,
                                         StoreFn store) const {
  IndexMath math(b, loc);
  int64_t count = shape.rows * shape.columns;
  auto loop = scf::ForOp::create(b, loc, threads.id(), math.constant(count),
                                 math.constant(threads.count()));
  OpBuilder inside(loop.getBody()->getTerminator());
  IndexMath in(inside, loc);
  Value number = loop.getInductionVar();
  Value column = in.add(block.column, in.rem(number, shape.columns));
  Value exists = in.less(column, block.columns);
  OpBuilder then = scf::IfOp::create(inside, loc, exists, /*withElse=*/false)
                       .getThenBodyBuilder();
  Value total;
  for (int64_t part = 0; part < shape.split; ++part) {
    Value at = IndexMath(then, loc).add(number, part * count);
    Value sum = memref::LoadOp::create(then, loc, shared, at);
    total =
        total ? arith::AddFOp::create(then, loc, total, sum).getResult() : sum;
  }
  return store(then, IndexMath(then, loc).div(number, shape.columns), column,
               total);
}

LogicalResult SplitProduct::emit(OpBuilder &b, OperandSource &rows,
                                 OperandSource &columns,
                                 const ProductBlock &block,
                                 StoreFn store) const {
  IndexMath math(b, loc);
  int64_t groups = shape.columns / vectorWidth;
  Value id = threads.id();
  Value group =
      columns.alongDepth ? math.div(id, shape.split) : math.rem(id, groups);
  Value part =
      columns.alongDepth ? math.rem(id, shape.split) : math.div(id, groups);
  Value column = math.mul(group, vectorWidth);
  auto sums =
      sum(b, rows, columns, block, math.add(block.column, column), part);
  if (failed(sums))
    return failure();
  storeParts(b, column, part, *sums);
  threads.barrier(b);
  if (failed(combineParts(b, block, store)))
    return failure();
  threads.barrier(b); // before another task's parts
  return success();
}
