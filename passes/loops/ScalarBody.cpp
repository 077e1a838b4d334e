// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/loops/ScalarBody.h"

#include "passes/loops/KernelFunction.h"

using namespace mlir;
using namespace strait;

static bool isNarrowFloat(Type type) {
  auto element = dyn_cast<FloatType>(getElementTypeOrSelf(type));
  return element && element.getWidth() < 32;
}

Type strait::computeType(Type element) {
  if (isNarrowFloat(element))
    return Float32Type::get(element.getContext());
  if (auto integer = dyn_cast<IntegerType>(element))
    return IntegerType::get(element.getContext(), integer.getWidth());
  return element;
}

static Type withLanes(Type scalar, int64_t count) {
  return count == 1 ? scalar : VectorType::get({count}, scalar);
}

/// `scalar`, or a vector like `shape`, of other elements.
static Type like(Type shape, Type element) {
  if (auto vector = dyn_cast<VectorType>(shape))
    return VectorType::get(vector.getShape(), element);
  return element;
}

Value strait::toVector(OpBuilder &builder, Location loc, Lanes lanes,
                    int64_t count) {
  if (count == 1 || lanes.isVector)
    return lanes.value;
  Type element = lanes.value.getType();
  auto type = VectorType::get({count}, element);
  Value base = vector::BroadcastOp::create(builder, loc, type, lanes.value);
  if (lanes.step == 0)
    return base;
  SmallVector<Attribute> offsets;
  for (int64_t lane = 0; lane < count; ++lane)
    offsets.push_back(builder.getIntegerAttr(element, lane * lanes.step));
  Value steps = arith::ConstantOp::create(
      builder, loc, DenseElementsAttr::get(type, offsets));
  return arith::AddIOp::create(builder, loc, base, steps);
}

Value strait::fromStorage(OpBuilder &builder, Location loc, Value stored,
                       Type element) {
  Type type = stored.getType();
  if (element.isInteger(1)) {
    Value zero = arith::ConstantOp::create(builder, loc,
                                           builder.getZeroAttr(type));
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne,
                                 stored, zero);
  }
  if (isNarrowFloat(element))
    return arith::ExtFOp::create(builder, loc,
                                 like(type, computeType(element)), stored);
  if (element.isIndex())
    return arith::IndexCastOp::create(builder, loc, like(type, element),
                                      stored);
  return stored;
}

Value strait::toStorage(OpBuilder &builder, Location loc, Value computed,
                     Type element) {
  Type type = like(computed.getType(), storageType(element));
  if (element.isInteger(1))
    return arith::ExtUIOp::create(builder, loc, type, computed);
  if (isNarrowFloat(element))
    return arith::TruncFOp::create(builder, loc, type, computed);
  if (element.isIndex())
    return arith::IndexCastOp::create(builder, loc, type, computed);
  return computed;
}

/// What a vector that starts at a multiple of its own bytes is aligned to.
static llvm::MaybeAlign alignmentOf(VectorType type, bool isAligned) {
  if (!isAligned)
    return {};
  return llvm::Align(type.getNumElements() * type.getElementTypeBitWidth() / 8);
}

Value strait::loadElements(OpBuilder &builder, Location loc, Value memref,
                        ValueRange position, Type element, int64_t count,
                        bool isAligned) {
  Value stored;
  if (count == 1) {
    stored = memref::LoadOp::create(builder, loc, memref, position);
  } else {
    auto type = VectorType::get({count}, storageType(element));
    stored = vector::LoadOp::create(builder, loc, type, memref, position,
                                    /*nontemporal=*/false,
                                    alignmentOf(type, isAligned));
  }
  return fromStorage(builder, loc, stored, element);
}

void strait::storeElements(OpBuilder &builder, Location loc, Value computed,
                        Value memref, ValueRange position, Type element,
                        bool isAligned) {
  Value stored = toStorage(builder, loc, computed, element);
  if (auto type = dyn_cast<VectorType>(stored.getType()))
    vector::StoreOp::create(builder, loc, stored, memref, position,
                            /*nontemporal=*/false,
                            alignmentOf(type, isAligned));
  else
    memref::StoreOp::create(builder, loc, stored, memref, position);
}

