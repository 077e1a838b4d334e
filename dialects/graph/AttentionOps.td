// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention: one op for every spelling of it.
#ifndef STRAIT_DIALECTS_GRAPH_ATTENTIONOPS_TD
#define STRAIT_DIALECTS_GRAPH_ATTENTIONOPS_TD

include "dialects/graph/GraphBase.td"
include "dialects/graph/GraphInterfaces.td"

def Strait_AttentionOp : Strait_Op<"attention", [Pure]> {
  let summary = "softmax(scale q k^T + bias) v without the S x T matrix";
  let description = [{
    Attends q [B, H, S, D] to keys k [B, Hk, T, D] and values v [B, Hk, T, Dv];
    the result is [B, H, S, Dv]. ONNX: Attention since 23, and the pattern
    MatMul, scale, Add, Softmax, MatMul.

    1. H is a multiple of Hk; query head h reads key head h / (H / Hk). Numbers
       that are open must be equal unless `grouped`.
    2. `bias`, when present, broadcasts to [B, H, S, T] and is added after the
       scale.
    3. With `causal` query i sees key j only for j <= i.
    4. A row whose scores are all -inf yields NaN, as Softmax does; with
       `zero_masked_rows` such a row, and any with NaN, has weights 0.

    Example:
    ```mlir
    %o = strait.attention %q, %k, %v, %bias scale(0.125) causal
        : (tensor<2x8x16x64xf32>, tensor<2x8x16x64xf32>,
           tensor<2x8x16x64xf32>, tensor<2x1x1x16xf32>)
        -> tensor<2x8x16x64xf32>
    ```
  }];
  let arguments = (ins Strait_FloatTensor:$q, Strait_FloatTensor:$k,
    Strait_FloatTensor:$v, Optional<Strait_FloatTensor>:$bias,
    F32Attr:$scale, UnitAttr:$causal, UnitAttr:$zero_masked_rows,
    UnitAttr:$grouped);
  let results = (outs Strait_FloatTensor:$result);
  let assemblyFormat = [{
    $q `,` $k `,` $v (`,` $bias^)? `scale` `(` $scale `)` (`causal` $causal^)?
    (`zero_masked_rows` $zero_masked_rows^)? (`grouped` $grouped^)? attr-dict
    `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

#endif // STRAIT_DIALECTS_GRAPH_ATTENTIONOPS_TD
