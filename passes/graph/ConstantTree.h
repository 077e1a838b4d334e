// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Values that are known at compile time: weights, and pure ops of such values
// (which constant evaluation turns into weights).
#ifndef STRAIT_PASSES_GRAPH_CONSTANTTREE_H
#define STRAIT_PASSES_GRAPH_CONSTANTTREE_H

#include "dialects/graph/GraphOps.h"

namespace strait::graph {

/// Whether `value` depends on weights only; large trees count as unknown.
bool isConstant(mlir::Value value);

/// A 1-D i64 weight.
mlir::Value makeShape(mlir::OpBuilder &builder, mlir::Location loc,
                      llvm::ArrayRef<int64_t> entries);

/// `value` with static `shape`.
mlir::Value reshapeTo(mlir::OpBuilder &builder, mlir::Location loc,
                      mlir::Value value, llvm::ArrayRef<int64_t> shape);

/// Whether `value` is constant and, broadcast to a tensor of `rank`, varies at
/// most along `axis`, whose extent there is `extent`.
bool isConstantAlong(mlir::Value value, int64_t rank, int64_t axis,
                     int64_t extent);

/// Such a constant as [extent] or [1].
mlir::Value flatten(mlir::OpBuilder &builder, mlir::Location loc,
                    mlir::Value value);

/// The one number that a constant holds in every element.
std::optional<double> splatNumber(mlir::Value value);

} // namespace strait::graph

#endif // STRAIT_PASSES_GRAPH_CONSTANTTREE_H
