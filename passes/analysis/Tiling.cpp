// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/Tiling.h"

using namespace mlir;
using namespace strait;

LaunchShape::LaunchShape(unsigned numSizes,
                         ArrayRef<std::pair<StringRef, int64_t>> numbers,
                         AffineExpr tasks, AffineExpr scratch)
    : tasks(AffineMap::get(0, numSizes, tasks)),
      scratch(AffineMap::get(
          0, numSizes,
          scratch ? scratch : getAffineConstantExpr(0, tasks.getContext()))) {
  Builder builder(tasks.getContext());
  SmallVector<NamedAttribute> attributes;
  for (auto [name, value] : numbers)
    attributes.push_back(
        builder.getNamedAttr(name, builder.getI64IntegerAttr(value)));
  tile = builder.getDictionaryAttr(attributes);
}

void LaunchShape::addToTile(StringRef name, Attribute value) {
  NamedAttrList list(tile);
  list.set(name, value);
  tile = list.getDictionary(value.getContext());
}

const TilingTable &strait::tilingsOf(graph::TargetAttr target) {
  return target.isGpu() ? cudaTilings() : cpuTilings();
}

FailureOr<LaunchShape>
strait::computeLaunchShape(Operation *regionOrFunc, graph::TargetAttr target) {
  if (TilingRule rule = tilingsOf(target).of(regionOrFunc))
    return rule(regionOrFunc, target);
  return kernel::findRoot(regionOrFunc)->emitOpError()
         << "has no rule for cutting it into tasks on "
         << stringifyIsa(target.getIsa());
}
