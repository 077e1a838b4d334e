// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The weights of a module, as linking takes them.
#ifndef STRAIT_COMPILER_LINKEDWEIGHTS_H
#define STRAIT_COMPILER_LINKEDWEIGHTS_H

#include "compiler/Link.h"
#include "mlir/IR/BuiltinOps.h"

namespace strait {

/// Weights that are written from `module`, which has to outlive them. Fails with
/// a diagnostic.
mlir::FailureOr<LinkedWeights> weightsToLink(mlir::ModuleOp module);

} // namespace strait

#endif // STRAIT_COMPILER_LINKEDWEIGHTS_H
