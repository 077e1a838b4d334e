// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// strait.scatter_nd, scatter_elements -> a map that turns index tuples into row
// numbers, and kernel.scatter over rows: what the indices do not reach makes
// the columns. Example: x [5, 3, 4] and tuples of length 2 are 15 rows of 4.
// Tuples outside the tensor, which ONNX forbids, become row -1 and are dropped.
// strait.top_k -> kernel.top_k over rows that lie along the axis.
// strait.non_zero -> kernel.non_zero, which counts, and a map over the count
// that turns positions into coordinates.
#include "passes/kernel/GraphToKernel.h"

using namespace mlir;
using namespace strait;

/// Row-major number of a position within `extents`, or -1 if it lies outside;
/// negative positions count from the end.
static Value rowNumber(RegionBuilder &region, OpBuilder &b, Location loc,
                       ArrayRef<Value> position,
                       ArrayRef<AffineExpr> extents) {
  Value row = positionConstant(b, loc, 0), inside;
  for (auto [at, dim] : llvm::zip_equal(position, extents)) {
    Value extent = region.extent(dim);
    Value isNegative =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, at,
                              positionConstant(b, loc, 0));
    Value index = arith::SelectOp::create(
        b, loc, isNegative, arith::AddIOp::create(b, loc, at, extent), at);
    Value here = inBounds(b, loc, index, extent);
    inside = inside ? arith::AndIOp::create(b, loc, inside, here).getResult()
                    : here;
    row = arith::AddIOp::create(
        b, loc, arith::MulIOp::create(b, loc, row, extent), index);
  }
  if (inside)
    row = arith::SelectOp::create(b, loc, inside, row,
                                  positionConstant(b, loc, -1));
  return arith::IndexCastOp::create(b, loc, b.getI64Type(), row);
}

static Value readIndex(OpBuilder &b, Location loc, Value indices,
                       ArrayRef<Value> at) {
  Value raw = tensor::ExtractOp::create(b, loc, indices, at);
  return arith::IndexCastOp::create(b, loc, b.getIndexType(), raw);
}

/// The scatter of `updates` [U, D] into x [R, D] at `rows` [U].
static void scatterRows(Operation *op, graph::ScatterKind kind,
                        GraphToKernel &state, ShapedValue x, ShapedValue rows,
                        ShapedValue updates) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  static constexpr kernel::ScatterKind kinds[] = {
      kernel::ScatterKind::assign, kernel::ScatterKind::add,
      kernel::ScatterKind::mul, kernel::ScatterKind::max,
      kernel::ScatterKind::min};
  RegionBuilder region(state.builder, op->getLoc(), state.sizes);
  Value a = region.input(x), b = region.input(rows), c = region.input(updates);
  Value value = kernel::ScatterOp::create(
      region.body(), op->getLoc(), typeOf(x.dims, x.elementType()),
      kinds[unsigned(kind)], a, b, c,
      type.getElementType().isUnsignedInteger());
  ShapedValue result = region.finish({{value, x.dims}}).front();
  state.set(op->getResult(0),
            state.reshape(op->getLoc(), result,
                          state.dimsOf(op->getResult(0))));
}

static LogicalResult formScatterNd(graph::ScatterNdOp op,
                                   GraphToKernel &state) {
  Location loc = op.getLoc();
  MLIRContext *context = op.getContext();
  ShapedValue x = state.get(op.getX()), indices = state.get(op.getIndices());
  ShapedValue updates = state.get(op.getUpdates());
  auto depth = constantExtent(indices.dims.back());
  if (!depth)
    return op.emitOpError("expected a constant last dimension of indices");
  ArrayRef<AffineExpr> all(x.dims), outer = all.take_front(*depth);
  AffineExpr count = productOf(ArrayRef(indices.dims).drop_back(), context);
  AffineExpr width = productOf(all.drop_front(*depth), context);
  indices = state.reshape(loc, indices, {count, state.constant(*depth)});
  ShapedValue rows = state.pull(
      loc, count, state.builder.getI64Type(),
      [&](RegionBuilder &region, OpBuilder &b, Indices at) -> Value {
        Value tuples = region.input(indices);
        SmallVector<Value> position;
        for (int64_t i = 0; i < *depth; ++i)
          position.push_back(readIndex(
              b, loc, tuples, {at[0], positionConstant(b, loc, i)}));
        return rowNumber(region, b, loc, position, outer);
      });
  scatterRows(op, op.getKind(), state,
              state.reshape(loc, x, {productOf(outer, context), width}), rows,
              state.reshape(loc, updates, {count, width}));
  return success();
}

/// Every element is a row of its own.
static LogicalResult formScatterElements(graph::ScatterElementsOp op,
                                         GraphToKernel &state) {
  Location loc = op.getLoc();
  MLIRContext *context = op.getContext();
  ShapedValue x = state.get(op.getX()), indices = state.get(op.getIndices());
  ShapedValue updates = state.get(op.getUpdates());
  AffineExpr count = productOf(indices.dims, context), one = state.constant(1);
  ShapedValue rows = state.pull(
      loc, indices.dims, state.builder.getI64Type(),
      [&](RegionBuilder &region, OpBuilder &b, Indices at) -> Value {
        SmallVector<Value> position(at);
        position[op.getAxis()] =
            readIndex(b, loc, region.input(indices), at);
        return rowNumber(region, b, loc, position, x.dims);
      });
  scatterRows(op, op.getKind(), state,
              state.reshape(loc, x, {productOf(x.dims, context), one}),
              state.reshape(loc, rows, count),
              state.reshape(loc, updates, {count, one}));
  return success();
}

