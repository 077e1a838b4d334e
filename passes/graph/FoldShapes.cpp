// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shape arithmetic that the symbolic shapes decide: Shape -> Gather -> Concat
// -> weight, and reshape(x, computed) -> reshape(x, [0, 12, -1]).
#include "passes/graph/Passes.h"

#include "dialects/graph/SymbolicShape.h"
#include "passes/graph/ConstantTree.h"
#include "passes/graph/ReshapeGroups.h"

namespace strait::graph {
#define GEN_PASS_DEF_FOLDSHAPESPASS
#include "passes/graph/Passes.h.inc"
} // namespace strait::graph

using namespace mlir;
using namespace strait;
using namespace strait::graph;

/// The attribute with these numbers; null for types that shapes do not use.
static DenseElementsAttr numbersAttr(RankedTensorType type,
                                     ArrayRef<int64_t> numbers) {
  Type element = type.getElementType();
  if (auto integer = dyn_cast<IntegerType>(element)) {
    SmallVector<APInt> values;
    for (int64_t number : numbers)
      values.emplace_back(integer.getWidth(), uint64_t(number),
                          /*isSigned=*/true, /*implicitTrunc=*/true);
    return DenseElementsAttr::get(type, values);
  }
  if (auto real = dyn_cast<FloatType>(element)) {
    SmallVector<APFloat> values;
    for (int64_t number : numbers) {
      APFloat value(real.getFloatSemantics());
      value.convertFromAPInt(APInt(64, uint64_t(number), true), true,
                             APFloat::rmNearestTiesToEven);
      values.push_back(value);
    }
    return DenseElementsAttr::get(type, values);
  }
  return nullptr;
}

/// Replaces a result whose elements are all known by a weight.
static void foldKnownElements(OpResult result,
                              const SymbolicShapeAnalysis &shapes) {
  const SymbolicTensor *shape = shapes.lookup(result);
  if (!shape || !shape->elements || result.use_empty())
    return;
  std::optional<SmallVector<int64_t>> numbers = constantValues(*shape->elements);
  auto type = dyn_cast<RankedTensorType>(result.getType());
  if (!numbers || !type || !type.hasStaticShape() ||
      type.getNumElements() != int64_t(numbers->size()))
    return;
  DenseElementsAttr value = numbersAttr(type, *numbers);
  if (!value)
    return;
  OpBuilder builder(result.getOwner());
  result.replaceAllUsesWith(
      WeightOp::create(builder, result.getLoc(), type, value).getResult());
}

/// The shape operand of a reshape as a constant: known sizes, 0 where the
/// operand's dim is copied, one -1.
static void foldReshapeShape(ReshapeOp op,
                             const SymbolicShapeAnalysis &shapes) {
  const SymbolicTensor *x = shapes.lookup(op.getX());
  const SymbolicTensor *y = shapes.lookup(op.getResult());
  // A constant without zeros means the same without allow_zero, too.
  if (!x || !y ||
      (!op.getAllowZero() && op.getShape().getDefiningOp<WeightOp>()))
    return;
  std::optional<SmallVector<int64_t>> entries =
      reshapeEntries(x->dims, y->dims);
  if (!entries)
    return;
  OpBuilder builder(op);
  op.getShapeMutable().assign(makeShape(builder, op.getLoc(), *entries));
  op.setAllowZero(false);
}

static bool hasSameDims(Value a, Value b,
                        const SymbolicShapeAnalysis &shapes) {
  const SymbolicTensor *x = shapes.lookup(a), *y = shapes.lookup(b);
  return x && y && x->dims == y->dims && a.getType() == b.getType();
}

/// Reshapes, expands and slices that keep every dim.
static void foldIdentity(Operation *op, const SymbolicShapeAnalysis &shapes) {
  if (auto slice = dyn_cast<SliceOp>(op)) {
    DenseElementsAttr steps;
    if (!matchPattern(slice.getSteps(), m_Constant(&steps)) ||
        !llvm::all_of(steps.getValues<APInt>(), [](const APInt &step) {
          return step.isStrictlyPositive();
        }))
      return;
  } else if (!isa<ReshapeOp, ExpandOp>(op)) {
    return;
  }
  if (hasSameDims(op->getOperand(0), op->getResult(0), shapes))
    op->getResult(0).replaceAllUsesWith(op->getOperand(0));
}

namespace {
struct FoldShapesPass : public graph::impl::FoldShapesPassBase<FoldShapesPass> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal())
      return;
    SymbolicShapeAnalysis shapes(func);
    if (failed(shapes.run()))
      return signalPassFailure();
    SmallVector<Operation *> ops;
    func.walk([&](Operation *op) { ops.push_back(op); });
    for (Operation *op : ops) {
      if (isa<WeightOp>(op))
        continue;
      for (OpResult result : op->getResults())
        foldKnownElements(result, shapes);
      if (auto reshape = dyn_cast<ReshapeOp>(op))
        foldReshapeShape(reshape, shapes);
      foldIdentity(op, shapes);
    }
  }
};
} // namespace
