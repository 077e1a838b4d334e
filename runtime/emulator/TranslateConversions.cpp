// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mov and cvt.
#include "runtime/emulator/Translator.h"

#include "llvm/IR/Intrinsics.h"

using namespace llvm;
using namespace strait::emulator;

static Error move(Translator &t, const PtxInstruction &instruction) {
  auto type = lastType(instruction);
  if (!type || instruction.operands.size() != 2)
    return t.unsupported(instruction);
  type->kind = PtxType::Bits;
  t.write(instruction.operands[0], t.read(instruction.operands[1], *type));
  return Error::success();
}

/// cvta: addresses of all spaces are addresses of this process.
static Error convertAddress(Translator &t, const PtxInstruction &instruction) {
  return move(t, instruction);
}

/// To a whole number, in the rounding that the opcode names.
static Value *roundWhole(Translator &t, const PtxInstruction &instruction,
                         Value *value) {
  Intrinsic::ID id = hasPart(instruction, "rzi")   ? Intrinsic::trunc
                     : hasPart(instruction, "rmi") ? Intrinsic::floor
                     : hasPart(instruction, "rpi") ? Intrinsic::ceil
                     : hasPart(instruction, "rni") ? Intrinsic::roundeven
                                                   : Intrinsic::not_intrinsic;
  return id ? t.builder.CreateUnaryIntrinsic(id, value) : value;
}

static Value *convertFloat(Translator &t, const PtxInstruction &instruction,
                           Value *value, PtxType to) {
  IRBuilder<> &ir = t.builder;
  value = roundWhole(t, instruction, value);
  if (hasPart(instruction, "relu"))
    value = ir.CreateBinaryIntrinsic(Intrinsic::maximum, value,
                                     ConstantFP::get(value->getType(), 0.0));
  if (to.kind == PtxType::Tfloat) {
    // To the nearest of 10 bits of mantissa, ties away from zero (.rna).
    Value *bits = ir.CreateBitCast(value, ir.getInt32Ty());
    Value *isFinite = ir.CreateICmpNE(ir.CreateAnd(bits, 0x7f800000u),
                                      ir.getInt32(0x7f800000u));
    Value *rounded = ir.CreateAnd(ir.CreateAdd(bits, ir.getInt32(0x1000)),
                                  ~uint64_t(0x1fff) & 0xffffffffu);
    return ir.CreateBitCast(ir.CreateSelect(isFinite, rounded, bits),
                            ir.getFloatTy());
  }
  Type *type = t.typeOf({to.kind, to.bits});
  value = ir.CreateFPCast(value, type);
  if (!hasPart(instruction, "sat"))
    return value;
  value = ir.CreateBinaryIntrinsic(Intrinsic::maximumnum, value,
                                   ConstantFP::get(type, 0.0));
  return ir.CreateBinaryIntrinsic(Intrinsic::minimumnum, value,
                                  ConstantFP::get(type, 1.0));
}

static Value *convertInteger(Translator &t, const PtxInstruction &instruction,
                             Value *value, PtxType from, PtxType to) {
  IRBuilder<> &ir = t.builder;
  if (hasPart(instruction, "sat")) {
    // In a width that holds both ranges.
    unsigned bits = std::max(from.bits, to.bits) + 1;
    Type *wide = t.intType(bits);
    value = from.isSigned() ? ir.CreateSExt(value, wide)
                            : ir.CreateZExt(value, wide);
    APInt least = to.isSigned() ? APInt::getSignedMinValue(to.bits).sext(bits)
                                : APInt::getZero(bits);
    APInt most = to.isSigned() ? APInt::getSignedMaxValue(to.bits).sext(bits)
                               : APInt::getMaxValue(to.bits).zext(bits);
    value = ir.CreateBinaryIntrinsic(Intrinsic::smax, value,
                                     ConstantInt::get(wide, least));
    value = ir.CreateBinaryIntrinsic(Intrinsic::smin, value,
                                     ConstantInt::get(wide, most));
  }
  return from.isSigned() ? ir.CreateSExtOrTrunc(value, t.intType(to.bits))
                         : ir.CreateZExtOrTrunc(value, t.intType(to.bits));
}

/// Roundings of results that the host does not have.
static bool isDirected(const PtxInstruction &instruction) {
  return hasPart(instruction, "rz") || hasPart(instruction, "rm") ||
         hasPart(instruction, "rp");
}

static Error convert(Translator &t, const PtxInstruction &instruction) {
  auto parts = instruction.parts();
  if (parts.size() < 3 || instruction.operands.size() < 2)
    return t.unsupported(instruction);
  auto from = parseType(parts.back()), to = parseType(parts[parts.size() - 2]);
  if (hasPart(instruction, "pack") || !from || !to || from->lanes != 1 ||
      isDirected(instruction) || hasPart(instruction, "satfinite"))
    return t.unsupported(instruction);
  IRBuilder<> &ir = t.builder;
  if (to->lanes == 2) {
    // Two floats; the first becomes the upper half.
    if (instruction.operands.size() != 3)
      return t.unsupported(instruction);
    Value *result = PoisonValue::get(t.typeOf(*to));
    for (unsigned lane = 0; lane < 2; ++lane) {
      Value *value = t.read(instruction.operands[2 - lane], *from);
      result = ir.CreateInsertElement(
          result, convertFloat(t, instruction, value, *to), lane);
    }
    t.write(instruction.operands[0], result, *to);
    return Error::success();
  }
  Value *value = t.read(instruction.operands[1], *from), *result = nullptr;
  if (from->isFloat() && to->isFloat()) {
    result = convertFloat(t, instruction, value, *to);
  } else if (from->isFloat()) {
    // Beyond the range: its end; NaN: zero.
    value = roundWhole(t, instruction, value);
    result = ir.CreateIntrinsic(to->isSigned() ? Intrinsic::fptosi_sat
                                               : Intrinsic::fptoui_sat,
                                {t.intType(to->bits), value->getType()},
                                {value});
  } else if (to->isFloat()) {
    Type *type = t.typeOf(*to);
    result = from->isSigned() ? ir.CreateSIToFP(value, type)
                              : ir.CreateUIToFP(value, type);
  } else {
    result = convertInteger(t, instruction, value, *from, *to);
  }
  t.write(instruction.operands[0], result, *to);
  return Error::success();
}

void strait::emulator::addConversions(StringMap<Translator::Handler> &table) {
  table["mov"] = move;
  table["cvta"] = convertAddress;
  table["cvt"] = convert;
}
