// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that move, repeat, pick or describe elements without arithmetic on them
// (resize is the one that also interpolates).
#ifndef STRAIT_DIALECTS_GRAPH_MOVEMENTOPS_TD
#define STRAIT_DIALECTS_GRAPH_MOVEMENTOPS_TD

include "dialects/graph/GraphBase.td"
include "dialects/graph/GraphEnums.td"
include "dialects/graph/GraphInterfaces.td"

class Strait_MovementOp<string mnemonic, list<Trait> traits = []>
    : Strait_Op<mnemonic, [Pure] # traits> {
  let hasVerifier = 1;
}

def Strait_ReshapeOp : Strait_MovementOp<"reshape"> {
  let summary = "the same elements under another shape";
  let description = [{
    Keeps the row-major order of elements. An entry -1 of `shape` stands for what
    remains; 0 copies the operand's dim, or with `allow_zero` is 0. ONNX: Reshape
    since 5; Flatten, Squeeze, Unsqueeze become it.

    1. `shape` has rank 1 and at most one -1.
    2. Operand and result have equally many elements and one element type.

    Example:
    ```mlir
    %y = strait.reshape %x, %s : (tensor<2x6xf32>, tensor<2xi64>)
        -> tensor<3x4xf32>
    ```
  }];
  let arguments = (ins Strait_Tensor:$x, Strait_ShapeTensor:$shape,
                       UnitAttr:$allow_zero);
  let results = (outs Strait_Tensor:$result);
  let hasFolder = 1;
  let hasCanonicalizer = 1;
  let assemblyFormat = [{
    $x `,` $shape (`allow_zero` $allow_zero^)? attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_RequireDimOp : Strait_MovementOp<"require_dim"> {
  let summary = "a tensor with a dim that is large enough";
  let description = [{
    Yields `x`; with dim `axis` below `at_least` the program ends in an error
    that names the node. Squeeze without axes becomes it where a dim stays.

    1. `axis` is within [0, rank).

    Example:
    ```mlir
    %y = strait.require_dim %x axis(0) at_least(2)
        : (tensor<?x3xf32>) -> tensor<?x3xf32>
    ```
  }];
  let arguments = (ins Strait_Tensor:$x, I64Attr:$axis, I64Attr:$at_least);
  let results = (outs Strait_Tensor:$result);
  let assemblyFormat = [{
    $x `axis` `(` $axis `)` `at_least` `(` $at_least `)` attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_TransposeOp : Strait_MovementOp<"transpose"> {
  let summary = "dims in another order";
  let description = [{
    Result dim i is operand dim `perm[i]`. ONNX: Transpose since 1.

    1. `perm` is a permutation of [0, rank).

    Example:
    ```mlir
    %y = strait.transpose %x perm [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
    ```
  }];
  let arguments = (ins Strait_Tensor:$x, DenseI64ArrayAttr:$perm);
  let results = (outs Strait_Tensor:$result);
  let hasFolder = 1;
  let hasCanonicalizer = 1;
  let assemblyFormat =
      "$x `perm` $perm attr-dict `:` functional-type(operands, results)";
}

def Strait_ConcatOp : Strait_MovementOp<"concat"> {
  let summary = "tensors one after another along an axis";
  let description = [{
    Joins `inputs` along `axis`. ONNX: Concat since 1.

    1. At least one input; all have one element type and one rank.
    2. `axis` is within [0, rank); the other dims agree.

    Example:
    ```mlir
    %y = strait.concat %a, %b axis(0)
        : (tensor<2xf32>, tensor<3xf32>) -> tensor<5xf32>
    ```
  }];
  let arguments = (ins Variadic<Strait_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs Strait_Tensor:$result);
  let hasFolder = 1;
  let assemblyFormat = [{
    $inputs `axis` `(` $axis `)` attr-dict `:` functional-type(operands, results)
  }];
}

def Strait_SliceOp : Strait_MovementOp<"slice"> {
  let summary = "a strided box of a tensor";
  let description = [{
    Keeps elements starts, starts + steps, ... before ends of each of `axes`,
    negative positions counting from the end, out-of-range ones clamped. ONNX:
    Slice since 1.

    1. `starts`, `ends` and `steps` have rank 1 and one entry per entry of
       `axes`; steps are not 0.
    2. `axes` are unique and within [0, rank).

    Example:
    ```mlir
    %y = strait.slice %x, %starts, %ends, %steps axes [1]
        : (tensor<2x9xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>)
        -> tensor<2x4xf32>
    ```
  }];
  let arguments = (ins Strait_Tensor:$x, Strait_ShapeTensor:$starts,
    Strait_ShapeTensor:$ends, Strait_ShapeTensor:$steps,
    DenseI64ArrayAttr:$axes);
  let results = (outs Strait_Tensor:$result);
  let hasFolder = 1;
  let assemblyFormat = [{
    $x `,` $starts `,` $ends `,` $steps `axes` $axes attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_SplitOp : Strait_MovementOp<"split"> {
  let summary = "consecutive pieces along an axis";
  let description = [{
    Cuts `x` along `axis` into pieces of the given `sizes`, or without them into
    equal ones (rounded up, the last one smaller). ONNX: Split since 1.

    1. `axis` is within [0, rank).
    2. `sizes`, when present, has one entry per result.

    Example:
    ```mlir
    %a, %b = strait.split %x axis(1) sizes [2, 4]
        : (tensor<3x6xf32>) -> (tensor<3x2xf32>, tensor<3x4xf32>)
    ```
  }];
  let arguments = (ins Strait_Tensor:$x, I64Attr:$axis,
                       OptionalAttr<DenseI64ArrayAttr>:$sizes);
  let results = (outs Variadic<Strait_Tensor>:$results);
  let assemblyFormat = [{
    $x `axis` `(` $axis `)` (`sizes` $sizes^)? attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_PadOp : Strait_MovementOp<"pad"> {
  let summary = "a tensor with a border";
  let description = [{
    Adds pads[i] elements before and pads[rank + i] after dim i; negative pads
    cut. `value` (zero when absent) fills in mode `constant`. ONNX: Pad since 1.

    1. `pads` has shape [2 rank].
    2. `value` is a scalar of the element type of `x`.

    Example:
    ```mlir
    %y = strait.pad constant %x, %pads
        : (tensor<3xf32>, tensor<2xi64>) -> tensor<5xf32>
    ```
  }];
  let arguments = (ins Strait_PadModeAttr:$mode, Strait_Tensor:$x,
    Strait_ShapeTensor:$pads, Optional<Strait_Tensor>:$value);
  let results = (outs Strait_Tensor:$result);
  let assemblyFormat = [{
    `` $mode $x `,` $pads (`,` $value^)? attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_GatherOp : Strait_MovementOp<"gather"> {
  let summary = "slices of an axis picked by index";
  let description = [{
    Replaces dim `axis` of `x` by the shape of `indices`; negative indices count
    from the end. ONNX: Gather since 1.

    1. `axis` is within [0, rank of x).

    Example:
    ```mlir
    %y = strait.gather %x, %i axis(0)
        : (tensor<9x4xf32>, tensor<2x3xi64>) -> tensor<2x3x4xf32>
    ```
  }];
  let arguments = (ins Strait_Tensor:$x, Strait_IndexTensor:$indices,
                       I64Attr:$axis);
  let results = (outs Strait_Tensor:$result);
  let assemblyFormat = [{
    $x `,` $indices `axis` `(` $axis `)` attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_GatherElementsOp : Strait_MovementOp<"gather_elements"> {
  let summary = "single elements picked along an axis";
  let description = [{
    Result element p is x at p with coordinate `axis` replaced by indices[p].
    ONNX: GatherElements since 11.

    1. `x`, `indices` and the result have one rank; `axis` is within it.

    Example:
    ```mlir
    %y = strait.gather_elements %x, %i axis(1)
        : (tensor<2x5xf32>, tensor<2x3xi64>) -> tensor<2x3xf32>
    ```
  }];
  let arguments = (ins Strait_Tensor:$x, Strait_IndexTensor:$indices,
                       I64Attr:$axis);
  let results = (outs Strait_Tensor:$result);
  let assemblyFormat = [{
    $x `,` $indices `axis` `(` $axis `)` attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_GatherNdOp : Strait_MovementOp<"gather_nd"> {
  let summary = "slices picked by coordinate tuples";
  let description = [{
    Each row of the last dim of `indices` is a coordinate prefix into `x` after
    `batch_dims` shared leading dims. ONNX: GatherND since 11.

    1. The last dim of `indices` is static and at most rank of x - batch_dims.

    Example:
    ```mlir
    %y = strait.gather_nd %x, %i batch_dims(0)
        : (tensor<2x5xf32>, tensor<3x2xi64>) -> tensor<3xf32>
    ```
  }];
  let arguments = (ins Strait_Tensor:$x, Strait_IndexTensor:$indices,
                       I64Attr:$batch_dims);
  let results = (outs Strait_Tensor:$result);
  let assemblyFormat = [{
    $x `,` $indices `batch_dims` `(` $batch_dims `)` attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_ScatterElementsOp : Strait_MovementOp<"scatter_elements"> {
  let summary = "a copy with single elements replaced along an axis";
  let description = [{
    The inverse of gather_elements: writes updates[p] (or combines it by `kind`)
    into the copy of `x`. ONNX: ScatterElements since 11, Scatter since 9.

    1. `updates` has the shape of `indices` and the element type of `x`.
    2. `axis` is within [0, rank); the result has the type of `x`.

    Example:
    ```mlir
    %y = strait.scatter_elements add %x, %i, %u axis(1)
        : (tensor<2x5xf32>, tensor<2x3xi64>, tensor<2x3xf32>)
        -> tensor<2x5xf32>
    ```
  }];
  let arguments = (ins Strait_ScatterKindAttr:$kind, Strait_Tensor:$x,
    Strait_IndexTensor:$indices, Strait_Tensor:$updates, I64Attr:$axis);
  let results = (outs Strait_Tensor:$result);
  let assemblyFormat = [{
    `` $kind $x `,` $indices `,` $updates `axis` `(` $axis `)` attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_ScatterNdOp : Strait_MovementOp<"scatter_nd"> {
  let summary = "a copy with slices replaced by coordinate tuples";
  let description = [{
    The inverse of gather_nd without batch dims. ONNX: ScatterND since 11.

    1. The last dim of `indices` is static and at most the rank of `x`.
    2. The result has the type of `x`.

    Example:
    ```mlir
    %y = strait.scatter_nd assign %x, %i, %u
        : (tensor<5xf32>, tensor<3x1xi64>, tensor<3xf32>) -> tensor<5xf32>
    ```
  }];
  let arguments = (ins Strait_ScatterKindAttr:$kind, Strait_Tensor:$x,
    Strait_IndexTensor:$indices, Strait_Tensor:$updates);
  let results = (outs Strait_Tensor:$result);
  let assemblyFormat = [{
    `` $kind $x `,` $indices `,` $updates attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_ExpandOp : Strait_MovementOp<"expand"> {
  let summary = "a tensor broadcast against a shape";
  let description = [{
    Broadcasts `x` with a tensor of the given shape (numpy rules, both ways).
    ONNX: Expand since 8.

    1. `shape` has rank 1.

    Example:
    ```mlir
    %y = strait.expand %x, %s
        : (tensor<3x1xf32>, tensor<2xi64>) -> tensor<3x4xf32>
    ```
  }];
  let arguments = (ins Strait_Tensor:$x, Strait_ShapeTensor:$shape);
  let results = (outs Strait_Tensor:$result);
  let hasFolder = 1;
  let assemblyFormat =
      "$x `,` $shape attr-dict `:` functional-type(operands, results)";
}

def Strait_TileOp : Strait_MovementOp<"tile"> {
  let summary = "a tensor repeated along its dims";
  let description = [{
    Repeats dim i of `x` repeats[i] times. ONNX: Tile since 6.

    1. `repeats` has shape [rank of x].

    Example:
    ```mlir
    %y = strait.tile %x, %r
        : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<4x3xf32>
    ```
  }];
  let arguments = (ins Strait_Tensor:$x, Strait_ShapeTensor:$repeats);
  let results = (outs Strait_Tensor:$result);
  let assemblyFormat =
      "$x `,` $repeats attr-dict `:` functional-type(operands, results)";
}

def Strait_ResizeOp : Strait_MovementOp<"resize", [AttrSizedOperandSegments]> {
  let summary = "sampling at another resolution";
  let description = [{
    Resamples the dims `axes`; entry k of `sizes` or `scales` belongs to dim
    axes[k], so a layout change only permutes `axes`. Result size:
    sizes[k], or floor(in * scales[k]). ONNX: Resize since 10, Upsample since 7.

    1. Exactly one of `sizes` (i64) and `scales` (f32) is present, of rank 1 with
       one entry per entry of `axes`.
    2. `axes` are unique and within [0, rank).
    3. Positions: `coordinate_transform`; in mode `nearest` rounded by
       `nearest_mode`; `cubic_coeff` and `exclude_outside` matter to `cubic`.

    Example:
    ```mlir
    %y = strait.resize nearest %x sizes %s axes [2, 3]
        {coordinate_transform = #strait<coordinate_transform asymmetric>,
         nearest_mode = #strait<nearest_mode floor>}
        : (tensor<1x3x4x4xf32>, tensor<2xi64>) -> tensor<1x3x8x8xf32>
    ```
  }];
  let arguments = (ins Strait_ResizeModeAttr:$mode, Strait_Tensor:$x,
    Optional<Strait_ShapeTensor>:$sizes, Optional<Strait_FloatTensor>:$scales,
    DenseI64ArrayAttr:$axes,
    Strait_CoordinateTransformAttr:$coordinate_transform,
    DefaultValuedAttr<Strait_NearestModeAttr,
        "::strait::graph::NearestMode::RoundPreferFloor">:$nearest_mode,
    DefaultValuedAttr<F32Attr, "-0.75f">:$cubic_coeff,
    UnitAttr:$exclude_outside);
  let results = (outs Strait_Tensor:$result);
  let assemblyFormat = [{
    `` $mode $x (`sizes` $sizes^)? (`scales` $scales^)? `axes` $axes attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_ShapeOp : Strait_MovementOp<"shape"> {
  let summary = "the dims of a tensor as a tensor";
  let description = [{
    Yields dims [start, end) of `x`. ONNX: Shape since 1.

    1. 0 <= start <= end <= rank of x.

    Example:
    ```mlir
    %s = strait.shape %x dims(0 to 2) : (tensor<?x3xf32>) -> tensor<2xi64>
    ```
  }];
  let arguments = (ins Strait_Tensor:$x, I64Attr:$start, I64Attr:$end);
  let results = (outs Strait_ShapeTensor:$result);
  let assemblyFormat = [{
    $x `dims` `(` $start `to` $end `)` attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_SizeOp : Strait_MovementOp<"size"> {
  let summary = "the number of elements of a tensor";
  let description = [{
    Yields the product of the dims of `x` as a scalar. ONNX: Size since 1.

    1. The result is a scalar.

    Example:
    ```mlir
    %s = strait.size %x : (tensor<?x3xf32>) -> tensor<i64>
    ```
  }];
  let arguments = (ins Strait_Tensor:$x);
  let results = (outs Strait_ShapeTensor:$result);
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, results)";
}

def Strait_RangeOp : Strait_MovementOp<"range"> {
  let summary = "an arithmetic progression";
  let description = [{
    Yields start, start + delta, ... before limit:
    max(ceil((limit - start) / delta), 0) elements. ONNX: Range since 11.

    1. The operands are scalars of the result's element type; delta is not 0.

    Example:
    ```mlir
    %y = strait.range %a, %b, %c
        : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
    ```
  }];
  let arguments = (ins Strait_Tensor:$start, Strait_Tensor:$limit,
                       Strait_Tensor:$delta);
  let results = (outs Strait_Tensor:$result);
  let assemblyFormat = [{
    $start `,` $limit `,` $delta attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_TriluOp : Strait_MovementOp<"trilu"> {
  let summary = "the upper or lower triangle of matrices";
  let description = [{
    Keeps elements with column - row >= k (`upper`) or <= k, zero elsewhere.
    ONNX: Trilu since 14.

    1. `x` has rank 2 or more and the result's type; `k` (0 when absent) is a
       scalar.

    Example:
    ```mlir
    %y = strait.trilu %x upper : (tensor<4x4xf32>) -> tensor<4x4xf32>
    ```
  }];
  let arguments = (ins Strait_Tensor:$x, Optional<Strait_ShapeTensor>:$k,
                       UnitAttr:$upper);
  let results = (outs Strait_Tensor:$result);
  let assemblyFormat = [{
    $x (`,` $k^)? (`upper` $upper^)? attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_OneHotOp : Strait_MovementOp<"one_hot"> {
  let summary = "indices as rows with one hot element";
  let description = [{
    Inserts a dim of size `depth` at `axis` that holds values[1] where its
    position is the index and values[0] elsewhere. ONNX: OneHot since 9.

    1. `depth` has one element; `values` has shape [2].
    2. `axis` is within [0, rank of indices].

    Example:
    ```mlir
    %y = strait.one_hot %i, %d, %v axis(1)
        : (tensor<4xi64>, tensor<i64>, tensor<2xf32>) -> tensor<4x?xf32>
    ```
  }];
  let arguments = (ins Strait_Tensor:$indices, Strait_ShapeTensor:$depth,
                       Strait_Tensor:$values, I64Attr:$axis);
  let results = (outs Strait_Tensor:$result);
  let assemblyFormat = [{
    $indices `,` $depth `,` $values `axis` `(` $axis `)` attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_NonZeroOp : Strait_MovementOp<"non_zero"> {
  let summary = "coordinates of the elements that are not zero";
  let description = [{
    Yields [rank, count] coordinates in row-major order. ONNX: NonZero since 9.

    1. The result has rank 2.

    Example:
    ```mlir
    %y = strait.non_zero %x : (tensor<3x4xf32>) -> tensor<2x?xi64>
    ```
  }];
  let arguments = (ins Strait_Tensor:$x);
  let results = (outs Strait_IndexTensor:$result);
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, results)";
}

def Strait_EyeLikeOp : Strait_MovementOp<"eye_like"> {
  let summary = "ones on a diagonal";
  let description = [{
    Yields a matrix of the shape of `x` with ones where column - row = k. ONNX:
    EyeLike since 9.

    1. `x` has rank 2; the result has its shape.

    Example:
    ```mlir
    %y = strait.eye_like %x k(0) : (tensor<3x4xf32>) -> tensor<3x4xf32>
    ```
  }];
  let arguments = (ins Strait_Tensor:$x, I64Attr:$k);
  let results = (outs Strait_Tensor:$result);
  let assemblyFormat = [{
    $x `k` `(` $k `)` attr-dict `:` functional-type(operands, results)
  }];
}

#endif // STRAIT_DIALECTS_GRAPH_MOVEMENTOPS_TD
