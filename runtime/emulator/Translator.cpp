// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/emulator/Translator.h"

#include "runtime/emulator/Block.h"

#include "llvm/ADT/StringSwitch.h"

using namespace llvm;
using namespace strait::emulator;

Translator::Translator(Module &module, const PtxFunction &source,
                       const KernelPlaces &places)
    : builder(module.getContext()), module(module), source(source),
      places(places) {}

std::optional<PtxType>
strait::emulator::lastType(const PtxInstruction &instruction) {
  return parseType(StringRef(instruction.opcode).rsplit('.').second);
}

bool strait::emulator::hasPart(const PtxInstruction &instruction,
                               StringRef part) {
  return is_contained(instruction.parts(), part);
}

Error Translator::unsupported(const PtxInstruction &instruction,
                              const Twine &why) {
  return ptxError(instruction.line, "unsupported PTX: " + instruction.opcode +
                                        (why.isTriviallyEmpty() ? "" : ": ") +
                                        why);
}

Type *Translator::typeOf(PtxType type) {
  Type *element = nullptr;
  if (!type.isFloat())
    element = intType(type.bits);
  else
    // bf16 is computed in f32: hosts round to it by calls.
    element = type.kind == PtxType::Bfloat ? builder.getFloatTy()
              : type.bits == 16            ? builder.getHalfTy()
              : type.bits == 64            ? builder.getDoubleTy()
                                           : builder.getFloatTy();
  return type.lanes == 1 ? element
                         : FixedVectorType::get(element, type.lanes);
}

AllocaInst *Translator::variableOf(StringRef reg) {
  auto [found, isNew] = registers.try_emplace(reg, nullptr);
  if (isNew) {
    auto declared = source.registers.find(reg);
    if (declared == source.registers.end())
      return nullptr;
    IRBuilder<> atEntry(entry, entry->begin());
    found->second =
        atEntry.CreateAlloca(intType(declared->second.totalBits()));
  }
  return found->second;
}

Value *Translator::threadMember(size_t offset, Type *type) {
  Value *place = builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(),
                                                    thread(), offset);
  LoadInst *load = builder.CreateLoad(type, place);
  // Results change, what a thread is does not.
  if (offset < offsetof(ThreadRegisters, result))
    load->setMetadata(LLVMContext::MD_invariant_load,
                      MDNode::get(module.getContext(), {}));
  return load;
}

/// The value of %tid.x and its like; null for other names.
Value *Translator::specialRegister(StringRef name) {
  Type *i32 = builder.getInt32Ty();
  auto [base, axisName] = name.split('.');
  int axis = StringSwitch<int>(axisName)
                 .Case("x", 0)
                 .Case("y", 1)
                 .Case("z", 2)
                 .Default(-1);
  std::optional<size_t> triple =
      StringSwitch<std::optional<size_t>>(base)
          .Case("%tid", offsetof(ThreadRegisters, tid))
          .Case("%ntid", offsetof(ThreadRegisters, blockDim))
          .Case("%ctaid", offsetof(ThreadRegisters, blockId))
          .Case("%nctaid", offsetof(ThreadRegisters, gridDim))
          .Default(std::nullopt);
  if (triple && axis >= 0)
    return threadMember(*triple + 4 * size_t(axis), i32);
  if (name == "%laneid")
    return threadMember(offsetof(ThreadRegisters, lane), i32);
  if (name == "%warpid")
    return threadMember(offsetof(ThreadRegisters, warp), i32);
  if (name == "WARP_SZ")
    return builder.getInt32(32);
  if (name.consume_front("%lanemask_")) {
    Value *one = builder.CreateShl(builder.getInt32(1),
                                   threadMember(offsetof(ThreadRegisters, lane), i32));
    Value *below = builder.CreateSub(one, builder.getInt32(1));
    if (name == "eq")
      return one;
    if (name == "lt")
      return below;
    if (name == "le")
      return builder.CreateOr(below, one);
    if (name == "ge")
      return builder.CreateNot(below);
    if (name == "gt")
      return builder.CreateNot(builder.CreateOr(below, one));
  }
  return nullptr;
}

