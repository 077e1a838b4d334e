// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Evaluation of constant subgraphs by compiling and calling them.
#ifndef STRAIT_PASSES_GRAPH_EVALUATECONSTANTS_H
#define STRAIT_PASSES_GRAPH_EVALUATECONSTANTS_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include <functional>

namespace strait {

/// Computes the results of the module's function @main, which takes no
/// arguments. The compiler provides it: a pass cannot reach the levels below.
using EvaluateFn =
    std::function<llvm::FailureOr<llvm::SmallVector<mlir::ElementsAttr>>(
        mlir::ModuleOp)>;

std::unique_ptr<mlir::Pass> createEvaluateConstantsPass(EvaluateFn evaluate);

} // namespace strait

#endif // STRAIT_PASSES_GRAPH_EVALUATECONSTANTS_H
