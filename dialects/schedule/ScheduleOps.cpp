// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/schedule/ScheduleOps.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace strait::schedule;

#include "dialects/schedule/ScheduleDialect.cpp.inc"
#include "dialects/schedule/ScheduleEnums.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/schedule/ScheduleTypes.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/schedule/ScheduleAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/schedule/ScheduleOps.cpp.inc"

void ScheduleDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/schedule/ScheduleTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/schedule/ScheduleAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/schedule/ScheduleOps.cpp.inc"
      >();
}

BeginRunOp ProgramOp::getBeginRun() {
  auto ops = getBlock().getOps<BeginRunOp>();
  return ops.empty() ? BeginRunOp() : *ops.begin();
}

LogicalResult ProgramOp::verify() {
  Block &block = getBlock();
  if (block.getNumArguments() != 0)
    return emitOpError("expected no block arguments, found ")
           << block.getNumArguments();
  if (block.empty() || !isa<ReturnOp>(block.back()))
    return emitOpError("expected the program to end in schedule.return");
  auto begins = block.getOps<BeginRunOp>();
  if (!llvm::hasSingleElement(begins))
    return emitOpError("expected one schedule.begin_run, found ")
           << std::distance(begins.begin(), begins.end());
  for (Operation &op : block) {
    if (isa<BeginRunOp>(op))
      break;
    if (!isa<CheckOp, OutputDimsOp>(op) && !isMemoryEffectFree(&op))
      return op.emitOpError("expected after schedule.begin_run: a query "
                            "evaluates what stands before it");
  }
  return success();
}

LogicalResult BlobOp::verify() {
  if (getOffset() < 0 || getOffset() % 64 != 0)
    return emitOpError("expected an offset that is a multiple of 64, found ")
           << int64_t(getOffset());
  return success();
}

std::optional<unsigned> StateOp::getRowAxis() {
  ArrayRef<int64_t> shape = getTensorType().getShape();
  auto *axis = llvm::find(shape, ShapedType::kDynamic);
  if (axis == shape.end())
    return std::nullopt;
  return axis - shape.begin();
}

LogicalResult StateOp::verify() {
  auto type = dyn_cast<RankedTensorType>(getType());
  if (!type)
    return emitOpError("expected a ranked tensor, found ") << getType();
  int64_t dynamic = type.getNumDynamicDims(); // Constraint 1.
  if (dynamic > 1)
    return emitOpError("expected at most one dynamic extent, found ") << type;
  if (dynamic == 1 && getCapacity().value_or(0) < 1)
    return emitOpError("expected a capacity of at least one row");
  if (dynamic == 0 && getCapacity())
    return emitOpError("expected no capacity without a dynamic extent");
  Type element = type.getElementType(); // Constraint 2.
  if (!element.isIntOrFloat() || (element.getIntOrFloatBitWidth() % 8 != 0 &&
                                  !element.isInteger(1)))
    return emitOpError("expected whole-byte elements, found ") << type;
  return success();
}

/// The state that `name` is; with `needsRows`, it must hold rows.
static LogicalResult verifyState(Operation *op, FlatSymbolRefAttr name,
                                 bool needsRows, SymbolTableCollection &table) {
  auto state = table.lookupNearestSymbolFrom<StateOp>(op, name);
  if (!state)
    return op->emitOpError("expected a schedule.state ") << name;
  if (needsRows && !state.getRowAxis())
    return op->emitOpError("expected a state with rows, found ")
           << state.getType();
  return success();
}

LogicalResult HeldOp::verifySymbolUses(SymbolTableCollection &table) {
  return verifyState(*this, getStateAttr(), /*needsRows=*/false, table);
}

LogicalResult AppendOp::verifySymbolUses(SymbolTableCollection &table) {
  return verifyState(*this, getStateAttr(), /*needsRows=*/true, table);
}

LogicalResult OverwriteOp::verifySymbolUses(SymbolTableCollection &table) {
  return verifyState(*this, getStateAttr(), /*needsRows=*/false, table);
}

LogicalResult RotateOp::verifySymbolUses(SymbolTableCollection &table) {
  return verifyState(*this, getStateAttr(), /*needsRows=*/true, table);
}

/// The description that `number` of the program around `op` has in `list`.
static FailureOr<TensorAttr> describe(Operation *op, int64_t number,
                                      bool isInput) {
  auto program = op->getParentOfType<ProgramOp>();
  if (!program)
    return op->emitOpError("expected inside schedule.program"), failure();
  ArrayAttr list = isInput ? program.getInputs() : program.getOutputs();
  if (number < 0 || number >= int64_t(list.size()))
    return op->emitOpError("expected one of the program's ")
               << list.size() << (isInput ? " inputs" : " outputs")
               << ", found " << number,
           failure();
  return cast<TensorAttr>(list[number]);
}

