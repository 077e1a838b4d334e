// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The kernel IR: what is computed together, over which shapes, in which tiles.
// See README.md of this folder.
#ifndef STRAIT_DIALECTS_KERNEL_KERNELOPS_TD
#define STRAIT_DIALECTS_KERNEL_KERNELOPS_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/FunctionInterfaces.td"
include "dialects/kernel/RootInterface.td"

def Kernel_Dialect : Dialect {
  let name = "kernel";
  let cppNamespace = "::strait::kernel";
  let summary = "Fused groups of computation with one root each";
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::tensor::TensorDialect"
  ];
}

class Kernel_Op<string mnemonic, list<Trait> traits = []>
    : Op<Kernel_Dialect, mnemonic, traits>;

//===----------------------------------------------------------------------===//
// Enumerations
//===----------------------------------------------------------------------===//

def Kernel_PanelLayout : I32EnumAttr<"PanelLayout",
    "how the right-hand side of a matrix product lies in memory", [
      I32EnumAttrCase<"row_major", 0>,   // [.., K, N]
      I32EnumAttrCase<"transposed", 1>,  // [.., N, K]
      I32EnumAttrCase<"packed", 2>       // [.., ceil(N / 16), K, 16]
    ]> {
  let cppNamespace = "::strait::kernel";
  let genSpecializedAttr = 0;
}
def Kernel_PanelLayoutAttr
    : EnumAttr<Kernel_Dialect, Kernel_PanelLayout, "panels"> {
  let assemblyFormat = "`<` $value `>`";
}

def Kernel_CellKind : I32EnumAttr<"CellKind", "recurrent cell", [
      I32EnumAttrCase<"lstm", 0>, I32EnumAttrCase<"gru", 1>,
      I32EnumAttrCase<"rnn", 2>
    ]> {
  let cppNamespace = "::strait::kernel";
  let genSpecializedAttr = 0;
}
def Kernel_CellKindAttr : EnumAttr<Kernel_Dialect, Kernel_CellKind, "cell"> {
  let assemblyFormat = "`<` $value `>`";
}

def Kernel_ScatterKind : I32EnumAttr<"ScatterKind",
    "what an update does to the element it meets", [
      I32EnumAttrCase<"assign", 0>, I32EnumAttrCase<"add", 1>,
      I32EnumAttrCase<"mul", 2>, I32EnumAttrCase<"max", 3>,
      I32EnumAttrCase<"min", 4>
    ]> {
  let cppNamespace = "::strait::kernel";
  let genSpecializedAttr = 0;
}
def Kernel_ScatterKindAttr
    : EnumAttr<Kernel_Dialect, Kernel_ScatterKind, "scatter"> {
  let assemblyFormat = "`<` $value `>`";
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

def Kernel_RegionOp : Kernel_Op<"region", [
    IsolatedFromAbove, Pure, AttrSizedOperandSegments,
    SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "a fused group: computed by one kernel, inner values on chip";
  let description = [{
    Reads `inputs`, computes its body, gives the yielded tensors. The block's
    arguments are the inputs followed by one `index` per size. Every dynamic
    extent of an input or result is one of the sizes: `input_shapes` and
    `result_shapes` hold one map `()[sizes] -> (dims)` per tensor, whose
    results are single symbols or constants.

    The body is one of
      * a cascade: `linalg.generic`s that share their first `row_rank` loops
        (all parallel, indexed the same way), see README;
      * a root (`kernel.matmul`, `kernel.conv2d`, ...), after at most one
        prologue `linalg.generic` per operand and before at most one epilogue
        `linalg.generic`, all-parallel, that reads the root's result with the
        identity map.

    `tasks` and `scratch` (maps `()[sizes] -> (n)`: number of tasks; bytes per
    worker) and `tile` are set by `strait-select-tiles` for the module's first
    target; `versions` lists the same three, in a dictionary, for each target
    after it.

    Constraints:
    1. block arguments match inputs and sizes;
    2. each shape map has one result per dimension, a constant equal to the
       static extent or a symbol where the extent is dynamic;
    3. yielded types equal the result types.

    Example:
    ```mlir
    %r = kernel.region ins(%x : tensor<?x8xf32>) sizes(%n)
        shapes([affine_map<()[s0] -> (s0, 8)>] -> [affine_map<()[s0] -> (s0, 8)>])
        -> (tensor<?x8xf32>) {
    ^bb0(%a: tensor<?x8xf32>, %s0: index):
      ...
      kernel.yield %e : tensor<?x8xf32>
    }
    ```
  }];
  let arguments = (ins
    Variadic<AnyRankedTensor>:$inputs, Variadic<Index>:$sizes,
    AffineMapArrayAttr:$input_shapes, AffineMapArrayAttr:$result_shapes,
    OptionalAttr<I64Attr>:$row_rank,
    OptionalAttr<DictionaryAttr>:$tile,
    OptionalAttr<AffineMapAttr>:$tasks, OptionalAttr<AffineMapAttr>:$scratch,
    OptionalAttr<DictArrayAttr>:$versions);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    (`ins` `(` $inputs^ `:` type($inputs) `)`)?
    (`sizes` `(` $sizes^ `)`)?
    `shapes` `(` $input_shapes `->` $result_shapes `)`
    attr-dict-with-keyword `->` `(` type($results) `)` $body
  }];
  let hasVerifier = 1;
}

