// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/schedule/HostFunction.h"

#include "passes/schedule/ModelSymbols.h"
#include "passes/schedule/SizeArithmetic.h"
#include "runtime/include/strait/abi.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include <cstddef>

using namespace mlir;
using namespace strait;

/// Places of the calls in strait_services.
enum Service : size_t {
  Launch = offsetof(strait_services, launch),
  Slab = offsetof(strait_services, slab),
  Plan = offsetof(strait_services, plan),
  Grow = offsetof(strait_services, grow),
  Output = offsetof(strait_services, output),
  Fail = offsetof(strait_services, fail),
  State = offsetof(strait_services, state),
  WriteRows = offsetof(strait_services, write_rows),
  Rotate = offsetof(strait_services, rotate),
  Copy = offsetof(strait_services, copy),
  Read = offsetof(strait_services, read),
  Write = offsetof(strait_services, write),
  CodeLevel = offsetof(strait_services, code_level)
};

HostFunction::HostFunction(
    schedule::ProgramOp program, LLVM::LLVMFuncOp function,
    const llvm::DenseMap<Operation *, unsigned> &launchNumbers,
    TableWriter &texts)
    : program(program), function(function), launchNumbers(launchNumbers),
      texts(texts), builder(program.getContext()), loc(program.getLoc()),
      pointer(LLVM::LLVMPointerType::get(program.getContext())) {}

//===----------------------------------------------------------------------===//
// Small pieces
//===----------------------------------------------------------------------===//

SmallVector<Value> HostFunction::lookup(ValueRange values) {
  SmallVector<Value> result;
  for (Value value : values)
    result.push_back(lookup(value));
  return result;
}

Value HostFunction::i32(int64_t value) {
  return LLVM::ConstantOp::create(builder, loc, builder.getI32Type(),
                                  builder.getI32IntegerAttr(value));
}

Value HostFunction::i64(int64_t value) {
  return LLVM::ConstantOp::create(builder, loc, builder.getI64Type(),
                                  builder.getI64IntegerAttr(value));
}

Value HostFunction::load(Type type, Value address) {
  return LLVM::LoadOp::create(builder, loc, type, address);
}

void HostFunction::store(Value value, Value address) {
  LLVM::StoreOp::create(builder, loc, value, address);
}

Value HostFunction::atByte(Value base, Value offset) {
  return LLVM::GEPOp::create(builder, loc, pointer, builder.getI8Type(), base,
                             ArrayRef<LLVM::GEPArg>(offset));
}

Value HostFunction::atByte(Value base, int64_t offset) {
  if (offset == 0)
    return base;
  // Constant indices of a GEP have 29 bits.
  if (!llvm::isInt<LLVM::kGEPConstantBitWidth>(offset))
    return atByte(base, i64(offset));
  return LLVM::GEPOp::create(builder, loc, pointer, builder.getI8Type(), base,
                             ArrayRef<LLVM::GEPArg>(int32_t(offset)));
}

Value HostFunction::binding(Value list, unsigned index, size_t field) {
  return load(pointer, atByte(list, sizeof(strait_binding) * index + field));
}

Value HostFunction::storeAll(ValueRange values, Value array) {
  for (auto [index, value] : llvm::enumerate(values))
    store(value, atByte(array, 8 * index));
  return array;
}

Value HostFunction::stackArray(Type element, int64_t count) {
  return LLVM::AllocaOp::create(builder, loc, pointer, element,
                                i64(std::max<int64_t>(count, 1)));
}

void HostFunction::returnIf(Value condition, Value code) {
  Block *next = new Block();
  function.getBody().getBlocks().insert(Region::iterator(returnBlock), next);
  LLVM::CondBrOp::create(builder, loc, condition, returnBlock, code, next,
                         ValueRange());
  builder.setInsertionPointToEnd(next);
}

