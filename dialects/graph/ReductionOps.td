// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that combine many elements: reductions, normalisations, windows.
#ifndef STRAIT_DIALECTS_GRAPH_REDUCTIONOPS_TD
#define STRAIT_DIALECTS_GRAPH_REDUCTIONOPS_TD

include "dialects/graph/GraphBase.td"
include "dialects/graph/GraphEnums.td"
include "dialects/graph/GraphInterfaces.td"

class Strait_ReductionOp<string mnemonic, list<Trait> traits = []>
    : Strait_Op<mnemonic, [Pure] # traits> {
  let hasVerifier = 1;
}

def Strait_ReduceOp : Strait_ReductionOp<"reduce"> {
  let summary = "sum, mean, max, min or product over axes";
  let description = [{
    Combines the elements along `axes`. ONNX: ReduceSum, ReduceMean, ReduceMax,
    ReduceMin, ReduceProd since 1; the other Reduce* become several ops.

    1. `axes` are sorted, unique and within [0, rank); none means no reduction.
    2. With `keep_dims` reduced dims stay as 1.
    3. Result and operand have one element type.

    Example:
    ```mlir
    %y = strait.reduce sum %x axes [1] : (tensor<2x3xf32>) -> tensor<2xf32>
    ```
  }];
  let arguments = (ins Strait_ReduceKindAttr:$kind, Strait_Tensor:$x,
    DenseI64ArrayAttr:$axes, UnitAttr:$keep_dims);
  let results = (outs Strait_Tensor:$result);
  let hasFolder = 1;
  let assemblyFormat = [{
    `` $kind $x `axes` $axes (`keep_dims` $keep_dims^)? attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_ArgReduceOp : Strait_ReductionOp<"arg_reduce"> {
  let summary = "position of the extreme along an axis";
  let description = [{
    Yields the index of the largest or smallest element along `axis`; among
    equals the first, or with `select_last` the last. ONNX: ArgMax, ArgMin since
    1.

    1. `axis` is within [0, rank).
    2. The result's element type is `i64`; with `keep_dims` the dim stays as 1.

    Example:
    ```mlir
    %y = strait.arg_reduce max %x axis(1) : (tensor<2x3xf32>) -> tensor<2xi64>
    ```
  }];
  let arguments = (ins Strait_ArgKindAttr:$kind, Strait_Tensor:$x,
    I64Attr:$axis, UnitAttr:$keep_dims, UnitAttr:$select_last);
  let results = (outs Strait_IndexTensor:$result);
  let assemblyFormat = [{
    `` $kind $x `axis` `(` $axis `)` (`keep_dims` $keep_dims^)?
    (`select_last` $select_last^)? attr-dict
    `:` functional-type(operands, results)
  }];
}

class Strait_SoftmaxLikeOp<string mnemonic, string what, string onnx>
    : Strait_ReductionOp<mnemonic> {
  let summary = what;
  let description = "Computes the " # what # ". ONNX: " # onnx # " (older "
    # "versions are flattened on import).\n\n1. `axis` is within [0, rank).\n"
    # "2. Result and operand have one type.\n\nExample:\n```mlir\n"
    # "%y = strait." # mnemonic
    # " %x axis(1) : (tensor<2x3xf32>) -> tensor<2x3xf32>\n```\n";
  let arguments = (ins Strait_FloatTensor:$x, I64Attr:$axis);
  let results = (outs Strait_FloatTensor:$result);
  let assemblyFormat = [{
    $x `axis` `(` $axis `)` attr-dict `:` functional-type(operands, results)
  }];
}
def Strait_SoftmaxOp : Strait_SoftmaxLikeOp<"softmax",
    "exponentials along an axis over their sum", "Softmax since 13">;
def Strait_LogSoftmaxOp : Strait_SoftmaxLikeOp<"log_softmax",
    "logarithm of the softmax along an axis", "LogSoftmax since 13">;

def Strait_LayerNormOp : Strait_ReductionOp<"layer_norm"> {
  let summary = "zero mean and unit variance over the trailing dims";
  let description = [{
    Computes (x - mean) / sqrt(variance + epsilon) * scale + bias with mean and
    variance over the dims from `axis` on. ONNX: LayerNormalization since 17.

    1. `axis` is within [0, rank).
    2. `scale` and `bias` broadcast to `x`.

    Example:
    ```mlir
    %y = strait.layer_norm %x, %s, %b axis(1) epsilon(1.0e-5)
        : (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
    ```
  }];
  let arguments = (ins Strait_FloatTensor:$x, Strait_FloatTensor:$scale,
    Optional<Strait_FloatTensor>:$bias, I64Attr:$axis, F32Attr:$epsilon);
  let results = (outs Strait_FloatTensor:$result);
  let assemblyFormat = [{
    $x `,` $scale (`,` $bias^)? `axis` `(` $axis `)`
    `epsilon` `(` $epsilon `)` attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_RmsNormOp : Strait_ReductionOp<"rms_norm"> {
  let summary = "unit root mean square over the trailing dims";
  let description = [{
    Computes x / sqrt(mean(x^2) + epsilon) * scale with the mean over the dims
    from `axis` on. ONNX: RMSNormalization since 23.

    1. `axis` is within [0, rank).
    2. `scale` broadcasts to `x`.

    Example:
    ```mlir
    %y = strait.rms_norm %x, %s axis(1) epsilon(1.0e-5)
        : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
    ```
  }];
  let arguments = (ins Strait_FloatTensor:$x, Strait_FloatTensor:$scale,
    I64Attr:$axis, F32Attr:$epsilon);
  let results = (outs Strait_FloatTensor:$result);
  let assemblyFormat = [{
    $x `,` $scale `axis` `(` $axis `)` `epsilon` `(` $epsilon `)` attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_InstanceNormOp : Strait_ReductionOp<"instance_norm"> {
  let summary = "normalisation of each channel of each sample";
  let description = [{
    Normalises x [N, C, D...] over D... and applies scale [C] and bias [C].
    ONNX: InstanceNormalization since 1.

    1. `x` has rank 3 or more; `scale` and `bias` have shape [C].
    2. `layout` says where the channels of `x` and the result stand.

    Example:
    ```mlir
    %y = strait.instance_norm %x, %s, %b epsilon(1.0e-5)
        : (tensor<2x3x4xf32>, tensor<3xf32>, tensor<3xf32>)
        -> tensor<2x3x4xf32>
    ```
  }];
  let arguments = (ins Strait_FloatTensor:$x, Strait_FloatTensor:$scale,
    Strait_FloatTensor:$bias, F32Attr:$epsilon,
    DefaultValuedAttr<Strait_LayoutAttr,
                      "::strait::graph::Layout::ChannelsFirst">:$layout);
  let results = (outs Strait_FloatTensor:$result);
  let assemblyFormat = [{
    $x `,` $scale `,` $bias `epsilon` `(` $epsilon `)` attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_GroupNormOp : Strait_ReductionOp<"group_norm"> {
  let summary = "normalisation of groups of channels";
  let description = [{
    Normalises x [N, C, D...] over each of `groups` runs of channels together
    with D... and applies scale [C] and bias [C]. ONNX: GroupNormalization since
    21 (18 becomes it on import).

    1. C is a multiple of `groups`; `scale` and `bias` have shape [C].

    Example:
    ```mlir
    %y = strait.group_norm %x, %s, %b groups(2) epsilon(1.0e-5)
        : (tensor<2x4x5xf32>, tensor<4xf32>, tensor<4xf32>)
        -> tensor<2x4x5xf32>
    ```
  }];
  let arguments = (ins Strait_FloatTensor:$x, Strait_FloatTensor:$scale,
    Strait_FloatTensor:$bias, I64Attr:$groups, F32Attr:$epsilon);
  let results = (outs Strait_FloatTensor:$result);
  let assemblyFormat = [{
    $x `,` $scale `,` $bias `groups` `(` $groups `)`
    `epsilon` `(` $epsilon `)` attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_BatchNormOp : Strait_ReductionOp<"batch_norm"> {
  let summary = "affine map of channels by trained statistics";
  let description = [{
    Computes (x - mean) / sqrt(variance + epsilon) * scale + bias per channel of
    x [N, C, D...]. ONNX: BatchNormalization since 1, inference form.

    1. `scale`, `bias`, `mean` and `variance` have shape [C].

    Example:
    ```mlir
    %y = strait.batch_norm %x, %s, %b, %m, %v epsilon(1.0e-5)
        : (tensor<2x3x4xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>,
           tensor<3xf32>) -> tensor<2x3x4xf32>
    ```
  }];
  let arguments = (ins Strait_FloatTensor:$x, Strait_FloatTensor:$scale,
    Strait_FloatTensor:$bias, Strait_FloatTensor:$mean,
    Strait_FloatTensor:$variance, F32Attr:$epsilon);
  let results = (outs Strait_FloatTensor:$result);
  let assemblyFormat = [{
    $x `,` $scale `,` $bias `,` $mean `,` $variance
    `epsilon` `(` $epsilon `)` attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_PoolOp : Strait_ReductionOp<"pool"> {
  let summary = "maximum or mean over a sliding window";
  let description = [{
    Combines each window of the spatial dims of `x`. Global pools are `reduce`.
    ONNX: MaxPool, AveragePool since 1 (LpPool becomes several ops).

    1. `kernel`, `strides` and `dilations` have one entry per spatial dim,
       `pads` two: all begins, then all ends.
    2. Padding never wins a maximum; it counts in an average only with
       `count_include_pad`.
    3. With `ceil_mode` a last partial window is kept, when it starts inside the
       input or its begin padding.
    4. With `auto_pad` other than `explicit` the pads are found from the sizes
       at run time and `pads` is all zero.
    5. `layout` says where the channels of `x` and the result stand.

    Example:
    ```mlir
    %y = strait.pool max %x
        {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>,
         pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
        : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xf32>
    ```
  }];
  let arguments = (ins Strait_PoolKindAttr:$kind, Strait_Tensor:$x,
    DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
    DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations,
    UnitAttr:$ceil_mode, UnitAttr:$count_include_pad,
    DefaultValuedAttr<Strait_AutoPadAttr,
                      "::strait::graph::AutoPad::Explicit">:$auto_pad,
    DefaultValuedAttr<Strait_LayoutAttr,
                      "::strait::graph::Layout::ChannelsFirst">:$layout);
  let results = (outs Strait_Tensor:$result);
  let assemblyFormat =
      "$kind $x attr-dict `:` functional-type(operands, results)";
}

def Strait_CumSumOp : Strait_ReductionOp<"cum_sum"> {
  let summary = "running sum along an axis";
  let description = [{
    Adds up the elements along `axis`; with `exclusive` without the element
    itself, with `reverse` from the end. ONNX: CumSum since 11.

    1. `axis` is within [0, rank).
    2. Result and operand have one type.

    Example:
    ```mlir
    %y = strait.cum_sum %x axis(1) : (tensor<2x3xf32>) -> tensor<2x3xf32>
    ```
  }];
  let arguments = (ins Strait_Tensor:$x, I64Attr:$axis, UnitAttr:$exclusive,
                       UnitAttr:$reverse);
  let results = (outs Strait_Tensor:$result);
  let assemblyFormat = [{
    $x `axis` `(` $axis `)` (`exclusive` $exclusive^)? (`reverse` $reverse^)?
    attr-dict `:` functional-type(operands, results)
  }];
}

def Strait_TopKOp : Strait_ReductionOp<"top_k"> {
  let summary = "the k extreme elements along an axis and their positions";
  let description = [{
    Yields the `k` largest (or, with `smallest`, smallest) elements along `axis`
    in order, and where they stood; equals keep the lower index first. ONNX: TopK
    since 1.

    1. `k` has one element.
    2. `axis` is within [0, rank).

    Example:
    ```mlir
    %v, %i = strait.top_k %x, %k axis(1)
        : (tensor<2x9xf32>, tensor<1xi64>) -> (tensor<2x?xf32>, tensor<2x?xi64>)
    ```
  }];
  let arguments = (ins Strait_Tensor:$x, Strait_ShapeTensor:$k, I64Attr:$axis,
                       UnitAttr:$smallest);
  let results = (outs Strait_Tensor:$values, Strait_IndexTensor:$indices);
  let assemblyFormat = [{
    $x `,` $k `axis` `(` $axis `)` (`smallest` $smallest^)? attr-dict
    `:` functional-type(operands, results)
  }];
}

#endif // STRAIT_DIALECTS_GRAPH_REDUCTIONOPS_TD
