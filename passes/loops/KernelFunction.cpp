// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/loops/KernelFunction.h"

#include "passes/analysis/ExprArithmetic.h"
#include "runtime/include/strait/abi.h"

using namespace mlir;
using namespace strait;

Type strait::storageType(Type element) {
  MLIRContext *context = element.getContext();
  if (element.isIndex())
    return IntegerType::get(context, 64);
  auto integer = dyn_cast<IntegerType>(element);
  if (!integer)
    return element;
  unsigned width = integer.getWidth() == 1 ? 8 : integer.getWidth();
  return IntegerType::get(context, width);
}

Value strait::constantIndex(OpBuilder &builder, Location loc, int64_t value) {
  return arith::ConstantIndexOp::create(builder, loc, value);
}

Value strait::emitExpr(OpBuilder &builder, Location loc, AffineExpr expr,
                       ValueRange symbols) {
  auto known = [&](AffineExpr part) -> Value {
    auto symbol = dyn_cast<AffineSymbolExpr>(part);
    return symbol ? symbols[symbol.getPosition()] : Value();
  };
  return emitExpr(builder, loc, expr, known, Division::ofExtents);
}

KernelFunction::KernelFunction(kernel::FuncOp kernel)
    : kernelOp(kernel), inputs(kernel.getNumInputs()),
      entry(kernel.getContext()) {
  MLIRContext *context = kernel.getContext();
  Block &source = kernel.getBody().front();
  auto yield = cast<kernel::YieldOp>(source.getTerminator());
  llvm::append_range(results, yield.getValues());
  unsigned numBuffers = numInputs() + numResults();
  unsigned numSizes = source.getNumArguments() - numInputs();

  SmallVector<Type> types;
  for (unsigned buffer = 0; buffer < numBuffers; ++buffer)
    types.push_back(
        MemRefType::get({1}, storageType(typeOf(buffer).getElementType())));
  Type index = entry.getIndexType();
  types.append(numSizes, index);
  types.push_back(MemRefType::get({1}, entry.getI8Type()));
  types.append(2, index);

  entry.setInsertionPointAfter(kernel);
  body = func::FuncOp::create(entry, loc(),
                              (kernel.getSymName() + "__body").str(),
                              entry.getFunctionType(types, {}));
  body.setPrivate();
  body->setAttr(kernelAbiAttr,
                entry.getDenseI64ArrayAttr({int64_t(numBuffers),
                                            int64_t(numSizes)}));
  for (unsigned i = 0; i <= numBuffers; ++i) {
    bool isScratch = i == numBuffers;
    unsigned argument = isScratch ? numBuffers + numSizes : i;
    if (i >= numInputs())
      body.setArgAttr(argument, "llvm.noalias", UnitAttr::get(context));
    if (isScratch)
      body.setArgAttr(argument, "llvm.align",
                      entry.getI64IntegerAttr(STRAIT_ALIGNMENT));
  }

  Block *block = body.addEntryBlock();
  entry.setInsertionPointToStart(block);
  auto end = func::ReturnOp::create(entry, loc());
  entry.setInsertionPoint(end);
  shapedBuffers.resize(numBuffers);
  flatBuffers.resize(numBuffers);
  sizeValues = block->getArguments().slice(numBuffers, numSizes);
  scratch = block->getArgument(numBuffers + numSizes);
  beginTask = block->getArgument(numBuffers + numSizes + 1);
  endTask = block->getArgument(numBuffers + numSizes + 2);
}

RankedTensorType KernelFunction::typeOf(unsigned buffer) const {
  Value tensor = buffer < numInputs()
                     ? Value(kernelOp->getRegion(0).getArgument(buffer))
                     : results[buffer - numInputs()];
  return cast<RankedTensorType>(tensor.getType());
}

AffineMap KernelFunction::shapeOf(unsigned buffer) const {
  kernel::FuncOp op = kernelOp;
  Attribute map = buffer < numInputs()
                      ? op.getInputShapes()[buffer]
                      : op.getResultShapes()[buffer - numInputs()];
  return cast<AffineMapAttr>(map).getValue();
}

ArrayRef<AffineExpr> KernelFunction::inputShape(unsigned index) const {
  return shapeOf(index).getResults();
}

ArrayRef<AffineExpr> KernelFunction::resultShape(unsigned index) const {
  return shapeOf(numInputs() + index).getResults();
}