Value strait::loadMasked(OpBuilder &builder, Location loc, Value memref,
                         Value position, Type element, int64_t count,
                         Value mask, bool isAligned) {
  if (!mask)
    return loadElements(builder, loc, memref, position, element, count,
                        isAligned);
  auto type = VectorType::get({count}, storageType(element));
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  Value stored = vector::MaskedLoadOp::create(builder, loc, type, memref,
                                              position, mask, zero);
  return fromStorage(builder, loc, stored, element);
}

/// Position arithmetic keeps stepping lanes scalar: base +- uniform, base *
/// constant, and casts between integers that hold any position.
static std::optional<Lanes> emitStepping(OpBuilder &builder, Operation *op,
                                         ArrayRef<Lanes> operands) {
  Location loc = op->getLoc();
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(op)) {
    Type type = op->getResult(0).getType();
    if (!type.isIndex() && !type.isInteger(64))
      return std::nullopt;
    return Lanes::stepping(
        arith::IndexCastOp::create(builder, loc, type, operands[0].value),
        operands[0].step);
  }
  if (op->getNumOperands() != 2 || operands[0].isVector || operands[1].isVector)
    return std::nullopt;
  Value a = operands[0].value, b = operands[1].value;
  if (isa<arith::AddIOp>(op))
    return Lanes::stepping(arith::AddIOp::create(builder, loc, a, b),
                           operands[0].step + operands[1].step);
  if (isa<arith::SubIOp>(op))
    return Lanes::stepping(arith::SubIOp::create(builder, loc, a, b),
                           operands[0].step - operands[1].step);
  if (isa<arith::MulIOp>(op)) {
    APInt factor;
    for (int side : {0, 1})
      if (operands[side].isUniform() &&
          matchPattern(operands[side].value, m_ConstantInt(&factor)))
        return Lanes::stepping(arith::MulIOp::create(builder, loc, a, b),
                               operands[1 - side].step *
                                   factor.getSExtValue());
  }
  return std::nullopt;
}

/// Conversions that touch f16 or bf16, which are held as f32. Returns a null
/// value for all other ops.
static Value emitNarrowConversion(OpBuilder &builder, Operation *op,
                                  Value operand) {
  Type from = op->getNumOperands() == 1 ? op->getOperand(0).getType() : Type();
  Type to = op->getResult(0).getType();
  Location loc = op->getLoc();
  if (!from || (!isNarrowFloat(from) && !isNarrowFloat(to)))
    return {};
  Type type = operand.getType();
  auto round = [&](Value v, Type narrow) -> Value {
    // By way of f32: there is no instruction from f64.
    if (getElementTypeOrSelf(type).isF64())
      v = arith::TruncFOp::create(builder, loc,
                                  like(type, builder.getF32Type()), v);
    return arith::TruncFOp::create(builder, loc, like(type, narrow), v);
  };
  auto widen = [&](Value v) -> Value {
    return arith::ExtFOp::create(
        builder, loc, like(type, builder.getF32Type()), v);
  };
  if (isa<arith::ExtFOp>(op)) {
    if (!to.isF64())
      return operand;
    return arith::ExtFOp::create(builder, loc, like(type, to), operand);
  }
  if (isa<arith::TruncFOp>(op))
    return widen(round(operand, to));
  if (isa<arith::BitcastOp>(op)) {
    Value bits = isNarrowFloat(from) ? round(operand, from) : operand;
    bits = arith::BitcastOp::create(builder, loc, like(type, to), bits);
    return isNarrowFloat(to) ? widen(bits) : bits;
  }
  return {};
}