void Translator::reportUnknown(StringRef name) {
  if (unknown.empty())
    unknown = name.str();
}

/// The operand as an integer of `bits` bits.
Value *Translator::bitsOf(const PtxOperand &operand, unsigned bits) {
  Type *type = intType(bits);
  switch (operand.kind) {
  case PtxOperand::Integer:
    return ConstantInt::get(type, APInt(64, operand.bits).zextOrTrunc(bits));
  case PtxOperand::Float32:
  case PtxOperand::Float64: {
    bool isDouble = operand.kind == PtxOperand::Float64;
    APFloat value(isDouble ? APFloat::IEEEdouble() : APFloat::IEEEsingle(),
                  APInt(isDouble ? 64 : 32, operand.bits));
    bool loses = false;
    if (isDouble && bits == 32)
      value.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven,
                    &loses);
    if (!isDouble && bits == 64)
      value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                    &loses);
    return ConstantInt::get(type, value.bitcastToAPInt().zextOrTrunc(bits));
  }
  case PtxOperand::Vector: { // the first element holds the lowest bits
    Value *whole = ConstantInt::get(type, 0);
    unsigned each = bits / std::max<size_t>(operand.elements.size(), 1);
    for (auto [i, element] : enumerate(operand.elements))
      whole = builder.CreateOr(
          whole,
          builder.CreateShl(builder.CreateZExt(bitsOf(element, each), type),
                            uint64_t(each * i)));
    return whole;
  }
  case PtxOperand::Name:
    break;
  default:
    reportUnknown("an operand in brackets");
    return PoisonValue::get(type);
  }
  StringRef name = operand.name;
  if (AllocaInst *variable = variableOf(name)) {
    Value *value = builder.CreateLoad(variable->getAllocatedType(), variable);
    value = builder.CreateZExtOrTrunc(value, type);
    return operand.isNegated ? builder.CreateNot(value) : value;
  }
  if (Value *special = specialRegister(name))
    return builder.CreateZExtOrTrunc(special, type);
  PtxOperand address;
  address.kind = PtxOperand::Address;
  address.elements.push_back(operand);
  return builder.CreateZExtOrTrunc(addressOf(address), type);
}

Value *Translator::read(const PtxOperand &operand, PtxType type) {
  Value *bits = bitsOf(operand, type.totalBits());
  if (type.kind != PtxType::Bfloat)
    return builder.CreateBitCast(bits, typeOf(type));
  Type *narrow = intType(16), *wide = intType(32);
  if (type.lanes == 2) {
    narrow = FixedVectorType::get(narrow, 2);
    wide = FixedVectorType::get(wide, 2);
  }
  bits = builder.CreateZExt(builder.CreateBitCast(bits, narrow), wide);
  return builder.CreateBitCast(builder.CreateShl(bits, 16), typeOf(type));
}

void Translator::writeBfloat(const PtxOperand &operand, Value *value) {
  // To the nearest, ties to even; a NaN stays one.
  Type *type = value->getType()->getWithNewType(intType(32));
  auto constant = [&](uint32_t bits) { return ConstantInt::get(type, bits); };
  Value *bits = builder.CreateBitCast(value, type);
  Value *isOdd =
      builder.CreateAnd(builder.CreateLShr(bits, constant(16)), constant(1));
  Value *rounded = builder.CreateAdd(
      bits, builder.CreateAdd(isOdd, constant(0x7fff)));
  Value *quiet = builder.CreateOr(bits, constant(0x400000));
  rounded = builder.CreateSelect(builder.CreateFCmpUNO(value, value), quiet,
                                 rounded);
  write(operand,
        builder.CreateTrunc(builder.CreateLShr(rounded, constant(16)),
                            type->getWithNewType(intType(16))));
}

