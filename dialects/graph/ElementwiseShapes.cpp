// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The shape rule of the elementwise ops: dims broadcast, and the arithmetic
// that models do on shapes is followed on the elements.
#include "dialects/graph/GraphOps.h"
#include "dialects/graph/SymbolicShape.h"

using namespace mlir;
using namespace strait::graph;

/// The outcome of a comparison where it does not depend on the symbols.
static AffineExpr compare(CompareKind kind, AffineExpr a, AffineExpr b,
                          SymbolicShapeAnalysis &shapes) {
  std::optional<int64_t> above = shapes.lowerBound(subtract(a, b));
  std::optional<int64_t> below = shapes.lowerBound(subtract(b, a));
  bool isGreater = above && *above > 0, isLess = below && *below > 0;
  bool isAtLeast = above && *above >= 0, isAtMost = below && *below >= 0;
  auto decide = [&](bool isTrue, bool isFalse) -> AffineExpr {
    return isTrue || isFalse ? shapes.constant(isTrue) : AffineExpr();
  };
  switch (kind) {
  case CompareKind::Eq:
    return decide(isAtLeast && isAtMost, isGreater || isLess);
  case CompareKind::Ne:
    return decide(isGreater || isLess, isAtLeast && isAtMost);
  case CompareKind::Lt:
    return decide(isLess, isAtLeast);
  case CompareKind::Le:
    return decide(isAtMost, isGreater);
  case CompareKind::Gt:
    return decide(isGreater, isAtMost);
  case CompareKind::Ge:
    return decide(isAtLeast, isLess);
  }
  llvm_unreachable("covered switch");
}

/// a / b where the quotient is an expression: exact, or dims (never negative,
/// so that truncation is rounding down).
static AffineExpr divideElements(AffineExpr a, AffineExpr b, bool isFloat,
                                 SymbolicShapeAnalysis &shapes) {
  std::optional<int64_t> above = constantValue(a), below = constantValue(b);
  if (below == 0)
    return nullptr;
  if (above && below) {
    if (*below == -1 || (isFloat && *above % *below != 0))
      return nullptr;
    return shapes.constant(*above / *below);
  }
  AffineExpr quotient = divide(a, b, a.getContext());
  if (quotient.getKind() != AffineExprKind::FloorDiv)
    return quotient;
  if (isFloat || !shapes.isNonNegative(a) || !shapes.isNonNegative(b))
    return nullptr;
  return quotient;
}

/// One element of the result; null when it is no expression.
static AffineExpr evaluate(Operation *op, ArrayRef<AffineExpr> operands,
                           SymbolicShapeAnalysis &shapes) {
  MLIRContext *context = op->getContext();
  bool isFloat = isa<FloatType>(getElementTypeOrSelf(op->getResult(0)));
  auto known = [&](size_t i) { return constantValue(operands[i]); };
  return TypeSwitch<Operation *, AffineExpr>(op)
      .Case<AddOp>([&](auto) { return add(operands[0], operands[1]); })
      .Case<SubOp>([&](auto) { return subtract(operands[0], operands[1]); })
      .Case<MulOp>([&](auto) { return multiply(operands, context); })
      .Case<DivOp>([&](auto) {
        return divideElements(operands[0], operands[1], isFloat, shapes);
      })
      .Case<NegOp>([&](auto) {
        return subtract(shapes.constant(0), operands[0]);
      })
      .Case<MaxOp>(
          [&](auto) { return shapes.maximum(operands[0], operands[1]); })
      .Case<MinOp>(
          [&](auto) { return shapes.minimum(operands[0], operands[1]); })
      .Case<ModOp>([&](ModOp) -> AffineExpr {
        // Signs agree only for non-negative operands.
        if (!known(1) || *known(1) <= 0 || !shapes.isNonNegative(operands[0]))
          return nullptr;
        return operands[0] % operands[1];
      })
      .Case<CompareOp>([&](CompareOp compareOp) {
        return compare(compareOp.getKind(), operands[0], operands[1], shapes);
      })
      .Case<SelectOp>([&](auto) -> AffineExpr {
        if (operands[1] == operands[2])
          return operands[1];
        if (!known(0))
          return nullptr;
        return operands[*known(0) ? 1 : 2];
      })
      .Case<NotOp>([&](auto) -> AffineExpr {
        return known(0) ? shapes.constant(!*known(0)) : AffineExpr();
      })
      .Case<AndOp>([&](auto) -> AffineExpr {
        if (known(0) == 0 || known(1) == 0)
          return shapes.constant(0);
        return known(0) && known(1) ? shapes.constant(1) : AffineExpr();
      })
      .Case<OrOp>([&](auto) -> AffineExpr {
        if (known(0) == 1 || known(1) == 1)
          return shapes.constant(1);
        return known(0) && known(1) ? shapes.constant(0) : AffineExpr();
      })
      .Case<CastOp>([&](CastOp cast) -> AffineExpr {
        if (!getElementTypeOrSelf(cast.getResult()).isInteger(1) ||
            getElementTypeOrSelf(cast.getX()).isInteger(1))
          return operands[0];
        return known(0) ? shapes.constant(*known(0) != 0) : AffineExpr();
      })
      // Only whole numbers are followed, on which these do nothing.
      .Case<CeilOp, FloorOp, RoundOp>([&](auto) { return operands[0]; })
      .Default([](Operation *) { return AffineExpr(); });
}

