// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The analysis; see SymbolicShape.h.
#include "dialects/graph/SymbolicShape.h"

#include "dialects/graph/GraphOps.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace strait::graph;

SymbolicShapeAnalysis::SymbolicShapeAnalysis(func::FuncOp func)
    : func(func), context(func.getContext()) {
  llvm::StringMap<AffineExpr> named;
  if (func.isExternal())
    return;
  for (BlockArgument argument : func.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type)
      continue;
    auto names = func.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(),
                                                  "strait.dim_names");
    auto shape = std::make_unique<SymbolicTensor>();
    for (auto [axis, size] : llvm::enumerate(type.getShape())) {
      if (!ShapedType::isDynamic(size)) {
        shape->dims.push_back(constant(size));
        continue;
      }
      StringAttr name;
      if (names && axis < names.size())
        name = dyn_cast<StringAttr>(names[axis]);
      if (!name || name.getValue().empty()) {
        shape->dims.push_back(opaqueDim(argument, axis));
        continue;
      }
      AffineExpr &symbol = named[name.getValue()];
      if (!symbol)
        symbol = opaqueDim(argument, axis);
      shape->dims.push_back(symbol);
    }
    shapes[argument] = std::move(shape);
  }
}

LogicalResult SymbolicShapeAnalysis::run() {
  if (func.isExternal())
    return success();
  for (Operation &op : func.getBody().front())
    if (failed(visit(&op)))
      return failure();
  return success();
}

LogicalResult SymbolicShapeAnalysis::visit(Operation *op) {
  if (op->hasTrait<OpTrait::IsTerminator>())
    return success();
  for (Value operand : op->getOperands()) {
    if (shapes.contains(operand))
      continue;
    auto type = dyn_cast<RankedTensorType>(operand.getType());
    if (!type)
      return op->emitOpError() << "expected operands of known rank, got "
                               << operand.getType();
    shapes[operand] =
        std::make_unique<SymbolicTensor>(fromType(operand, type));
  }
  if (auto rule = dyn_cast<ShapeRuleOpInterface>(op)) {
    // Loop bodies are visited more than once: the last visit counts.
    assumptions.erase(op);
    llvm::SaveAndRestore<Operation *> nested(visited, op);
    if (failed(rule.inferShapes(*this)))
      return failure();
    return refuseBroken(op);
  }
  // Ops of other dialects: their types say what is known.
  for (Value result : op->getResults())
    if (auto type = dyn_cast<RankedTensorType>(result.getType()))
      shapes[result] =
          std::make_unique<SymbolicTensor>(fromType(result, type));
  return success();
}

/// An error when a relation that was taken for granted does not hold.
LogicalResult SymbolicShapeAnalysis::refuseBroken(Operation *op) const {
  static constexpr StringRef words[] = {"", "at least ", "1 or "};
  for (const SymbolicAssumption &assumed : assumptionsOf(op)) {
    auto isBelow = [&](AffineExpr a, AffineExpr b) {
      return lowerBound(subtract(b, a)).value_or(0) > 0;
    };
    bool isBroken = isBelow(assumed.got, assumed.expected) ||
                    (assumed.relation != SymbolicAssumption::AtLeast &&
                     isBelow(assumed.expected, assumed.got));
    if (assumed.relation == SymbolicAssumption::OneOr)
      isBroken &= lowerBound(assumed.got).value_or(0) > 1;
    if (isBroken)
      return op->emitOpError("expected ")
             << assumed.what << " to be " << words[assumed.relation]
             << toString(assumed.expected) << ", got "
             << toString(assumed.got);
  }
  return success();
}

/// A value's type with dims from its symbolic shape where the type is open.
static Type refinedType(Type type, const SymbolicTensor &shape) {
  SmallVector<int64_t> dims;
  for (AffineExpr expr : shape.dims)
    dims.push_back(constantValue(expr).value_or(ShapedType::kDynamic));
  auto tensor = cast<TensorType>(type);
  auto ranked = dyn_cast<RankedTensorType>(type);
  return RankedTensorType::get(dims, tensor.getElementType(),
                               ranked ? ranked.getEncoding() : Attribute());
}

