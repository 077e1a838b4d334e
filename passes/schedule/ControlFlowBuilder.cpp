// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// If and Loop of the host program. Dynamic extents travel beside the buffers.
//
// Loop-carried tensors live in buffers outside of the loop, of the size that
// they enter with; an iteration ends by copying its results there. Scan outputs
// are written slice by slice.
#include "passes/schedule/ProgramBuilder.h"
#include "passes/schedule/SizeArithmetic.h"

using namespace mlir;
using namespace strait;

/// The indices of `type`'s dynamic extents.
static SmallVector<unsigned> dynamicAxes(Type type) {
  SmallVector<unsigned> axes;
  for (auto [axis, extent] :
       llvm::enumerate(cast<RankedTensorType>(type).getShape()))
    if (ShapedType::isDynamic(extent))
      axes.push_back(axis);
  return axes;
}

LogicalResult ProgramBuilder::emitIf(graph::IfOp op) {
  Location loc = op.getLoc();
  FailureOr<PlacedTensor> condition = lookup(op.getCond(), op);
  if (failed(condition))
    return failure();
  Value taken = schedule::ReadOp::create(
      run, loc, run.getI1Type(), condition->buffer, constant(loc, 0));
  SmallVector<Type> types;
  for (Type type : op.getResultTypes()) {
    if (!isa<RankedTensorType>(type))
      return op.emitOpError("expected ranked results, found ") << type;
    types.push_back(run.getType<schedule::BufferType>());
    types.append(dynamicAxes(type).size(), run.getIndexType());
  }
  auto branch = schedule::IfOp::create(run, loc, types, taken);
  OpBuilder outer = run;
  for (auto [from, to] : llvm::zip_equal(op->getRegions(),
                                         branch->getRegions())) {
    run.setInsertionPointToEnd(&to.emplaceBlock());
    if (failed(emitBlock(from.front())))
      return failure();
    Operation *terminator = from.front().getTerminator();
    SmallVector<Value> values;
    for (auto [value, type] :
         llvm::zip_equal(terminator->getOperands(), op.getResultTypes())) {
      FailureOr<PlacedTensor> placed = lookup(value, terminator);
      if (failed(placed))
        return failure();
      values.push_back(placed->buffer);
      for (unsigned axis : dynamicAxes(type))
        values.push_back(placed->dims[axis]);
      // A size that the result's type fixes may be open in a branch.
      for (auto [axis, extent] :
           llvm::enumerate(cast<RankedTensorType>(type).getShape()))
        if (!ShapedType::isDynamic(extent) &&
            constantIndexOf(placed->dims[axis]) != extent)
          schedule::CheckOp::create(
              run, loc, placed->dims[axis], schedule::CheckRelation::equals,
              constant(loc, extent),
              ("a branch's result, axis " + Twine(axis)).str());
    }
    schedule::YieldOp::create(run, loc, values);
  }
  run = outer;
  auto next = branch.getResults().begin();
  for (Value result : op.getResults()) {
    PlacedTensor placed{*next++, {}};
    for (int64_t extent : cast<RankedTensorType>(result.getType()).getShape())
      placed.dims.push_back(ShapedType::isDynamic(extent)
                                ? *next++
                                : constant(loc, extent));
    tensors[result] = placed;
  }
  return success();
}

struct ProgramBuilder::LoopState {
  Value trips, condition;
  PlacedTensor iteration, conditionTensor;
  SmallVector<PlacedTensor> carried;
  schedule::LoopOp loop;
  SmallVector<PlacedTensor> scans;
};

