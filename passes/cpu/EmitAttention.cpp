// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loops of kernel.attention (layout of the scratch: AttentionPlan.h).
//
//   task = (batch, head, rows [first, last)):
//     keys   <- k of the head, transposed into panels 16 wide
//     values <- v of the head, in panels 16 wide
//     for each block of rows:
//       scores <- q keys                            block product
//       each row: + bias; -inf where no key may be seen;
//                 scores <- exp(scores - max), factor <- 1 / sum
//       result <- (scores values) * factor          block product
//
// Blocks and panels are always whole. Rows of a tile beyond the last repeat
// the last one and store the same values again; columns beyond the last key are
// -inf before the softmax and so exactly 0 after it.
#include "passes/cpu/AttentionOperands.h"
#include "passes/loops/Epilogue.h"
#include "passes/cpu/Generators.h"
#include "passes/loops/IndexMath.h"
#include "passes/loops/TileAttributes.h"
#include "passes/cpu/Ukernel.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

namespace {
/// One block of rows of a task.
struct RowBlock {
  Value first;   // row of q
  Value rows;    // 1 .. blockRows
  Value columns; // keys that any of the rows sees, rounded up to panelWidth
};

class AttentionEmitter {
public:
  AttentionEmitter(KernelFunction &function, const AttentionPlan &plan,
                   Epilogue epilogue)
      : function(function), plan(plan), epilogue(epilogue), loc(function.loc()),
        operands(function, plan) {
    Builder builder(loc.getContext());
    vectorType = VectorType::get({plan.lanes}, builder.getF32Type());
    double scale = op().getScale().convertToDouble();
    // The scale moves into the exponential where that keeps the order of the
    // scores and nothing is added to them.
    isScaledLate = !op().getBias() && scale > 0;
  }
  LogicalResult emit();

private:
  kernel::AttentionOp op() const { return plan.op; }
  Value vector(OpBuilder &builder, double value) {
    return arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(vectorType,
                               builder.getF32FloatAttr(value).getValue()));
  }
  Value load(OpBuilder &builder, Value memref, Value at) {
    return vector::LoadOp::create(builder, loc, vectorType, memref, at);
  }
  void store(OpBuilder &builder, Value value, Value memref, Value at) {
    vector::StoreOp::create(builder, loc, value, memref, at);
  }
  Value broadcast(OpBuilder &builder, Value scalar) {
    return vector::BroadcastOp::create(builder, loc, vectorType, scalar);
  }
  Value row(OpBuilder &builder, Value number) {
    return IndexMath(builder, loc).mul(number, function.size(plan.scoreStride));
  }

  LogicalResult emitTask(OpBuilder &builder, Value task);
  void emitScores(OpBuilder &builder, const HeadPosition &head,
                  const RowBlock &block);
  void emitBias(OpBuilder &builder, const HeadPosition &head, Value query,
                Value scores, Value columns, Value seen);
  void emitMask(OpBuilder &builder, Value scores, Value columns, Value seen);
  void emitSoftmax(OpBuilder &builder, const HeadPosition &head,
                   const RowBlock &block);
  Value emitMaximum(OpBuilder &builder, Value scores, Value columns);
  Value emitExponentials(OpBuilder &builder, Value scores, Value columns,
                         Value maximum);
  Value emitExp2(OpBuilder &builder, Value exponent);
  LogicalResult emitResult(OpBuilder &builder, const HeadPosition &head,
                           const RowBlock &block);
  LogicalResult storeResult(OpBuilder &builder, Value value,
                            ArrayRef<Value> position, Value mask);

  KernelFunction &function;
  const AttentionPlan &plan;
  Epilogue epilogue;
  Location loc;
  AttentionOperands operands;
  VectorType vectorType;
  bool isScaledLate;
};
} // namespace

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

