// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/loops/FusedMap.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/analysis/Extents.h"
#include "passes/loops/IndexMath.h"

using namespace mlir;
using namespace strait;

Value FusedMap::linearise(KernelFunction &function, OpBuilder &builder,
                          Location loc, ArrayRef<Value> position,
                          ArrayRef<AffineExpr> extents) {
  IndexMath math(builder, loc);
  Value flat = math.constant(0);
  AffineExpr stride = getAffineConstantExpr(1, function.kernel()->getContext());
  for (size_t axis = position.size(); axis-- > 0;) {
    flat = math.add(flat, math.mul(position[axis], function.size(stride)));
    stride = stride * extents[axis];
  }
  return flat;
}

bool FusedMap::hasAlignedRows(ArrayRef<AffineExpr> extents, int64_t lanes) {
  auto row = constantExtent(extents.back());
  return row && *row % lanes == 0;
}

/// The element at `positions`, which may differ in every lane, one by one.
static Value gather(OpBuilder &builder, Location loc, Value memref,
                    Type element, int64_t lanes,
                    llvm::function_ref<Value(int64_t)> positionOf) {
  Value all;
  for (int64_t lane = 0; lane < lanes; ++lane) {
    Value one =
        loadElements(builder, loc, memref, positionOf(lane), element, 1);
    if (!all)
      all = vector::BroadcastOp::create(
          builder, loc, VectorType::get({lanes}, one.getType()), one);
    else
      all = vector::InsertOp::create(builder, loc, one, all, lane);
  }
  return all;
}

FailureOr<Lanes> FusedMap::loadInput(OpBuilder &builder, unsigned input,
                                     ArrayRef<Lanes> position, Value mask,
                                     int64_t lanes, bool startsAligned) const {
  Location loc = function->loc();
  IndexMath math(builder, loc);
  ArrayRef<AffineExpr> extents = function->inputShape(input);
  kernel::FuncOp kernel = function->kernel();
  Type element = cast<RankedTensorType>(
                     kernel.getBody().front().getArgument(input).getType())
                     .getElementType();
  Value memref = function->flatInput(input);
  bool uniform = llvm::all_of(
      position, [](const Lanes &lane) { return lane.isUniform(); });
  bool contiguous = !position.empty() && position.back().step == 1 &&
                    llvm::all_of(position.drop_back(), [](const Lanes &lane) {
                      return lane.isUniform();
                    });
  if (uniform || contiguous) {
    SmallVector<Value> first;
    for (const Lanes &lane : position)
      first.push_back(lane.value);
    Value at = linearise(*function, builder, loc, first, extents);
    if (uniform)
      return Lanes(loadElements(builder, loc, memref, at, element, 1));
    if (!mask)
      return Lanes(loadElements(builder, loc, memref, at, element, lanes,
                                startsAligned &&
                                    hasAlignedRows(extents, lanes)));
    // Ones, so that no lane outside divides by zero.
    Type storage = storageType(element);
    auto type = VectorType::get({lanes}, storage);
    Attribute one = isa<FloatType>(storage)
                        ? Attribute(builder.getFloatAttr(storage, 1.0))
                        : Attribute(builder.getIntegerAttr(storage, 1));
    Value ones = arith::ConstantOp::create(builder, loc,
                                           DenseElementsAttr::get(type, one));
    Value stored = vector::MaskedLoadOp::create(builder, loc, type, memref, at,
                                                mask, ones);
    return Lanes(fromStorage(builder, loc, stored, element));
  }
  return Lanes(gather(builder, loc, memref, element, lanes, [&](int64_t lane) {
    SmallVector<Value> at;
    for (auto [axis, lanesAt] : llvm::enumerate(position)) {
      Value value = lanesAt.value;
      if (lanesAt.isVector)
        value = vector::ExtractOp::create(builder, loc, value, lane);
      else if (lanesAt.step != 0)
        value = math.add(value, math.constant(lane * lanesAt.step));
      // Lanes outside of the mask must stay inside of the buffer.
      if (mask)
        value = math.max(math.constant(0),
                         math.min(value, math.sub(function->size(extents[axis]),
                                                  math.constant(1))));
      at.push_back(value);
    }
    return linearise(*function, builder, loc, at, extents);
  }));
}

FailureOr<Lanes> FusedMap::operand(OpBuilder &builder, OpOperand &use,
                                   ArrayRef<Value> position, Value mask,
                                   int64_t lanes) const {
  linalg::GenericOp op = generic;
  AffineMap map = op.getMatchingIndexingMap(&use);
  auto input = function->inputIndex(use.get());
  if (!input)
    return op.emitOpError("reads a value that the kernel does not hold");
  Location loc = function->loc();
  IndexMath math(builder, loc);
  // Symbols stand for the loops, which emitExpr knows.
  SmallVector<AffineExpr> symbols;
  for (unsigned loop = 0; loop < map.getNumDims(); ++loop)
    symbols.push_back(builder.getAffineSymbolExpr(loop));
  unsigned last = map.getNumDims() - 1;
  SmallVector<Lanes> at;
  for (AffineExpr expr : map.getResults()) {
    AffineExpr renamed = expr.replaceDims(symbols);
    Value first = emitExpr(builder, loc, renamed, position);
    if (!expr.isFunctionOfDim(last))
      at.push_back(Lanes(first));
    else if (isa<AffineDimExpr>(expr))
      at.push_back(Lanes::stepping(first, 1));
    else
      return op.emitOpError("expected plain loops in the indexing maps of a "
                            "fused map");
  }
  return loadInput(builder, *input, at, mask, lanes, isAligned);
}

Value FusedMap::outerValue(Value value) const {
  kernel::FuncOp kernel = function->kernel();
  if (auto argument = dyn_cast<BlockArgument>(value))
    return function->sizes()[argument.getArgNumber() - kernel.getNumInputs()];
  Operation *op = value.getDefiningOp();
  OpBuilder &entry = function->builder();
  if (auto constant = dyn_cast_or_null<arith::ConstantOp>(op))
    return arith::ConstantOp::create(entry, op->getLoc(), constant.getValue());
  return {};
}

FailureOr<SmallVector<Lanes>>
FusedMap::evaluate(OpBuilder &builder, ArrayRef<Value> position, Value mask,
                   int64_t lanes, Value root, Value computed) const {
  linalg::GenericOp op = generic;
  ScalarBodyContext context;
  context.lanes = lanes;
  context.index = [&](OpBuilder &, unsigned loop) {
    return loop + 1 == position.size() ? Lanes::stepping(position[loop], 1)
                                       : Lanes(position[loop]);
  };
  context.extract = [&](OpBuilder &inside, Value tensor,
                        ArrayRef<Lanes> at) -> FailureOr<Lanes> {
    auto input = function->inputIndex(tensor);
    if (!input)
      return generic->emitOpError("reads a value that the kernel does not "
                                  "hold");
    return loadInput(inside, *input, at, mask, lanes, /*startsAligned=*/false);
  };
  context.outer = [&](Value value) { return outerValue(value); };
  SmallVector<Lanes> operands;
  for (OpOperand *use : op.getDpsInputOperands()) {
    if (use->get() == root) {
      if (!op.getMatchingIndexingMap(use).isIdentity())
        return op.emitOpError("expected an epilogue to read its root at its "
                              "own position");
      operands.push_back(Lanes(computed));
      continue;
    }
    auto lanesOf = operand(builder, *use, position, mask, lanes);
    if (failed(lanesOf))
      return failure();
    operands.push_back(*lanesOf);
  }
  return emitScalarBody(builder, *op.getBody(), operands, context);
}
