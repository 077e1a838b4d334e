// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constants: model weights and small literals.
#ifndef STRAIT_DIALECTS_GRAPH_CONSTANTOPS_TD
#define STRAIT_DIALECTS_GRAPH_CONSTANTOPS_TD

include "dialects/graph/GraphBase.td"
include "dialects/graph/GraphInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"

def Strait_WeightOp : Strait_Op<"weight", [ConstantLike, Pure,
    AllTypesMatch<["value", "result"]>]> {
  let summary = "a tensor known at compile time";
  let description = [{
    Yields `value`. ONNX: initializers and `Constant` since 1. Data of 1 KB and
    more is a `dense_resource` blob that passes share and never copy; smaller
    data is a `dense` attribute, so that folders can read it.

    1. The result's type is the attribute's type.

    Example:
    ```mlir
    %w = strait.weight dense<[1.0, 2.0]> : tensor<2xf32>
    ```
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Strait_Tensor:$result);
  let assemblyFormat = "attr-dict $value";
  let hasFolder = 1;
}

#endif // STRAIT_DIALECTS_GRAPH_CONSTANTOPS_TD