/// scores[r, 16 p ...] = q[first + r] . keys, for all panels p.
void AttentionEmitter::emitScores(OpBuilder &builder, const HeadPosition &head,
                                  const RowBlock &block) {
  IndexMath math(builder, loc);
  Value last = math.sub(block.rows, math.constant(1));
  Value depth = function.size(plan.depth());
  math.forEach(
      math.constant(0), block.columns, panelWidth,
      [&](OpBuilder &builder, Value column) {
        IndexMath math(builder, loc);
        Value panel = math.mul(column, depth);
        math.forEach(
            math.constant(0), block.rows, plan.tileRows,
            [&](OpBuilder &builder, Value tile) {
              IndexMath math(builder, loc);
              BlockOperands product;
              product.a = operands.q;
              product.b = operands.keys;
              product.panels = {panel};
              SmallVector<Value> coordinates;
              for (int64_t r = 0; r < plan.tileRows; ++r) {
                coordinates.push_back(row(builder, math.add(tile, r)));
                Value number = math.min(math.add(tile, r), last);
                number = math.add(number, block.first);
                product.rows.push_back(math.add(
                    head.q,
                    math.mul(number, function.size(plan.q.strides[2]))));
              }
              BlockTile shape;
              shape.lanes = plan.lanes;
              shape.vectors = panelWidth / plan.lanes;
              ReductionLoop loop{depth, function.size(plan.q.strides[3]),
                                 math.constant(panelWidth)};
              BlockSums sums = createUkernel(builder, loc, shape, product,
                                             loop, coordinates);
              OpBuilder &inside = sums.builder;
              IndexMath in(inside, loc);
              Value sum = sums.sums;
              if (!isScaledLate)
                sum = arith::MulFOp::create(
                    inside, loc, sum,
                    vector(inside, op().getScale().convertToDouble()));
              Value at = in.add(in.add(sums.coordinates[0], column),
                                sums.column);
              store(inside, sum, operands.scores, at);
            });
      });
}

/// scores += bias[.., query, ..] in the columns that are `seen`.
void AttentionEmitter::emitBias(OpBuilder &builder, const HeadPosition &head,
                                Value query, Value scores, Value columns,
                                Value seen) {
  IndexMath math(builder, loc);
  Value bias = operands.bias;
  Value at = math.add(head.bias, math.mul(query, operands.biasStride(2)));
  auto add = [&](OpBuilder &builder, Value position, Value other) {
    Value sum = arith::AddFOp::create(
        builder, loc, load(builder, operands.scores, position), other);
    store(builder, sum, operands.scores, position);
  };
  if (constantExtent(plan.bias.extents[3]) == 1) {
    Value same =
        broadcast(builder, memref::LoadOp::create(builder, loc, bias, at));
    math.forEach(math.constant(0), columns, plan.lanes,
                 [&](OpBuilder &builder, Value column) {
                   IndexMath math(builder, loc);
                   add(builder, math.add(scores, column), same);
                 });
    return;
  }
  Value whole = math.constant(0);
  // Extents that may or may not be 1 are read element by element.
  bool isFull = plan.bias.extents[3] == plan.keyRows();
  if (isFull) {
    whole = math.mul(math.div(seen, plan.lanes), plan.lanes);
    math.forEach(math.constant(0), whole, plan.lanes,
                 [&](OpBuilder &builder, Value column) {
                   IndexMath math(builder, loc);
                   add(builder, math.add(scores, column),
                       load(builder, bias, math.add(at, column)));
                 });
  }
  Value stride = operands.biasStride(3);
  math.forEach(whole, seen, 1, [&](OpBuilder &builder, Value column) {
    IndexMath math(builder, loc);
    Value other = memref::LoadOp::create(
        builder, loc, bias, math.add(at, math.mul(column, stride)));
    Value position = math.add(scores, column);
    Value sum = arith::AddFOp::create(
        builder, loc,
        memref::LoadOp::create(builder, loc, operands.scores, position), other);
    memref::StoreOp::create(builder, loc, sum, operands.scores, position);
  });
}