void HostFunction::call(size_t service, ValueRange arguments) {
  SmallVector<Type> types = {pointer};
  SmallVector<Value> operands = {load(pointer, atByte(services, service)),
                                 run};
  for (Value argument : arguments) {
    types.push_back(argument.getType());
    operands.push_back(argument);
  }
  auto type = LLVM::LLVMFunctionType::get(builder.getI32Type(), types);
  Value code =
      LLVM::CallOp::create(builder, loc, type, operands).getResult();
  Value isError = LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::ne,
                                       code, i32(0));
  returnIf(isError, code);
}

//===----------------------------------------------------------------------===//
// The function
//===----------------------------------------------------------------------===//

/// Arguments, stack arrays and the common return.
void HostFunction::begin() {
  Block *entry = function.addEntryBlock(builder);
  services = entry->getArgument(0);
  run = entry->getArgument(1);
  weights = entry->getArgument(2);
  inputs = entry->getArgument(3);
  outputs = entry->getArgument(4);
  query = entry->getArgument(5);
  returnBlock = new Block();
  function.getBody().push_back(returnBlock);
  returnBlock->addArgument(builder.getI32Type(), loc);
  builder.setInsertionPointToEnd(returnBlock);
  LLVM::ReturnOp::create(builder, loc, returnBlock->getArgument(0));

  size_t numBuffers = 0, numSizes = 0;
  program.walk([&](Operation *op) {
    if (auto launch = dyn_cast<schedule::LaunchOp>(op)) {
      numBuffers = std::max<size_t>(numBuffers, launch.getReads().size() +
                                                    launch.getWrites().size());
      numSizes = std::max<size_t>(numSizes, launch.getSizes().size());
    } else if (auto plan = dyn_cast<schedule::PlanOp>(op)) {
      numSizes = std::max<size_t>(numSizes, plan.getSizes().size());
    }
  });
  builder.setInsertionPointToEnd(entry);
  buffers = stackArray(pointer, numBuffers);
  sizes = stackArray(builder.getI64Type(), numSizes);
  slot = stackArray(pointer, 1);
  offsetsSlot = stackArray(pointer, 1);
  lengthSlot = stackArray(builder.getI64Type(), 1);
  valueSlot = stackArray(builder.getI64Type(), 1);
}

LogicalResult HostFunction::emit() {
  begin();
  return emitBlock(program.getBlock());
}

LogicalResult HostFunction::emitBlock(Block &block) {
  for (Operation &op : block.without_terminator()) {
    loc = op.getLoc();
    if (failed(emitOp(&op)))
      return failure();
  }
  if (isa<schedule::ReturnOp>(block.getTerminator()))
    LLVM::BrOp::create(builder, loc, ValueRange{i32(0)}, returnBlock);
  return success();
}

LogicalResult HostFunction::emitOp(Operation *op) {
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<schedule::CheckOp, schedule::OutputDimsOp, schedule::BeginRunOp,
            schedule::OutputOp, schedule::SlabOp, schedule::PlanOp,
            schedule::GrowOp,
            schedule::LaunchOp, schedule::HeldOp, schedule::AppendOp,
            schedule::OverwriteOp, schedule::RotateOp, schedule::ReadOp,
            schedule::WriteOp>([&](auto op) {
        emit(op);
        return success();
      })
      .Case<schedule::WeightOp, schedule::IfOp, schedule::LoopOp>(
          [&](auto op) { return emit(op); })
      .Case([&](schedule::DimOp op) {
        Value dims =
            binding(inputs, op.getInput(), offsetof(strait_binding, dims));
        mapping.map(op.getResult(),
                    load(builder.getI64Type(), atByte(dims, 8 * op.getAxis())));
        return success();
      })
      .Case([&](schedule::CodeLevelOp op) {
        Value callee = load(pointer, atByte(services, CodeLevel));
        auto type = LLVM::LLVMFunctionType::get(builder.getI32Type(), pointer);
        Value level =
            LLVM::CallOp::create(builder, loc, type, ValueRange{callee, run})
                .getResult();
        mapping.map(
            op.getResult(),
            LLVM::ZExtOp::create(builder, loc, builder.getI64Type(), level));
        return success();
      })
      .Case([&](schedule::InputOp op) {
        mapping.map(op.getResult(), binding(inputs, op.getInput(),
                                            offsetof(strait_binding, data)));
        return success();
      })
      .Case([&](schedule::BufferOp op) {
        mapping.map(op.getResult(),
                    atByte(lookup(op.getBase()), lookup(op.getOffset())));
        return success();
      })
      .Case([&](schedule::ViewOp op) {
        mapping.map(op.getResult(),
                    atByte(lookup(op.getSource()), lookup(op.getOffset())));
        return success();
      })
      .Case([&](schedule::CopyOp op) {
        call(Copy, {lookup(op.getTarget()), lookup(op.getSource()),
                    lookup(op.getBytes())});
        return success();
      })
      .Default([&](Operation *op) { return emitArithmetic(op); });
}