/// Evaluates the loop's limits and puts its carried values into their buffers.
LogicalResult ProgramBuilder::beginLoop(graph::LoopOp op, LoopState &state) {
  Location loc = op.getLoc();
  auto readScalar = [&](Value tensor, Type type) -> FailureOr<Value> {
    FailureOr<PlacedTensor> placed = lookup(tensor, op);
    if (failed(placed))
      return failure();
    return Value(schedule::ReadOp::create(run, loc, type, placed->buffer,
                                          constant(loc, 0)));
  };
  state.trips = constant(loc, std::numeric_limits<int64_t>::max());
  if (Value count = op.getTripCount()) {
    FailureOr<Value> trips = readScalar(count, run.getI64Type());
    if (failed(trips))
      return failure();
    state.trips =
        arith::IndexCastOp::create(run, loc, run.getIndexType(), *trips);
    state.trips = arith::MaxSIOp::create(run, loc, state.trips,
                                         constant(loc, 0));
  }
  state.condition = arith::ConstantIntOp::create(sizes, loc, 1, 1);
  if (Value cond = op.getCond()) {
    FailureOr<Value> condition = readScalar(cond, run.getI1Type());
    if (failed(condition))
      return failure();
    state.condition = *condition;
  }
  auto allocate = [&](int64_t bytes) -> Value {
    return schedule::AllocateOp::create(run, loc, constant(loc, bytes));
  };
  state.iteration.buffer = allocate(8);
  state.conditionTensor.buffer = allocate(1);
  for (Value value : op.getCarried()) {
    FailureOr<PlacedTensor> placed = lookup(value, op);
    if (failed(placed))
      return failure();
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type || !bytesPerElement(type.getElementType()))
      return op.emitOpError("expected carried tensors of whole-byte elements, "
                            "found ")
             << value.getType();
    Value bytes = byteSize(loc, type.getElementType(), placed->dims);
    Value buffer = schedule::AllocateOp::create(run, loc, bytes);
    schedule::CopyOp::create(run, loc, placed->buffer, buffer, bytes);
    placed->buffer = buffer;
    state.carried.push_back(*placed);
  }
  return success();
}

/// Ends an iteration: carried values to their buffers, slices to the scans.
LogicalResult ProgramBuilder::finishIteration(graph::LoopOp op,
                                              LoopState &state) {
  Location loc = op.getLoc();
  Operation *terminator = op.getBody().front().getTerminator();
  unsigned numCarried = state.carried.size();
  SmallVector<PlacedTensor> yielded;
  for (Value value : terminator->getOperands()) {
    FailureOr<PlacedTensor> placed = lookup(value, terminator);
    if (failed(placed))
      return failure();
    yielded.push_back(*placed);
  }
  Value go = schedule::ReadOp::create(run, loc, run.getI1Type(),
                                      yielded[0].buffer, constant(loc, 0));
  Value number = state.loop.getBody().getArgument(0);

  // Slices first: the copies below may overwrite what they show.
  for (unsigned i = 1 + numCarried; i < yielded.size(); ++i) {
    Type type = terminator->getOperand(i).getType();
    Type element = cast<RankedTensorType>(type).getElementType();
    PlacedTensor scan;
    // The size of a slice has to be known when the loop begins.
    for (Value dim : yielded[i].dims) {
      if (auto known = constantIndexOf(dim))
        dim = constant(loc, *known);
      else if (state.loop->isAncestor(dim.getParentBlock()->getParentOp()))
        return op.emitOpError("expected scan output ")
               << i - 1 - numCarried
               << " to have a size that is known before the loop";
      scan.dims.push_back(dim);
    }
    if (!op.getTripCount())
      return op.emitOpError("expected a trip count beside scan outputs");
    OpBuilder before(state.loop);
    Value slice = emitProduct(before, loc, scan.dims, *bytesPerElement(element));
    Value all = before.createOrFold<arith::MulIOp>(loc, slice, state.trips);
    scan.buffer = schedule::AllocateOp::create(before, loc, all);
    Value offset = arith::MulIOp::create(run, loc, number, slice);
    Value place = schedule::ViewOp::create(run, loc, scan.buffer, offset);
    schedule::CopyOp::create(run, loc, yielded[i].buffer, place, slice);
    state.scans.push_back(scan);
  }

  // A carried value may be yielded in another's place: take all aside that do
  // not come fresh from this iteration before any is overwritten.
  SmallVector<std::pair<Value, PlacedTensor>> copies;
  for (unsigned i = 0; i < numCarried; ++i) {
    PlacedTensor &from = yielded[1 + i], &to = state.carried[i];
    if (from.dims.size() != to.dims.size())
      return op.emitOpError("expected carried value ")
             << i << " to keep its rank " << to.dims.size() << ", found "
             << from.dims.size();
    for (auto [axis, got, expected] : llvm::enumerate(from.dims, to.dims)) {
      auto a = constantIndexOf(got), b = constantIndexOf(expected);
      if (a && b && *a != *b)
        return op.emitOpError("expected carried value ")
               << i << " to keep its size " << *b << " on axis " << axis
               << ", found " << *a;
      if (got != expected && !(a && b))
        schedule::CheckOp::create(run, loc, got,
                                  schedule::CheckRelation::equals, expected,
                                  ("carried value " + Twine(i) +
                                   " of a loop, axis " + Twine(axis))
                                      .str());
    }
    if (from.buffer == to.buffer)
      continue;
    Type type = op.getCarried()[i].getType();
    Value bytes = byteSize(
        loc, cast<RankedTensorType>(type).getElementType(), to.dims);
    Value source = from.buffer;
    if (!isa_and_nonnull<schedule::AllocateOp>(source.getDefiningOp()) ||
        !state.loop->isAncestor(source.getDefiningOp())) {
      Value aside = schedule::AllocateOp::create(run, loc, bytes);
      schedule::CopyOp::create(run, loc, source, aside, bytes);
      source = aside;
    }
    copies.push_back({source, PlacedTensor{to.buffer, {bytes}}});
  }
  for (auto &[source, target] : copies)
    schedule::CopyOp::create(run, loc, source, target.buffer, target.dims[0]);

  Value done = arith::AddIOp::create(run, loc, number, constant(loc, 1));
  schedule::YieldOp::create(run, loc, ValueRange{go, done});
  return success();
}

