// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The graph dialect: one op per idea on tensors with value semantics. ONNX
// spelling ends in the importer; nothing here knows an opset.
#ifndef STRAIT_DIALECTS_GRAPH_GRAPHBASE_TD
#define STRAIT_DIALECTS_GRAPH_GRAPHBASE_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialects/graph/GraphInterfaces.td"

def GraphDialect : Dialect {
  let name = "strait";
  let cppNamespace = "::strait::graph";
  let summary = "Neural networks as tensor ops, independent of their source";
  let description = [{
    Types are ranked tensors; dynamic dims are allowed. Signed integers are
    signless (`i8` .. `i64`), unsigned ones are `ui8` .. `ui64`, booleans
    `i1`. An unranked tensor may stand for a result only until
    `strait-infer-shapes` (or the importer's own call of the shape rule) has
    given it a rank. Locations carry the ONNX node name.
  }];
  let hasConstantMaterializer = 1;
  let hasOperationAttrVerify = 1;
  let useDefaultAttributePrinterParser = 1;
}

def Strait_Float
    : AnyTypeOf<[AnyFloat], "floating-point element">;
def Strait_Element
    : AnyTypeOf<[AnyFloat, AnySignlessInteger, AnyUnsignedInteger],
                "float, integer or boolean element">;

// Any tensor of the dialect.
def Strait_Tensor : TensorOf<[Strait_Element]>;
// Floating-point tensors.
def Strait_FloatTensor : TensorOf<[AnyFloat]>;
// Booleans.
/// Integers of any width and sign, without bool.
def Strait_Integer
    : AnyTypeOf<[I8, I16, I32, I64, UI8, UI16, UI32, UI64], "integer">;
def Strait_IntegerTensor : TensorOf<[Strait_Integer]>;

def Strait_BoolTensor : TensorOf<[I1]>;
// Indices into a tensor: i32 or i64.
def Strait_IndexTensor : TensorOf<[I32, I64]>;
// Lists of sizes, positions or pads; always i64, always of rank 1.
def Strait_ShapeTensor : TensorOf<[I64]>;

class Strait_Op<string mnemonic, list<Trait> traits = []>
    : Op<GraphDialect, mnemonic,
         [DeclareOpInterfaceMethods<Strait_ShapeRuleOpInterface>] # traits>;

#endif // STRAIT_DIALECTS_GRAPH_GRAPHBASE_TD