Value HostFunction::saturated(Operation *op, Value a, Value b) {
  Type type = builder.getI64Type();
  if (isa<arith::AddIOp>(op))
    return LLVM::SAddSat::create(builder, loc, type, a, b);
  if (isa<arith::SubIOp>(op))
    return LLVM::SSubSat::create(builder, loc, type, a, b);
  auto pair = LLVM::LLVMStructType::getLiteral(builder.getContext(),
                                               {type, builder.getI1Type()});
  Value both = LLVM::SMulWithOverflowOp::create(builder, loc, pair, a, b);
  Value product = LLVM::ExtractValueOp::create(builder, loc, both, 0);
  Value overflows = LLVM::ExtractValueOp::create(builder, loc, both, 1);
  // Equal signs make a large number, others one far below zero.
  Value sign = LLVM::AShrOp::create(
      builder, loc, LLVM::XOrOp::create(builder, loc, a, b), i64(63));
  Value extreme = LLVM::XOrOp::create(
      builder, loc, sign, i64(std::numeric_limits<int64_t>::max()));
  return LLVM::SelectOp::create(builder, loc, overflows, extreme, product);
}

/// An arith op on index becomes the same one on i64. A divisor of zero, which
/// an empty tensor may bring about, counts as one: it must not trap.
LogicalResult HostFunction::emitArithmetic(Operation *op) {
  if (!isa<arith::ArithDialect>(op->getDialect()) || op->getNumRegions() != 0)
    return op->emitOpError("expected a schedule or arith op in a program");
  auto native = [&](Type type) -> Type {
    return type.isIndex() ? builder.getI64Type() : type;
  };
  SmallVector<Value> operands = lookup(op->getOperands());
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(op)) {
    Type from = operands[0].getType();
    Type to = native(op->getResult(0).getType());
    Value result = operands[0];
    if (from.getIntOrFloatBitWidth() > to.getIntOrFloatBitWidth())
      result = arith::TruncIOp::create(builder, loc, to, result);
    else if (from != to && isa<arith::IndexCastOp>(op))
      result = arith::ExtSIOp::create(builder, loc, to, result);
    else if (from != to)
      result = arith::ExtUIOp::create(builder, loc, to, result);
    mapping.map(op->getResult(0), result);
    return success();
  }
  if (isa<arith::AddIOp, arith::SubIOp, arith::MulIOp>(op) &&
      op->getResult(0).getType().isIndex()) {
    mapping.map(op->getResult(0), saturated(op, operands[0], operands[1]));
    return success();
  }
  if (isa<arith::DivSIOp, arith::DivUIOp, arith::CeilDivSIOp,
          arith::CeilDivUIOp, arith::FloorDivSIOp, arith::RemSIOp,
          arith::RemUIOp>(op) &&
      !constantIndexOf(op->getOperand(1))) {
    Type type = operands[1].getType();
    auto number = [&](int64_t value) -> Value {
      return arith::ConstantOp::create(builder, loc,
                                       builder.getIntegerAttr(type, value));
    };
    Value isZero = arith::CmpIOp::create(
        builder, loc, arith::CmpIPredicate::eq, operands[1], number(0));
    operands[1] = arith::SelectOp::create(builder, loc, isZero, number(1),
                                          operands[1]);
  }
  OperationState state(loc, op->getName());
  state.addOperands(operands);
  for (Type type : op->getResultTypes())
    state.addTypes(native(type));
  for (NamedAttribute attribute : op->getAttrs()) {
    auto integer = dyn_cast<IntegerAttr>(attribute.getValue());
    if (integer && integer.getType().isIndex())
      attribute.setValue(builder.getI64IntegerAttr(integer.getInt()));
    state.addAttribute(attribute.getName(), attribute.getValue());
  }
  Operation *clone = builder.create(state);
  mapping.map(op->getResults(), clone->getResults());
  return success();
}

