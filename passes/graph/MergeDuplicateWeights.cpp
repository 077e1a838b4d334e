// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Equal weights share one op: the first of each content and type stays.
#include "passes/graph/Passes.h"

#include "dialects/ContentKey.h"
#include "dialects/graph/GraphOps.h"

namespace strait::graph {
#define GEN_PASS_DEF_MERGEDUPLICATEWEIGHTSPASS
#include "passes/graph/Passes.h.inc"
} // namespace strait::graph

using namespace mlir;
using namespace strait;
using namespace strait::graph;

/// The bytes behind a weight; empty when it has no plain bytes.
static ArrayRef<char> bytesOf(WeightOp op) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(op.getValue())) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    return blob ? blob->getData() : ArrayRef<char>();
  }
  if (auto dense = dyn_cast<DenseElementsAttr>(op.getValue()))
    return dense.getRawData();
  return {};
}

namespace {
struct MergeDuplicateWeightsPass
    : public graph::impl::MergeDuplicateWeightsPassBase<
          MergeDuplicateWeightsPass> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal())
      return;
    DenseMap<std::pair<Type, uint64_t>, SmallVector<WeightOp>> seen;
    Block &entry = func.getBody().front();
    Block::iterator place = entry.begin();
    SmallVector<WeightOp> weights;
    func.walk([&](WeightOp op) { weights.push_back(op); });
    for (WeightOp op : weights) {
      ArrayRef<char> bytes = bytesOf(op);
      if (bytes.empty())
        continue;
      auto &candidates = seen[{op.getType(), contentKey(bytes)}];
      auto same = llvm::find_if(candidates, [&](WeightOp other) {
        // A splat is shorter than the same numbers in full.
        return other.getValue() == op.getValue() ||
               (isa<DenseResourceElementsAttr>(other.getValue()) &&
                isa<DenseResourceElementsAttr>(op.getValue()) &&
                bytesOf(other) == bytes);
      });
      if (same != candidates.end()) {
        op.getResult().replaceAllUsesWith(same->getResult());
        op.erase();
        continue;
      }
      // What stays must stand before every use, in regions too.
      if (place == op->getIterator())
        ++place;
      else
        op->moveBefore(&entry, place);
      candidates.push_back(op);
    }
  }
};
} // namespace
