// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From what --cpu or --arch says to the #strait.target that every level reads.
#ifndef STRAIT_COMPILER_TARGETS_H
#define STRAIT_COMPILER_TARGETS_H

#include "dialects/graph/GraphOps.h"
#include "llvm/Support/Error.h"

namespace strait {

/// What every x86-64 machine that Strait has code for runs.
graph::TargetAttr baselineTarget(mlir::MLIRContext &context);

/// The targets of a list of CPU names, lowest instruction set first: `native`,
/// `generic` or a name that LLVM knows, separated by commas. `native` is the
/// machine at hand: its instruction set as far as there are generators for it,
/// at least AVX2 with FMA (below that no code exists), its caches and cores.
/// `generic` is one target per instruction set.
llvm::Expected<llvm::SmallVector<graph::TargetAttr, 2>>
targetsForCpus(mlir::MLIRContext &context, llvm::StringRef names);

/// The same for GPUs: `sm_80`, `sm_90a` or both.
llvm::Expected<llvm::SmallVector<graph::TargetAttr, 2>>
targetsForArchs(mlir::MLIRContext &context, llvm::StringRef names);

} // namespace strait

#endif // STRAIT_COMPILER_TARGETS_H
