// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// If of the host program. Dynamic extents travel beside the buffers.
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