void SymbolicShapeAnalysis::refineTypes(Operation *op) {
  auto refine = [&](Value value) {
    if (const SymbolicTensor *shape = lookup(value))
      value.setType(refinedType(value.getType(), *shape));
  };
  for (Region &region : op->getRegions())
    for (Block &block : region) {
      for (Value argument : block.getArguments())
        refine(argument);
      for (Operation &inner : block)
        refineTypes(&inner);
    }
  for (Value result : op->getResults())
    refine(result);
}

const SymbolicTensor *SymbolicShapeAnalysis::lookup(Value value) const {
  auto it = shapes.find(value);
  return it == shapes.end() ? nullptr : it->second.get();
}

void SymbolicShapeAnalysis::walkOrigins(
    AffineExpr expr, function_ref<void(const SymbolOrigin &)> fn) const {
  expr.walk([&](AffineExpr part) {
    auto symbol = dyn_cast<AffineSymbolExpr>(part);
    if (!symbol)
      return;
    const SymbolOrigin &origin = symbols[symbol.getPosition()];
    fn(origin);
    if (origin.a) {
      walkOrigins(origin.a, fn);
      walkOrigins(origin.b, fn);
    }
  });
}

bool SymbolicShapeAnalysis::dependsOnData(AffineExpr expr) const {
  bool found = false;
  walkOrigins(expr, [&](const SymbolOrigin &origin) {
    found |= origin.kind == SymbolOrigin::Element;
  });
  return found;
}

std::optional<int64_t>
SymbolicShapeAnalysis::lowerBound(AffineExpr expr) const {
  if (std::optional<int64_t> value = constantValue(expr))
    return value;
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr)) {
    const SymbolOrigin &origin = symbols[symbol.getPosition()];
    if (origin.kind == SymbolOrigin::Dim)
      return 0;
    if (origin.kind == SymbolOrigin::Element)
      return std::nullopt;
    std::optional<int64_t> a = lowerBound(origin.a), b = lowerBound(origin.b);
    if (a && b)
      return origin.kind == SymbolOrigin::Maximum ? std::max(*a, *b)
                                                  : std::min(*a, *b);
    return origin.kind == SymbolOrigin::Maximum ? (a ? a : b) : std::nullopt;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  std::optional<int64_t> a = lowerBound(binary.getLHS());
  std::optional<int64_t> b = lowerBound(binary.getRHS());
  if (!a || !b)
    return std::nullopt;
  int64_t result;
  std::optional<int64_t> divisor = constantValue(binary.getRHS());
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return llvm::AddOverflow(*a, *b, result) ? std::nullopt
                                             : std::optional<int64_t>(result);
  case AffineExprKind::Mul: {
    bool isScaled = divisor && *divisor >= 0;
    if ((!isScaled && (*a < 0 || *b < 0)) ||
        llvm::MulOverflow(*a, *b, result))
      return std::nullopt;
    return result;
  }
  case AffineExprKind::FloorDiv:
  case AffineExprKind::CeilDiv:
    if (divisor && *divisor > 0)
      return expr.getKind() == AffineExprKind::FloorDiv
                 ? llvm::divideFloorSigned(*a, *divisor)
                 : llvm::divideCeilSigned(*a, *divisor);
    [[fallthrough]];
  default: // Mod as well.
    return *a >= 0 && *b >= 0 ? std::optional<int64_t>(0) : std::nullopt;
  }
}

bool SymbolicShapeAnalysis::isAtLeast(AffineExpr a, AffineExpr b) const {
  if (isNonNegative(subtract(a, b)))
    return true;
  // The larger of two is above either, the smaller of two below either.
  auto chosenFrom = [&](AffineExpr expr, SymbolOrigin::Kind kind) {
    auto symbol = dyn_cast<AffineSymbolExpr>(expr);
    const SymbolOrigin *origin =
        symbol ? &symbols[symbol.getPosition()] : nullptr;
    return origin && origin->kind == kind ? origin : nullptr;
  };
  if (const SymbolOrigin *larger = chosenFrom(a, SymbolOrigin::Maximum))
    return isAtLeast(larger->a, b) || isAtLeast(larger->b, b);
  if (const SymbolOrigin *smaller = chosenFrom(b, SymbolOrigin::Minimum))
    return isAtLeast(a, smaller->a) || isAtLeast(a, smaller->b);
  return false;
}

