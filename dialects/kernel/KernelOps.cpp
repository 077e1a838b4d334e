// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/kernel/KernelOps.h"

using namespace mlir;
using namespace strait::kernel;

#include "dialects/kernel/KernelDialect.cpp.inc"
#include "dialects/kernel/KernelEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/kernel/KernelAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/kernel/KernelOps.cpp.inc"

void KernelDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/kernel/KernelAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/kernel/KernelOps.cpp.inc"
      >();
}

/// Constraint 2: `map` describes the extents of `type` by constants and single
/// symbols.
static LogicalResult verifyShapeMap(Operation *op, AffineMap map,
                                    RankedTensorType type, unsigned numSizes,
                                    const Twine &what) {
  if (map.getNumDims() != 0 || map.getNumSymbols() != numSizes ||
      map.getNumResults() != type.getRank())
    return op->emitOpError()
           << "expected the shape map of " << what << " to be ()[" << numSizes
           << " sizes] -> (" << type.getRank() << " dims), found "
           << AffineMapAttr::get(map);
  for (auto [axis, expr] : llvm::enumerate(map.getResults())) {
    if (type.isDynamicDim(axis)) {
      if (!isa<AffineSymbolExpr>(expr))
        return op->emitOpError() << "expected a symbol for dynamic dimension "
                                 << axis << " of " << what;
      continue;
    }
    auto constant = dyn_cast<AffineConstantExpr>(expr);
    if (!constant || constant.getValue() != type.getDimSize(axis))
      return op->emitOpError()
             << "expected extent " << type.getDimSize(axis) << " for dimension "
             << axis << " of " << what << ", found "
             << AffineMapAttr::get(map);
  }
  return success();
}

/// Constraints 1 to 3 for a body over `inputs` and `numSizes` sizes.
static LogicalResult verifyBody(Operation *op, Block &body,
                                TypeRange inputs, unsigned numSizes,
                                ArrayAttr inputShapes, ArrayAttr resultShapes) {
  if (body.getNumArguments() != inputs.size() + numSizes)
    return op->emitOpError() << "expected " << inputs.size() + numSizes
                             << " block arguments (inputs, then sizes), found "
                             << body.getNumArguments();
  for (auto [index, type] : llvm::enumerate(inputs))
    if (body.getArgument(index).getType() != type)
      return op->emitOpError()
             << "expected block argument " << index << " of type " << type
             << ", found " << body.getArgument(index).getType();
  for (BlockArgument argument : body.getArguments().drop_front(inputs.size()))
    if (!argument.getType().isIndex())
      return op->emitOpError("expected sizes to be of type index");
  auto yield = dyn_cast<YieldOp>(body.getTerminator());
  if (!yield)
    return op->emitOpError("expected the body to end in kernel.yield");
  if (inputShapes.size() != inputs.size() ||
      resultShapes.size() != yield.getValues().size())
    return op->emitOpError("expected one shape map per input and result");
  for (auto [index, type, map] : llvm::enumerate(
           inputs, inputShapes.getAsValueRange<AffineMapAttr>()))
    if (failed(verifyShapeMap(op, map, cast<RankedTensorType>(type), numSizes,
                              "input " + Twine(index))))
      return failure();
  for (auto [index, value, map] : llvm::enumerate(
           yield.getValues(), resultShapes.getAsValueRange<AffineMapAttr>()))
    if (failed(verifyShapeMap(op, map, cast<RankedTensorType>(value.getType()),
                              numSizes, "result " + Twine(index))))
      return failure();
  return success();
}

LogicalResult RegionOp::verify() {
  Block &body = getBody().front();
  if (failed(verifyBody(*this, body, getInputs().getTypes(), getSizes().size(),
                        getInputShapes(), getResultShapes())))
    return failure();
  auto yield = cast<YieldOp>(body.getTerminator());
  if (yield.getValues().getTypes() != getResults().getTypes())
    return emitOpError("expected the yielded types to be the result types");
  return success();
}

LogicalResult FuncOp::verify() {
  Block &body = getBody().front();
  int64_t numInputs = getNumInputs();
  if (numInputs < 0 || numInputs > int64_t(body.getNumArguments()))
    return emitOpError("expected 'num_inputs' leading tensor arguments");
  for (BlockArgument argument : body.getArguments().take_front(numInputs))
    if (!isa<RankedTensorType>(argument.getType()))
      return emitOpError("expected inputs to be ranked tensors");
  SmallVector<Type> types;
  for (BlockArgument argument : body.getArguments().take_front(numInputs))
    types.push_back(argument.getType());
  return verifyBody(*this, body, types, body.getNumArguments() - numInputs,
                    getInputShapes(), getResultShapes());
}

