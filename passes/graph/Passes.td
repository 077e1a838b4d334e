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

def FuseConvBatchNormPass
    : Pass<"strait-fuse-conv-batch-norm", "::mlir::func::FuncOp"> {
  let summary = "folds norms and constants per channel into convolutions";
  let description = [{
    ```mlir
    %y = strait.conv %x, %w ...
    %z = strait.batch_norm %y, %scale, %bias, %mean, %variance ...
    ```
    becomes
    ```mlir
    %v = strait.mul %w, %s
    %z = strait.conv %x, %v, %t ...
    ```
    with %s and %t computed from the constants. The convolution must have no
    other use.
  }];
}

def DetectAttentionPass
    : Pass<"strait-detect-attention", "::mlir::func::FuncOp"> {
  let summary = "softmax(q k^T) v in its spellings becomes strait.attention";
  let description = [{
    ```mlir
    %s = strait.matmul %q, %kt
    %t = strait.mul %s, %scale
    %p = strait.softmax %t axis(3)
    %o = strait.matmul %p, %v
    ```
    becomes
    ```mlir
    %k = strait.transpose %kt perm [0, 1, 3, 2]
    %o = strait.attention %q, %k, %v scale(0.125)
    ```
  }];
}

def AssignLayoutPass : Pass<"strait-assign-layout", "::mlir::func::FuncOp"> {
  let summary = "convolutions and pools run channels last";
  let description = [{
    ```mlir
    %y = strait.conv %x, %w : (tensor<1x3x8x8xf32>, ...) -> tensor<1x4x8x8xf32>
    ```
    becomes
    ```mlir
    %a = strait.transpose %x perm [0, 2, 3, 1]
    %b = strait.conv %a, %w {layout = channels_last}
    %y = strait.transpose %b perm [0, 3, 1, 2]
    ```
  }];
}

def PropagateTransposesPass
    : Pass<"strait-propagate-transposes", "::mlir::func::FuncOp"> {
  let summary = "sinks transposes through ops until they cancel";
  let description = [{
    ```mlir
    %a = strait.transpose %x perm [0, 3, 1, 2]
    %b = strait.relu %a
    %c = strait.transpose %b perm [0, 2, 3, 1]
    ```
    becomes
    ```mlir
    %c = strait.relu %x
    ```
  }];
}

#endif // STRAIT_PASSES_GRAPH_PASSES_TD
