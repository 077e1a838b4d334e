// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.attention on a GPU, without its scores in memory:
//
//   task = (batch, head, block of queries, block of the values' columns):
//     for block of keys that any of the queries sees:
//       scores  <- queries x keys                          block product
//       each row: + bias; -inf where a key may not be seen
//                 maximum, and by how much it grew: `shrink` the sum and totals
//                 weights <- 2^(scores - maximum), in shared memory
//       totals  += weights x values                        block product
//     result <- totals / sums
//
// Scores are scaled by log2(e) too, so that exponentials are powers of two. A
// row's maximum and sum are in registers of the threads that share it; each
// sums its own columns, and only the end adds those up.
#include "passes/cuda/Generators.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/analysis/AttentionTile.h"
#include "passes/cuda/BlockProduct.h"
#include "passes/loops/AttentionHeads.h"
#include "passes/loops/Epilogue.h"
#include "passes/loops/IndexMath.h"
#include "passes/loops/TileAttributes.h"

#include <numbers>

using namespace mlir;
using namespace strait;
using namespace strait::cuda;

using Values = SmallVector<Value>;

namespace {
/// What a thread knows of its rows.
struct RowState {
  Values maxima, sums; // a row each
  Values totals;       // of the second product

  Values all() const {
    Values values(maxima);
    llvm::append_range(values, sums);
    llvm::append_range(values, totals);
    return values;
  }
  static RowState of(ValueRange values, int64_t rows) {
    return {Values(values.take_front(rows)), Values(values.slice(rows, rows)),
            Values(values.drop_front(2 * rows))};
  }
};

/// Where a task is.
struct TaskPosition {
  HeadPosition head;
  Value row, column; // of the result
};

class AttentionEmitter {
public:
  AttentionEmitter(KernelFunction &function, const AttentionShape &shape,
                   const AttentionTile &tile, const Epilogue &epilogue);
  LogicalResult emit();

private:
  kernel::AttentionOp op() const { return shape.op; }
  Value number(OpBuilder &b, double value) const {
    return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
  }
  Value lowest(OpBuilder &b) const {
    return number(b, -std::numeric_limits<double>::infinity());
  }

  LogicalResult emitTask(OpBuilder &b, Value task);
  MatrixSource headRows(OpBuilder &b, const HeadTensor &tensor, Value memref,
                        Value base);
  MatrixSource headColumns(OpBuilder &b, const HeadTensor &tensor, Value memref,
                           Value base);
  FailureOr<RowState> emitKeys(OpBuilder &b, const TaskPosition &task,
                               StagedOperand &queries, StagedOperand &values,
                               Value firstKey, Value end, RowState state);
  /// The row's scores in powers of two, those of unseen keys -inf.
  Values rowScores(OpBuilder &b, const TaskPosition &task, int64_t row,
                   Value firstKey, ValueRange scores);
  /// Scores -> weights; shrinks what the state holds of the row.
  Values weighRow(OpBuilder &b, int64_t row, ValueRange scores,
                  RowState &state);
  void storeWeights(OpBuilder &b, ArrayRef<Values> weights);
  LogicalResult emitResult(OpBuilder &b, const TaskPosition &task,
                           RowState state);
  LogicalResult storeResult(OpBuilder &b, const TaskPosition &task, Value row,
                            Value column, Value value);
  /// Over the threads that share a row.
  template <typename Op> Value combineRow(OpBuilder &b, Value value) const;

  KernelFunction &function;
  const AttentionShape &shape;
  const AttentionTile &tile;
  const Epilogue &epilogue;
  Location loc;
  AttentionHeads heads;
  BlockProduct scoreProduct, valueProduct;
  Value weights; // memref<?xf32>: [keys][stride of rows]
};
} // namespace

AttentionEmitter::AttentionEmitter(KernelFunction &function,
                                   const AttentionShape &shape,
                                   const AttentionTile &tile,
                                   const Epilogue &epilogue)
    : function(function), shape(shape), tile(tile), epilogue(epilogue),
      loc(function.loc()), heads(function, shape),
      scoreProduct(function, tile.scores()),
      valueProduct(function, tile.values()) {
  OpBuilder &entry = function.builder();
  auto type = MemRefType::get({tile.weights()}, entry.getF32Type());
  weights = function.carveScratch(
      getAffineConstantExpr(tile.weightsAt(), loc.getContext()), type);
}

/// Elements that can be loaded at once along `dim`, where they lie together.
static int64_t lanesAlong(const HeadTensor &tensor, unsigned dim) {
  auto extent = constantExtent(tensor.extents[dim]);
  bool isAligned = extent && *extent % vectorWidth == 0;
  for (auto [other, stride] : llvm::enumerate(tensor.strides))
    isAligned &= other == dim || stride.isMultipleOf(vectorWidth);
  return isAligned ? vectorWidth : 1;
}

