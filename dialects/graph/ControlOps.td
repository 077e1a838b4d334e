// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Control flow with regions; regions read outer values directly.
#ifndef STRAIT_DIALECTS_GRAPH_CONTROLOPS_TD
#define STRAIT_DIALECTS_GRAPH_CONTROLOPS_TD

include "dialects/graph/GraphBase.td"
include "dialects/graph/GraphInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"

def Strait_YieldOp : Op<GraphDialect, "yield",
    [Pure, Terminator, ReturnLike, ParentOneOf<["IfOp", "LoopOp"]>]> {
  let summary = "results of a region";
  let description = [{
    Ends a region of `if` or `loop` and hands over its results.

    1. The parent is `strait.if` or `strait.loop`.

    Example:
    ```mlir
    strait.yield %a, %b : tensor<i1>, tensor<4xf32>
    ```
  }];
  let arguments = (ins Variadic<Strait_Tensor>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

def Strait_IfOp : Strait_Op<"if",
    [RecursiveMemoryEffects, SingleBlock, NoRegionArguments]> {
  let summary = "one of two regions";
  let description = [{
    Runs the first region when `cond` holds, else the second, and yields what it
    yields. ONNX: If since 1.

    1. `cond` has one element.
    2. Both regions yield as many values as there are results, with their element
       types.

    Example:
    ```mlir
    %y = strait.if %c : (tensor<i1>) -> tensor<4xf32> {
      strait.yield %a : tensor<4xf32>
    } else {
      strait.yield %b : tensor<4xf32>
    }
    ```
  }];
  let arguments = (ins Strait_BoolTensor:$cond);
  let results = (outs Variadic<Strait_Tensor>:$results);
  let regions = (region SizedRegion<1>:$then_region,
                        SizedRegion<1>:$else_region);
  let assemblyFormat = [{
    $cond attr-dict `:` functional-type(operands, results)
    $then_region `else` $else_region
  }];
  let hasVerifier = 1;
}

def Strait_LoopOp : Strait_Op<"loop",
    [RecursiveMemoryEffects, SingleBlock, AttrSizedOperandSegments]> {
  let summary = "repetition with carried values";
  let description = [{
    Runs the region at most `trip_count` times (no limit when absent) while the
    condition (true when absent) holds. Its arguments are the iteration number
    (tensor<i64>), the condition (tensor<i1>) and the carried values; it yields
    the next condition, the next carried values, then one slice per scan output.
    Results: the last carried values, then the slices stacked along a new leading
    dim. ONNX: Loop since 1.

    1. `trip_count` and `cond` have one element.
    2. The region has 2 + carried arguments and yields
       1 + carried + scan outputs values.

    Example:
    ```mlir
    %last, %all = strait.loop trip_count(%n) carried(%x)
        : (tensor<i64>, tensor<4xf32>) -> (tensor<4xf32>, tensor<?x4xf32>) {
    ^bb0(%i: tensor<i64>, %c: tensor<i1>, %v: tensor<4xf32>):
      %next = strait.relu %v : (tensor<4xf32>) -> tensor<4xf32>
      strait.yield %c, %next, %v : tensor<i1>, tensor<4xf32>, tensor<4xf32>
    }
    ```
  }];
  let arguments = (ins Optional<Strait_ShapeTensor>:$trip_count,
    Optional<Strait_BoolTensor>:$cond, Variadic<Strait_Tensor>:$carried);
  let results = (outs Variadic<Strait_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    (`trip_count` `(` $trip_count^ `)`)? (`cond` `(` $cond^ `)`)?
    (`carried` `(` $carried^ `)`)? attr-dict
    `:` functional-type(operands, results) $body
  }];
  let hasVerifier = 1;
}

#endif // STRAIT_DIALECTS_GRAPH_CONTROLOPS_TD
