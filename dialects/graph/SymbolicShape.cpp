// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The analysis; see SymbolicShape.h.
#include "dialects/graph/SymbolicShape.h"

#include "dialects/graph/GraphOps.h"

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
  if (auto rule = dyn_cast<ShapeRuleOpInterface>(op))
    return rule.inferShapes(*this);
  // Ops of other dialects: their types say what is known.
  for (Value result : op->getResults())
    if (auto type = dyn_cast<RankedTensorType>(result.getType()))
      shapes[result] =
          std::make_unique<SymbolicTensor>(fromType(result, type));
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

bool SymbolicShapeAnalysis::dependsOnData(AffineExpr expr) const {
  bool found = false;
  expr.walk([&](AffineExpr part) {
    if (auto symbol = dyn_cast<AffineSymbolExpr>(part))
      found |= symbols[symbol.getPosition()].kind == SymbolOrigin::Element;
  });
  return found;
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
      dim = constant(size);
    }
  }
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
  auto [it, inserted] = symbolNumbers.try_emplace(
      {origin.value, int64_t(origin.kind), origin.index}, symbols.size());
  if (inserted)
    symbols.push_back(origin);
  return getAffineSymbolExpr(it->second, context);
}

AffineExpr SymbolicShapeAnalysis::opaqueDim(Value value, int64_t axis) {
  return symbolFor({SymbolOrigin::Dim, value, axis});
}

AffineExpr SymbolicShapeAnalysis::opaqueElement(Value value, int64_t index) {
  return symbolFor({SymbolOrigin::Element, value, index});
}

void SymbolicShapeAnalysis::assume(AffineExpr nonNegative, Operation *op) {
  if (!constantValue(nonNegative))
    assumptions.push_back({nonNegative, op});
}

SymbolicTensor SymbolicShapeAnalysis::fromType(Value value,
                                               RankedTensorType type) {
  SymbolicTensor shape;
  for (auto [axis, size] : llvm::enumerate(type.getShape()))
    shape.dims.push_back(ShapedType::isDynamic(size) ? opaqueDim(value, axis)
                                                     : constant(size));
  return shape;
}

std::optional<AffineExpr> SymbolicShapeAnalysis::unify(AffineExpr a,
                                                       AffineExpr b) {
  if (a == b)
    return a;
  std::optional<int64_t> constantA = constantValue(a);
  std::optional<int64_t> constantB = constantValue(b);
  if (constantA && constantB)
    return std::nullopt;
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
      if (knownSize == 1 || (size && !knownSize)) {
        known = dim;
      } else if (size && knownSize) {
        result.getOwner()->emitOpError()
            << "expected operands that broadcast, got dims " << *knownSize
            << " and " << *size << " at position " << offset + i;
        return std::nullopt;
      } else if (!knownSize) {
        known = opaqueDim(result, offset + i);
      }
    }
  }
  return out;
}

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

std::optional<int64_t> strait::graph::constantValue(AffineExpr expr) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  return std::nullopt;
}