const SymbolicTensor &SymbolicShapeAnalysis::get(Value value) {
  std::unique_ptr<SymbolicTensor> &shape = shapes[value];
  if (!shape) {
    // `visit` has checked operands; values from outside a region come here.
    auto type = dyn_cast<RankedTensorType>(value.getType());
    shape = std::make_unique<SymbolicTensor>(
        type ? fromType(value, type) : SymbolicTensor());
  }
  return *shape;
}

std::optional<SmallVector<AffineExpr>>
SymbolicShapeAnalysis::elements(Value value) {
  const SymbolicTensor &shape = get(value);
  if (shape.elements)
    return shape.elements;
  if (!isa<IntegerType>(getElementTypeOrSelf(value)))
    return std::nullopt;
  std::optional<SmallVector<int64_t>> sizes = constantValues(shape.dims);
  if (!sizes)
    return std::nullopt;
  int64_t count = 1;
  for (int64_t size : *sizes)
    if (size > kMaxSymbolicElements ||
        (count *= size) > kMaxSymbolicElements)
      return std::nullopt;
  SmallVector<AffineExpr> result;
  for (int64_t i = 0; i < count; ++i)
    result.push_back(opaqueElement(value, i));
  return result;
}

LogicalResult SymbolicShapeAnalysis::set(OpResult result,
                                         SymbolicTensor shape) {
  auto type = dyn_cast<RankedTensorType>(result.getType());
  Operation *op = result.getOwner();
  for (AffineExpr dim : shape.dims)
    if (std::optional<int64_t> size = constantValue(dim); size && *size < 0)
      return op->emitOpError()
             << "expected operands that give a non-negative result size, got "
             << *size;
  if (type) {
    Type expected = refinedType(type, shape);
    if (type.getRank() != int64_t(shape.dims.size()))
      return op->emitOpError() << "expected a result like " << expected
                               << ", got " << type;
    for (auto [size, dim] : llvm::zip(type.getShape(), shape.dims)) {
      if (ShapedType::isDynamic(size))
        continue;
      std::optional<int64_t> known = constantValue(dim);
      if (known && *known != size)
        return op->emitOpError() << "expected a result like " << expected
                                 << ", got " << type;
      assume(dim, SymbolicAssumption::Equal, constant(size),
             "a size of the result");
      dim = constant(size);
    }
  }
  for (AffineExpr dim : shape.dims)
    assume(dim, SymbolicAssumption::AtLeast, constant(0),
           "a size of the result");
  shapes[result] = std::make_unique<SymbolicTensor>(std::move(shape));
  return success();
}

LogicalResult SymbolicShapeAnalysis::set(OpResult result,
                                         ArrayRef<AffineExpr> dims) {
  return set(result, SymbolicTensor{SmallVector<AffineExpr>(dims), {}});
}

void SymbolicShapeAnalysis::setArgument(BlockArgument argument,
                                        SymbolicTensor shape) {
  shapes[argument] = std::make_unique<SymbolicTensor>(std::move(shape));
}

AffineExpr SymbolicShapeAnalysis::constant(int64_t value) {
  return getAffineConstantExpr(value, context);
}

AffineExpr SymbolicShapeAnalysis::symbolFor(SymbolOrigin origin) {
  std::tuple<int, const void *, int64_t> key{
      origin.kind, origin.value.getAsOpaquePointer(), origin.index};
  if (origin.a)
    key = {origin.kind, origin.a.getAsOpaquePointer(),
           int64_t(reinterpret_cast<intptr_t>(origin.b.getAsOpaquePointer()))};
  auto [it, inserted] = symbolNumbers.try_emplace(key, symbols.size());
  if (inserted)
    symbols.push_back(origin);
  return getAffineSymbolExpr(it->second, context);
}

AffineExpr SymbolicShapeAnalysis::opaqueDim(Value value, int64_t axis) {
  return symbolFor({SymbolOrigin::Dim, value, axis, {}, {}});
}

