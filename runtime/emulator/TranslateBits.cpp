// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Logic, shifts and fields of bits.
#include "runtime/emulator/Translator.h"

#include "llvm/IR/Intrinsics.h"

using namespace llvm;
using namespace strait::emulator;

static Error logic(Translator &t, const PtxInstruction &instruction) {
  auto type = lastType(instruction);
  StringRef name = instruction.parts()[0];
  if (!type || instruction.operands.size() != (name == "not" ? 2 : 3))
    return t.unsupported(instruction);
  IRBuilder<> &ir = t.builder;
  Value *a = t.read(instruction.operands[1], *type);
  Value *result = nullptr;
  if (name == "not") {
    result = ir.CreateNot(a);
  } else {
    Value *b = t.read(instruction.operands[2], *type);
    result = name == "and"  ? ir.CreateAnd(a, b)
             : name == "or" ? ir.CreateOr(a, b)
                            : ir.CreateXor(a, b);
  }
  t.write(instruction.operands[0], result);
  return Error::success();
}

static const PtxType u32 = {PtxType::Unsigned, 32};

/// Amounts beyond the width count as the width.
static Error shift(Translator &t, const PtxInstruction &instruction) {
  auto type = lastType(instruction);
  if (!type || instruction.operands.size() != 3)
    return t.unsupported(instruction);
  IRBuilder<> &ir = t.builder;
  Value *a = t.read(instruction.operands[1], *type);
  Value *amount = t.read(instruction.operands[2], u32);
  Value *isBeyond = ir.CreateICmpUGE(amount, ir.getInt32(type->bits));
  Value *last = ir.getInt32(type->bits - 1);
  Value *inside = ir.CreateZExtOrTrunc(ir.CreateSelect(isBeyond, last, amount),
                                       a->getType());
  if (instruction.parts()[0] == "shr" && type->isSigned()) {
    t.write(instruction.operands[0], ir.CreateAShr(a, inside), true);
    return Error::success();
  }
  Value *result = instruction.parts()[0] == "shl" ? ir.CreateShl(a, inside)
                                                  : ir.CreateLShr(a, inside);
  Value *zero = ConstantInt::get(a->getType(), 0);
  t.write(instruction.operands[0], ir.CreateSelect(isBeyond, zero, result));
  return Error::success();
}

/// shf.{l|r}.{wrap|clamp}.b32 d, a, b, c: of b and a as 64 bits.
static Error funnelShift(Translator &t, const PtxInstruction &instruction) {
  if (instruction.operands.size() != 4)
    return t.unsupported(instruction);
  IRBuilder<> &ir = t.builder;
  PtxType b32 = {PtxType::Bits, 32};
  auto wide = [&](unsigned operand) {
    return ir.CreateZExt(t.read(instruction.operands[operand], b32),
                         ir.getInt64Ty());
  };
  Value *both = ir.CreateOr(wide(1), ir.CreateShl(wide(2), 32));
  Value *amount = t.read(instruction.operands[3], u32);
  amount = hasPart(instruction, "wrap")
               ? ir.CreateAnd(amount, 31)
               : ir.CreateBinaryIntrinsic(Intrinsic::umin, amount,
                                          ir.getInt32(32));
  amount = ir.CreateZExt(amount, ir.getInt64Ty());
  Value *result = hasPart(instruction, "l")
                      ? ir.CreateLShr(ir.CreateShl(both, amount), 32)
                      : ir.CreateLShr(both, amount);
  t.write(instruction.operands[0], ir.CreateTrunc(result, ir.getInt32Ty()));
  return Error::success();
}