/// scores[seen ..] = -inf
void AttentionEmitter::emitMask(OpBuilder &builder, Value scores, Value columns,
                                Value seen) {
  IndexMath math(builder, loc);
  Value first = math.mul(math.div(seen, plan.lanes), plan.lanes);
  Value none = vector(builder, -std::numeric_limits<double>::infinity());
  auto laneType = VectorType::get({plan.lanes}, builder.getI32Type());
  auto numbers = llvm::to_vector(llvm::seq<int32_t>(0, plan.lanes));
  Value lane = arith::ConstantOp::create(
      builder, loc, DenseElementsAttr::get(laneType, ArrayRef(numbers)));
  math.forEach(
      first, columns, plan.lanes, [&](OpBuilder &builder, Value column) {
        IndexMath math(builder, loc);
        Value left = arith::IndexCastOp::create(
            builder, loc, builder.getI32Type(), math.sub(seen, column));
        left = vector::BroadcastOp::create(builder, loc, laneType, left);
        Value isSeen = arith::CmpIOp::create(
            builder, loc, arith::CmpIPredicate::slt, lane, left);
        Value at = math.add(scores, column);
        Value kept = arith::SelectOp::create(
            builder, loc, isSeen, load(builder, operands.scores, at), none);
        store(builder, kept, operands.scores, at);
      });
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

/// The largest score; NaNs do not count (they reach the sum).
Value AttentionEmitter::emitMaximum(OpBuilder &builder, Value scores,
                                    Value columns) {
  IndexMath math(builder, loc);
  int64_t vectors = panelWidth / plan.lanes;
  Value none = vector(builder, -std::numeric_limits<double>::infinity());
  auto larger = [&](OpBuilder &builder, Value a, Value b) -> Value {
    Value isLarger =
        arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OGT, a, b);
    return arith::SelectOp::create(builder, loc, isLarger, a, b);
  };
  auto loop = scf::ForOp::create(
      builder, loc, math.constant(0), columns, math.constant(panelWidth),
      SmallVector<Value>(vectors, none),
      [&](OpBuilder &builder, Location, Value column, ValueRange carried) {
        IndexMath math(builder, loc);
        SmallVector<Value> next;
        for (int64_t v = 0; v < vectors; ++v) {
          Value at = math.add(math.add(scores, column), v * plan.lanes);
          next.push_back(
              larger(builder, load(builder, operands.scores, at), carried[v]));
        }
        scf::YieldOp::create(builder, loc, next);
      });
  Value largest = loop.getResult(0);
  for (Value other : loop.getResults().drop_front())
    largest = larger(builder, other, largest);
  return vector::ReductionOp::create(builder, loc,
                                     vector::CombiningKind::MAXNUMF, largest,
                                     arith::FastMathFlags::nnan);
}

/// 2^exponent for exponents up to 1; exactly 0 from -126.5 down, NaN for NaN.
Value AttentionEmitter::emitExp2(OpBuilder &builder, Value exponent) {
  // 2^x on [-1/2, 1/2], relative error 9.2e-8.
  static constexpr double coefficients[] = {
      0.00132647271963665363, 0.00967151086140259246, 0.05550733679014877023,
      0.24022242085378028852, 0.69314697759916432673, 1.0};
  Value least = vector(builder, -127.0);
  // In this order a NaN passes.
  Value isLess = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OGT,
                                       least, exponent);
  exponent = arith::SelectOp::create(builder, loc, isLess, least, exponent);
  // Adding 1.5 * 2^23 leaves the nearest integer in the low mantissa bits.
  Value shifter = vector(builder, 12582912.0);
  Value shifted = arith::AddFOp::create(builder, loc, exponent, shifter);
  Value whole = arith::SubFOp::create(builder, loc, shifted, shifter);
  Value part = arith::SubFOp::create(builder, loc, exponent, whole);
  Value power = vector(builder, coefficients[0]);
  for (double coefficient : ArrayRef(coefficients).drop_front())
    power = vector::FMAOp::create(builder, loc, power, part,
                                  vector(builder, coefficient));
  auto bitsType = VectorType::get({plan.lanes}, builder.getI32Type());
  auto bits = [&](int32_t value) -> Value {
    return arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(bitsType, builder.getI32IntegerAttr(value)));
  };
  Value scale = arith::BitcastOp::create(builder, loc, bitsType, shifted);
  scale = arith::AddIOp::create(builder, loc, scale, bits(127));
  scale = arith::ShLIOp::create(builder, loc, scale, bits(23));
  scale = arith::BitcastOp::create(builder, loc, vectorType, scale);
  return arith::MulFOp::create(builder, loc, power, scale);
}

/// scores = exp(scale * (scores - maximum)); returns their sum.
Value AttentionEmitter::emitExponentials(OpBuilder &builder, Value scores,
                                         Value columns, Value maximum) {
  IndexMath math(builder, loc);
  int64_t vectors = panelWidth / plan.lanes;
  Value largest = broadcast(builder, maximum);
  double log2OfE = 1.4426950408889634;
  Value factor =
      vector(builder, isScaledLate ? op().getScale().convertToDouble() * log2OfE
                                   : log2OfE);
  auto loop = scf::ForOp::create(
      builder, loc, math.constant(0), columns, math.constant(panelWidth),
      SmallVector<Value>(vectors, vector(builder, 0)),
      [&](OpBuilder &builder, Location, Value column, ValueRange carried) {
        IndexMath math(builder, loc);
        SmallVector<Value> next;
        for (int64_t v = 0; v < vectors; ++v) {
          Value at = math.add(math.add(scores, column), v * plan.lanes);
          // The difference first: scores near the largest f32 (masks) must
          // not overflow.
          Value below = arith::SubFOp::create(
              builder, loc, load(builder, operands.scores, at), largest);
          Value power = emitExp2(
              builder, arith::MulFOp::create(builder, loc, below, factor));
          store(builder, power, operands.scores, at);
          next.push_back(
              arith::AddFOp::create(builder, loc, carried[v], power));
        }
        scf::YieldOp::create(builder, loc, next);
      });
  Value sum = loop.getResult(0);
  for (Value other : loop.getResults().drop_front())
    sum = arith::AddFOp::create(builder, loc, sum, other);
  return vector::ReductionOp::create(builder, loc, vector::CombiningKind::ADD,
                                     sum, arith::FastMathFlags::reassoc);
}