//===----------------------------------------------------------------------===//
// Ops of the schedule
//===----------------------------------------------------------------------===//

void HostFunction::emit(schedule::CheckOp op) {
  Value got = lookup(op.getGot()), expected = lookup(op.getExpected());
  bool isBound = op.getRelation() == schedule::CheckRelation::at_least;
  Value fits = LLVM::ICmpOp::create(
      builder, loc,
      isBound ? LLVM::ICmpPredicate::sge : LLVM::ICmpPredicate::eq, got,
      expected);
  std::string what = (op.getWhat() + ": expected").str();
  if (isBound) {
    what += " at least";
  } else if (op.getRelation() == schedule::CheckRelation::one_or) {
    what += " 1 or";
    Value isOne = LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::eq,
                                       got, i64(1));
    fits = LLVM::OrOp::create(builder, loc, fits, isOne);
  }
  Block *fail = new Block(), *next = new Block();
  auto &blocks = function.getBody().getBlocks();
  blocks.insert(Region::iterator(returnBlock), next);
  blocks.insert(Region::iterator(returnBlock), fail);
  LLVM::CondBrOp::create(builder, loc, fits, next, ValueRange(), fail,
                         ValueRange());
  builder.setInsertionPointToEnd(fail);
  Value callee = load(pointer, atByte(services, Fail));
  Value text = LLVM::AddressOfOp::create(builder, loc, pointer,
                                         texts.text(what));
  auto type = LLVM::LLVMFunctionType::get(
      builder.getI32Type(),
      {pointer, pointer, builder.getI64Type(), builder.getI64Type()});
  Value code = LLVM::CallOp::create(builder, loc, type,
                                    ValueRange{callee, run, text, expected, got})
                   .getResult();
  LLVM::BrOp::create(builder, loc, code, returnBlock);
  builder.setInsertionPointToEnd(next);
}

void HostFunction::emit(schedule::OutputDimsOp op) {
  if (!op.getDims().empty())
    storeAll(lookup(op.getDims()), binding(outputs, op.getOutput(),
                                           offsetof(strait_binding, dims)));
}

void HostFunction::emit(schedule::BeginRunOp op) {
  Value isQuery = LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::ne,
                                       query, i32(0));
  returnIf(isQuery, i32(0));
}

LogicalResult HostFunction::emit(schedule::WeightOp op) {
  auto blob = SymbolTable::lookupNearestSymbolFrom<schedule::BlobOp>(
      program->getParentOp(), op.getBlobAttr());
  if (!blob)
    return op.emitOpError("expected a schedule.blob @") << op.getBlob();
  mapping.map(op.getResult(), atByte(weights, blob.getOffset()));
  return success();
}

void HostFunction::emit(schedule::OutputOp op) {
  call(Output, {i32(op.getOutput()), slot});
  mapping.map(op.getResult(), load(pointer, slot));
}

