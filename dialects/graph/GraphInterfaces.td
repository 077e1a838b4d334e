// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What passes may ask of any op of the graph dialect.
#ifndef STRAIT_DIALECTS_GRAPH_GRAPHINTERFACES_TD
#define STRAIT_DIALECTS_GRAPH_GRAPHINTERFACES_TD

include "mlir/IR/OpBase.td"

def Strait_ShapeRuleOpInterface : OpInterface<"ShapeRuleOpInterface"> {
  let cppNamespace = "::strait::graph";
  let description = [{
    The one place that says how result shapes follow from operands. The rule
    works on symbolic dims and, for small integer tensors, on their contents;
    static result types come from the same rule.
  }];
  let methods = [
    InterfaceMethod<[{
      Reads the operands' shapes from `shapes` and sets every result's.
      Emits an op error (expected and got) when operands do not fit.
    }], "::llvm::LogicalResult", "inferShapes",
    (ins "::strait::graph::SymbolicShapeAnalysis &":$shapes)>
  ];
}

def Strait_ElementwiseOpInterface : OpInterface<"ElementwiseOpInterface"> {
  let cppNamespace = "::strait::graph";
  let description = [{
    Result element i depends on element i of each operand (after numpy
    broadcasting) and on nothing else.
  }];
  let methods = [
    InterfaceMethod<[{
      Emits arith and math ops that compute ONE result element from one element
      of each operand, or one vector of them when the operands are vectors. All
      values are signless; signedness comes from the op's own tensor types.
    }], "::mlir::Value", "buildScalar",
    (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc,
         "::mlir::ValueRange":$operands)>
  ];
}

#endif // STRAIT_DIALECTS_GRAPH_GRAPHINTERFACES_TD