void AttentionEmitter::emitSoftmax(OpBuilder &builder, const HeadPosition &head,
                                   const RowBlock &block) {
  IndexMath math(builder, loc);
  Value keys = function.size(plan.keyRows());
  auto keyCount = IndexMath::known(keys);
  bool isMasked = op().getCausal() || !keyCount || *keyCount % panelWidth != 0;
  math.forEach(block.rows, [&](OpBuilder &builder, Value number) {
    IndexMath math(builder, loc);
    Value scores = row(builder, number);
    Value query = math.add(block.first, number);
    Value seen = op().getCausal() ? operands.keysSeen(builder, query) : keys;
    if (operands.bias)
      emitBias(builder, head, query, scores, block.columns, seen);
    if (isMasked)
      emitMask(builder, scores, block.columns, seen);
    Value maximum = emitMaximum(builder, scores, block.columns);
    auto scalar = [&](double value) -> Value {
      return arith::ConstantOp::create(builder, loc,
                                       builder.getF32FloatAttr(value));
    };
    // Rows that give zeros: a sum over no keys at all, and masked ones if asked.
    Value isEmpty;
    if (op().getZeroMaskedRows())
      isEmpty = arith::CmpFOp::create(
          builder, loc, arith::CmpFPredicate::OEQ, maximum,
          scalar(-std::numeric_limits<double>::infinity()));
    else if (!keyCount || *keyCount == 0)
      isEmpty = math.compare(arith::CmpIPredicate::eq, keys, math.constant(0));
    if (isEmpty)
      maximum =
          arith::SelectOp::create(builder, loc, isEmpty, scalar(0), maximum);
    Value sum = emitExponentials(builder, scores, block.columns, maximum);
    Value factor = arith::DivFOp::create(builder, loc, scalar(1), sum);
    if (isEmpty)
      factor =
          arith::SelectOp::create(builder, loc, isEmpty, scalar(0), factor);
    memref::StoreOp::create(builder, loc, factor, operands.factors, number);
  });
}

//===----------------------------------------------------------------------===//
// Result
//===----------------------------------------------------------------------===//

/// result[first + r] = factor[r] * scores[r] values.
LogicalResult AttentionEmitter::emitResult(OpBuilder &builder,
                                           const HeadPosition &head,
                                           const RowBlock &block) {
  IndexMath math(builder, loc);
  Value last = math.sub(block.rows, math.constant(1));
  LogicalResult stored = success();
  auto emitPanel = [&](OpBuilder &builder, Value column, Value count) {
    IndexMath math(builder, loc);
    auto columns = UkernelColumns::first(builder, loc, count, plan.lanes);
    Value panel = math.mul(column, function.size(plan.keyColumns));
    math.forEach(
        math.constant(0), block.rows, plan.tileRows,
        [&](OpBuilder &builder, Value tile) {
          IndexMath math(builder, loc);
          BlockOperands product;
          product.a = operands.scores;
          product.b = operands.values;
          product.panels = {panel};
          SmallVector<Value> numbers;
          for (int64_t r = 0; r < plan.tileRows; ++r) {
            numbers.push_back(math.min(math.add(tile, r), last));
            product.rows.push_back(row(builder, numbers.back()));
          }
          BlockTile shape;
          shape.lanes = plan.lanes;
          shape.vectors = columns.vectors;
          ReductionLoop loop{block.columns, math.constant(1),
                             math.constant(panelWidth)};
          BlockSums sums = createUkernel(builder, loc, shape, product, loop,
                                         numbers, columns.count,
                                         epilogue.length());
          OpBuilder &inside = sums.builder;
          IndexMath in(inside, loc);
          Value factor = vector::BroadcastOp::create(
              inside, loc, sums.sums.getType(),
              memref::LoadOp::create(inside, loc, operands.factors,
                                     sums.coordinates[0]));
          Value mean = arith::MulFOp::create(inside, loc, sums.sums, factor);
          Value position[] = {head.batch, head.head,
                              in.add(block.first, sums.coordinates[0]),
                              in.add(column, sums.column)};
          if (failed(storeResult(inside, mean, position, sums.mask)))
            stored = failure();
        });
  };
  Value width = function.size(plan.width());
  Value whole = math.mul(math.div(width, panelWidth), panelWidth);
  math.forEach(math.constant(0), whole, panelWidth,
               [&](OpBuilder &builder, Value column) {
                 IndexMath math(builder, loc);
                 emitPanel(builder, column, math.constant(panelWidth));
               });
  math.forEach(whole, width, panelWidth, [&](OpBuilder &builder, Value column) {
    IndexMath math(builder, loc);
    emitPanel(builder, column, math.sub(width, whole));
  });
  return stored;
}