void Translator::write(const PtxOperand &operand, Value *value, PtxType type) {
  if (type.kind == PtxType::Bfloat)
    writeBfloat(operand, value);
  else
    write(operand, value, type.isSigned());
}

void Translator::write(const PtxOperand &operand, Value *value, bool isSigned) {
  if (operand.kind == PtxOperand::None)
    return;
  unsigned bits = value->getType()->getPrimitiveSizeInBits();
  value = builder.CreateBitCast(value, intType(bits));
  if (operand.kind == PtxOperand::Vector) {
    unsigned each = bits / std::max<size_t>(operand.elements.size(), 1);
    for (auto [i, element] : enumerate(operand.elements))
      write(element,
            builder.CreateTrunc(builder.CreateLShr(value, uint64_t(each * i)),
                                intType(each)),
            isSigned);
    return;
  }
  AllocaInst *variable = variableOf(operand.name);
  if (!variable)
    return reportUnknown(operand.name);
  Type *type = variable->getAllocatedType();
  value = isSigned ? builder.CreateSExtOrTrunc(value, type)
                   : builder.CreateZExtOrTrunc(value, type);
  builder.CreateStore(value, variable);
}

Value *Translator::addressOf(const PtxOperand &operand) {
  Type *i64 = builder.getInt64Ty();
  Value *base = builder.getInt64(0);
  if (!operand.elements.empty()) {
    const PtxOperand &named = operand.elements.front();
    StringRef name = named.name;
    auto found = [&](const StringMap<uint64_t> &places) {
      return places.find(name) != places.end();
    };
    if (variableOf(name)) {
      // 32-bit addresses of shared memory are whole: it lies low.
      base = read(named, {PtxType::Unsigned, 64});
    } else if (found(places.parameters)) {
      base = builder.CreatePtrToInt(
          threadMember(offsetof(ThreadRegisters, parameters), builder.getPtrTy()), i64);
      base = builder.CreateAdd(
          base, builder.getInt64(places.parameters.lookup(name)));
    } else if (found(places.shared)) {
      base = builder.CreatePtrToInt(
          threadMember(offsetof(ThreadRegisters, shared), builder.getPtrTy()), i64);
      base = builder.CreateAdd(base,
                               builder.getInt64(places.shared.lookup(name)));
    } else if (found(places.globals)) {
      base = builder.getInt64(places.globals.lookup(name));
    } else if (Value *local = locals.lookup(name)) {
      base = builder.CreatePtrToInt(local, i64);
    } else {
      reportUnknown(name);
    }
  }
  return builder.CreateAdd(base, builder.getInt64(uint64_t(operand.offset)));
}

Value *Translator::call(StringRef name, Type *result,
                        ArrayRef<Value *> arguments) {
  SmallVector<Type *> types;
  for (Value *argument : arguments)
    types.push_back(argument->getType());
  FunctionCallee callee = module.getOrInsertFunction(
      name, FunctionType::get(result, types, /*isVarArg=*/false));
  return builder.CreateCall(callee, arguments);
}

BasicBlock *Translator::labelled(StringRef label) {
  BasicBlock *&block = labels[label];
  if (!block)
    block = BasicBlock::Create(module.getContext(), label, function);
  return block;
}

void Translator::beginUnreachable() {
  builder.SetInsertPoint(
      BasicBlock::Create(module.getContext(), "", function));
}

Function *Translator::calledFunction(StringRef name) {
  return module.getFunction(symbolOf(name));
}

bool Translator::isPredicate(const PtxOperand &operand) const {
  auto declared = source.registers.find(operand.name);
  return declared != source.registers.end() &&
         declared->second.kind == PtxType::Predicate;
}

Value *Translator::localVariable(StringRef name) {
  return locals.lookup(name);
}