def Kernel_YieldOp : Kernel_Op<"yield", [Pure, Terminator,
    ParentOneOf<["RegionOp", "FuncOp", "UkernelOp"]>]> {
  let summary = "results of a group; ends the region of a block product";
  let arguments = (ins Variadic<AnyRankedTensor>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
  let builders = [OpBuilder<(ins), [{
    build($_builder, $_state, ::mlir::ValueRange());
  }]>];
}

def Kernel_FuncOp : Kernel_Op<"func", [
    IsolatedFromAbove, Symbol, SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "a distinct kernel: the body of one or several regions";
  let description = [{
    What `strait-outline-kernels` makes of a `kernel.region`: same body, same
    attributes; the block's arguments are `num_inputs` tensors followed by the
    sizes. Identical regions share one `kernel.func`.
  }];
  let arguments = (ins
    SymbolNameAttr:$sym_name, I64Attr:$num_inputs,
    AffineMapArrayAttr:$input_shapes, AffineMapArrayAttr:$result_shapes,
    OptionalAttr<I64Attr>:$row_rank,
    OptionalAttr<DictionaryAttr>:$tile,
    OptionalAttr<AffineMapAttr>:$tasks, OptionalAttr<AffineMapAttr>:$scratch,
    OptionalAttr<DictArrayAttr>:$versions);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name `inputs` $num_inputs
    `shapes` `(` $input_shapes `->` $result_shapes `)`
    attr-dict-with-keyword $body
  }];
  let hasVerifier = 1;
}

def Kernel_LaunchOp : Kernel_Op<"launch", [Pure, AttrSizedOperandSegments]> {
  let summary = "computes results by a kernel.func";
  let description = [{
    The call of an outlined region. Its location is the region's: the fused
    location of the ONNX nodes computed here.
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel,
    Variadic<AnyRankedTensor>:$inputs, Variadic<Index>:$sizes,
    AffineMapArrayAttr:$result_shapes);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $kernel (`ins` `(` $inputs^ `:` type($inputs) `)`)?
    (`sizes` `(` $sizes^ `)`)? `shapes` $result_shapes attr-dict
    `->` `(` type($results) `)`
  }];
}

def Kernel_ReshapeOp : Kernel_Op<"reshape", [Pure]> {
  let summary = "the same elements in the same order under another shape";
  let description = [{
    A view: costs nothing at run time. `sizes` gives the dynamic extents of
    the result in order.
  }];
  let arguments = (ins AnyRankedTensor:$source, Variadic<Index>:$sizes);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $source (`sizes` `(` $sizes^ `)`)? attr-dict `:` type($source) `->` type($result)
  }];
}

