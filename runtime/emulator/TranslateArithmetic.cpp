// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arithmetic, comparison and selection. Approximate functions are computed
// exactly (in f32): nothing may depend on how far a GPU's are off.
#include "runtime/emulator/Translator.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/IR/Intrinsics.h"

using namespace llvm;
using namespace strait::emulator;

/// Roundings other than to the nearest are not those of the host.
static bool roundsToNearest(const PtxInstruction &instruction) {
  return !hasPart(instruction, "rz") && !hasPart(instruction, "rm") &&
         !hasPart(instruction, "rp");
}

/// .sat: clamped to [0, 1], NaN becomes 0.
static Value *saturate(Translator &t, const PtxInstruction &instruction,
                       Value *value) {
  if (!hasPart(instruction, "sat"))
    return value;
  Type *type = value->getType();
  value = t.builder.CreateBinaryIntrinsic(Intrinsic::maximumnum, value,
                                          ConstantFP::get(type, 0.0));
  return t.builder.CreateBinaryIntrinsic(Intrinsic::minimumnum, value,
                                         ConstantFP::get(type, 1.0));
}

/// .ftz: denormals of f32 count as zeros of their sign.
static Value *flush(Translator &t, const PtxInstruction &instruction,
                    Value *value) {
  Type *type = value->getType();
  if (!hasPart(instruction, "ftz") || !type->getScalarType()->isFloatTy())
    return value;
  IRBuilder<> &ir = t.builder;
  Value *size = ir.CreateUnaryIntrinsic(Intrinsic::fabs, value);
  Value *least =
      ConstantFP::get(type, APFloat::getSmallestNormalized(
                                APFloat::IEEEsingle()));
  Value *zero = ir.CreateBinaryIntrinsic(
      Intrinsic::copysign, Constant::getNullValue(type), value);
  return ir.CreateSelect(ir.CreateFCmpOLT(size, least), zero, value);
}

static Value *readInput(Translator &t, const PtxInstruction &instruction,
                        unsigned operand, PtxType type) {
  return flush(t, instruction, t.read(instruction.operands[operand], type));
}

/// Finishes a float result: .relu, .sat, .ftz.
static Error finish(Translator &t, const PtxInstruction &instruction,
                    Value *result, PtxType type) {
  if (hasPart(instruction, "relu"))
    result = t.builder.CreateBinaryIntrinsic(
        Intrinsic::maximumnum, result,
        Constant::getNullValue(result->getType()));
  t.write(instruction.operands[0],
          flush(t, instruction, saturate(t, instruction, result)), type);
  return Error::success();
}

/// a * b + c of f32 in a rounding that is not the host's.
static Error multiplyAddDirected(Translator &t,
                                 const PtxInstruction &instruction, Value *a,
                                 Value *b, Value *c) {
  uint32_t rounding = hasPart(instruction, "rm")   ? 1
                      : hasPart(instruction, "rp") ? 2
                                                   : 3;
  Value *result = t.call("strait_emulator_fma", t.builder.getFloatTy(),
                         {a, b, c, t.builder.getInt32(rounding)});
  return finish(t, instruction, result, {PtxType::Float, 32});
}