/// Rows of queries or keys, to be multiplied along their columns.
MatrixSource AttentionEmitter::headRows(OpBuilder &b, const HeadTensor &tensor,
                                        Value memref, Value base) {
  MatrixSource source;
  source.memref = memref;
  source.base = base;
  source.count = function.size(tensor.extents[2]);
  source.positionStride = function.size(tensor.strides[2]);
  source.depthStride = function.size(tensor.strides[3]);
  source.alongDepth = constantExtent(tensor.strides[3]) == 1 ||
                      constantExtent(tensor.strides[2]) != 1;
  if (constantExtent(tensor.strides[source.alongDepth ? 3 : 2]) == 1)
    source.lanes = lanesAlong(tensor, source.alongDepth ? 3 : 2);
  return source;
}

/// Columns of values, to be multiplied along their rows.
MatrixSource AttentionEmitter::headColumns(OpBuilder &b,
                                           const HeadTensor &tensor,
                                           Value memref, Value base) {
  MatrixSource source = headRows(b, tensor, memref, base);
  std::swap(source.positionStride, source.depthStride);
  source.alongDepth = !source.alongDepth;
  source.count = function.size(tensor.extents[3]);
  return source;
}

template <typename Op>
Value AttentionEmitter::combineRow(OpBuilder &b, Value value) const {
  for (int64_t mask = AttentionTile::rowThreads / 2; mask > 0; mask /= 2)
    value =
        Op::create(b, loc, value, scoreProduct.block().shuffle(b, value, mask));
  return value;
}

//===----------------------------------------------------------------------===//
// A block of keys
//===----------------------------------------------------------------------===//

SmallVector<Value> AttentionEmitter::rowScores(OpBuilder &b,
                                               const TaskPosition &task,
                                               int64_t row, Value firstKey,
                                               ValueRange scores) {
  IndexMath math(b, loc);
  Value keys = function.size(shape.keyRows());
  auto known = IndexMath::known(keys);
  bool isMasked = op().getCausal() || !known || *known % tile.keys != 0;
  Value query = math.add(task.row, scoreProduct.rowOf(b, row));
  Value seen = op().getCausal() ? heads.keysSeen(b, query) : keys;
  double base2 = std::numbers::log2e;
  Value scale = number(b, op().getScale().convertToDouble() * base2);
  Value bias;
  if (heads.bias) {
    // Rows and keys that do not exist read the last one's.
    Value last = math.sub(function.size(shape.queryRows()), math.constant(1));
    bias = math.add(task.head.bias,
                    math.mul(math.min(query, last), heads.biasStride(2)));
  }
  Values result;
  for (int64_t c = 0; c < scoreProduct.columnVectors(); ++c) {
    Value sums = scores[row * scoreProduct.columnVectors() + c];
    Value first = math.add(firstKey, scoreProduct.columnOf(b, c));
    for (int64_t lane = 0; lane < vectorWidth; ++lane) {
      Value key = math.add(first, lane);
      Value score = vector::ExtractOp::create(b, loc, sums, lane);
      if (bias) {
        Value last = math.sub(keys, math.constant(1));
        Value at =
            math.add(bias, math.mul(math.min(key, last), heads.biasStride(3)));
        Value added = memref::LoadOp::create(b, loc, heads.bias, at);
        added = arith::MulFOp::create(b, loc, added, number(b, base2));
        score = math::FmaOp::create(b, loc, score, scale, added);
      } else {
        score = arith::MulFOp::create(b, loc, score, scale);
      }
      if (isMasked)
        score = arith::SelectOp::create(b, loc, math.less(key, seen), score,
                                        lowest(b));
      result.push_back(score);
    }
  }
  return result;
}

