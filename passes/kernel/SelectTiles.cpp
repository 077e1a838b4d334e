// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.region -> the same with `tile`, `tasks` and `scratch`: how its work is
// cut for the module's first target, by the rules of passes/analysis/Tiling.h,
// and `versions` for the others.
#include "passes/analysis/Tiling.h"
#include "passes/kernel/Passes.h"

namespace strait {
#define GEN_PASS_DEF_SELECTTILESPASS
#include "passes/kernel/Passes.h.inc"
} // namespace strait

using namespace mlir;
using namespace strait;

static LogicalResult selectTiles(kernel::RegionOp region,
                                 ArrayRef<graph::TargetAttr> targets) {
  Builder builder(region.getContext());
  SmallVector<Attribute> versions;
  for (graph::TargetAttr target : targets) {
    FailureOr<LaunchShape> shape = computeLaunchShape(region, target);
    if (failed(shape))
      return failure();
    if (target == targets.front()) {
      region.setTileAttr(shape->tile);
      region.setTasks(shape->tasks);
      region.setScratch(shape->scratch);
      continue;
    }
    versions.push_back(builder.getDictionaryAttr(
        {builder.getNamedAttr("scratch", AffineMapAttr::get(shape->scratch)),
         builder.getNamedAttr("tasks", AffineMapAttr::get(shape->tasks)),
         builder.getNamedAttr("tile", shape->tile)}));
  }
  if (!versions.empty())
    region.setVersionsAttr(builder.getArrayAttr(versions));
  return success();
}

namespace {
class SelectTilesPass
    : public strait::impl::SelectTilesPassBase<SelectTilesPass> {
public:
  using SelectTilesPassBase::SelectTilesPassBase;

private:
  void runOnOperation() override {
    auto targets = graph::TargetAttr::listOf(getOperation());
    if (failed(targets))
      return signalPassFailure();
    WalkResult result =
        getOperation().walk([&](kernel::RegionOp region) -> WalkResult {
          return selectTiles(region, *targets);
        });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
