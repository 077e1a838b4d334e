// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loads, stores, atomic operations, prefetches.
#include "runtime/emulator/Translator.h"

#include "runtime/emulator/Block.h"

#include "llvm/ADT/StringSwitch.h"

using namespace llvm;
using namespace strait::emulator;

/// The state space that an opcode names; empty: generic.
static StringRef spaceOf(const PtxInstruction &instruction) {
  for (StringRef part : instruction.parts())
    for (StringRef space : {"param", "global", "shared", "local", "const"})
      if (part.split("::").first == space)
        return space;
  return "";
}

static unsigned vectorOf(const PtxInstruction &instruction) {
  return hasPart(instruction, "v8")   ? 8
         : hasPart(instruction, "v4") ? 4
         : hasPart(instruction, "v2") ? 2
                                      : 1;
}

/// Tells the checker, where it watches.
static void watch(Translator &t, const PtxInstruction &instruction,
                  Value *address, uint64_t bytes, uint32_t kind) {
  StringRef space = spaceOf(instruction);
  if (!t.checksAccesses() || space == "param" || space == "local" ||
      space == "const")
    return;
  IRBuilder<> &ir = t.builder;
  t.call("strait_emulator_watch", ir.getVoidTy(),
         {t.thread(), address, ir.getInt64(bytes), ir.getInt32(kind),
          ir.getInt32(instruction.line)});
}

static Error load(Translator &t, const PtxInstruction &instruction) {
  auto type = lastType(instruction);
  unsigned lanes = vectorOf(instruction);
  if (!type || instruction.operands.size() < 2 ||
      instruction.operands[1].kind != PtxOperand::Address)
    return t.unsupported(instruction);
  IRBuilder<> &ir = t.builder;
  Value *address = t.addressOf(instruction.operands[1]);
  uint64_t each = std::max(1u, type->totalBits() / 8);
  watch(t, instruction, address, each * lanes, readsMemory);
  const PtxOperand &target = instruction.operands[0];
  if ((target.kind == PtxOperand::Vector ? target.elements.size() : 1) != lanes)
    return t.unsupported(instruction);
  SmallVector<Value *> values;
  for (unsigned i = 0; i < lanes; ++i) {
    Value *place = ir.CreateIntToPtr(
        ir.CreateAdd(address, ir.getInt64(each * i)), ir.getPtrTy());
    values.push_back(ir.CreateAlignedLoad(t.intType(type->totalBits()), place,
                                          Align(each),
                                          hasPart(instruction, "volatile")));
  }
  // All are read before the first register changes: it may be the address.
  for (unsigned i = 0; i < lanes; ++i)
    t.write(lanes == 1 ? target : target.elements[i], values[i],
            type->isSigned());
  return Error::success();
}

static Error store(Translator &t, const PtxInstruction &instruction) {
  auto type = lastType(instruction);
  unsigned lanes = vectorOf(instruction);
  if (!type || instruction.operands.size() < 2 ||
      instruction.operands[0].kind != PtxOperand::Address)
    return t.unsupported(instruction);
  IRBuilder<> &ir = t.builder;
  Value *address = t.addressOf(instruction.operands[0]);
  uint64_t each = std::max(1u, type->totalBits() / 8);
  watch(t, instruction, address, each * lanes, writesMemory);
  const PtxOperand &source = instruction.operands[1];
  if ((source.kind == PtxOperand::Vector ? source.elements.size() : 1) != lanes)
    return t.unsupported(instruction);
  for (unsigned i = 0; i < lanes; ++i) {
    Value *place = ir.CreateIntToPtr(
        ir.CreateAdd(address, ir.getInt64(each * i)), ir.getPtrTy());
    Value *value = t.read(lanes == 1 ? source : source.elements[i],
                          {PtxType::Bits, type->totalBits()});
    ir.CreateAlignedStore(value, place, Align(each),
                          hasPart(instruction, "volatile"));
  }
  return Error::success();
}

/// atom.space.op.type d, [a], b {, c} and red, which has no d.
static Error atomic(Translator &t, const PtxInstruction &instruction) {
  auto type = lastType(instruction);
  bool isAtom = instruction.parts()[0] == "atom";
  size_t first = isAtom ? 1 : 0;
  if (!type || type->kind == PtxType::Bfloat ||
      instruction.operands.size() < first + 2 || vectorOf(instruction) != 1)
    return t.unsupported(instruction);
  IRBuilder<> &ir = t.builder;
  Value *address = t.addressOf(instruction.operands[first]);
  uint64_t bytes = type->totalBits() / 8;
  watch(t, instruction, address, bytes, writesMemory | isAtomic);
  Value *place = ir.CreateIntToPtr(address, ir.getPtrTy());
  Value *b = t.read(instruction.operands[first + 1], *type), *old = nullptr;
  auto order = AtomicOrdering::SequentiallyConsistent;
  if (hasPart(instruction, "cas")) {
    Value *c = t.read(instruction.operands[first + 2], *type);
    old = ir.CreateExtractValue(
        ir.CreateAtomicCmpXchg(place, b, c, Align(bytes), order, order), 0);
  } else {
    bool isFloat = type->isFloat(), isSigned = type->isSigned();
    using Op = AtomicRMWInst;
    auto which = Op::BAD_BINOP;
    for (StringRef part : instruction.parts())
      if (which == Op::BAD_BINOP)
        which = StringSwitch<Op::BinOp>(part)
                    .Case("add", isFloat ? Op::FAdd : Op::Add)
                    .Case("min", isFloat    ? Op::FMin
                                 : isSigned ? Op::Min
                                            : Op::UMin)
                    .Case("max", isFloat    ? Op::FMax
                                 : isSigned ? Op::Max
                                            : Op::UMax)
                    .Case("and", Op::And)
                    .Case("or", Op::Or)
                    .Case("xor", Op::Xor)
                    .Case("exch", Op::Xchg)
                    .Case("inc", Op::UIncWrap)
                    .Case("dec", Op::UDecWrap)
                    .Default(Op::BAD_BINOP);
    if (which == Op::BAD_BINOP)
      return t.unsupported(instruction);
    old = ir.CreateAtomicRMW(which, place, b, Align(bytes), order);
  }
  if (isAtom)
    t.write(instruction.operands[0], old, *type);
  return Error::success();
}

static Error fence(Translator &t, const PtxInstruction &) {
  t.builder.CreateFence(AtomicOrdering::SequentiallyConsistent);
  return Error::success();
}

static Error nothing(Translator &, const PtxInstruction &) {
  return Error::success();
}

void strait::emulator::addMemory(StringMap<Translator::Handler> &table) {
  for (StringRef name : {"ld", "ldu"})
    table[name] = load;
  table["st"] = store;
  for (StringRef name : {"atom", "red"})
    table[name] = atomic;
  for (StringRef name : {"membar", "fence"})
    table[name] = fence;
  for (StringRef name : {"prefetch", "prefetchu", "discard", "applypriority"})
    table[name] = nothing;
}