Value *Translator::matrixWords() {
  if (!words) {
    // A row of the widest: 4 + 2 + 4 registers.
    IRBuilder<> atEntry(entry, entry->begin());
    words = atEntry.CreateAlloca(ArrayType::get(builder.getInt32Ty(), 16));
  }
  return words;
}

void Translator::declareVariables() {
  if (!source.isKernel) {
    unsigned argument = 1;
    for (const auto *variables : {&source.results, &source.parameters})
      for (const PtxVariable &variable : *variables)
        locals[variable.name] = function->getArg(argument++);
  }
  for (const PtxVariable &variable : source.variables) {
    if (variable.space == "shared")
      continue; // in `places`
    AllocaInst *local = builder.CreateAlloca(
        ArrayType::get(builder.getInt8Ty(), variable.bytes));
    local->setAlignment(Align(PowerOf2Ceil(variable.alignment)));
    locals[variable.name] = local;
  }
}

static const StringMap<Translator::Handler> &handlers() {
  static const StringMap<Translator::Handler> table = [] {
    StringMap<Translator::Handler> rows;
    addArithmetic(rows);
    addBits(rows);
    addConversions(rows);
    addMemory(rows);
    addControl(rows);
    addWarp(rows);
    addMatrices(rows);
    addCopies(rows);
    return rows;
  }();
  return table;
}

Error Translator::translate(const PtxInstruction &instruction) {
  if (!instruction.label.empty()) {
    BasicBlock *block = labelled(instruction.label);
    builder.CreateBr(block);
    builder.SetInsertPoint(block);
    return Error::success();
  }
  Handler handler =
      handlers().lookup(StringRef(instruction.opcode).split('.').first);
  if (!handler)
    return unsupported(instruction);
  if (instruction.predicate.empty())
    return handler(*this, instruction);
  PtxOperand guard;
  guard.kind = PtxOperand::Name;
  guard.name = instruction.predicate;
  guard.isNegated = instruction.isNegated;
  BasicBlock *then = BasicBlock::Create(module.getContext(), "", function);
  BasicBlock *after = BasicBlock::Create(module.getContext(), "", function);
  builder.CreateCondBr(read(guard, {PtxType::Predicate, 1}), then, after);
  builder.SetInsertPoint(then);
  if (Error error = handler(*this, instruction))
    return error;
  builder.CreateBr(after);
  builder.SetInsertPoint(after);
  return Error::success();
}

std::string strait::emulator::symbolOf(StringRef function) {
  return ("ptx." + function).str();
}

Function *strait::emulator::declareFunction(Module &module,
                                            const PtxFunction &function) {
  Type *pointer = PointerType::getUnqual(module.getContext());
  SmallVector<Type *> types(1, pointer);
  if (!function.isKernel)
    types.append(function.results.size() + function.parameters.size(), pointer);
  auto *type = FunctionType::get(Type::getVoidTy(module.getContext()), types,
                                 /*isVarArg=*/false);
  return Function::Create(type,
                          function.isKernel ? GlobalValue::ExternalLinkage
                                            : GlobalValue::InternalLinkage,
                          symbolOf(function.name), module);
}

Error Translator::translate() {
  function = module.getFunction(symbolOf(source.name));
  entry = BasicBlock::Create(module.getContext(), "", function);
  BasicBlock *body = BasicBlock::Create(module.getContext(), "", function);
  builder.SetInsertPoint(body);
  declareVariables();
  for (const PtxInstruction &instruction : source.body) {
    if (Error error = translate(instruction))
      return error;
    if (!unknown.empty())
      return ptxError(instruction.line,
                      "expected a register or a variable, found '" + unknown +
                          "'");
  }
  builder.CreateRetVoid();
  IRBuilder<>(entry).CreateBr(body);
  for (auto &entryOfLabel : labels)
    if (entryOfLabel.second->empty())
      return ptxError(source.line, "function '" + source.name +
                                       "' branches to '" +
                                       entryOfLabel.first() +
                                       "', which it lacks");
  return Error::success();
}