LogicalResult ProgramBuilder::emitLoop(graph::LoopOp op) {
  Location loc = op.getLoc();
  LoopState state;
  if (failed(beginLoop(op, state)))
    return failure();
  // The one carried value counts the iterations that ran.
  state.loop = schedule::LoopOp::create(
      run, loc, TypeRange{run.getIndexType()}, state.trips, state.condition,
      ValueRange{constant(loc, 0)});
  Block &body = state.loop.getBody().emplaceBlock();
  body.addArguments({run.getIndexType(), run.getIndexType()}, {loc, loc});
  OpBuilder outer = run;
  run.setInsertionPointToEnd(&body);
  Value number = arith::IndexCastOp::create(run, loc, run.getI64Type(),
                                            body.getArgument(0));
  schedule::WriteOp::create(run, loc, number, state.iteration.buffer,
                            constant(loc, 0));
  // The condition holds wherever the body can see it.
  Value holds = arith::ConstantIntOp::create(run, loc, 1, 1);
  schedule::WriteOp::create(run, loc, holds, state.conditionTensor.buffer,
                            constant(loc, 0));
  Block &from = op.getBody().front();
  // The number and the condition may be written as tensors of one element.
  PlacedTensor leading[] = {state.iteration, state.conditionTensor};
  for (auto [index, argument] : llvm::enumerate(leading)) {
    Type type = from.getArgument(index).getType();
    argument.dims.append(cast<RankedTensorType>(type).getRank(),
                         constant(loc, 1));
    tensors[from.getArgument(index)] = argument;
  }
  for (auto [argument, placed] :
       llvm::zip_equal(from.getArguments().drop_front(2), state.carried))
    tensors[argument] = placed;
  if (failed(emitBlock(from)) || failed(finishIteration(op, state)))
    return failure();
  run = outer;
  unsigned index = 0;
  for (PlacedTensor &placed : state.carried)
    tensors[op.getResult(index++)] = placed;
  for (PlacedTensor &scan : state.scans) {
    PlacedTensor placed{scan.buffer, {state.loop.getResult(0)}};
    placed.dims.append(scan.dims);
    tensors[op.getResult(index++)] = placed;
  }
  return success();
}