/// (1 << length) - 1, all ones from `bits` on.
static Value *maskOf(IRBuilder<> &ir, Value *length, unsigned bits) {
  Type *type = ir.getIntNTy(bits);
  Value *isWhole = ir.CreateICmpUGE(length, ir.getInt32(bits));
  Value *amount = ir.CreateZExtOrTrunc(
      ir.CreateSelect(isWhole, ir.getInt32(0), length), type);
  Value *mask = ir.CreateSub(ir.CreateShl(ConstantInt::get(type, 1), amount),
                             ConstantInt::get(type, 1));
  return ir.CreateSelect(isWhole, ConstantInt::getAllOnesValue(type), mask);
}

/// bfe.type d, a, position, length
static Error extractField(Translator &t, const PtxInstruction &instruction) {
  auto type = lastType(instruction);
  if (!type || instruction.operands.size() != 4)
    return t.unsupported(instruction);
  IRBuilder<> &ir = t.builder;
  unsigned bits = type->bits;
  Value *a = t.read(instruction.operands[1], *type);
  Value *position =
      ir.CreateAnd(t.read(instruction.operands[2], u32), ir.getInt32(0xff));
  Value *length =
      ir.CreateAnd(t.read(instruction.operands[3], u32), ir.getInt32(0xff));
  auto shifted = [&](Value *by) {
    Value *isBeyond = ir.CreateICmpUGE(by, ir.getInt32(bits));
    Value *inside = ir.CreateZExtOrTrunc(
        ir.CreateSelect(isBeyond, ir.getInt32(0), by), a->getType());
    return ir.CreateSelect(isBeyond, ConstantInt::get(a->getType(), 0),
                           ir.CreateLShr(a, inside));
  };
  Value *mask = maskOf(ir, length, bits);
  Value *result = ir.CreateAnd(shifted(position), mask);
  if (type->isSigned()) {
    Value *last = ir.CreateSub(ir.CreateAdd(position, length), ir.getInt32(1));
    last = ir.CreateBinaryIntrinsic(Intrinsic::umin, last,
                                    ir.getInt32(bits - 1));
    Value *isNegative = ir.CreateAnd(
        ir.CreateTrunc(shifted(last), ir.getInt1Ty()),
        ir.CreateICmpNE(length, ir.getInt32(0)));
    Value *filled = ir.CreateOr(result, ir.CreateNot(mask));
    // Beyond the word, everything is its sign.
    result = ir.CreateSelect(isNegative, filled, result);
  }
  t.write(instruction.operands[0], result);
  return Error::success();
}

/// bfi.type d, field, into, position, length
static Error insertField(Translator &t, const PtxInstruction &instruction) {
  auto type = lastType(instruction);
  if (!type || instruction.operands.size() != 5)
    return t.unsupported(instruction);
  IRBuilder<> &ir = t.builder;
  Value *field = t.read(instruction.operands[1], *type);
  Value *into = t.read(instruction.operands[2], *type);
  Value *position =
      ir.CreateAnd(t.read(instruction.operands[3], u32), ir.getInt32(0xff));
  Value *length =
      ir.CreateAnd(t.read(instruction.operands[4], u32), ir.getInt32(0xff));
  Value *isBeyond = ir.CreateICmpUGE(position, ir.getInt32(type->bits));
  Value *by = ir.CreateZExtOrTrunc(
      ir.CreateSelect(isBeyond, ir.getInt32(0), position), field->getType());
  Value *mask = ir.CreateShl(maskOf(ir, length, type->bits), by);
  mask = ir.CreateSelect(isBeyond, ConstantInt::get(mask->getType(), 0), mask);
  Value *result = ir.CreateOr(ir.CreateAnd(ir.CreateShl(field, by), mask),
                              ir.CreateAnd(into, ir.CreateNot(mask)));
  t.write(instruction.operands[0], result);
  return Error::success();
}