std::optional<int64_t> strait::bytesPerElement(Type element) {
  if (element.isIndex())
    return 8;
  if (element.isInteger(1))
    return 1;
  if (!element.isIntOrFloat() || element.getIntOrFloatBitWidth() % 8 != 0)
    return std::nullopt;
  return element.getIntOrFloatBitWidth() / 8;
}

/// Whether `count` elements end where kernels may start.
static bool isAligned(int64_t count, Type element) {
  auto bytes = strait::bytesPerElement(element);
  return !bytes || count * *bytes % strait::operandAlignment == 0;
}

LogicalResult SliceOp::verify() {
  auto from = cast<RankedTensorType>(getSource().getType());
  auto to = cast<RankedTensorType>(getType());
  if (from.getElementType() != to.getElementType()) // Constraint 1.
    return emitOpError("expected elements of type ")
           << from.getElementType() << ", found " << to.getElementType();
  APInt offset;
  if (!matchPattern(getOffset(), m_ConstantInt(&offset)))
    return success();
  int64_t first = offset.getSExtValue();
  if (first < 0 || (from.hasStaticShape() && to.hasStaticShape() &&
                    first > from.getNumElements() - to.getNumElements()))
    return emitOpError("expected elements inside ") // Constraint 2.
           << from << ", found " << to << " from " << first;
  if (!isAligned(first, to.getElementType())) // Constraint 3.
    return emitOpError("expected an offset of a multiple of 64 bytes, found ")
           << first << " elements";
  return success();
}

LogicalResult JoinOp::verify() {
  auto to = cast<RankedTensorType>(getType());
  int64_t count = 0;
  bool isStatic = true;
  for (auto [index, source] : llvm::enumerate(getSources())) {
    auto from = cast<RankedTensorType>(source.getType());
    if (from.getElementType() != to.getElementType()) // Constraint 1.
      return emitOpError("expected elements of type ")
             << to.getElementType() << ", found " << from.getElementType();
    isStatic &= from.hasStaticShape();
    count += isStatic ? from.getNumElements() : 0;
    if (isStatic && index + 1 < getSources().size() && // Constraint 3.
        !isAligned(count, to.getElementType()))
      return emitOpError("expected sources of a multiple of 64 bytes before "
                         "the last, found ")
             << from;
  }
  if (isStatic && to.hasStaticShape() && count != to.getNumElements())
    return emitOpError("expected a result of ") // Constraint 2.
           << count << " elements, found " << to;
  return success();
}

LogicalResult UkernelOp::verify() {
  // Constraint 1.
  size_t rows = getRows().size();
  if (rows == 0 || getCoordinates().size() % rows != 0)
    return emitOpError("expected at least one row and as many coordinates for "
                       "each, found ")
           << rows << " rows and " << getCoordinates().size()
           << " coordinates";
  // Constraint 2.
  int64_t lanes = getLanes(), columns = lanes * int64_t(getVectors());
  int64_t panels = getPanels().size();
  if (lanes < 1 || panelWidth % lanes != 0 ||
      columns > panelWidth * panels || columns <= panelWidth * (panels - 1))
    return emitOpError("expected vectors that end in the last of ")
           << panels << " panels of 16 columns, found " << getVectors()
           << " of " << lanes << " lanes";
  // Constraint 3.
  size_t loops = getCounts().size();
  if (loops == 0 || getASteps().size() != loops || getBSteps().size() != loops)
    return emitOpError("expected two steps for each loop, found ")
           << loops << " loops, " << getASteps().size() << " and "
           << getBSteps().size() << " steps";
  // Constraint 4.
  Builder builder(getContext());
  SmallVector<Type> types(coordinatesPerRow() + 1, builder.getIndexType());
  types.push_back(VectorType::get({width()}, builder.getF32Type()));
  if (getColumns())
    types.push_back(VectorType::get({width()}, builder.getI1Type()));
  if (getStore().front().getArgumentTypes() != TypeRange(types))
    return emitOpError("expected the region's arguments to be ")
           << TypeRange(types) << ", found "
           << getStore().front().getArgumentTypes();
  // Constraint 5.
  if (!getAhead().empty() && getAhead().size() != 2)
    return emitOpError("expected a place and a rate ahead, found ")
           << getAhead().size() << " operands";
  return success();
}
