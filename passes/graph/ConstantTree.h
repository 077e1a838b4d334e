// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Values that are known at compile time: weights, and pure ops of such values
// (which constant evaluation turns into weights).
#ifndef STRAIT_PASSES_GRAPH_CONSTANTTREE_H
#define STRAIT_PASSES_GRAPH_CONSTANTTREE_H

#include "dialects/graph/GraphOps.h"

namespace strait::graph {

/// Whether `value` depends on weights only; deep trees count as unknown.
inline bool isConstant(mlir::Value value, int depth = 24) {
  mlir::Operation *op = value.getDefiningOp();
  if (!op || depth == 0 || op->getNumRegions() != 0)
    return false;
  if (mlir::isa<WeightOp>(op))
    return true;
  if (op->getNumOperands() == 0 || !mlir::isPure(op))
    return false;
  for (mlir::Value operand : op->getOperands())
    if (!isConstant(operand, depth - 1))
      return false;
  return true;
}

/// A 1-D i64 weight.
inline mlir::Value makeShape(mlir::OpBuilder &builder, mlir::Location loc,
                             llvm::ArrayRef<int64_t> entries) {
  auto type = mlir::RankedTensorType::get({int64_t(entries.size())},
                                          builder.getI64Type());
  return WeightOp::create(builder, loc, type,
                          mlir::DenseElementsAttr::get(type, entries));
}

/// `value` with static `shape`.
inline mlir::Value reshapeTo(mlir::OpBuilder &builder, mlir::Location loc,
                             mlir::Value value,
                             llvm::ArrayRef<int64_t> shape) {
  auto type = mlir::RankedTensorType::get(
      shape, mlir::getElementTypeOrSelf(value.getType()));
  if (type == value.getType())
    return value;
  return ReshapeOp::create(builder, loc, type, value,
                           makeShape(builder, loc, shape), false);
}

/// A constant that varies along dim 1 of a tensor of `rank` only, as [1] or
/// [C]; null otherwise.
inline mlir::Value channelConstant(mlir::OpBuilder &builder,
                                   mlir::Location loc, mlir::Value value,
                                   int64_t rank, int64_t channels) {
  auto type = mlir::dyn_cast<mlir::RankedTensorType>(value.getType());
  if (!type || !type.hasStaticShape() || type.getRank() > rank ||
      !isConstant(value))
    return nullptr;
  int64_t offset = rank - type.getRank();
  for (auto [i, size] : llvm::enumerate(type.getShape()))
    if (size != 1 && (int64_t(i) + offset != 1 || size != channels))
      return nullptr;
  return reshapeTo(builder, loc, value, {type.getNumElements()});
}

/// The one number that a constant holds in every element.
inline std::optional<double> splatNumber(mlir::Value value) {
  mlir::DenseElementsAttr dense;
  if (!mlir::matchPattern(value, mlir::m_Constant(&dense)) ||
      !dense.isSplat() || !mlir::isa<mlir::FloatType>(dense.getElementType()))
    return std::nullopt;
  return dense.getSplatValue<mlir::APFloat>().convertToDouble();
}

} // namespace strait::graph

#endif // STRAIT_PASSES_GRAPH_CONSTANTTREE_H