std::optional<unsigned> KernelFunction::inputIndex(Value tensor) const {
  auto argument = dyn_cast<BlockArgument>(tensor);
  if (!argument || argument.getOwner() != &kernelOp->getRegion(0).front() ||
      argument.getArgNumber() >= numInputs())
    return std::nullopt;
  return argument.getArgNumber();
}

SmallVector<unsigned> KernelFunction::resultIndices(Value value) const {
  SmallVector<unsigned> indices;
  for (auto [index, result] : llvm::enumerate(results))
    if (result == value)
      indices.push_back(index);
  return indices;
}

Value KernelFunction::size(AffineExpr expr) {
  Value &value = evaluated[expr];
  if (!value) {
    // Entry values are created before any loop so that all can use them.
    OpBuilder::InsertionGuard guard(entry);
    value = emitExpr(entry, loc(), expr, sizeValues);
  }
  return value;
}

/// A view of a one-element buffer argument as what really lies there.
static Value reinterpret(OpBuilder &builder, Location loc, Value buffer,
                         ArrayRef<OpFoldResult> extents,
                         ArrayRef<OpFoldResult> strides, MemRefType type) {
  return memref::ReinterpretCastOp::create(builder, loc, type, buffer,
                                           builder.getIndexAttr(0), extents,
                                           strides);
}

Value KernelFunction::shaped(unsigned buffer) {
  if (shapedBuffers[buffer])
    return shapedBuffers[buffer];
  RankedTensorType tensor = typeOf(buffer);
  auto type = MemRefType::get(tensor.getShape(),
                              storageType(tensor.getElementType()));
  int64_t rank = tensor.getRank();
  SmallVector<OpFoldResult> extents, strides(rank);
  AffineMap shape = shapeOf(buffer);
  AffineExpr stride = entry.getAffineConstantExpr(1);
  for (AffineExpr extent : shape.getResults()) {
    if (auto constant = dyn_cast<AffineConstantExpr>(extent))
      extents.push_back(entry.getIndexAttr(constant.getValue()));
    else
      extents.push_back(size(extent));
  }
  // The type says which strides are static: those after the last dynamic extent.
  auto [typeStrides, offset] = type.getStridesAndOffset();
  for (int64_t axis = rank - 1; axis >= 0; --axis) {
    strides[axis] = ShapedType::isDynamic(typeStrides[axis])
                        ? OpFoldResult(size(stride))
                        : OpFoldResult(entry.getIndexAttr(typeStrides[axis]));
    stride = stride * shape.getResult(axis);
  }
  shapedBuffers[buffer] = reinterpret(entry, loc(), body.getArgument(buffer),
                                      extents, strides, type);
  return shapedBuffers[buffer];
}

Value KernelFunction::flat(unsigned buffer) {
  if (flatBuffers[buffer])
    return flatBuffers[buffer];
  AffineExpr count = entry.getAffineConstantExpr(1);
  for (AffineExpr extent : shapeOf(buffer).getResults())
    count = count * extent;
  auto type = MemRefType::get({ShapedType::kDynamic},
                              storageType(typeOf(buffer).getElementType()));
  flatBuffers[buffer] =
      reinterpret(entry, loc(), body.getArgument(buffer),
                  OpFoldResult(size(count)),
                  OpFoldResult(entry.getIndexAttr(1)), type);
  return flatBuffers[buffer];
}

Value KernelFunction::carveScratch(AffineExpr offset, MemRefType type,
                                   ValueRange dynamic) {
  auto bytes = MemRefType::get({ShapedType::kDynamic}, entry.getI8Type());
  // The extent of the whole area is of no interest to anyone.
  Value area = reinterpret(entry, loc(), scratch,
                           OpFoldResult(constantIndex(entry, loc(), 1)),
                           OpFoldResult(entry.getIndexAttr(1)), bytes);
  return memref::ViewOp::create(entry, loc(), type, area, size(offset),
                                dynamic);
}

void KernelFunction::forEachTask(
    llvm::function_ref<void(OpBuilder &, Value)> emit) {
  Value one = constantIndex(entry, loc(), 1);
  auto loop = scf::ForOp::create(entry, loc(), beginTask, endTask, one);
  OpBuilder inside(loop.getBody(), loop.getBody()->begin());
  inside.setInsertionPoint(loop.getBody()->getTerminator());
  // Entry values that `emit` asks for go before the loop.
  entry.setInsertionPoint(loop);
  emit(inside, loop.getInductionVar());
  entry.setInsertionPointAfter(loop);
}