void HostFunction::emit(schedule::SlabOp op) {
  call(Slab, {i32(op.getPlan()), lookup(op.getBytes()), slot});
  mapping.map(op.getBase(), load(pointer, slot));
}

void HostFunction::emit(schedule::PlanOp op) {
  storeAll(lookup(op.getSizes()), sizes);
  std::string name = ("strait." + program.getSymName() + ".lifetimes." +
                      Twine(op.getPlan()))
                         .str();
  SmallVector<TableRow> rows;
  for (int32_t step : op.getLifetimes())
    rows.push_back({TableField::number(uint32_t(step), 32)});
  Value lifetimes = LLVM::AddressOfOp::create(builder, loc, pointer,
                                              texts.table(name, rows));
  call(Plan, {i32(op.getPlan()), i64(op.getSizes().size()), sizes, lifetimes,
              slot, offsetsSlot});
  mapping.map(op.getBase(), load(pointer, slot));
  Value offsets = load(pointer, offsetsSlot);
  for (auto [index, offset] : llvm::enumerate(op.getOffsets()))
    mapping.map(offset,
                load(builder.getI64Type(), atByte(offsets, 8 * index)));
}

void HostFunction::emit(schedule::GrowOp op) {
  Value what = LLVM::AddressOfOp::create(builder, loc, pointer,
                                         texts.text(op.getWhat().str()));
  call(Grow, {i32(op.getPlan()), lookup(op.getBytes()), lookup(op.getKept()),
              what, slot});
  mapping.map(op.getResult(), load(pointer, slot));
}

void HostFunction::emit(schedule::LaunchOp op) {
  SmallVector<Value> operands = lookup(op.getReads());
  llvm::append_range(operands, lookup(op.getWrites()));
  storeAll(operands, buffers);
  storeAll(lookup(op.getSizes()), sizes);
  call(Launch, {i32(launchNumbers.lookup(op)), buffers, sizes,
                lookup(op.getTasks()), lookup(op.getScratch())});
}

Value HostFunction::stateNumber(Operation *op, FlatSymbolRefAttr state) {
  return i32(numberOfState(op, state));
}

void HostFunction::emit(schedule::HeldOp op) {
  call(State, {stateNumber(op, op.getStateAttr()), slot, lengthSlot});
  mapping.map(op.getBuffer(), load(pointer, slot));
  mapping.map(op.getLength(), load(builder.getI64Type(), lengthSlot));
}

void HostFunction::emit(schedule::AppendOp op) {
  Value at = lookup(op.getAt()), count = lookup(op.getCount());
  call(WriteRows, {stateNumber(op, op.getStateAttr()), lookup(op.getRows()), at,
                   count});
  mapping.map(op.getLength(), LLVM::AddOp::create(builder, loc, at, count));
}

void HostFunction::emit(schedule::OverwriteOp op) {
  Value count = lookup(op.getCount());
  call(WriteRows, {stateNumber(op, op.getStateAttr()), lookup(op.getRows()),
                   i64(0), count});
  mapping.map(op.getLength(), count);
}

void HostFunction::emit(schedule::RotateOp op) {
  call(Rotate, {stateNumber(op, op.getStateAttr()), lookup(op.getBy()),
                lookup(op.getHeld()), lengthSlot});
  mapping.map(op.getLength(), load(builder.getI64Type(), lengthSlot));
}

Value HostFunction::elementAddress(Value buffer, Value index, Type element) {
  return LLVM::GEPOp::create(builder, loc, pointer, element, buffer,
                             ArrayRef<LLVM::GEPArg>(index));
}

/// Bytes of an element that host code reads or writes.
static int64_t bytesOf(Type stored) {
  return llvm::divideCeil(stored.getIntOrFloatBitWidth(), 8);
}

