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

def FoldShapesPass : Pass<"strait-fold-shapes", "::mlir::func::FuncOp"> {
  let summary = "turn decided shape arithmetic into constants";
  let description = [{
    Replaces small tensors whose elements the symbolic shapes decide by weights,
    gives reshapes constant shapes, and drops reshapes, expands and slices that
    keep every dim.

    Before:
    ```mlir
    %n = strait.shape %x dims(1 to 2) : (tensor<?x6xf32>) -> tensor<1xi64>
    %y = strait.expand %z, %n : (tensor<1xf32>, tensor<1xi64>) -> tensor<6xf32>
    ```
    After:
    ```mlir
    %n = strait.weight dense<6> : tensor<1xi64>
    %y = strait.expand %z, %n : (tensor<1xf32>, tensor<1xi64>) -> tensor<6xf32>
    ```
  }];
}

def ExpandBatchNormPass
    : Pass<"strait-expand-batch-norm", "::mlir::func::FuncOp"> {
  let summary = "batch norms become a factor and a summand per channel";
  let description = [{
    Before:
    ```mlir
    %y = strait.batch_norm %x, %scale, %bias, %mean, %variance epsilon(..)
    ```
    After (s = scale / sqrt(variance + epsilon), per channel):
    ```mlir
    %0 = strait.mul %x, %s
    %y = strait.add %0, %bias_minus_mean_times_s
    ```
  }];
  let dependentDialects = ["::strait::graph::GraphDialect"];
}

def FoldAffinePass : Pass<"strait-fold-affine", "::mlir::func::FuncOp"> {
  let summary = "factors and summands per channel go into weights";
  let description = [{
    What stands before or behind a convolution or a product with a constant
    matrix, and has no other use.

    Before:
    ```mlir
    %y = strait.conv %x, %w {..}
    %0 = strait.mul %y, %s
    %z = strait.add %0, %t
    ```
    After:
    ```mlir
    %z = strait.conv %x, %w_times_s, %t {..}
    ```
  }];
  let dependentDialects = ["::strait::graph::GraphDialect"];
}

def FoldParallelConvsPass
    : Pass<"strait-fold-parallel-convs", "::mlir::func::FuncOp"> {
  let summary = "add up convolutions and affine maps of one input exactly";
  let description = [{
    Before (equal strides, dilations and groups):
    ```mlir
    %a = strait.conv %x, %w3x3 {pads = 1}
    %b = strait.conv %x, %w1x1 {pads = 0}
    %y = strait.add %a, %b
    ```
    After:
    ```mlir
    %y = strait.conv %x, %w3x3_plus_padded_w1x1 {pads = 1}
    ```
  }];
  let dependentDialects = ["::strait::graph::GraphDialect"];
}

def CropConvTapsPass
    : Pass<"strait-crop-conv-taps", "::mlir::func::FuncOp"> {
  let summary = "drop filter taps that meet padding at every output";
  let description = [{
    Before (an input of 20 x 20):
    ```mlir
    %y = strait.conv %x, %w3x3 {pads = 24, dilations = 24}
    ```
    After:
    ```mlir
    %w1x1 = strait.slice %w3x3 [1, 1] to [2, 2]
    %y = strait.conv %x, %w1x1 {pads = 0, dilations = 1}
    ```
  }];
  let dependentDialects = ["::strait::graph::GraphDialect"];
}

def DetectAttentionPass
    : Pass<"strait-detect-attention", "::mlir::func::FuncOp"> {
  let summary = "recognise scaled dot-product attention in primitives";
  let description = [{
    Follows the dataflow from a softmax: the scores are a matmul, perhaps scaled
    on either operand or after it, perhaps with an added mask; the result feeds a
    matmul, perhaps through a guard against NaN.

    Before:
    ```mlir
    %s = strait.matmul %q, %kt
    %t = strait.mul %s, %scale
    %p = strait.softmax %t axis(3)
    %o = strait.matmul %p, %v
    ```
    After:
    ```mlir
    %k = strait.transpose %kt perm [0, 1, 3, 2]
    %o = strait.attention %q, %k, %v scale(0.125)
    ```
  }];
  let dependentDialects = ["::strait::graph::GraphDialect"];
}

def AssignLayoutPass : Pass<"strait-assign-layout", "::mlir::func::FuncOp"> {
  let summary = "run convolutions and pools channels-last, between transposes";
  let description = [{
    Before:
    ```mlir
    %y = strait.pool max %x {..} : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xf32>
    ```
    After:
    ```mlir
    %0 = strait.transpose %x perm [0, 2, 3, 1]
    %1 = strait.pool max %0 {layout = channels_last, ..}
    %y = strait.transpose %1 perm [0, 3, 1, 2]
    ```
  }];
  let dependentDialects = ["::strait::graph::GraphDialect"];
}

def PropagateTransposesPass
    : Pass<"strait-propagate-transposes", "::mlir::func::FuncOp"> {
  let summary = "sink transposes until they meet and cancel";
  let description = [{
    Moves transposes behind elementwise ops, concats, pads, slices, splits,
    reductions, softmaxes and reshapes; merges those that meet; at last, turns
    those that move only dims of size 1 into reshapes.

    Before:
    ```mlir
    %a = strait.transpose %x perm [0, 3, 1, 2]
    %b = strait.relu %a
    %c = strait.transpose %b perm [0, 2, 3, 1]
    ```
    After:
    ```mlir
    %c = strait.relu %x
    ```
  }];
  let dependentDialects = ["::strait::graph::GraphDialect"];
}

def MergeDuplicateWeightsPass
    : Pass<"strait-merge-duplicate-weights", "::mlir::func::FuncOp"> {
  let summary = "let weights of equal bytes share one op";
  let description = [{
    Before:
    ```mlir
    %a = strait.weight dense_resource<w1> : tensor<4xf32>
    %b = strait.weight dense_resource<w2> : tensor<4xf32>
    ```
    After (when w1 and w2 hold equal bytes): every use of `%b` uses `%a`.
  }];
}

def VerifyGraphPass : Pass<"strait-verify-graph", "::mlir::func::FuncOp"> {
  let summary = "checks what kernel formation relies on";
  let description = [{
    Only ops of the graph dialect are left, all tensors have a rank and every
    extent that the shape rules know, convolutions and pools run channels last.
    Changes nothing; an error names the pass that should have removed what it
    found.
  }];
}

#endif // STRAIT_PASSES_GRAPH_PASSES_TD
