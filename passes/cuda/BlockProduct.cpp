// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/cuda/BlockProduct.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/loops/IndexMath.h"
#include "passes/loops/TileAttributes.h"

using namespace mlir;
using namespace strait;
using namespace strait::cuda;

/// Lanes of a warp that share a row of the tile, where it is wide enough.
static constexpr int64_t mostLaneColumns = 8;

FailureOr<BlockProduct> BlockProduct::create(KernelFunction &function,
                                             int64_t threads) {
  ProductTile tile;
  if (failed(TileAttributes(function.kernel())
                 .read({{"rows", &tile.rows},
                        {"columns", &tile.columns},
                        {"thread_rows", &tile.threadRows},
                        {"thread_columns", &tile.threadColumns},
                        {"depth", &tile.depth}})))
    return failure();
  if (failed(check(function, tile, threads)))
    return failure();
  return BlockProduct(function, tile);
}

LogicalResult BlockProduct::check(KernelFunction &function,
                                  const ProductTile &tile, int64_t threads) {
  bool isSound =
      llvm::all_of(ArrayRef({tile.rows, tile.columns, tile.threadRows,
                             tile.threadColumns, tile.depth}),
                   llvm::isPowerOf2_64) &&
      tile.threadColumns >= vectorWidth && tile.threadRows <= tile.rows &&
      tile.threadColumns <= tile.columns && tile.threads() == threads &&
      threads % warpSize == 0 &&
      std::min(tile.rows, tile.columns) * tile.depth >= threads;
  if (!isSound)
    return function.kernel().emitOpError(
               "expected a tile in powers of two that gives each of its ")
           << threads << " threads sums, 4 or more side by side, and elements "
           << "to copy";
  return success();
}

BlockProduct::BlockProduct(KernelFunction &function, const ProductTile &tile)
    : loc(function.loc()), shape(tile),
      threads(function.builder(), loc, tile.threads()) {
  setLeastBlocks(function, 1);
  OpBuilder &entry = function.builder();
  IndexMath math(entry, loc);
  shared = function.carveScratch(
      getAffineConstantExpr(0, loc.getContext()),
      MemRefType::get({2 * shape.stageElements()}, entry.getF32Type()));
  int64_t gridColumns = shape.columns / shape.threadColumns;
  int64_t laneColumns = std::min(gridColumns, mostLaneColumns);
  int64_t laneRows = warpSize / laneColumns;
  int64_t warpColumns = gridColumns / laneColumns;
  Value lane = math.rem(threads.id(), warpSize);
  Value warp = math.div(threads.id(), warpSize);
  threadRow = math.add(math.mul(math.div(warp, warpColumns), laneRows),
                       math.div(lane, laneColumns));
  threadColumn = math.add(math.mul(math.rem(warp, warpColumns), laneColumns),
                          math.rem(lane, laneColumns));
}

void BlockProduct::setLeastBlocks(KernelFunction &function, int64_t count) {
  function.function()->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(),
                               function.builder().getI32IntegerAttr(count));
}

Value BlockProduct::rowOf(OpBuilder &b, int64_t row) const {
  IndexMath math(b, loc);
  int64_t gridRows = shape.rows / shape.threadRows;
  int64_t vector = row / rowVector();
  return math.add(math.mul(threadRow, rowVector()),
                  vector * gridRows * rowVector() + row % rowVector());
}

Value BlockProduct::columnOf(OpBuilder &b, int64_t vector) const {
  IndexMath math(b, loc);
  int64_t gridColumns = shape.columns / shape.threadColumns;
  return math.add(math.mul(threadColumn, vectorWidth),
                  vector * gridColumns * vectorWidth);
}

StagedOperand BlockProduct::stageRows(OpBuilder &b, OperandSource &rows,
                                      Value first, Value depth) const {
  OperandStage stage{shape.rows, shape.depth, 0, shared};
  return StagedOperand(b, threads, rows, stage, first, depth);
}

StagedOperand BlockProduct::stageColumns(OpBuilder &b, OperandSource &columns,
                                         Value first, Value depth) const {
  OperandStage stage{shape.columns, shape.depth,
                     shape.depth * ProductTile::stride(shape.rows), shared};
  return StagedOperand(b, threads, columns, stage, first, depth);
}

SmallVector<Value> BlockProduct::emptySums(OpBuilder &b) const {
  auto vector = VectorType::get({vectorWidth}, b.getF32Type());
  Value none = arith::ConstantOp::create(b, loc, b.getZeroAttr(vector));
  return Values(shape.threadRows * columnVectors(), none);
}

LogicalResult BlockProduct::emit(OpBuilder &b, OperandSource &rows,
                                 OperandSource &columns,
                                 const ProductBlock &block,
                                 StoreFn store) const {
  StagedOperand left = stageRows(b, rows, block.row, block.depth);
  StagedOperand right = stageColumns(b, columns, block.column, block.depth);
  Value zero = IndexMath(b, loc).constant(0);
  auto sums = sum(b, left, right, zero, block.depth, emptySums(b));
  if (failed(sums))
    return failure();
  return storeSums(b, block, *sums, store);
}