static Error binary(Translator &t, const PtxInstruction &instruction) {
  auto type = lastType(instruction);
  if (!type || instruction.operands.size() != 3)
    return t.unsupported(instruction);
  StringRef name = instruction.parts()[0];
  Value *a = readInput(t, instruction, 1, *type);
  Value *b = readInput(t, instruction, 2, *type);
  if (!roundsToNearest(instruction)) {
    Value *one = a->getType()->isFloatTy() ? ConstantFP::get(a->getType(), 1.0)
                                           : nullptr;
    if (!one || (name != "add" && name != "mul" && name != "sub"))
      return t.unsupported(instruction);
    if (name == "mul") // minus zero changes no product
      return multiplyAddDirected(t, instruction, a, b,
                                 ConstantFP::get(a->getType(), -0.0));
    if (name == "sub")
      b = t.builder.CreateFNeg(b);
    return multiplyAddDirected(t, instruction, a, one, b);
  }
  IRBuilder<> &ir = t.builder;
  Value *result = nullptr;
  if (type->isFloat()) {
    bool keepsNaN = hasPart(instruction, "NaN");
    result = StringSwitch<function_ref<Value *()>>(name)
                 .Case("add", [&] { return ir.CreateFAdd(a, b); })
                 .Case("sub", [&] { return ir.CreateFSub(a, b); })
                 .Case("mul", [&] { return ir.CreateFMul(a, b); })
                 .Case("div", [&] { return ir.CreateFDiv(a, b); })
                 .Case("min",
                       [&] {
                         return ir.CreateBinaryIntrinsic(
                             keepsNaN ? Intrinsic::minimum
                                      : Intrinsic::minimumnum,
                             a, b);
                       })
                 .Case("max",
                       [&] {
                         return ir.CreateBinaryIntrinsic(
                             keepsNaN ? Intrinsic::maximum
                                      : Intrinsic::maximumnum,
                             a, b);
                       })
                 .Case("copysign",
                       [&] { // the sign of the first operand
                         return ir.CreateBinaryIntrinsic(Intrinsic::copysign,
                                                         b, a);
                       })
                 .Default([]() -> Value * { return nullptr; })();
    if (!result)
      return t.unsupported(instruction);
    return finish(t, instruction, result, *type);
  }
  if (hasPart(instruction, "sat") || hasPart(instruction, "cc"))
    return t.unsupported(instruction);
  bool isSigned = type->isSigned();
  if (name == "div" || name == "rem") {
    // What a GPU gives for a division by zero is not defined, but it gives
    // something.
    Value *zero = ConstantInt::get(b->getType(), 0);
    Value *isUnsafe = ir.CreateICmpEQ(b, zero);
    if (isSigned) {
      Value *least = ConstantInt::get(
          b->getType(), APInt::getSignedMinValue(type->bits));
      Value *overflows = ir.CreateAnd(
          ir.CreateICmpEQ(a, least),
          ir.CreateICmpEQ(b, ConstantInt::getAllOnesValue(b->getType())));
      isUnsafe = ir.CreateOr(isUnsafe, overflows);
    }
    b = ir.CreateSelect(isUnsafe, ConstantInt::get(b->getType(), 1), b);
  }
  bool isWide = hasPart(instruction, "wide"), isHigh = hasPart(instruction, "hi");
  if (name == "mul" && (isWide || isHigh)) {
    Type *wide = t.intType(2 * type->bits);
    auto widen = [&](Value *v) {
      return isSigned ? ir.CreateSExt(v, wide) : ir.CreateZExt(v, wide);
    };
    result = ir.CreateMul(widen(a), widen(b));
    if (isHigh)
      result = ir.CreateTrunc(ir.CreateLShr(result, type->bits), a->getType());
    t.write(instruction.operands[0], result, isSigned);
    return Error::success();
  }
  auto pick = [&](Intrinsic::ID ofSigned, Intrinsic::ID ofUnsigned) {
    return ir.CreateBinaryIntrinsic(isSigned ? ofSigned : ofUnsigned, a, b);
  };
  result = StringSwitch<function_ref<Value *()>>(name)
               .Case("add", [&] { return ir.CreateAdd(a, b); })
               .Case("sub", [&] { return ir.CreateSub(a, b); })
               .Case("mul", [&] { return ir.CreateMul(a, b); })
               .Case("div",
                     [&] {
                       return isSigned ? ir.CreateSDiv(a, b)
                                       : ir.CreateUDiv(a, b);
                     })
               .Case("rem",
                     [&] {
                       return isSigned ? ir.CreateSRem(a, b)
                                       : ir.CreateURem(a, b);
                     })
               .Case("min", [&] { return pick(Intrinsic::smin, Intrinsic::umin); })
               .Case("max", [&] { return pick(Intrinsic::smax, Intrinsic::umax); })
               .Default([]() -> Value * { return nullptr; })();
  if (!result)
    return t.unsupported(instruction);
  t.write(instruction.operands[0], result, isSigned);
  return Error::success();
}