std::optional<SmallVector<int64_t>>
strait::graph::constantValues(ArrayRef<AffineExpr> exprs) {
  SmallVector<int64_t> values;
  for (AffineExpr expr : exprs) {
    std::optional<int64_t> value = constantValue(expr);
    if (!value)
      return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

std::string strait::graph::toString(AffineExpr expr) {
  std::string text;
  llvm::raw_string_ostream(text) << expr;
  return text;
}

/// Splits products into a coefficient and other factors.
static void collectFactors(AffineExpr expr, int64_t &coefficient,
                           SmallVectorImpl<AffineExpr> &factors) {
  if (std::optional<int64_t> value = constantValue(expr)) {
    int64_t product;
    if (llvm::MulOverflow(coefficient, *value, product))
      factors.push_back(expr);
    else
      coefficient = product;
    return;
  }
  if (expr.getKind() == AffineExprKind::Mul) {
    auto product = cast<AffineBinaryOpExpr>(expr);
    collectFactors(product.getLHS(), coefficient, factors);
    collectFactors(product.getRHS(), coefficient, factors);
    return;
  }
  factors.push_back(expr);
}

/// An order of expressions that depends on their text only, so that results
/// do not vary between runs.
static bool isBefore(AffineExpr a, AffineExpr b) {
  if (a == b)
    return false;
  auto symbolA = dyn_cast<AffineSymbolExpr>(a);
  auto symbolB = dyn_cast<AffineSymbolExpr>(b);
  if (symbolA && symbolB)
    return symbolA.getPosition() < symbolB.getPosition();
  if (symbolA || symbolB)
    return bool(symbolA);
  return toString(a) < toString(b);
}

static AffineExpr multiplySorted(int64_t coefficient,
                                 SmallVectorImpl<AffineExpr> &factors,
                                 MLIRContext *context) {
  llvm::sort(factors, isBefore);
  AffineExpr product;
  for (AffineExpr factor : factors)
    product = product ? product * factor : factor;
  if (!product || coefficient == 0)
    return getAffineConstantExpr(coefficient, context);
  return coefficient == 1 ? product : product * coefficient;
}

AffineExpr strait::graph::multiply(ArrayRef<AffineExpr> exprs,
                                   MLIRContext *context) {
  int64_t coefficient = 1;
  SmallVector<AffineExpr> factors;
  for (AffineExpr expr : exprs)
    collectFactors(expr, coefficient, factors);
  return multiplySorted(coefficient, factors, context);
}

AffineExpr strait::graph::divide(ArrayRef<AffineExpr> numerator,
                                 ArrayRef<AffineExpr> denominator,
                                 MLIRContext *context) {
  int64_t above = 1, below = 1;
  SmallVector<AffineExpr> aboveFactors, belowFactors;
  for (AffineExpr expr : numerator)
    collectFactors(expr, above, aboveFactors);
  for (AffineExpr expr : denominator)
    collectFactors(expr, below, belowFactors);
  llvm::erase_if(belowFactors, [&](AffineExpr factor) {
    auto it = llvm::find(aboveFactors, factor);
    if (it == aboveFactors.end())
      return false;
    aboveFactors.erase(it);
    return true;
  });
  if (below == 0)
    return getAffineConstantExpr(0, context);
  if (int64_t common = std::gcd(above, below); common > 1) {
    above /= common;
    below /= common;
  }
  if (below < 0) {
    above = -above;
    below = -below;
  }
  AffineExpr result = multiplySorted(above, aboveFactors, context);
  if (below != 1 || !belowFactors.empty())
    result =
        result.floorDiv(multiplySorted(below, belowFactors, context));
  return result;
}

/// Splits sums into terms of coefficient and product.
static void
collectTerms(AffineExpr expr, int64_t sign,
             SmallVectorImpl<std::pair<AffineExpr, int64_t>> &terms) {
  if (expr.getKind() == AffineExprKind::Add) {
    auto sum = cast<AffineBinaryOpExpr>(expr);
    collectTerms(sum.getLHS(), sign, terms);
    collectTerms(sum.getRHS(), sign, terms);
    return;
  }
  int64_t coefficient = 1;
  SmallVector<AffineExpr> factors;
  collectFactors(expr, coefficient, factors);
  if (factors.size() == 1 && factors[0].getKind() == AffineExprKind::Add &&
      coefficient != 1) {
    auto sum = cast<AffineBinaryOpExpr>(factors[0]);
    collectTerms(sum.getLHS() * coefficient, sign, terms);
    collectTerms(sum.getRHS() * coefficient, sign, terms);
    return;
  }
  AffineExpr product = multiplySorted(1, factors, expr.getContext());
  for (auto &[known, count] : terms)
    if (known == product) {
      count += sign * coefficient;
      return;
    }
  terms.push_back({product, sign * coefficient});
}

static AffineExpr sumOf(AffineExpr a, AffineExpr b, int64_t sign) {
  SmallVector<std::pair<AffineExpr, int64_t>> terms;
  collectTerms(a, 1, terms);
  collectTerms(b, sign, terms);
  llvm::sort(terms, [](const auto &x, const auto &y) {
    bool constantX = bool(constantValue(x.first));
    bool constantY = bool(constantValue(y.first));
    if (constantX != constantY)
      return constantY;
    return isBefore(x.first, y.first);
  });
  AffineExpr sum = getAffineConstantExpr(0, a.getContext());
  for (auto &[product, count] : terms)
    if (count != 0)
      sum = sum + product * count;
  return sum;
}

AffineExpr strait::graph::add(AffineExpr a, AffineExpr b) {
  return sumOf(a, b, 1);
}

AffineExpr strait::graph::subtract(AffineExpr a, AffineExpr b) {
  return sumOf(a, b, -1);
}
