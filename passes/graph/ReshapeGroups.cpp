// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/graph/ReshapeGroups.h"

using namespace mlir;
using namespace strait::graph;

static bool allOnes(ArrayRef<AffineExpr> dims) {
  return llvm::all_of(
      dims, [](AffineExpr dim) { return constantValue(dim) == 1; });
}

/// The smallest group that starts at the fronts of both lists.
static std::optional<std::pair<size_t, size_t>>
firstGroup(ArrayRef<AffineExpr> from, ArrayRef<AffineExpr> to,
           MLIRContext *context) {
  for (size_t total = 2; total <= from.size() + to.size(); ++total)
    for (size_t count = 1; count < total; ++count) {
      size_t other = total - count;
      if (count > from.size() || other > to.size())
        continue;
      if (multiply(from.take_front(count), context) ==
          multiply(to.take_front(other), context))
        return std::pair(count, other);
    }
  return std::nullopt;
}

std::optional<SmallVector<ReshapeGroup>>
strait::graph::groupDims(ArrayRef<AffineExpr> from, ArrayRef<AffineExpr> to,
                         MLIRContext *context) {
  SmallVector<ReshapeGroup> groups;
  size_t i = 0, j = 0;
  while (i < from.size() && j < to.size()) {
    auto sizes = firstGroup(from.drop_front(i), to.drop_front(j), context);
    if (!sizes)
      return std::nullopt;
    groups.push_back({i, sizes->first, j, sizes->second});
    i += sizes->first;
    j += sizes->second;
  }
  // Ones at the end belong to the last group.
  if (groups.empty() || !allOnes(from.drop_front(i)) ||
      !allOnes(to.drop_front(j)))
    return std::nullopt;
  groups.back().fromCount += from.size() - i;
  groups.back().toCount += to.size() - j;
  return groups;
}

std::optional<SmallVector<int64_t>>
strait::graph::reshapeEntries(ArrayRef<AffineExpr> from,
                              ArrayRef<AffineExpr> to) {
  size_t open =
      llvm::count_if(to, [](AffineExpr dim) { return !constantValue(dim); });
  bool hasRest = false;
  SmallVector<int64_t> entries;
  for (auto [i, dim] : llvm::enumerate(to)) {
    if (std::optional<int64_t> size = constantValue(dim)) {
      if (*size == 0)
        return std::nullopt; // 0 would copy.
      entries.push_back(*size);
    } else if (open > 1 && i < from.size() && from[i] == dim) {
      entries.push_back(0);
    } else if (!hasRest) {
      hasRest = true;
      entries.push_back(-1);
    } else {
      return std::nullopt;
    }
  }
  return entries;
}
