// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Views of the kernel level: tensors that show bytes of other ones. No launch
// computes them.
#include "passes/schedule/ProgramBuilder.h"
#include "passes/schedule/SizeArithmetic.h"

using namespace mlir;
using namespace strait;

static Type elementOf(Value tensor) {
  return cast<RankedTensorType>(tensor.getType()).getElementType();
}

FailureOr<SmallVector<Value>> ProgramBuilder::viewDims(Operation *op, Type type,
                                                       ValueRange sizes) {
  FailureOr<SmallVector<Value>> extents = lookupScalars(sizes, op);
  if (failed(extents))
    return failure();
  auto tensor = cast<RankedTensorType>(type);
  if (extents->size() != size_t(tensor.getNumDynamicDims()))
    return op->emitOpError("expected one size per dynamic dimension"),
           failure();
  SmallVector<Value> dims;
  auto next = extents->begin();
  for (int64_t extent : tensor.getShape())
    dims.push_back(ShapedType::isDynamic(extent)
                       ? *next++
                       : constant(op->getLoc(), extent));
  return dims;
}

void ProgramBuilder::replaceBuffers(
    const llvm::SmallDenseMap<Value, Value> &places) {
  for (auto [buffer, by] : places)
    Value(buffer).replaceAllUsesWith(by);
  for (auto &entry : tensors)
    if (Value by = places.lookup(entry.second.buffer))
      entry.second.buffer = by;
}

/// %r = kernel.reshape %x -> the buffer of %x under other dims
LogicalResult ProgramBuilder::emitReshape(kernel::ReshapeOp reshape) {
  FailureOr<PlacedTensor> source = lookup(reshape.getSource(), reshape);
  FailureOr<SmallVector<Value>> dims =
      viewDims(reshape, reshape.getType(), reshape.getSizes());
  if (failed(source) || failed(dims))
    return failure();
  tensors[reshape] = {source->buffer, *dims};
  return success();
}

/// %r = kernel.slice %x -> a view into the buffer of %x
LogicalResult ProgramBuilder::emitSlice(kernel::SliceOp slice) {
  FailureOr<PlacedTensor> source = lookup(slice.getSource(), slice);
  FailureOr<SmallVector<Value>> dims =
      viewDims(slice, slice.getType(), slice.getSizes());
  FailureOr<SmallVector<Value>> offset =
      lookupScalars(slice.getOffset(), slice);
  if (failed(source) || failed(dims) || failed(offset))
    return failure();
  Value bytes = byteSize(slice.getLoc(), elementOf(slice.getSource()), *offset);
  Value view =
      schedule::ViewOp::create(run, slice.getLoc(), source->buffer, bytes);
  tensors[slice] = {view, *dims};
  return success();
}

/// %r = kernel.join %a, %b -> one buffer; what has a buffer of its own in this
/// block has its place in that one instead, the rest is copied there.
LogicalResult ProgramBuilder::emitJoin(kernel::JoinOp join) {
  Location loc = join.getLoc();
  Type element = elementOf(join.getResult());
  FailureOr<SmallVector<Value>> dims =
      viewDims(join, join.getType(), join.getSizes());
  if (failed(dims))
    return failure();
  struct Piece {
    Value buffer, offset, bytes;
    schedule::AllocateOp own;
  };
  SmallVector<Piece> pieces;
  Value end = constant(loc, 0);
  for (Value source : join.getSources()) {
    FailureOr<PlacedTensor> placed = lookup(source, join);
    if (failed(placed))
      return failure();
    Value bytes = byteSize(loc, element, placed->dims);
    pieces.push_back({placed->buffer, end, bytes, {}});
    end = builderFor({end, bytes}).createOrFold<arith::AddIOp>(loc, end, bytes);
  }
  // Places follow from sizes that are known when the first piece is written.
  OpBuilder begin = run;
  Operation *first = nullptr;
  llvm::SmallDenseSet<Value> taken;
  for (Piece &piece : pieces) {
    auto own = piece.buffer.getDefiningOp<schedule::AllocateOp>();
    if (!own || !isEarly(end) || own->getBlock() != run.getInsertionBlock() ||
        !taken.insert(piece.buffer).second)
      continue;
    piece.own = own;
    if (!first || own->isBeforeInBlock(first))
      first = own;
  }
  if (first)
    begin.setInsertionPoint(first);
  Value target;
  auto output = inPlace.find(join.getResult());
  if (output != inPlace.end() &&
      llvm::all_of(*dims, [&](Value dim) { return isEarly(dim); })) {
    target = schedule::OutputOp::create(begin, loc, output->second);
    outputBuffers[output->second] = target;
  } else {
    target = schedule::AllocateOp::create(begin, loc, end);
  }
  llvm::SmallDenseMap<Value, Value> places; // of buffers that go away
  for (Piece &piece : pieces) {
    OpBuilder &builder = piece.own ? begin : run;
    Value view = schedule::ViewOp::create(builder, loc, target, piece.offset);
    if (piece.own)
      places[piece.buffer] = view;
    else
      schedule::CopyOp::create(run, loc, piece.buffer, view, piece.bytes);
  }
  replaceBuffers(places);
  for (Piece &piece : pieces)
    if (piece.own)
      piece.own.erase();
  tensors[join] = {target, *dims};
  return success();
}
