// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/graph/ConstantTree.h"

using namespace mlir;
using namespace strait;

/// Ops that one question looks at: what folds is a handful of ops deep.
static constexpr size_t kMostOps = 64;

bool graph::isConstant(Value value) {
  llvm::SetVector<Operation *> tree;
  auto enter = [&](Value operand) {
    Operation *op = operand.getDefiningOp();
    if (!op || op->getNumRegions() != 0)
      return false;
    if (isa<WeightOp>(op))
      return true;
    if (op->getNumOperands() == 0 || !isPure(op))
      return false;
    tree.insert(op);
    return tree.size() <= kMostOps;
  };
  if (!enter(value))
    return false;
  for (size_t i = 0; i < tree.size(); ++i)
    if (!llvm::all_of(tree[i]->getOperands(), enter))
      return false;
  return true;
}

Value graph::makeShape(OpBuilder &builder, Location loc,
                       ArrayRef<int64_t> entries) {
  auto type =
      RankedTensorType::get({int64_t(entries.size())}, builder.getI64Type());
  return WeightOp::create(builder, loc, type,
                          DenseElementsAttr::get(type, entries));
}

Value graph::reshapeTo(OpBuilder &builder, Location loc, Value value,
                       ArrayRef<int64_t> shape) {
  auto type =
      RankedTensorType::get(shape, getElementTypeOrSelf(value.getType()));
  if (type == value.getType())
    return value;
  return ReshapeOp::create(builder, loc, type, value,
                           makeShape(builder, loc, shape), false);
}

bool graph::isConstantAlong(Value value, int64_t rank, int64_t axis,
                            int64_t extent) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.hasStaticShape() || type.getRank() > rank ||
      !isConstant(value))
    return false;
  int64_t offset = rank - type.getRank();
  for (auto [i, size] : llvm::enumerate(type.getShape()))
    if (size != 1 && (int64_t(i) + offset != axis || size != extent))
      return false;
  return true;
}

Value graph::flatten(OpBuilder &builder, Location loc, Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return reshapeTo(builder, loc, value, {type.getNumElements()});
}

std::optional<double> graph::splatNumber(Value value) {
  DenseElementsAttr dense;
  if (!matchPattern(value, m_Constant(&dense)) || !dense.isSplat() ||
      !isa<FloatType>(dense.getElementType()))
    return std::nullopt;
  return dense.getSplatValue<APFloat>().convertToDouble();
}
