// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that read at positions held by a tensor -> maps that read the position
// and then the element. Positions outside the tensor, which ONNX forbids, are
// clamped: a wrong input never reads foreign memory.
#include "passes/kernel/GraphToKernel.h"

using namespace mlir;
using namespace strait;

/// A position read from an integer tensor: negative ones count from the end.
static Value toPosition(OpBuilder &b, Location loc, Value raw, Value extent) {
  Value index = arith::IndexCastOp::create(b, loc, b.getIndexType(), raw);
  Value negative =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, index,
                            positionConstant(b, loc, 0));
  Value wrapped = arith::AddIOp::create(b, loc, index, extent);
  index = arith::SelectOp::create(b, loc, negative, wrapped, index);
  return clampIndex(b, loc, index, extent);
}

static LogicalResult formGather(graph::GatherOp op, GraphToKernel &state) {
  ShapedValue x = state.get(op.getX());
  int64_t axis = op.getAxis();
  Location loc = op.getLoc();
  // One known position is a slice.
  auto known = state.elementsOf(op.getIndices());
  auto extent = constantExtent(x.dims[axis]);
  auto position = known && known->size() == 1 ? constantExtent(known->front())
                                              : std::nullopt;
  if (position && *position < 0 && extent)
    *position += *extent;
  if (position && extent && *position >= 0 && *position < *extent) {
    SmallVector<AffineExpr> cut = x.dims;
    SmallVector<AffineExpr> offsets(x.rank(), state.constant(0));
    cut[axis] = state.constant(1);
    offsets[axis] = state.constant(*position);
    SmallVector<int64_t> strides(x.rank(), 1);
    state.set(op.getResult(),
              state.reshape(loc, state.slice(loc, x, cut, offsets, strides),
                            state.dimsOf(op.getResult())));
    return success();
  }
  ShapedValue indices = state.get(op.getIndices());
  int64_t rank = indices.rank();
  state.set(op.getResult(),
            state.pull(loc, state.dimsOf(op.getResult()), x.elementType(),
                       [&](RegionBuilder &region, OpBuilder &b, Indices at) {
                         Value source = region.input(x);
                         Value positions = region.input(indices);
                         Value raw = tensor::ExtractOp::create(
                             b, loc, positions, at.slice(axis, rank));
                         SmallVector<Value> reads(at.take_front(axis));
                         reads.push_back(toPosition(
                             b, loc, raw, region.extent(x.dims[axis])));
                         llvm::append_range(reads,
                                            at.drop_front(axis + rank));
                         return tensor::ExtractOp::create(b, loc, source,
                                                          reads);
                       }));
  return success();
}

static LogicalResult formGatherElements(graph::GatherElementsOp op,
                                        GraphToKernel &state) {
  ShapedValue x = state.get(op.getX());
  ShapedValue indices = state.get(op.getIndices());
  int64_t axis = op.getAxis();
  Location loc = op.getLoc();
  state.set(op.getResult(),
            state.pull(loc, indices.dims, x.elementType(),
                       [&](RegionBuilder &region, OpBuilder &b, Indices at) {
                         Value source = region.input(x);
                         Value positions = region.input(indices);
                         Value raw =
                             tensor::ExtractOp::create(b, loc, positions, at);
                         SmallVector<Value> reads(at);
                         reads[axis] = toPosition(b, loc, raw,
                                                  region.extent(x.dims[axis]));
                         return tensor::ExtractOp::create(b, loc, source,
                                                          reads);
                       }));
  return success();
}

static LogicalResult formGatherNd(graph::GatherNdOp op, GraphToKernel &state) {
  ShapedValue x = state.get(op.getX());
  ShapedValue indices = state.get(op.getIndices());
  auto depth = constantExtent(indices.dims.back());
  if (!depth)
    return op.emitOpError("expected a constant last dimension of indices");
  int64_t batch = op.getBatchDims(), outer = indices.rank() - 1;
  Location loc = op.getLoc();
  state.set(
      op.getResult(),
      state.pull(loc, state.dimsOf(op.getResult()), x.elementType(),
                 [&](RegionBuilder &region, OpBuilder &b, Indices at) {
                   Value source = region.input(x);
                   Value positions = region.input(indices);
                   SmallVector<Value> reads(at.take_front(batch));
                   SmallVector<Value> where(at.take_front(outer));
                   where.push_back(Value());
                   for (int64_t i = 0; i < *depth; ++i) {
                     where.back() = positionConstant(b, loc, i);
                     Value raw = tensor::ExtractOp::create(b, loc, positions,
                                                           where);
                     reads.push_back(toPosition(
                         b, loc, raw, region.extent(x.dims[batch + i])));
                   }
                   llvm::append_range(reads, at.drop_front(outer));
                   return tensor::ExtractOp::create(b, loc, source, reads);
                 }));
  return success();
}

/// values[1] where the axis' position is the index, else values[0].
static LogicalResult formOneHot(graph::OneHotOp op, GraphToKernel &state) {
  ShapedValue indices = state.get(op.getIndices());
  ShapedValue values = state.get(op.getValues());
  SmallVector<AffineExpr> dims = state.dimsOf(op.getResult());
  int64_t axis = op.getAxis() < 0 ? op.getAxis() + int64_t(dims.size())
                                  : op.getAxis();
  Location loc = op.getLoc();
  state.set(
      op.getResult(),
      state.pull(loc, dims, values.elementType(),
                 [&](RegionBuilder &region, OpBuilder &b, Indices at) {
                   Value positions = region.input(indices);
                   Value table = region.input(values);
                   SmallVector<Value> where(at);
                   where.erase(where.begin() + axis);
                   Value raw =
                       tensor::ExtractOp::create(b, loc, positions, where);
                   if (isa<FloatType>(raw.getType()))
                     raw = arith::FPToSIOp::create(b, loc, b.getI64Type(), raw);
                   Value index = arith::IndexCastOp::create(
                       b, loc, b.getIndexType(), raw);
                   Value zero = positionConstant(b, loc, 0);
                   Value negative = arith::CmpIOp::create(
                       b, loc, arith::CmpIPredicate::slt, index, zero);
                   Value wrapped = arith::AddIOp::create(
                       b, loc, index, region.extent(dims[axis]));
                   index = arith::SelectOp::create(b, loc, negative, wrapped,
                                                   index);
                   Value hot = arith::CmpIOp::create(
                       b, loc, arith::CmpIPredicate::eq, index, at[axis]);
                   Value on = tensor::ExtractOp::create(
                       b, loc, table, positionConstant(b, loc, 1));
                   Value off = tensor::ExtractOp::create(b, loc, table, zero);
                   return arith::SelectOp::create(b, loc, hot, on, off)
                       .getResult();
                 }));
  return success();
}

FormResult strait::formGatherRegion(Operation *op, GraphToKernel &state) {
  return TypeSwitch<Operation *, FormResult>(op)
      .Case([&](graph::GatherOp gather) { return formGather(gather, state); })
      .Case([&](graph::GatherElementsOp gather) {
        return formGatherElements(gather, state);
      })
      .Case([&](graph::GatherNdOp gather) {
        return formGatherNd(gather, state);
      })
      .Case([&](graph::OneHotOp oneHot) { return formOneHot(oneHot, state); })
      .Default([](Operation *) { return std::nullopt; });
}