/// Stores the lanes inside of `mask` (null: all) from the logical `position`
/// on.
LogicalResult AttentionEmitter::storeResult(OpBuilder &builder, Value value,
                                            ArrayRef<Value> position,
                                            Value mask) {
  IndexMath math(builder, loc);
  ArrayRef<int64_t> order = op().getResultOrder();
  SmallVector<Value> lying;
  for (int64_t dim : order)
    lying.push_back(position[dim]);
  if (order.back() == 3)
    return epilogue.store(builder, value, lying, mask);
  // Columns lie apart.
  if (epilogue.length() != 0)
    return op().emitOpError("expected no epilogue where the result's columns "
                            "are not its last dim");
  Value first = math.constant(0);
  for (int64_t dim = 0; dim < 4; ++dim)
    first = math.add(first, math.mul(position[dim],
                                     function.size(plan.result.strides[dim])));
  for (int64_t lane = 0; lane < plan.lanes; ++lane) {
    Value element = vector::ExtractOp::create(builder, loc, value, lane);
    Value at = math.add(
        first, math.mul(function.size(plan.result.strides[3]), lane));
    auto storeElement = [&](OpBuilder &inside) {
      for (unsigned result : function.resultIndices(op().getResult()))
        memref::StoreOp::create(inside, loc, element,
                                function.flatResult(result), at);
    };
    if (!mask) {
      storeElement(builder);
      continue;
    }
    Value exists = vector::ExtractOp::create(builder, loc, mask, lane);
    auto branch = scf::IfOp::create(builder, loc, exists, /*withElse=*/false);
    OpBuilder inside = branch.getThenBodyBuilder();
    storeElement(inside);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Tasks
//===----------------------------------------------------------------------===//

LogicalResult AttentionEmitter::emitTask(OpBuilder &builder, Value task) {
  IndexMath math(builder, loc);
  Value rows = function.size(plan.queryRows());
  Value perHead = math.ceilDiv(rows, plan.taskRows);
  Value part = math.rem(task, perHead);
  HeadPosition head = operands.headAt(builder, math.div(task, perHead));
  operands.packKeys(builder, head);
  operands.packValues(builder, head);
  Value first = math.mul(part, plan.taskRows);
  Value end = math.min(rows, math.add(first, plan.taskRows));
  LogicalResult emitted = success();
  math.forEach(first, end, plan.blockRows,
               [&](OpBuilder &builder, Value start) {
                 IndexMath math(builder, loc);
                 RowBlock block;
                 block.first = start;
                 block.rows = math.min(math.sub(end, start), plan.blockRows);
                 Value keys = function.size(plan.keyRows());
                 if (op().getCausal()) {
                   Value last = math.add(start, block.rows);
                   last = math.sub(last, math.constant(1));
                   keys = operands.keysSeen(builder, last);
                 }
                 block.columns =
                     math.mul(math.ceilDiv(keys, panelWidth), panelWidth);
                 emitScores(builder, head, block);
                 emitSoftmax(builder, head, block);
                 emitted = emitResult(builder, head, block);
               });
  return emitted;
}

LogicalResult AttentionEmitter::emit() {
  LogicalResult emitted = success();
  function.forEachTask([&](OpBuilder &builder, Value task) {
    emitted = emitTask(builder, task);
  });
  return emitted;
}

LogicalResult cpu::emitAttention(KernelFunction &function,
                                 kernel::AttentionOp op) {
  int64_t lanes;
  if (failed(TileAttributes(function.kernel()).read({{"lanes", &lanes}})))
    return failure();
  FailureOr<AttentionPlan> plan =
      AttentionPlan::compute(function.kernel(), lanes);
  if (failed(plan))
    return failure();
  FailureOr<Epilogue> epilogue = Epilogue::create(function, op);
  if (failed(epilogue))
    return failure();
  return AttentionEmitter(function, *plan, *epilogue).emit();
}