def Kernel_SliceOp : Kernel_Op<"slice", [Pure]> {
  let summary = "elements that lie together, from an offset on";
  let description = [{
    A view: costs nothing at run time. The result's elements are those of the
    source from row-major position `offset` on, under the result's shape;
    `sizes` gives the dynamic extents of the result in order.

    Constraints:
    1. the element types are equal;
    2. the result lies inside the source, where both are static;
    3. `offset` elements are a multiple of 64 bytes, as kernels expect.

    Example:
    ```mlir
    %r = kernel.slice %x from %c16 : tensor<3x16xf32> -> tensor<1x16xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$source, Index:$offset,
    Variadic<Index>:$sizes);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $source `from` $offset (`sizes` `(` $sizes^ `)`)? attr-dict
    `:` type($source) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Kernel_JoinOp : Kernel_Op<"join", [Pure, AttrSizedOperandSegments]> {
  let summary = "tensors one after the other in memory";
  let description = [{
    A concatenation along the outermost axis of more than one element. The
    schedule lets launches write such sources to their place in the result, so
    that joining costs nothing; what no launch of its own writes is copied
    there. `sizes` gives the dynamic extents of the result in order.

    Constraints:
    1. the element types are equal;
    2. the result has as many elements as the sources, where all are static;
    3. all sources but the last take a multiple of 64 bytes.

    Example:
    ```mlir
    %r = kernel.join %a, %b : tensor<1x16xf32>, tensor<2x16xf32> -> tensor<3x16xf32>
    ```
  }];
  let arguments = (ins Variadic<AnyRankedTensor>:$sources,
    Variadic<Index>:$sizes);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $sources (`sizes` `(` $sizes^ `)`)? attr-dict
    `:` type($sources) `->` type($result)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Roots. All operate on contiguous tensors inside a kernel.region body.
//===----------------------------------------------------------------------===//

/// `own`: what the op answers for itself of Kernel_RootInterface.
class Kernel_Root<string mnemonic, list<string> own = [],
                  list<Trait> traits = []>
    : Kernel_Op<mnemonic, traits # [Pure,
        DeclareOpInterfaceMethods<Kernel_RootInterface, own>]>;

def Kernel_MatmulOp : Kernel_Root<"matmul", ["getPrologueOperand", "countFlops"]> {
  let summary = "batched matrix product";
  let description = [{
    `result[b, m, n] = sum_k lhs[b, m, k] * rhs[b, k, n]`, in f32 accumulation.
    `lhs` is [B, M, K]; `rhs` lies as
    `panels` says: [B', K, N], [B', N, K] or [B', ceil(N / 16), K, 16] (padded
    with zeros), where B' is B or 1 (shared by the batch). `result` is
    [B, M, N]. Also the form of 1x1 convolutions (M = pixels).
  }];
  let arguments = (ins AnyRankedTensor:$lhs, AnyRankedTensor:$rhs,
    Kernel_PanelLayoutAttr:$panels);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs $panels attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)
  }];
}

def Kernel_Conv2DOp : Kernel_Root<"conv2d", ["countFlops"]> {
  let summary = "channels-last 2-D convolution";
  let description = [{
    `input` [N, H, W, G * C], `weights` packed as
    [G, ceil(O / 16), KH, KW, C, 16] (O output channels per group, zero padded),
    `result` [N, OH, OW, G * O]. `pads` = [top, left, bottom, right]; input
    outside is zero. `strides` and `dilations` are [h, w].
  }];
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$weights,
    DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
    DenseI64ArrayAttr:$dilations, I64Attr:$groups);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $input `,` $weights `strides` $strides `pads` $pads `dilations` $dilations
    `groups` $groups attr-dict
    `:` type($input) `,` type($weights) `->` type($result)
  }];
}

def Kernel_DepthwiseConv2DOp
    : Kernel_Root<"depthwise_conv2d", ["countFlops"]> {
  let summary = "channels-last depthwise 2-D convolution";
  let description = [{
    `input` [N, H, W, C], `weights` [KH, KW, C], `result` [N, OH, OW, C].
    Attributes as in `kernel.conv2d`.
  }];
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$weights,
    DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
    DenseI64ArrayAttr:$dilations);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $input `,` $weights `strides` $strides `pads` $pads `dilations` $dilations
    attr-dict `:` type($input) `,` type($weights) `->` type($result)
  }];
}

def Kernel_Pool2DOp : Kernel_Root<"pool2d", ["countFlops"]> {
  let summary = "channels-last 2-D pooling";
  let description = [{
    `input` [N, H, W, C], `result` [N, OH, OW, C]. Maximum of the window's
    elements inside the input, or with `average` their mean: over those inside,
    or with `count_include_pad` over the window's part inside the padded input.
  }];
  let arguments = (ins AnyRankedTensor:$input,
    DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
    DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations,
    UnitAttr:$average, UnitAttr:$count_include_pad);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $input `kernel` $kernel `strides` $strides `pads` $pads `dilations`
    $dilations attr-dict `:` type($input) `->` type($result)
  }];
}

def Kernel_ConcatOp : Kernel_Root<"concat"> {
  let summary = "rows side by side";
  let description = [{
    `inputs` [R, n_i] give the result [R, sum of n_i]: row r is the inputs' rows
    r one after the other. Any concatenation after merging the dims before and
    from its axis on.
  }];
  let arguments = (ins Variadic<AnyRankedTensor>:$inputs);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$inputs attr-dict `:` type($inputs) `->` type($result)";
}

def Kernel_ScatterOp : Kernel_Root<"scatter", ["takesEpilogue"]> {
  let summary = "a copy of rows with some of them updated";
  let description = [{
    The result [R, D] is `data` with each of `updates` [U, D] assigned to, added
    to, ... the row that `rows` [U] names, one after the other; rows outside
    [0, R) are dropped. Takes no epilogue.
  }];
  let arguments = (ins Kernel_ScatterKindAttr:$kind, AnyRankedTensor:$data,
    AnyRankedTensor:$rows, AnyRankedTensor:$updates, UnitAttr:$is_unsigned);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $kind $updates `at` $rows `into` $data attr-dict
    `:` type($updates) `,` type($rows) `,` type($data) `->` type($result)
  }];
}

def Kernel_TopKOp : Kernel_Root<"top_k", ["takesEpilogue"]> {
  let summary = "the largest elements of every row, in order";
  let description = [{
    The K largest (with `smallest`, smallest) of `input` [R, N] and where they
    stood, [R, K] each; of equals the first comes first. Takes no epilogue.
  }];
  let arguments = (ins AnyRankedTensor:$input, UnitAttr:$smallest,
    UnitAttr:$is_unsigned);
  let results = (outs AnyRankedTensor:$values, AnyRankedTensor:$positions);
  let assemblyFormat = [{
    $input attr-dict `:` type($input) `->` type($values) `,` type($positions)
  }];
}

def Kernel_NonZeroOp : Kernel_Root<"non_zero", ["takesEpilogue"]> {
  let summary = "positions of the elements that are not zero";
  let description = [{
    `positions` [N] begins with those of the elements of `input` [N] that are
    not zero, in order; `count` [1] says how many they are. What lies behind
    them in `positions` is not defined. Takes no epilogue.
  }];
  let arguments = (ins AnyRankedTensor:$input);
  let results = (outs AnyRankedTensor:$positions, AnyRankedTensor:$count);
  let assemblyFormat = [{
    $input attr-dict `:` type($input) `->` type($positions) `,` type($count)
  }];
}

def Kernel_AttentionOp : Kernel_Root<"attention", ["countFlops"]> {
  let summary = "softmax(scale * q k^T + bias) v without the score matrix";
  let description = [{
    Logical shapes: q [B, H, S, D], k [B, H', T, D], v [B, H', T, E], result
    [B, H, S, E]; H' divides H (each group of H / H' heads shares keys). Each
    tensor lies in memory in the order that its permutation says:
    `q_order = [0, 2, 1, 3]` means that the operand's type is [B, S, H, D].
    `bias` [b, h, s, t] with each extent 1 or full is added to the scaled
    scores. `causal`: query i sees keys j <= i + T - S.
    A row whose scores are all -inf gives NaN, as softmax does; with
    `zero_masked_rows` it gives zeros (exporters' guard).
  }];
  let arguments = (ins AnyRankedTensor:$q, AnyRankedTensor:$k,
    AnyRankedTensor:$v, Optional<AnyRankedTensor>:$bias,
    F32Attr:$scale, UnitAttr:$causal, UnitAttr:$zero_masked_rows,
    DenseI64ArrayAttr:$q_order, DenseI64ArrayAttr:$k_order,
    DenseI64ArrayAttr:$v_order, DenseI64ArrayAttr:$result_order);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $q `,` $k `,` $v (`bias` $bias^)? attr-dict
    `:` type($q) `,` type($k) `,` type($v) (`,` type($bias)^)? `->` type($result)
  }];
}

def Kernel_RecurrenceOp : Kernel_Root<"recurrence",
    ["takesEpilogue", "countFlops"], [AttrSizedOperandSegments]> {
  let summary = "steps of an LSTM, GRU or RNN over precomputed input products";
  let description = [{
    `inputs` [T, B, R, G * H]: x W^T plus all biases that may be added before
    the step (R directions, G = 4 gates i o f c for lstm, 3 z r h for gru, 1
    for rnn: ONNX's order). `recurrent` [R, ceil(G * H / 16), H, 16]: packed
    panels of R^T. `hidden_bias` [R, H]: the gru's recurrent bias of the
    hidden gate, needed inside the step with `linear_before_reset`.
    `initial_h`, `initial_c` [R, B, H]: zero when absent. Direction r runs
    backward in time when bit r of `reverse` is set. `lengths` [B]: batch entry
    b has steps 0 to lengths[b] - 1 only; at the others its hidden state is
    given as zero and stays what it was. `peepholes` [R, 3 * H]: an lstm's
    weights of the cell state in its gates i o f. Results: all hidden states
    [T, R, B, H], last hidden [R, B, H], last cell [R, B, H] (lstm).
  }];
  let arguments = (ins AnyRankedTensor:$inputs, AnyRankedTensor:$recurrent,
    Optional<AnyRankedTensor>:$hidden_bias,
    Optional<AnyRankedTensor>:$initial_h, Optional<AnyRankedTensor>:$initial_c,
    Optional<AnyRankedTensor>:$lengths, Optional<AnyRankedTensor>:$peepholes,
    Kernel_CellKindAttr:$cell, I64Attr:$reverse, UnitAttr:$linear_before_reset);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $cell $inputs `,` $recurrent (`hidden_bias` $hidden_bias^)?
    (`initial_h` $initial_h^)? (`initial_c` $initial_c^)?
    (`lengths` $lengths^)? (`peepholes` $peepholes^)?
    `reverse` $reverse attr-dict `:` functional-type(operands, results)
  }];
}

//===----------------------------------------------------------------------===//
// The block product, inside the loops that a code generator writes.
//===----------------------------------------------------------------------===//

def Kernel_FlatMemRef : MemRefRankOf<[F32], [1]>;

def Kernel_UkernelOp : Kernel_Op<"ukernel", [AttrSizedOperandSegments,
    SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "a block of a product, all its sums in registers";
  let description = [{
    The product in which contractions meet. A few rows of A times a few panels
    of B, each 16 columns wide:

        sum[r, c] = sum over k of a[rows[r] + k . a_steps]
                                * b[panels[c / 16] + k . b_steps + c % 16]

    where k runs through a nest of loops, outermost first, of `counts`
    iterations. Rows may lie anywhere, so a row of a matrix, a window's pixel
    and a query are one thing. `vectors` vectors of `lanes` columns are computed
    per row; only the first `columns` of them exist, if that is given.

    The region says what becomes of a sum. It runs once for every vector of
    every row, in no order, or with `by_rows` once for every row, on all of its
    columns as one vector: for what is too long to be written per vector. Its
    arguments are the row's `coordinates` (their number divided by that of the
    rows), the first column, counted from the block's, the sums, and a mask of
    the columns that exist if `columns` is given. It ends in an empty
    `kernel.yield`.

    `ahead` is a place in B that will be needed soon and a rate: what lies from
    there on comes closer meanwhile, that many 1024ths of an element per
    iteration of the innermost loop.

    Loops around it are the code generators'; a pass per target writes it with
    the registers and instructions that the target has
    (`strait-lower-ukernels` on CPUs).

    Constraints:
    1. at least one row, and as many coordinates for each row;
    2. `lanes` divides 16, and the vectors end in the last panel;
    3. every loop has a count and two steps, and there is at least one;
    4. the region's arguments are as said above;
    5. `ahead` has two operands or none.

    Example:
    ```mlir
    kernel.ukernel %a[%r0, %r1] * %b[%p] over(%k) steps(%c1) (%c16)
        at(%row0, %row1) lanes 8 vectors 2 unroll 4
        : memref<?xf32>, memref<?xf32> {
    ^bb0(%row: index, %column: index, %sum: vector<8xf32>):
      vector.store %sum, %y[%row, %column] : memref<?x16xf32>, vector<8xf32>
      kernel.yield
    }
    ```
  }];
  let arguments = (ins Kernel_FlatMemRef:$a, Variadic<Index>:$rows,
    Kernel_FlatMemRef:$b, Variadic<Index>:$panels,
    Variadic<Index>:$counts, Variadic<Index>:$a_steps,
    Variadic<Index>:$b_steps, Variadic<Index>:$coordinates,
    Optional<Index>:$columns, Variadic<Index>:$ahead,
    I64Attr:$lanes, I64Attr:$vectors,
    DefaultValuedAttr<I64Attr, "1">:$unroll,
    DefaultValuedAttr<I64Attr, "0">:$prefetch, UnitAttr:$by_rows);
  let regions = (region SizedRegion<1>:$store);
  let extraClassDeclaration = [{
    /// Columns that the region takes at a time.
    int64_t width() { return getByRows() ? getLanes() * getVectors() : getLanes(); }
    /// Coordinates of one row.
    size_t coordinatesPerRow() { return getCoordinates().size() / getRows().size(); }
  }];
  let assemblyFormat = [{
    $a `[` $rows `]` `*` $b `[` $panels `]`
    `over` `(` $counts `)` `steps` `(` $a_steps `)` `(` $b_steps `)`
    (`at` `(` $coordinates^ `)`)? (`columns` `(` $columns^ `)`)?
    (`ahead` `(` $ahead^ `)`)?
    `lanes` $lanes `vectors` $vectors (`unroll` $unroll^)?
    (`prefetch` $prefetch^)? (`by_rows` $by_rows^)? attr-dict
    `:` type($a) `,` type($b) $store
  }];
  let hasVerifier = 1;
}

#endif // STRAIT_DIALECTS_KERNEL_KERNELOPS_TD