/// The elements of a small result, from those of the operands.
static std::optional<SmallVector<AffineExpr>>
inferElements(Operation *op, ArrayRef<AffineExpr> resultDims,
              SymbolicShapeAnalysis &shapes) {
  Value result = op->getResult(0);
  std::optional<SmallVector<int64_t>> sizes = constantValues(resultDims);
  if (!sizes)
    return std::nullopt;
  int64_t count = 1;
  for (int64_t size : *sizes)
    if (size > kMaxSymbolicElements ||
        (count *= size) > kMaxSymbolicElements)
      return std::nullopt;

  SmallVector<SmallVector<AffineExpr>> operands;
  SmallVector<SmallVector<int64_t>> strides;
  bool somethingKnown = false;
  for (Value operand : op->getOperands()) {
    // Integers may have opaque elements; floats must be known.
    somethingKnown |= shapes.get(operand).elements.has_value();
    std::optional<SmallVector<AffineExpr>> elements = shapes.elements(operand);
    if (!elements)
      return std::nullopt;
    operands.push_back(std::move(*elements));
    // Row-major strides, 0 where the operand is broadcast.
    ArrayRef<AffineExpr> dims = shapes.dims(operand);
    SmallVector<int64_t> operandStrides(sizes->size(), 0);
    int64_t stride = 1;
    for (size_t i = 0; i < dims.size(); ++i) {
      int64_t size = constantValue(dims[dims.size() - 1 - i]).value_or(0);
      if (size != 1)
        operandStrides[sizes->size() - 1 - i] = stride;
      stride *= size;
    }
    strides.push_back(std::move(operandStrides));
  }
  if (!somethingKnown)
    return std::nullopt;

  SmallVector<AffineExpr> elements;
  for (int64_t i = 0; i < count; ++i) {
    SmallVector<AffineExpr> inputs;
    for (auto [values, step] : llvm::zip(operands, strides)) {
      int64_t rest = i, position = 0;
      for (int64_t axis = int64_t(sizes->size()) - 1; axis >= 0; --axis) {
        position += rest % (*sizes)[axis] * step[axis];
        rest /= (*sizes)[axis];
      }
      inputs.push_back(values[position]);
    }
    AffineExpr element = evaluate(op, inputs, shapes);
    if (!element) {
      if (!isa<IntegerType>(getElementTypeOrSelf(result)))
        return std::nullopt;
      element = shapes.opaqueElement(result, i);
    }
    elements.push_back(element);
  }
  return elements;
}

LogicalResult strait::graph::inferElementwise(Operation *op,
                                              SymbolicShapeAnalysis &shapes) {
  SmallVector<ArrayRef<AffineExpr>> operands;
  for (Value operand : op->getOperands())
    operands.push_back(shapes.dims(operand));
  OpResult result = op->getResult(0);
  std::optional<SmallVector<AffineExpr>> dims =
      shapes.broadcast(result, operands);
  if (!dims)
    return failure();
  SymbolicTensor shape{std::move(*dims), {}};
  shape.elements = inferElements(op, shape.dims, shapes);
  return shapes.set(result, std::move(shape));
}
