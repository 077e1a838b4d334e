// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Recurrent layers over a whole sequence.
#ifndef STRAIT_DIALECTS_GRAPH_RECURRENTOPS_TD
#define STRAIT_DIALECTS_GRAPH_RECURRENTOPS_TD

include "dialects/graph/GraphBase.td"
include "dialects/graph/GraphEnums.td"
include "dialects/graph/GraphInterfaces.td"

class Strait_RecurrentOp<string mnemonic>
    : Strait_Op<mnemonic, [Pure, AttrSizedOperandSegments]> {
  let hasVerifier = 1;
}

def Strait_LstmOp : Strait_RecurrentOp<"lstm"> {
  let summary = "long short-term memory layer";
  let description = [{
    Runs an LSTM over x [T, B, I] with w [D, 4H, I], r [D, 4H, H], gates in the
    order i, o, f, c; yields all states y [T, D, B, H] and the last y_h, y_c
    [D, B, H]. ONNX: LSTM since 1, the two halves of its bias being added up.

    1. D is 2 for `bidirectional`, else 1.
    2. `bias` is [D, 4H], `sequence_lens` [B] (i32), `initial_h` and `initial_c`
       [D, B, H], `peepholes` [D, 3H].
    3. `activations`, when present, names three functions per direction, of
       sigmoid, tanh, relu; absent means sigmoid, tanh, tanh.
    4. With `batch_first` x is [B, T, I], y [B, T, D, H], the states [B, D, H].

    Example:
    ```mlir
    %y, %h, %c = strait.lstm forward %x, %w, %r bias(%b)
        {hidden_size = 5 : i64}
        : (tensor<7x2x3xf32>, tensor<1x20x3xf32>, tensor<1x20x5xf32>,
           tensor<1x20xf32>)
        -> (tensor<7x1x2x5xf32>, tensor<1x2x5xf32>, tensor<1x2x5xf32>)
    ```
  }];
  let arguments = (ins Strait_DirectionAttr:$direction, Strait_FloatTensor:$x,
    Strait_FloatTensor:$w, Strait_FloatTensor:$r,
    Optional<Strait_FloatTensor>:$bias,
    Optional<Strait_IndexTensor>:$sequence_lens,
    Optional<Strait_FloatTensor>:$initial_h,
    Optional<Strait_FloatTensor>:$initial_c,
    Optional<Strait_FloatTensor>:$peepholes,
    I64Attr:$hidden_size, OptionalAttr<StrArrayAttr>:$activations,
    OptionalAttr<F32Attr>:$clip, UnitAttr:$input_forget,
    UnitAttr:$batch_first);
  let results = (outs Strait_FloatTensor:$y, Strait_FloatTensor:$y_h,
                      Strait_FloatTensor:$y_c);
  let assemblyFormat = [{
    `` $direction $x `,` $w `,` $r (`bias` `(` $bias^ `)`)?
    (`sequence_lens` `(` $sequence_lens^ `)`)?
    (`initial_h` `(` $initial_h^ `)`)? (`initial_c` `(` $initial_c^ `)`)?
    (`peepholes` `(` $peepholes^ `)`)? attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_GruOp : Strait_RecurrentOp<"gru"> {
  let summary = "gated recurrent unit layer";
  let description = [{
    Runs a GRU over x [T, B, I] with w [D, 3H, I], r [D, 3H, H], gates in the
    order z, r, h; yields all states y [T, D, B, H] and the last y_h [D, B, H].
    ONNX: GRU since 1, the two halves of its bias being added up.

    1. D is 2 for `bidirectional`, else 1.
    2. `bias` is [D, 3H], `hidden_bias` [D, H], `sequence_lens` [B] (i32),
       `initial_h` [D, B, H].
    3. `activations`, when present, names two functions per direction, of
       sigmoid, tanh, relu; absent means sigmoid, tanh.
    4. With `linear_before_reset` the reset gate multiplies the recurrent product
       after `hidden_bias` was added to it; else there is no `hidden_bias`.
    5. With `batch_first` x is [B, T, I], y [B, T, D, H], the state [B, D, H].

    Example:
    ```mlir
    %y, %h = strait.gru forward %x, %w, %r {hidden_size = 5 : i64}
        : (tensor<7x2x3xf32>, tensor<1x15x3xf32>, tensor<1x15x5xf32>)
        -> (tensor<7x1x2x5xf32>, tensor<1x2x5xf32>)
    ```
  }];
  let arguments = (ins Strait_DirectionAttr:$direction, Strait_FloatTensor:$x,
    Strait_FloatTensor:$w, Strait_FloatTensor:$r,
    Optional<Strait_FloatTensor>:$bias,
    Optional<Strait_FloatTensor>:$hidden_bias,
    Optional<Strait_IndexTensor>:$sequence_lens,
    Optional<Strait_FloatTensor>:$initial_h,
    I64Attr:$hidden_size, OptionalAttr<StrArrayAttr>:$activations,
    OptionalAttr<F32Attr>:$clip, UnitAttr:$linear_before_reset,
    UnitAttr:$batch_first);
  let results = (outs Strait_FloatTensor:$y, Strait_FloatTensor:$y_h);
  let assemblyFormat = [{
    `` $direction $x `,` $w `,` $r (`bias` `(` $bias^ `)`)?
    (`hidden_bias` `(` $hidden_bias^ `)`)?
    (`sequence_lens` `(` $sequence_lens^ `)`)?
    (`initial_h` `(` $initial_h^ `)`)? attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_RnnOp : Strait_RecurrentOp<"rnn"> {
  let summary = "plain recurrent layer";
  let description = [{
    Runs h = f(x w^T + h r^T + bias) over x [T, B, I] with w [D, H, I],
    r [D, H, H]; yields all states y [T, D, B, H] and the last y_h [D, B, H].
    ONNX: RNN since 1, the two halves of its bias being added up.

    1. D is 2 for `bidirectional`, else 1.
    2. `bias` is [D, H], `sequence_lens` [B] (i32), `initial_h` [D, B, H].
    3. `activations`, when present, names one function per direction, of sigmoid,
       tanh, relu; absent means tanh.
    4. With `batch_first` x is [B, T, I], y [B, T, D, H], the state [B, D, H].

    Example:
    ```mlir
    %y, %h = strait.rnn forward %x, %w, %r {hidden_size = 5 : i64}
        : (tensor<7x2x3xf32>, tensor<1x5x3xf32>, tensor<1x5x5xf32>)
        -> (tensor<7x1x2x5xf32>, tensor<1x2x5xf32>)
    ```
  }];
  let arguments = (ins Strait_DirectionAttr:$direction, Strait_FloatTensor:$x,
    Strait_FloatTensor:$w, Strait_FloatTensor:$r,
    Optional<Strait_FloatTensor>:$bias,
    Optional<Strait_IndexTensor>:$sequence_lens,
    Optional<Strait_FloatTensor>:$initial_h,
    I64Attr:$hidden_size, OptionalAttr<StrArrayAttr>:$activations,
    OptionalAttr<F32Attr>:$clip, UnitAttr:$batch_first);
  let results = (outs Strait_FloatTensor:$y, Strait_FloatTensor:$y_h);
  let assemblyFormat = [{
    `` $direction $x `,` $w `,` $r (`bias` `(` $bias^ `)`)?
    (`sequence_lens` `(` $sequence_lens^ `)`)?
    (`initial_h` `(` $initial_h^ `)`)? attr-dict
    `:` functional-type(operands, results)
  }];
}

#endif // STRAIT_DIALECTS_GRAPH_RECURRENTOPS_TD