AffineExpr SymbolicShapeAnalysis::opaqueElement(Value value, int64_t index) {
  return symbolFor({SymbolOrigin::Element, value, index, {}, {}});
}

AffineExpr SymbolicShapeAnalysis::maximum(AffineExpr a, AffineExpr b) {
  if (isAtLeast(a, b))
    return a;
  if (isAtLeast(b, a))
    return b;
  return symbolFor({SymbolOrigin::Maximum, {}, 0, a, b});
}

AffineExpr SymbolicShapeAnalysis::minimum(AffineExpr a, AffineExpr b) {
  if (isAtLeast(a, b))
    return b;
  if (isAtLeast(b, a))
    return a;
  return symbolFor({SymbolOrigin::Minimum, {}, 0, a, b});
}

void SymbolicShapeAnalysis::assume(AffineExpr got,
                                   SymbolicAssumption::Relation relation,
                                   AffineExpr expected, const Twine &what) {
  bool holds = got == expected ||
               (relation == SymbolicAssumption::AtLeast &&
                isAtLeast(got, expected)) ||
               (relation == SymbolicAssumption::OneOr &&
                constantValue(got) == 1);
  if (holds)
    return;
  SmallVector<SymbolicAssumption> &known = assumptions[visited];
  if (llvm::none_of(known, [&](const SymbolicAssumption &other) {
        return other.relation == relation && other.got == got &&
               other.expected == expected;
      }))
    known.push_back({relation, got, expected, what.str()});
}

ArrayRef<SymbolicAssumption>
SymbolicShapeAnalysis::assumptionsOf(Operation *op) const {
  auto it = assumptions.find(op);
  return it == assumptions.end() ? ArrayRef<SymbolicAssumption>() : it->second;
}

SymbolicTensor SymbolicShapeAnalysis::fromType(Value value,
                                               RankedTensorType type) {
  SymbolicTensor shape;
  for (auto [axis, size] : llvm::enumerate(type.getShape()))
    shape.dims.push_back(ShapedType::isDynamic(size) ? opaqueDim(value, axis)
                                                     : constant(size));
  return shape;
}

std::optional<AffineExpr>
SymbolicShapeAnalysis::unify(AffineExpr a, AffineExpr b, const Twine &what) {
  if (a == b)
    return a;
  std::optional<int64_t> constantA = constantValue(a);
  std::optional<int64_t> constantB = constantValue(b);
  if (constantA && constantB)
    return std::nullopt;
  assume(a, SymbolicAssumption::Equal, b, what);
  if (constantA || constantB)
    return constantA ? a : b;
  // The older symbol is likelier an argument's.
  return dependsOnData(a) ? b : a;
}

std::optional<SmallVector<AffineExpr>>
SymbolicShapeAnalysis::broadcast(OpResult result,
                                 ArrayRef<ArrayRef<AffineExpr>> operands) {
  size_t rank = 0;
  for (ArrayRef<AffineExpr> dims : operands)
    rank = std::max(rank, dims.size());
  SmallVector<AffineExpr> out(rank, constant(1));
  for (ArrayRef<AffineExpr> dims : operands) {
    size_t offset = rank - dims.size();
    for (auto [i, dim] : llvm::enumerate(dims)) {
      AffineExpr &known = out[offset + i];
      std::optional<int64_t> size = constantValue(dim);
      std::optional<int64_t> knownSize = constantValue(known);
      if (dim == known || size == 1)
        continue;
      if (size && knownSize && knownSize != 1) {
        result.getOwner()->emitOpError()
            << "expected operands that broadcast, got dims " << *knownSize
            << " and " << *size << " at position " << offset + i;
        return std::nullopt;
      }
      std::string what =
          ("the operands' size at position " + Twine(offset + i)).str();
      if (knownSize == 1) {
        known = dim;
      } else if (size) {
        assume(known, SymbolicAssumption::OneOr, dim, what);
        known = dim;
      } else {
        if (!knownSize)
          known = symbolFor({SymbolOrigin::Broadcast, {}, 0, known, dim});
        assume(dim, SymbolicAssumption::OneOr, known, what);
      }
    }
  }
  return out;
}
