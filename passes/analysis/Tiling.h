// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How a kernel's work is cut into tasks: decided once, before code exists, from
// the group and the target. Generators follow `tile`; the host program knows
// `tasks` and `scratch`.
#ifndef STRAIT_PASSES_ANALYSIS_TILING_H
#define STRAIT_PASSES_ANALYSIS_TILING_H

#include "dialects/graph/GraphOps.h"
#include "passes/analysis/RootShape.h"
#include "passes/analysis/RootTable.h"

namespace strait {

struct LaunchShape {
  /// Of a group with `numSizes` sizes; null `scratch`: none.
  LaunchShape(unsigned numSizes,
              llvm::ArrayRef<std::pair<llvm::StringRef, int64_t>> tile,
              mlir::AffineExpr tasks, mlir::AffineExpr scratch = {});
  /// Adds to the tile what is no number.
  void addToTile(llvm::StringRef name, mlir::Attribute value);

  mlir::AffineMap tasks;   // ()[sizes] -> (number of independent tasks)
  mlir::AffineMap scratch; // ()[sizes] -> (bytes per worker)
  mlir::DictionaryAttr tile;
};

/// How a target cuts groups of one kind. What `tile` holds is between this rule
/// and the target's code generator.
using TilingRule = mlir::FailureOr<LaunchShape> (*)(
    mlir::Operation *regionOrFunc, graph::TargetAttr target);
using TilingTable = RootTable<TilingRule>;

/// The tables of targets: TilingCpu.cpp, TilingCuda.cpp.
const TilingTable &cpuTilings();
const TilingTable &cudaTilings();
const TilingTable &tilingsOf(graph::TargetAttr target);

/// Any group: the rule of its root, or that of cascades.
mlir::FailureOr<LaunchShape>
computeLaunchShape(mlir::Operation *regionOrFunc, graph::TargetAttr target);

/// A row of a table, from a rule that looks at groups from their root.
template <typename RootOp>
using RootTilingRule = mlir::FailureOr<LaunchShape> (*)(
    RootOp root, const RootShape &shape, graph::TargetAttr target);
template <typename RootOp, RootTilingRule<RootOp> rule>
RootRow<TilingRule> tilingRow() {
  return {RootOp::getOperationName(),
          [](mlir::Operation *group,
             graph::TargetAttr target) -> mlir::FailureOr<LaunchShape> {
            mlir::FailureOr<RootShape> shape = RootShape::create(group);
            if (mlir::failed(shape))
              return mlir::failure();
            return rule(mlir::cast<RootOp>(shape->root()), *shape, target);
          }};
}

} // namespace strait

#endif // STRAIT_PASSES_ANALYSIS_TILING_H
