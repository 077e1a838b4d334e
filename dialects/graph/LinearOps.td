// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Contractions: matrix products and convolutions.
#ifndef STRAIT_DIALECTS_GRAPH_LINEAROPS_TD
#define STRAIT_DIALECTS_GRAPH_LINEAROPS_TD

include "dialects/graph/GraphBase.td"
include "dialects/graph/GraphEnums.td"
include "dialects/graph/GraphInterfaces.td"

class Strait_LinearOp<string mnemonic, list<Trait> traits = []>
    : Strait_Op<mnemonic, [Pure] # traits>;

def Strait_MatmulOp : Strait_LinearOp<"matmul"> {
  let summary = "batched matrix product";
  let description = [{
    Multiplies [..., M, K] by [..., K, N]. ONNX: MatMul since 1 (vectors become
    matrices on import), Gemm since 1 without its factors.

    1. Both operands have rank 2 or more; inner dims agree.
    2. Leading dims broadcast (numpy rules).
    3. Operands and result have one element type.

    Example:
    ```mlir
    %y = strait.matmul %a, %b
        : (tensor<2x3x4xf32>, tensor<4x5xf32>) -> tensor<2x3x5xf32>
    ```
  }];
  let arguments = (ins Strait_Tensor:$a, Strait_Tensor:$b);
  let results = (outs Strait_Tensor:$result);
  let assemblyFormat =
      "$a `,` $b attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

// x and result are [N, C, D...] (channels_first) or [N, D..., C]
// (channels_last); pads are all begins, then all ends.
def Strait_ConvOp : Strait_LinearOp<"conv"> {
  let summary = "convolution over any number of spatial dims";
  let description = [{
    Slides the filters `w` [M, C/groups, K...] over `x`. ONNX: Conv since 1.

    1. `strides` and `dilations` have one entry per spatial dim, `pads` two:
       all begins, then all ends.
    2. C is `groups` times dim 1 of `w`; M is a multiple of `groups`.
    3. `bias` has shape [M].
    4. With `auto_pad` other than `explicit` the pads are found from the sizes
       at run time and `pads` is all zero.
    5. `layout` says where the channels of `x` and the result stand; `w` stays
       as it is.

    Example:
    ```mlir
    %y = strait.conv %x, %w, %b
        {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>,
         dilations = array<i64: 1, 1>}
        : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>)
        -> tensor<1x4x8x8xf32>
    ```
  }];
  let arguments = (ins Strait_Tensor:$x, Strait_Tensor:$w,
    Optional<Strait_Tensor>:$bias,
    DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
    DenseI64ArrayAttr:$dilations, DefaultValuedAttr<I64Attr, "1">:$groups,
    DefaultValuedAttr<Strait_AutoPadAttr,
                      "::strait::graph::AutoPad::Explicit">:$auto_pad,
    DefaultValuedAttr<Strait_LayoutAttr,
                      "::strait::graph::Layout::ChannelsFirst">:$layout);
  let results = (outs Strait_Tensor:$result);
  let assemblyFormat = [{
    $x `,` $w (`,` $bias^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Strait_ConvTransposeOp : Strait_LinearOp<"conv_transpose"> {
  let summary = "transposed convolution (the gradient of conv)";
  let description = [{
    Scatters `x` through the filters `w` [C, M/groups, K...]. ONNX:
    ConvTranspose since 1. Result size per spatial dim:
    stride (in - 1) + output_padding + dilation (k - 1) + 1 - begin - end.

    1. `strides`, `dilations` and `output_padding` have one entry per spatial
       dim, `pads` two: all begins, then all ends.
    2. C is dim 0 of `w` and a multiple of `groups`.
    3. `bias` has shape [M].
    4. With `auto_pad` other than `explicit` the result size is in * stride and
       `pads` is all zero.
    5. `layout` says where the channels of `x` and the result stand; `w` stays
       as it is.

    Example:
    ```mlir
    %y = strait.conv_transpose %x, %w
        {strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>,
         dilations = array<i64: 1, 1>, output_padding = array<i64: 0, 0>}
        : (tensor<1x3x4x4xf32>, tensor<3x2x2x2xf32>) -> tensor<1x2x8x8xf32>
    ```
  }];
  let arguments = (ins Strait_Tensor:$x, Strait_Tensor:$w,
    Optional<Strait_Tensor>:$bias,
    DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
    DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$output_padding,
    DefaultValuedAttr<I64Attr, "1">:$groups,
    DefaultValuedAttr<Strait_AutoPadAttr,
                      "::strait::graph::AutoPad::Explicit">:$auto_pad,
    DefaultValuedAttr<Strait_LayoutAttr,
                      "::strait::graph::Layout::ChannelsFirst">:$layout);
  let results = (outs Strait_Tensor:$result);
  let assemblyFormat = [{
    $x `,` $w (`,` $bias^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

#endif // STRAIT_DIALECTS_GRAPH_LINEAROPS_TD