FailureOr<SmallVector<Value>>
BlockProduct::sum(OpBuilder &b, ProductFactor &rows, ProductFactor &columns,
                  Value first, Value end, ValueRange sums) const {
  IndexMath math(b, loc);
  auto copy = [&](OpBuilder &inside, Value k,
                  llvm::function_ref<Value()> stage) -> LogicalResult {
    auto left = rows.load(inside, k), right = columns.load(inside, k);
    if (failed(left) || failed(right))
      return failure();
    Value target = stage();
    rows.store(inside, *left, target);
    columns.store(inside, *right, target);
    return success();
  };
  Value start = math.constant(0); // of the stage to read
  // An empty sum reads nothing.
  auto branch = scf::IfOp::create(b, loc, math.less(first, end),
                                  /*withElse=*/false);
  OpBuilder then = branch.getThenBodyBuilder();
  if (failed(copy(then, first, [&] { return start; })))
    return failure();
  threads.barrier(b);

  Values carried(sums);
  carried.push_back(start);
  auto loop = scf::ForOp::create(b, loc, first, end, math.constant(shape.depth),
                                 carried);
  OpBuilder inside = OpBuilder::atBlockEnd(loop.getBody());
  IndexMath in(inside, loc);
  Value k = loop.getInductionVar();
  Value stage = loop.getRegionIterArgs().back();
  // After the last steps the first ones are loaded again, in vain.
  Value next = in.add(k, shape.depth);
  next = in.select(in.less(next, end), next, first);
  Values yielded;
  Value other;
  auto multiplied = [&] {
    yielded = multiply(inside, rows, columns, {stage, k, 0},
                       loop.getRegionIterArgs().drop_back());
    other = in.sub(in.constant(shape.stageElements()), stage);
    return other;
  };
  if (failed(copy(inside, next, multiplied)))
    return failure();
  threads.barrier(inside);
  yielded.push_back(other);
  scf::YieldOp::create(inside, loc, yielded);
  return Values(loop.getResults().drop_back());
}

/// sums[row][vector of columns] += the stage's steps, one after the other.
SmallVector<Value> BlockProduct::multiply(OpBuilder &b,
                                          const ProductFactor &rows,
                                          const ProductFactor &columns,
                                          StageStep at, ValueRange sums) const {
  Values next(sums);
  auto vector = VectorType::get({vectorWidth}, b.getF32Type());
  for (at.step = 0; at.step < shape.depth; ++at.step) {
    Values right;
    for (int64_t c = 0; c < columnVectors(); ++c)
      right.push_back(columns.read(b, at, columnOf(b, c), vectorWidth));
    for (int64_t r = 0; r < shape.threadRows; r += rowVector()) {
      Value left = rows.read(b, at, rowOf(b, r), rowVector());
      for (int64_t i = 0; i < rowVector(); ++i) {
        Value element =
            rowVector() == 1
                ? left
                : vector::ExtractOp::create(b, loc, left, i).getResult();
        element = vector::BroadcastOp::create(b, loc, vector, element);
        for (int64_t c = 0; c < columnVectors(); ++c) {
          Value &total = next[(r + i) * columnVectors() + c];
          total = vector::FMAOp::create(b, loc, element, right[c], total);
        }
      }
    }
  }
  return next;
}

/// A builder where `position` is below `end`; `b` where the block has no end.
static OpBuilder whereExists(OpBuilder &b, Location loc, Value position,
                             Value end, int64_t block) {
  auto known = IndexMath::known(end);
  if (known && *known % block == 0)
    return b;
  Value exists = IndexMath(b, loc).less(position, end);
  return scf::IfOp::create(b, loc, exists, /*withElse=*/false)
      .getThenBodyBuilder();
}

LogicalResult BlockProduct::storeSums(OpBuilder &b, const ProductBlock &block,
                                      ValueRange sums, StoreFn store) const {
  auto known = IndexMath::known(block.columns);
  bool isAligned = known && *known % vectorWidth == 0;
  IndexMath math(b, loc);
  Values columns;
  for (int64_t c = 0; c < columnVectors(); ++c)
    columns.push_back(math.add(block.column, columnOf(b, c)));
  for (int64_t r = 0; r < shape.threadRows; ++r) {
    Value row = math.add(block.row, rowOf(b, r));
    OpBuilder rowBuilder = whereExists(b, loc, row, block.rows, shape.rows);
    for (int64_t c = 0; c < columnVectors(); ++c) {
      Value total = sums[r * columnVectors() + c];
      for (int64_t lane = 0; lane < vectorWidth;
           lane += isAligned ? vectorWidth : 1) {
        Value at = IndexMath(rowBuilder, loc).add(columns[c], lane);
        OpBuilder inside =
            whereExists(rowBuilder, loc, at, block.columns, shape.columns);
        Value part = total;
        if (!isAligned)
          part = vector::ExtractOp::create(inside, loc, total, lane);
        if (failed(store(inside, row, at, part)))
          return failure();
      }
    }
  }
  return success();
}