LogicalResult InputOp::verify() {
  return describe(*this, getInput(), /*isInput=*/true);
}

LogicalResult OutputOp::verify() {
  return describe(*this, getOutput(), /*isInput=*/false);
}

LogicalResult DimOp::verify() {
  auto tensor = describe(*this, getInput(), /*isInput=*/true);
  if (failed(tensor))
    return failure();
  int64_t rank = tensor->getType().getRank(), axis = getAxis();
  if (axis < 0 || axis >= rank)
    return emitOpError("expected an axis of an input of rank ")
           << rank << ", found " << axis;
  return success();
}

LogicalResult OutputDimsOp::verify() {
  auto tensor = describe(*this, getOutput(), /*isInput=*/false);
  if (failed(tensor))
    return failure();
  int64_t rank = tensor->getType().getRank();
  if (int64_t(getDims().size()) != rank)
    return emitOpError("expected ")
           << rank << " dims, found " << getDims().size();
  return success();
}

LogicalResult PlanOp::verify() {
  ArrayRef<int32_t> lifetimes = getLifetimes();
  if (getOffsets().size() != getSizes().size() ||
      lifetimes.size() != 2 * getSizes().size())
    return emitOpError("expected one offset and two lifetime numbers for each "
                       "of ")
           << getSizes().size() << " sizes, found " << getOffsets().size()
           << " and " << lifetimes.size();
  for (size_t i = 0; i < lifetimes.size(); i += 2)
    if (lifetimes[i] > lifetimes[i + 1])
      return emitOpError("expected lifetime ")
             << i / 2 << " to end at or after step " << lifetimes[i]
             << ", found " << lifetimes[i + 1];
  return success();
}

// schedule.plan N sizes(...) lifetimes [...] {attributes}
void PlanOp::print(OpAsmPrinter &p) {
  p << ' ' << getPlan() << " sizes(" << getSizes() << ") lifetimes [";
  llvm::interleaveComma(getLifetimes(), p);
  p << ']';
  p.printOptionalAttrDict((*this)->getAttrs(),
                          {getPlanAttrName(), getLifetimesAttrName()});
}

ParseResult PlanOp::parse(OpAsmParser &parser, OperationState &result) {
  int64_t plan;
  SmallVector<OpAsmParser::UnresolvedOperand> sizes;
  SmallVector<int32_t> lifetimes;
  auto &builder = parser.getBuilder();
  if (parser.parseInteger(plan) || parser.parseKeyword("sizes") ||
      parser.parseOperandList(sizes, OpAsmParser::Delimiter::Paren) ||
      parser.parseKeyword("lifetimes") ||
      parser.parseCommaSeparatedList(
          OpAsmParser::Delimiter::Square,
          [&] { return parser.parseInteger(lifetimes.emplace_back()); }) ||
      parser.parseOptionalAttrDict(result.attributes) ||
      parser.resolveOperands(sizes, builder.getIndexType(), result.operands))
    return failure();
  result.addAttribute(getPlanAttrName(result.name),
                      builder.getI64IntegerAttr(plan));
  result.addAttribute(getLifetimesAttrName(result.name),
                      builder.getDenseI32ArrayAttr(lifetimes));
  result.addTypes(builder.getType<BufferType>());
  SmallVector<Type> offsets(sizes.size(), builder.getIndexType());
  result.addTypes(offsets);
  return success();
}

OpFoldResult ViewOp::fold(FoldAdaptor) {
  if (matchPattern(getOffset(), m_Zero()))
    return getSource();
  return {};
}

/// Checks that `block` ends in a yield of `types`.
static LogicalResult verifyYield(Operation *op, Block &block, TypeRange types) {
  auto yield = block.empty() ? YieldOp() : dyn_cast<YieldOp>(block.back());
  if (!yield)
    return op->emitOpError("expected regions to end in schedule.yield");
  if (yield.getValues().getTypes() != types)
    return op->emitOpError("expected regions to yield (")
           << types << "), found (" << yield.getValues().getTypes() << ")";
  return success();
}

LogicalResult IfOp::verify() {
  for (Region *region : getRegions())
    if (failed(verifyYield(*this, region->front(), getResultTypes())))
      return failure();
  return success();
}

LogicalResult LoopOp::verify() {
  SmallVector<Type> arguments = {IndexType::get(getContext())};
  llvm::append_range(arguments, getCarried().getTypes());
  Block &block = getBody().front();
  if (block.getArgumentTypes() != TypeRange(arguments))
    return emitOpError("expected region arguments (")
           << TypeRange(arguments) << "), found (" << block.getArgumentTypes()
           << ")";
  arguments[0] = IntegerType::get(getContext(), 1);
  return verifyYield(*this, block, arguments);
}