/// fma, and mad of floats and integers.
static Error multiplyAdd(Translator &t, const PtxInstruction &instruction) {
  auto type = lastType(instruction);
  if (!type || instruction.operands.size() != 4)
    return t.unsupported(instruction);
  IRBuilder<> &ir = t.builder;
  Value *a = readInput(t, instruction, 1, *type);
  Value *b = readInput(t, instruction, 2, *type);
  if (type->isFloat()) {
    Value *c = readInput(t, instruction, 3, *type);
    if (!roundsToNearest(instruction))
      return a->getType()->isFloatTy()
                 ? multiplyAddDirected(t, instruction, a, b, c)
                 : t.unsupported(instruction);
    return finish(t, instruction,
                  ir.CreateIntrinsic(Intrinsic::fma, {a->getType()}, {a, b, c}),
                  *type);
  }
  if (hasPart(instruction, "sat") || hasPart(instruction, "cc"))
    return t.unsupported(instruction);
  bool isSigned = type->isSigned();
  bool isWide = hasPart(instruction, "wide"), isHigh = hasPart(instruction, "hi");
  Value *product = nullptr;
  if (isWide || isHigh) {
    Type *wide = t.intType(2 * type->bits);
    auto widen = [&](Value *v) {
      return isSigned ? ir.CreateSExt(v, wide) : ir.CreateZExt(v, wide);
    };
    product = ir.CreateMul(widen(a), widen(b));
    if (isHigh)
      product =
          ir.CreateTrunc(ir.CreateLShr(product, type->bits), a->getType());
  } else {
    product = ir.CreateMul(a, b);
  }
  PtxType sum = {type->kind, isWide ? 2 * type->bits : type->bits};
  t.write(instruction.operands[0],
          ir.CreateAdd(product, t.read(instruction.operands[3], sum)),
          isSigned);
  return Error::success();
}

static Error unary(Translator &t, const PtxInstruction &instruction) {
  auto type = lastType(instruction);
  if (!type || instruction.operands.size() != 2 ||
      !roundsToNearest(instruction))
    return t.unsupported(instruction);
  IRBuilder<> &ir = t.builder;
  StringRef name = instruction.parts()[0];
  Value *a = readInput(t, instruction, 1, *type);
  if (!type->isFloat()) {
    Value *zero = Constant::getNullValue(a->getType());
    Value *result =
        name == "neg" ? ir.CreateSub(zero, a)
        : name == "abs"
            ? ir.CreateIntrinsic(Intrinsic::abs, {a->getType()},
                                 {a, ir.getFalse()})
            : nullptr;
    if (!result)
      return t.unsupported(instruction);
    t.write(instruction.operands[0], result, type->isSigned());
    return Error::success();
  }
  auto intrinsic = [&](Intrinsic::ID id) {
    return ir.CreateUnaryIntrinsic(id, a);
  };
  Value *one = ConstantFP::get(a->getType(), 1.0);
  Value *result =
      StringSwitch<function_ref<Value *()>>(name)
          .Case("neg", [&] { return ir.CreateFNeg(a); })
          .Case("abs", [&] { return intrinsic(Intrinsic::fabs); })
          .Case("sqrt", [&] { return intrinsic(Intrinsic::sqrt); })
          .Case("rsqrt",
                [&] { return ir.CreateFDiv(one, intrinsic(Intrinsic::sqrt)); })
          .Case("rcp", [&] { return ir.CreateFDiv(one, a); })
          .Case("ex2", [&] { return intrinsic(Intrinsic::exp2); })
          .Case("lg2", [&] { return intrinsic(Intrinsic::log2); })
          .Case("sin", [&] { return intrinsic(Intrinsic::sin); })
          .Case("cos", [&] { return intrinsic(Intrinsic::cos); })
          .Case("tanh", [&] { return intrinsic(Intrinsic::tanh); })
          .Default([]() -> Value * { return nullptr; })();
  if (!result)
    return t.unsupported(instruction);
  return finish(t, instruction, result, *type);
}

/// A comparison by name: of floats, whose names with u hold for NaN, too.
static std::optional<CmpInst::Predicate> comparison(StringRef name,
                                                    PtxType type) {
  using P = CmpInst;
  using Answer = std::optional<CmpInst::Predicate>;
  if (type.isFloat())
    return StringSwitch<Answer>(name)
        .Case("eq", P::FCMP_OEQ)
        .Case("ne", P::FCMP_ONE)
        .Case("lt", P::FCMP_OLT)
        .Case("le", P::FCMP_OLE)
        .Case("gt", P::FCMP_OGT)
        .Case("ge", P::FCMP_OGE)
        .Case("equ", P::FCMP_UEQ)
        .Case("neu", P::FCMP_UNE)
        .Case("ltu", P::FCMP_ULT)
        .Case("leu", P::FCMP_ULE)
        .Case("gtu", P::FCMP_UGT)
        .Case("geu", P::FCMP_UGE)
        .Case("num", P::FCMP_ORD)
        .Case("nan", P::FCMP_UNO)
        .Default(std::nullopt);
  bool isSigned = type.isSigned();
  return StringSwitch<Answer>(name)
      .Case("eq", P::ICMP_EQ)
      .Case("ne", P::ICMP_NE)
      .Case("lt", isSigned ? P::ICMP_SLT : P::ICMP_ULT)
      .Case("le", isSigned ? P::ICMP_SLE : P::ICMP_ULE)
      .Case("gt", isSigned ? P::ICMP_SGT : P::ICMP_UGT)
      .Case("ge", isSigned ? P::ICMP_SGE : P::ICMP_UGE)
      .Case("lo", P::ICMP_ULT)
      .Case("ls", P::ICMP_ULE)
      .Case("hi", P::ICMP_UGT)
      .Case("hs", P::ICMP_UGE)
      .Default(std::nullopt);
}