SmallVector<Value> AttentionEmitter::weighRow(OpBuilder &b, int64_t row,
                                              ValueRange scores,
                                              RowState &state) {
  // NaNs do not count here; they reach the sum.
  Value largest = scores.front();
  for (Value score : scores.drop_front())
    largest = LLVM::MaxNumOp::create(b, loc, largest, score);
  Value before = state.maxima[row];
  largest = combineRow<LLVM::MaxNumOp>(b, largest);
  largest = LLVM::MaxNumOp::create(b, loc, largest, before);
  // As long as there is no key to see, anything finite will do.
  Value isNone = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ,
                                       largest, lowest(b));
  Value offset =
      arith::SelectOp::create(b, loc, isNone, number(b, 0.0), largest);
  // One instruction of the GPU.
  auto power = [&](Value score) -> Value {
    Value exponent = arith::SubFOp::create(b, loc, score, offset);
    return LLVM::Exp2Op::create(b, loc, b.getF32Type(), exponent);
  };
  Value shrink = power(before);
  Values weighed;
  Value sum;
  for (Value score : scores) {
    weighed.push_back(power(score));
    sum = sum ? arith::AddFOp::create(b, loc, sum, weighed.back()).getResult()
              : weighed.back();
  }
  state.maxima[row] = largest;
  state.sums[row] = math::FmaOp::create(b, loc, state.sums[row], shrink, sum);
  int64_t vectors = valueProduct.columnVectors();
  Value factor = vector::BroadcastOp::create(
      b, loc, VectorType::get({vectorWidth}, b.getF32Type()), shrink);
  for (Value &total :
       MutableArrayRef(state.totals).slice(row * vectors, vectors))
    total = arith::MulFOp::create(b, loc, total, factor);
  return weighed;
}

/// weights[row][column of the thread], a vector of rows at a time.
void AttentionEmitter::storeWeights(OpBuilder &b, ArrayRef<Values> rows) {
  IndexMath math(b, loc);
  int64_t together = std::min<int64_t>(tile.threadRows, vectorWidth);
  auto type = VectorType::get({together}, b.getF32Type());
  for (int64_t row = 0; row < tile.threadRows; row += together)
    for (size_t column = 0; column < rows[row].size(); ++column) {
      Value value = rows[row][column];
      if (together > 1) {
        Values elements;
        for (int64_t i = 0; i < together; ++i)
          elements.push_back(rows[row + i][column]);
        value = vector::FromElementsOp::create(b, loc, type, elements);
      }
      Value key = math.add(scoreProduct.columnOf(b, column / vectorWidth),
                           column % vectorWidth);
      Value at = math.add(math.mul(key, ProductTile::stride(tile.rows)),
                          scoreProduct.rowOf(b, row));
      storeVector(b, loc, value, weights, at);
    }
}

FailureOr<RowState>
AttentionEmitter::emitKeys(OpBuilder &b, const TaskPosition &task,
                           StagedOperand &queries, StagedOperand &values,
                           Value firstKey, Value end, RowState state) {
  IndexMath math(b, loc);
  Value depth = function.size(shape.depth());
  MatrixSource keySource = headRows(b, shape.k, heads.k, task.head.k);
  StagedOperand keys = scoreProduct.stageColumns(b, keySource, firstKey, depth);
  auto scores = scoreProduct.sum(b, queries, keys, math.constant(0), depth,
                                 scoreProduct.emptySums(b));
  if (failed(scores))
    return failure();
  SmallVector<Values> rows;
  for (int64_t row = 0; row < tile.threadRows; ++row) {
    Values seen = rowScores(b, task, row, firstKey, *scores);
    rows.push_back(weighRow(b, row, seen, state));
  }
  storeWeights(b, rows);
  ResidentOperand resident;
  resident.width = tile.rows;
  resident.shared = weights;
  resident.first = firstKey;
  Value last = math.min(math.add(firstKey, tile.keys), end);
  auto totals =
      valueProduct.sum(b, resident, values, firstKey, last, state.totals);
  if (failed(totals))
    return failure();
  state.totals = std::move(*totals);
  return state;
}

//===----------------------------------------------------------------------===//
// Result
//===----------------------------------------------------------------------===//

LogicalResult AttentionEmitter::storeResult(OpBuilder &b,
                                            const TaskPosition &task, Value row,
                                            Value column, Value value) {
  ArrayRef<int64_t> order = op().getResultOrder();
  auto store = [&](Value at, Value part) -> LogicalResult {
    Value position[] = {task.head.batch, task.head.head, row, at};
    Values lying;
    for (int64_t dim : order)
      lying.push_back(position[dim]);
    return epilogue.store(b, part, lying, /*mask=*/{});
  };
  auto type = dyn_cast<VectorType>(value.getType());
  if (!type || order.back() == 3)
    return store(column, value);
  // Columns lie apart.
  for (int64_t lane = 0; lane < type.getNumElements(); ++lane)
    if (failed(store(IndexMath(b, loc).add(column, lane),
                     vector::ExtractOp::create(b, loc, value, lane))))
      return failure();
  return success();
}