static LogicalResult formTopK(graph::TopKOp op, GraphToKernel &state) {
  Location loc = op.getLoc();
  ShapedValue x = state.get(op.getX());
  int64_t rank = x.rank(), axis = op.getAxis();
  if (x.elementType().isInteger(1))
    return op.emitOpError("expected numbers to sort, found ")
           << x.elementType();
  // The axis goes last and back.
  SmallVector<int64_t> there, back(rank);
  for (int64_t i = 0; i < rank; ++i)
    if (i != axis)
      there.push_back(i);
  there.push_back(axis);
  for (auto [to, from] : llvm::enumerate(there))
    back[from] = to;
  x = state.transpose(loc, x, there);
  AffineExpr rows =
      productOf(ArrayRef(x.dims).drop_back(), op.getContext());
  AffineExpr kept = state.dimsOf(op.getValues())[axis];
  SmallVector<AffineExpr> moved(x.dims), flat = {rows, kept};
  moved.back() = kept;
  ShapedValue source = state.reshape(loc, x, {rows, x.dims.back()});
  RegionBuilder region(state.builder, loc, state.sizes);
  bool isUnsigned = cast<RankedTensorType>(op.getX().getType())
                        .getElementType()
                        .isUnsignedInteger();
  Value input = region.input(source);
  auto sorted = kernel::TopKOp::create(
      region.body(), loc, typeOf(flat, x.elementType()),
      typeOf(flat, state.builder.getI64Type()), input, op.getSmallest(),
      isUnsigned);
  SmallVector<ShapedValue> results = region.finish(
      {{sorted.getValues(), flat}, {sorted.getPositions(), flat}});
  for (auto [result, shaped] : llvm::zip_equal(op->getResults(), results))
    state.set(result, state.transpose(
                          loc, state.reshape(loc, shaped, moved), back));
  return success();
}

static LogicalResult formNonZero(graph::NonZeroOp op, GraphToKernel &state) {
  Location loc = op.getLoc();
  OpBuilder &builder = state.builder;
  ShapedValue x = state.get(op.getX());
  AffineExpr size = productOf(x.dims, op.getContext());
  ShapedValue flat = state.reshape(loc, x, size);
  SmallVector<AffineExpr> one = {state.constant(1)}, all = {size};
  Type i64 = builder.getI64Type();
  RegionBuilder region(builder, loc, state.sizes);
  Value input = region.input(flat);
  auto found = kernel::NonZeroOp::create(region.body(), loc, typeOf(all, i64),
                                         typeOf(one, i64), input);
  SmallVector<ShapedValue> lists =
      region.finish({{found.getPositions(), all}, {found.getCount(), one}});
  SmallVector<AffineExpr> dims = state.dimsOf(op.getResult());
  Value count = tensor::ExtractOp::create(builder, loc, lists[1].value,
                                          positionConstant(builder, loc, 0));
  Value number = arith::IndexCastOp::create(
      builder, loc, builder.getIndexType(), count);
  state.bind(state.shapes.opaqueDim(op.getResult(), 1), number);
  // Where the result's type fixes the count, it has to be right already here.
  state.checkAssumptions(op, /*isFormed=*/true);
  // Coordinate r of a position: what the extents behind r leave of it.
  state.set(op.getResult(),
            state.pull(loc, dims, i64,
                       [&](RegionBuilder &pulled, OpBuilder &b, Indices at) {
                         Value position = readIndex(
                             b, loc, pulled.input(lists[0]), at[1]);
                         Value picked = position;
                         for (int64_t axis = x.rank() - 1; axis >= 0; --axis) {
                           Value extent = pulled.extent(x.dims[axis]);
                           Value rest = arith::RemUIOp::create(b, loc, position,
                                                               extent);
                           Value here = arith::CmpIOp::create(
                               b, loc, arith::CmpIPredicate::eq, at[0],
                               positionConstant(b, loc, axis));
                           picked = arith::SelectOp::create(b, loc, here, rest,
                                                            picked);
                           position = arith::DivUIOp::create(b, loc, position,
                                                             extent);
                         }
                         return arith::IndexCastOp::create(b, loc, i64, picked)
                             .getResult();
                       }));
  return success();
}

FormResult strait::formScatterRegion(Operation *op, GraphToKernel &state) {
  return TypeSwitch<Operation *, FormResult>(op)
      .Case([&](graph::ScatterNdOp scatter) {
        return formScatterNd(scatter, state);
      })
      .Case([&](graph::ScatterElementsOp scatter) {
        return formScatterElements(scatter, state);
      })
      .Case([&](graph::TopKOp topK) { return formTopK(topK, state); })
      .Case([&](graph::NonZeroOp op) { return formNonZero(op, state); })
      .Default([](Operation *) { return std::nullopt; });
}
