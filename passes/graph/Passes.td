// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes on the graph dialect.
#ifndef STRAIT_PASSES_GRAPH_PASSES_TD
#define STRAIT_PASSES_GRAPH_PASSES_TD

include "mlir/Pass/PassBase.td"

def InferShapesPass : Pass<"strait-infer-shapes", "::mlir::func::FuncOp"> {
  let summary = "give every result the type that its op's shape rule finds";
  let description = [{
    Runs the symbolic shape analysis and writes what is static into the types.
    Fails with an op error where a type contradicts its rule.

    Before:
    ```mlir
    %y = strait.relu %x : (tensor<2x?xf32>) -> tensor<*xf32>
    ```
    After:
    ```mlir
    %y = strait.relu %x : (tensor<2x?xf32>) -> tensor<2x?xf32>
    ```
  }];
}

#endif // STRAIT_PASSES_GRAPH_PASSES_TD
