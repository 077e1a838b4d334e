// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ldmatrix, stmatrix and mma.sync: a lane's registers go into memory that the
// warp's last lane reads, and the results come back the same way.
#include "runtime/emulator/Translator.h"

#include "runtime/emulator/Matrices.h"

#include "llvm/ADT/StringSwitch.h"

using namespace llvm;
using namespace strait::emulator;

static const PtxType b32 = {PtxType::Bits, 32};

static Value *wordPlace(Translator &t, unsigned index) {
  return t.builder.CreateConstInBoundsGEP1_32(t.builder.getInt32Ty(),
                                              t.matrixWords(), index);
}

static void ask(Translator &t, const PtxInstruction &instruction,
                WarpRequest::Kind kind, uint32_t form) {
  IRBuilder<> &ir = t.builder;
  t.call("strait_emulator_matrices", ir.getVoidTy(),
         {t.thread(), ir.getInt32(kind), ir.getInt32(form), t.matrixWords(),
          ir.getInt32(instruction.line)});
}

/// ldmatrix.sync.aligned.m8n8.x4{.trans}.shared.b16 {registers}, [address] and
/// stmatrix, whose operands stand the other way round.
static Error moveMatrices(Translator &t, const PtxInstruction &instruction) {
  auto &operands = instruction.operands;
  bool isLoad = instruction.parts()[0] == "ldmatrix";
  unsigned count = hasPart(instruction, "x4")   ? 4
                   : hasPart(instruction, "x2") ? 2
                                                : 1;
  if (!hasPart(instruction, "m8n8") || !hasPart(instruction, "b16") ||
      operands.size() != 2)
    return t.unsupported(instruction);
  const PtxOperand &registers = operands[isLoad ? 0 : 1];
  const PtxOperand &address = operands[isLoad ? 1 : 0];
  if (registers.elements.size() != count || address.kind != PtxOperand::Address)
    return t.unsupported(instruction);
  IRBuilder<> &ir = t.builder;
  // Shared memory lies low.
  ir.CreateStore(ir.CreateTrunc(t.addressOf(address), ir.getInt32Ty()),
                 wordPlace(t, 0));
  if (!isLoad)
    for (unsigned i = 0; i < count; ++i)
      ir.CreateStore(t.read(registers.elements[i], b32), wordPlace(t, 1 + i));
  ask(t, instruction,
      isLoad ? WarpRequest::LoadMatrix : WarpRequest::StoreMatrix,
      encode(MatrixForm{uint8_t(count), hasPart(instruction, "trans")}));
  if (isLoad)
    for (unsigned i = 0; i < count; ++i)
      t.write(registers.elements[i],
              ir.CreateLoad(ir.getInt32Ty(), wordPlace(t, i)));
  return Error::success();
}

static std::optional<ProductForm::Element> elementOf(StringRef type) {
  return StringSwitch<std::optional<ProductForm::Element>>(type)
      .Case("f16", ProductForm::F16)
      .Case("bf16", ProductForm::Bf16)
      .Case("tf32", ProductForm::Tf32)
      .Case("s8", ProductForm::S8)
      .Case("u8", ProductForm::U8)
      .Case("e4m3", ProductForm::E4m3)
      .Case("e5m2", ProductForm::E5m2)
      .Default(std::nullopt);
}

/// The form that mma.sync.aligned.m16n8kK.row.col{.satfinite}.d.a.b.c names.
static std::optional<ProductForm> formOf(const PtxInstruction &instruction) {
  auto parts = instruction.parts();
  if (parts.size() < 10 || parts[1] != "sync" || parts[4] != "row" ||
      parts[5] != "col")
    return std::nullopt;
  StringRef shape = parts[3];
  unsigned depth = 0;
  if (!shape.consume_front("m16n8k") || shape.getAsInteger(10, depth))
    return std::nullopt;
  bool isSaturated = parts[6] == "satfinite";
  if (parts.size() != (isSaturated ? 11u : 10u))
    return std::nullopt;
  auto types = ArrayRef(parts).take_back(4);
  auto a = elementOf(types[1]), b = elementOf(types[2]);
  if (!a || !b || types[0] != types[3])
    return std::nullopt;
  ProductForm form = {uint8_t(depth), *a, *b, types[0] == "f16", isSaturated};
  bool isSum = form.isInteger() ? types[0] == "s32"
                                : types[0] == "f32" || form.isHalf;
  // K comes in one or two times the columns that four lanes hold.
  unsigned columns = 4 * form.elementsPerRegister();
  if (!isSum || (depth != columns && depth != 2 * columns))
    return std::nullopt;
  return form;
}

static Error multiply(Translator &t, const PtxInstruction &instruction) {
  auto form = formOf(instruction);
  auto &operands = instruction.operands;
  if (!form || operands.size() != 4)
    return t.unsupported(instruction);
  const unsigned counts[] = {form->registersOfC(), form->registersOfA(),
                             form->registersOfB(), form->registersOfC()};
  for (unsigned i = 0; i < 4; ++i)
    if (operands[i].kind != PtxOperand::Vector ||
        operands[i].elements.size() != counts[i])
      return t.unsupported(instruction, "operand " + Twine(i) + " has " +
                                            Twine(operands[i].elements.size()) +
                                            " registers, not " +
                                            Twine(counts[i]));
  IRBuilder<> &ir = t.builder;
  unsigned place = 0;
  for (unsigned i = 1; i < 4; ++i)
    for (const PtxOperand &element : operands[i].elements)
      ir.CreateStore(t.read(element, b32), wordPlace(t, place++));
  ask(t, instruction, WarpRequest::MultiplyMatrices, encode(*form));
  for (auto [i, element] : enumerate(operands[0].elements))
    t.write(element,
            ir.CreateLoad(ir.getInt32Ty(), wordPlace(t, unsigned(i))));
  return Error::success();
}

void strait::emulator::addMatrices(StringMap<Translator::Handler> &table) {
  for (StringRef name : {"ldmatrix", "stmatrix"})
    table[name] = moveMatrices;
  table["mma"] = multiply;
}