FailureOr<Lanes> strait::emitScalarOp(OpBuilder &builder, Operation *op,
                                   llvm::function_ref<Lanes(Value)> values,
                                   int64_t lanes) {
  Location loc = op->getLoc();
  StringRef dialect = op->getName().getDialectNamespace();
  if ((dialect != "arith" && dialect != "math") || op->getNumResults() != 1 ||
      op->getNumRegions() != 0)
    return op->emitOpError("expected only arith and math ops in the scalar "
                           "body of a kernel");
  SmallVector<Lanes> operands;
  for (Value operand : op->getOperands())
    operands.push_back(values(operand));

  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    TypedAttr attr = cast<TypedAttr>(constant.getValue());
    if (isNarrowFloat(attr.getType()))
      attr = builder.getF32FloatAttr(
          cast<FloatAttr>(attr).getValue().convertToDouble());
    return Lanes(arith::ConstantOp::create(builder, loc, attr));
  }
  bool uniform = llvm::all_of(operands, [](const Lanes &l) {
    return l.isUniform();
  });
  if (!uniform && llvm::none_of(operands, [](const Lanes &l) {
        return l.isVector;
      }))
    if (auto stepping = emitStepping(builder, op, operands))
      return *stepping;

  // All lanes at once; a scalar op where they are all equal.
  int64_t count = uniform ? 1 : lanes;
  SmallVector<Value> mapped;
  for (const Lanes &operand : operands)
    mapped.push_back(toVector(builder, loc, operand, count));
  if (mapped.size() == 1)
    if (Value converted = emitNarrowConversion(builder, op, mapped[0]))
      return Lanes(converted);
  OperationState state(loc, op->getName(), mapped,
                       withLanes(computeType(op->getResult(0).getType()),
                                 count),
                       op->getAttrs());
  Operation *created = builder.create(state);
  // a * b + c may become one fma; nothing else about NaN, inf or order changes.
  if (auto fast = dyn_cast<arith::ArithFastMathInterface>(created)) {
    // Some ops (extf, truncf) may lack the attribute.
    auto flags = arith::FastMathFlags::none;
    if (auto attr = fast.getFastMathFlagsAttr())
      flags = attr.getValue();
    created->setAttr(fast.getFastMathAttrName(),
                     arith::FastMathFlagsAttr::get(
                         op->getContext(),
                         flags | arith::FastMathFlags::contract));
  }
  return Lanes(created->getResult(0));
}

FailureOr<SmallVector<Lanes>>
strait::emitScalarBody(OpBuilder &builder, Block &body, ArrayRef<Lanes> operands,
                    const ScalarBodyContext &context) {
  DenseMap<Value, Lanes> values;
  for (auto [argument, operand] : llvm::zip(body.getArguments(), operands))
    values[argument] = operand;
  Operation *missing = nullptr;
  auto lookup = [&](Value value) -> Lanes {
    auto known = values.find(value);
    if (known != values.end())
      return known->second;
    return Lanes(context.outer(value));
  };
  for (Operation &op : body.without_terminator()) {
    for (Value operand : op.getOperands())
      if (!values.contains(operand) &&
          operand.getParentBlock() != &body && !context.outer &&
          !isa<TensorType>(operand.getType()))
        missing = &op;
    if (missing)
      return op.emitOpError("reads a value from outside, which this kernel "
                            "cannot pass on");
    if (auto index = dyn_cast<linalg::IndexOp>(op)) {
      if (!context.index)
        return op.emitOpError("has no position in this kernel");
      values[index.getResult()] = context.index(builder, index.getDim());
      continue;
    }
    if (auto extract = dyn_cast<tensor::ExtractOp>(op)) {
      if (!context.extract)
        return op.emitOpError("cannot be computed in this kernel");
      SmallVector<Lanes> position;
      for (Value index : extract.getIndices())
        position.push_back(lookup(index));
      auto read = context.extract(builder, extract.getTensor(), position);
      if (failed(read))
        return failure();
      values[extract.getResult()] = *read;
      continue;
    }
    auto result = emitScalarOp(builder, &op, lookup, context.lanes);
    if (failed(result))
      return failure();
    values[op.getResult(0)] = *result;
  }
  SmallVector<Lanes> yielded;
  for (Value value : body.getTerminator()->getOperands()) {
    if (!values.contains(value) && value.getParentBlock() == &body)
      return body.getTerminator()->emitOpError("yields an unknown value");
    yielded.push_back(lookup(value));
  }
  return yielded;
}
