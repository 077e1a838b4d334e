// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constant subgraphs computed by compiled code.
#ifndef STRAIT_COMPILER_CONSTANTEVALUATOR_H
#define STRAIT_COMPILER_CONSTANTEVALUATOR_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"

namespace strait {

/// Compiles the module's function @main, which takes no arguments, to a library
/// for the generic processor, runs it and returns its results. The module is
/// consumed. Fails after a diagnostic.
llvm::FailureOr<llvm::SmallVector<mlir::ElementsAttr>>
evaluateConstants(mlir::ModuleOp module);

} // namespace strait

#endif // STRAIT_COMPILER_CONSTANTEVALUATOR_H