LogicalResult AttentionEmitter::emitResult(OpBuilder &b,
                                           const TaskPosition &task,
                                           RowState state) {
  IndexMath math(b, loc);
  Value keys = function.size(shape.keyRows());
  auto known = IndexMath::known(keys);
  int64_t vectors = valueProduct.columnVectors();
  for (int64_t row = 0; row < tile.threadRows; ++row) {
    Value sum = combineRow<arith::AddFOp>(b, state.sums[row]);
    Value factor = arith::DivFOp::create(b, loc, number(b, 1.0), sum);
    // Rows that give zeros: a sum over no keys at all, and masked ones if
    // asked.
    Value isEmpty;
    if (op().getZeroMaskedRows())
      isEmpty = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, sum,
                                      number(b, 0.0));
    else if (!known || *known == 0)
      isEmpty = math.compare(arith::CmpIPredicate::eq, keys, math.constant(0));
    if (isEmpty)
      factor = arith::SelectOp::create(b, loc, isEmpty, number(b, 0.0), factor);
    factor = vector::BroadcastOp::create(
        b, loc, VectorType::get({vectorWidth}, b.getF32Type()), factor);
    for (Value &total :
         MutableArrayRef(state.totals).slice(row * vectors, vectors))
      total = arith::MulFOp::create(b, loc, total, factor);
  }
  ProductBlock block;
  block.row = task.row;
  block.column = task.column;
  block.rows = function.size(shape.queryRows());
  block.columns = function.size(shape.width());
  return valueProduct.storeSums(
      b, block, state.totals,
      [&](OpBuilder &inside, Value row, Value column, Value value) {
        return storeResult(inside, task, row, column, value);
      });
}

//===----------------------------------------------------------------------===//
// Tasks
//===----------------------------------------------------------------------===//

LogicalResult AttentionEmitter::emitTask(OpBuilder &b, Value index) {
  IndexMath math(b, loc);
  Value rows = function.size(shape.queryRows());
  Value keys = function.size(shape.keyRows());
  Value columnBlocks = function.size(shape.width().ceilDiv(tile.columns));
  Value rowBlocks = function.size(shape.queryRows().ceilDiv(tile.rows));
  Value outer = math.div(index, columnBlocks);
  TaskPosition task;
  task.head = heads.headAt(b, math.div(outer, rowBlocks));
  task.row = math.mul(math.rem(outer, rowBlocks), tile.rows);
  task.column = math.mul(math.rem(index, columnBlocks), tile.columns);

  MatrixSource querySource = headRows(b, shape.q, heads.q, task.head.q);
  MatrixSource valueSource = headColumns(b, shape.v, heads.v, task.head.v);
  StagedOperand queries = scoreProduct.stageRows(b, querySource, task.row,
                                                 function.size(shape.depth()));
  StagedOperand values =
      valueProduct.stageColumns(b, valueSource, task.column, keys);
  Value end = keys;
  if (op().getCausal()) {
    Value last = math.min(math.add(task.row, tile.rows), rows);
    end = heads.keysSeen(b, math.sub(last, math.constant(1)));
  }
  RowState state;
  state.maxima.assign(tile.threadRows, lowest(b));
  state.sums.assign(tile.threadRows, number(b, 0.0));
  state.totals = valueProduct.emptySums(b);
  auto loop = scf::ForOp::create(b, loc, math.constant(0), end,
                                 math.constant(tile.keys), state.all());
  OpBuilder inside = OpBuilder::atBlockEnd(loop.getBody());
  auto next =
      emitKeys(inside, task, queries, values, loop.getInductionVar(), end,
               RowState::of(loop.getRegionIterArgs(), tile.threadRows));
  if (failed(next))
    return failure();
  scf::YieldOp::create(inside, loc, next->all());
  return emitResult(b, task, RowState::of(loop.getResults(), tile.threadRows));
}

LogicalResult AttentionEmitter::emit() {
  LogicalResult result = success();
  function.forEachTask(
      [&](OpBuilder &b, Value task) { result = emitTask(b, task); });
  return result;
}

LogicalResult cuda::emitAttention(KernelFunction &function,
                                  kernel::AttentionOp op, int64_t threads) {
  auto shape = AttentionShape::compute(function.kernel());
  if (failed(shape))
    return failure();
  AttentionTile tile;
  if (failed(TileAttributes(function.kernel())
                 .read({{"columns", &tile.columns},
                        {"depth", &tile.depth},
                        {"keys", &tile.keys},
                        {"rows", &tile.rows},
                        {"thread_rows", &tile.threadRows}})))
    return failure();
  if (failed(BlockProduct::check(function, tile.scores(), threads)) ||
      failed(BlockProduct::check(function, tile.values(), threads)))
    return failure();
  auto epilogue = Epilogue::create(function, op);
  if (failed(epilogue))
    return failure();
  epilogue->expectAligned();
  return AttentionEmitter(function, *shape, tile, *epilogue).emit();
}
