// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From what --cpu says to the #strait.target that every level reads.
#ifndef STRAIT_COMPILER_TARGETS_H
#define STRAIT_COMPILER_TARGETS_H

#include "dialects/graph/GraphOps.h"
#include "llvm/Support/Error.h"

namespace strait {

/// What every x86-64 machine that Strait has code for runs.
graph::TargetAttr baselineTarget(mlir::MLIRContext &context);

/// The target for `native`, `generic` or a CPU name that LLVM knows. `native`
/// is the machine at hand: its instruction set as far as there are generators
/// for it, at least AVX2 with FMA (below that no code exists), its caches and
/// cores.
llvm::Expected<graph::TargetAttr> targetForCpu(mlir::MLIRContext &context,
                                        llvm::StringRef name);

} // namespace strait

#endif // STRAIT_COMPILER_TARGETS_H