/// setp.cmp{.and|.or|.xor}.type p{|q}, a, b{, c}
static Error compare(Translator &t, const PtxInstruction &instruction) {
  auto type = lastType(instruction);
  auto parts = instruction.parts();
  if (!type || type->lanes != 1 || instruction.operands.size() < 3)
    return t.unsupported(instruction);
  auto predicate = comparison(parts[1], *type);
  if (!predicate)
    return t.unsupported(instruction);
  IRBuilder<> &ir = t.builder;
  Value *result = ir.CreateCmp(*predicate, readInput(t, instruction, 1, *type),
                               readInput(t, instruction, 2, *type));
  Value *opposite = ir.CreateNot(result);
  if (instruction.operands.size() == 4) {
    Value *other = t.read(instruction.operands[3], {PtxType::Predicate, 1});
    auto combine = [&](Value *value) {
      return parts[2] == "and"  ? ir.CreateAnd(value, other)
             : parts[2] == "or" ? ir.CreateOr(value, other)
                                : ir.CreateXor(value, other);
    };
    result = combine(result);
    opposite = combine(opposite);
  }
  const PtxOperand &target = instruction.operands[0];
  if (target.kind == PtxOperand::Pair) {
    t.write(target.elements[0], result);
    t.write(target.elements[1], opposite);
  } else {
    t.write(target, result);
  }
  return Error::success();
}

static Error select(Translator &t, const PtxInstruction &instruction) {
  auto type = lastType(instruction);
  if (!type || instruction.operands.size() != 4)
    return t.unsupported(instruction);
  // Chosen as bits: a NaN keeps all of them.
  type->kind = PtxType::Bits;
  Value *a = t.read(instruction.operands[1], *type);
  Value *b = t.read(instruction.operands[2], *type);
  Value *condition = t.read(instruction.operands[3], {PtxType::Predicate, 1});
  t.write(instruction.operands[0], t.builder.CreateSelect(condition, a, b));
  return Error::success();
}

/// testp.finite.f32 and its like.
static Error test(Translator &t, const PtxInstruction &instruction) {
  auto type = lastType(instruction);
  if (!type || !type->isFloat() || instruction.operands.size() != 2)
    return t.unsupported(instruction);
  unsigned mask = StringSwitch<unsigned>(instruction.parts()[1])
                      .Case("finite", fcFinite)
                      .Case("infinite", fcInf)
                      .Case("number", ~fcNan & fcAllFlags)
                      .Case("notanumber", fcNan)
                      .Case("normal", fcNormal)
                      .Case("subnormal", fcSubnormal)
                      .Default(0);
  if (!mask)
    return t.unsupported(instruction);
  Value *a = t.read(instruction.operands[1], *type);
  t.write(instruction.operands[0],
          t.builder.CreateIntrinsic(Intrinsic::is_fpclass, {a->getType()},
                                    {a, t.builder.getInt32(mask)}));
  return Error::success();
}

void strait::emulator::addArithmetic(StringMap<Translator::Handler> &table) {
  for (StringRef name :
       {"add", "sub", "mul", "div", "rem", "min", "max", "copysign"})
    table[name] = binary;
  for (StringRef name : {"fma", "mad"})
    table[name] = multiplyAdd;
  for (StringRef name : {"neg", "abs", "sqrt", "rsqrt", "rcp", "ex2", "lg2",
                         "sin", "cos", "tanh"})
    table[name] = unary;
  table["setp"] = compare;
  table["selp"] = select;
  table["testp"] = test;
}