/// prmt.b32 d, a, b, selector: any bytes of b and a, or copies of their signs.
static Error permuteBytes(Translator &t, const PtxInstruction &instruction) {
  if (instruction.operands.size() != 4 || instruction.opcode != "prmt.b32")
    return t.unsupported(instruction);
  IRBuilder<> &ir = t.builder;
  Type *i64 = ir.getInt64Ty();
  auto wide = [&](unsigned operand) {
    return ir.CreateZExt(
        t.read(instruction.operands[operand], {PtxType::Bits, 32}), i64);
  };
  Value *both = ir.CreateOr(wide(1), ir.CreateShl(wide(2), 32));
  Value *selector = wide(3), *result = ir.getInt64(0);
  for (unsigned byte = 0; byte < 4; ++byte) {
    Value *choice = ir.CreateLShr(selector, uint64_t(4 * byte));
    Value *amount = ir.CreateShl(ir.CreateAnd(choice, 7), 3);
    Value *picked = ir.CreateTrunc(ir.CreateLShr(both, amount), ir.getInt8Ty());
    Value *sign = ir.CreateAShr(picked, uint64_t(7));
    Value *wantsSign =
        ir.CreateICmpNE(ir.CreateAnd(choice, 8), ir.getInt64(0));
    picked = ir.CreateSelect(wantsSign, sign, picked);
    result = ir.CreateOr(
        result, ir.CreateShl(ir.CreateZExt(picked, i64), uint64_t(8 * byte)));
  }
  t.write(instruction.operands[0], ir.CreateTrunc(result, ir.getInt32Ty()));
  return Error::success();
}

/// lop3.b32 d, a, b, c, table: any function of three bits.
static Error logicOfThree(Translator &t, const PtxInstruction &instruction) {
  if (instruction.operands.size() != 5 || instruction.opcode != "lop3.b32" ||
      instruction.operands[4].kind != PtxOperand::Integer)
    return t.unsupported(instruction);
  IRBuilder<> &ir = t.builder;
  PtxType b32 = {PtxType::Bits, 32};
  Value *inputs[3];
  for (unsigned i = 0; i < 3; ++i)
    inputs[i] = t.read(instruction.operands[i + 1], b32);
  Value *result = ir.getInt32(0);
  for (unsigned row = 0; row < 8; ++row) {
    if (!(instruction.operands[4].bits >> row & 1))
      continue;
    Value *term = ir.getInt32(0xffffffff);
    for (unsigned i = 0; i < 3; ++i)
      term = ir.CreateAnd(term, row >> (2 - i) & 1 ? inputs[i]
                                                   : ir.CreateNot(inputs[i]));
    result = ir.CreateOr(result, term);
  }
  t.write(instruction.operands[0], result);
  return Error::success();
}

/// clz, popc (32 bits, whatever they count in) and brev.
static Error countBits(Translator &t, const PtxInstruction &instruction) {
  auto type = lastType(instruction);
  if (!type || instruction.operands.size() != 2)
    return t.unsupported(instruction);
  IRBuilder<> &ir = t.builder;
  StringRef name = instruction.parts()[0];
  Value *a = t.read(instruction.operands[1], *type);
  if (name == "brev") {
    t.write(instruction.operands[0],
            ir.CreateUnaryIntrinsic(Intrinsic::bitreverse, a));
    return Error::success();
  }
  Value *result =
      name == "popc"
          ? ir.CreateUnaryIntrinsic(Intrinsic::ctpop, a)
          : ir.CreateIntrinsic(Intrinsic::ctlz, {a->getType()},
                               {a, ir.getFalse()});
  t.write(instruction.operands[0],
          ir.CreateZExtOrTrunc(result, ir.getInt32Ty()));
  return Error::success();
}

void strait::emulator::addBits(StringMap<Translator::Handler> &table) {
  for (StringRef name : {"and", "or", "xor", "not"})
    table[name] = logic;
  for (StringRef name : {"shl", "shr"})
    table[name] = shift;
  for (StringRef name : {"clz", "popc", "brev"})
    table[name] = countBits;
  table["shf"] = funnelShift;
  table["bfe"] = extractField;
  table["bfi"] = insertField;
  table["prmt"] = permuteBytes;
  table["lop3"] = logicOfThree;
}
