// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a target makes of kernels: a row per root, and one for groups without
// a root. Each target has a table of tilings (Tiling.h) and one of code
// generators (LowerKernels.cpp of its folder); a new root is a row in each.
#ifndef STRAIT_PASSES_ANALYSIS_ROOTTABLE_H
#define STRAIT_PASSES_ANALYSIS_ROOTTABLE_H

#include "dialects/kernel/KernelOps.h"

namespace strait {

template <typename MakeFn> struct RootRow {
  llvm::StringRef root; // the op's name
  MakeFn make;
};

template <typename MakeFn> struct RootTable {
  MakeFn cascade;
  llvm::ArrayRef<RootRow<MakeFn>> roots;

  /// Null for a root that the target has no row for.
  MakeFn lookup(llvm::StringRef root) const {
    for (const RootRow<MakeFn> &row : roots)
      if (row.root == root)
        return row.make;
    return nullptr;
  }
  MakeFn of(mlir::Operation *regionOrFunc) const {
    kernel::RootInterface root = kernel::findRoot(regionOrFunc);
    return root ? lookup(root->getName().getStringRef()) : cascade;
  }
};

} // namespace strait

#endif // STRAIT_PASSES_ANALYSIS_ROOTTABLE_H
