// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes on the graph dialect; see Passes.td.
#ifndef STRAIT_PASSES_GRAPH_PASSES_H
#define STRAIT_PASSES_GRAPH_PASSES_H

#include "dialects/graph/GraphDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace strait::graph {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/graph/Passes.h.inc"

} // namespace strait::graph

#endif // STRAIT_PASSES_GRAPH_PASSES_H