void HostFunction::emit(schedule::ReadOp op) {
  Type type = op.getType();
  bool isBool = type.isInteger(1);
  Type stored = isBool ? builder.getI8Type() : type;
  call(Read, {valueSlot,
              elementAddress(lookup(op.getSource()), lookup(op.getIndex()),
                             stored),
              i64(bytesOf(stored))});
  Value value = load(stored, valueSlot);
  if (isBool) {
    Value zero = LLVM::ConstantOp::create(builder, loc, stored,
                                          builder.getI8IntegerAttr(0));
    value = LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::ne, value,
                                 zero);
  }
  mapping.map(op.getResult(), value);
}

void HostFunction::emit(schedule::WriteOp op) {
  Value value = lookup(op.getValue());
  if (value.getType().isInteger(1))
    value = LLVM::ZExtOp::create(builder, loc, builder.getI8Type(), value);
  store(value, valueSlot);
  call(Write, {elementAddress(lookup(op.getTarget()), lookup(op.getIndex()),
                              value.getType()),
               valueSlot, i64(bytesOf(value.getType()))});
}

//===----------------------------------------------------------------------===//
// Control flow
//===----------------------------------------------------------------------===//

LogicalResult HostFunction::emit(schedule::IfOp op) {
  auto &blocks = function.getBody().getBlocks();
  Block *thenBlock = new Block(), *elseBlock = new Block(), *join = new Block();
  for (Block *block : {thenBlock, elseBlock, join})
    blocks.insert(Region::iterator(returnBlock), block);
  LLVM::CondBrOp::create(builder, loc, lookup(op.getCondition()), thenBlock,
                         ValueRange(), elseBlock, ValueRange());
  Block *branches[] = {thenBlock, elseBlock};
  for (auto [region, block] : llvm::zip_equal(op->getRegions(), branches)) {
    builder.setInsertionPointToEnd(block);
    Block &body = region.front();
    if (failed(emitBlock(body)))
      return failure();
    SmallVector<Value> values = lookup(body.getTerminator()->getOperands());
    if (block == thenBlock)
      for (Value value : values)
        join->addArgument(value.getType(), loc);
    LLVM::BrOp::create(builder, loc, values, join);
  }
  mapping.map(op.getResults(), join->getArguments());
  builder.setInsertionPointToEnd(join);
  return success();
}

/// ^head(number, go, carried...): cond_br number < trips and go, ^body, ^exit
/// ^body: ...; br ^head(number + 1, yielded...)
LogicalResult HostFunction::emit(schedule::LoopOp op) {
  auto &blocks = function.getBody().getBlocks();
  Block *head = new Block(), *body = new Block(), *exit = new Block();
  for (Block *block : {head, body, exit})
    blocks.insert(Region::iterator(returnBlock), block);
  Value trips = lookup(op.getTrips());
  SmallVector<Value> initial = {i64(0), lookup(op.getCondition())};
  llvm::append_range(initial, lookup(op.getCarried()));
  for (Value value : initial)
    head->addArgument(value.getType(), loc);
  LLVM::BrOp::create(builder, loc, initial, head);

  builder.setInsertionPointToEnd(head);
  Value number = head->getArgument(0);
  Value below = LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::slt,
                                     number, trips);
  Value goes = LLVM::AndOp::create(builder, loc, below, head->getArgument(1));
  LLVM::CondBrOp::create(builder, loc, goes, body, ValueRange(), exit,
                         ValueRange());

  builder.setInsertionPointToEnd(body);
  Block &from = op.getBody().front();
  mapping.map(from.getArgument(0), number);
  mapping.map(from.getArguments().drop_front(),
              head->getArguments().drop_front(2));
  if (failed(emitBlock(from)))
    return failure();
  SmallVector<Value> next = {
      LLVM::AddOp::create(builder, loc, number, i64(1))};
  llvm::append_range(next, lookup(from.getTerminator()->getOperands()));
  LLVM::BrOp::create(builder, loc, next, head);

  mapping.map(op.getResults(), head->getArguments().drop_front(2));
  builder.setInsertionPointToEnd(exit);
  return success();
}
