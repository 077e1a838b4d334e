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

/// The elements that a load or store moves between registers and memory.
struct Elements {
  PtxType type;
  uint64_t bytes; // of one
  Value *address;
  bool isVolatile;
  ArrayRef<PtxOperand> registers;

  Value *place(Translator &t, size_t number) const {
    IRBuilder<> &ir = t.builder;
    return ir.CreateIntToPtr(
        ir.CreateAdd(address, ir.getInt64(bytes * number)), ir.getPtrTy());
  }
};

/// None: the instruction is not of this form.
static std::optional<Elements> findElements(Translator &t,
                                            const PtxInstruction &instruction,
                                            unsigned memory, unsigned registers,
                                            uint32_t kind) {
  auto type = lastType(instruction);
  auto &operands = instruction.operands;
  if (!type || operands.size() < 2 ||
      operands[memory].kind != PtxOperand::Address)
    return std::nullopt;
  const PtxOperand &named = operands[registers];
  ArrayRef<PtxOperand> list = named;
  if (named.kind == PtxOperand::Vector)
    list = named.elements;
  if (list.size() != vectorOf(instruction))
    return std::nullopt;
  Elements elements = {*type, std::max(1u, type->totalBits() / 8),
                       t.addressOf(operands[memory]),
                       hasPart(instruction, "volatile"), list};
  watch(t, instruction, elements.address, elements.bytes * list.size(), kind);
  return elements;
}

static Error load(Translator &t, const PtxInstruction &instruction) {
  auto elements = findElements(t, instruction, 1, 0, readsMemory);
  if (!elements)
    return t.unsupported(instruction);
  SmallVector<Value *> values;
  for (size_t i = 0; i < elements->registers.size(); ++i)
    values.push_back(t.builder.CreateAlignedLoad(
        t.intType(elements->type.totalBits()), elements->place(t, i),
        Align(elements->bytes), elements->isVolatile));
  // All are read before the first register changes: it may be the address.
  for (auto [target, value] : zip(elements->registers, values))
    t.write(target, value, elements->type.isSigned());
  return Error::success();
}

static Error store(Translator &t, const PtxInstruction &instruction) {
  auto elements = findElements(t, instruction, 0, 1, writesMemory);
  if (!elements)
    return t.unsupported(instruction);
  for (auto [i, source] : enumerate(elements->registers))
    t.builder.CreateAlignedStore(
        t.read(source, {PtxType::Bits, elements->type.totalBits()}),
        elements->place(t, i), Align(elements->bytes), elements->isVolatile);
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
