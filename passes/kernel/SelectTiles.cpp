// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.region -> the same with `tile`, `tasks` and `scratch`: how its work is
// cut for the module's target, by the rules of passes/analysis/Tiling.h.
#include "passes/analysis/Tiling.h"
#include "passes/kernel/Passes.h"

namespace strait {
#define GEN_PASS_DEF_SELECTTILESPASS
#include "passes/kernel/Passes.h.inc"
} // namespace strait

using namespace mlir;
using namespace strait;

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
          FailureOr<LaunchShape> shape =
              computeLaunchShape(region, targets->front());
          if (failed(shape))
            return WalkResult::interrupt();
          region.setTileAttr(shape->tile);
          region.setTasks(shape->tasks);
          region.setScratch(shape->scratch);
          return WalkResult::advance();
        });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
