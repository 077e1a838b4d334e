// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops whose result element depends on one element of each operand.
#ifndef STRAIT_DIALECTS_GRAPH_ELEMENTWISEOPS_TD
#define STRAIT_DIALECTS_GRAPH_ELEMENTWISEOPS_TD

include "dialects/graph/GraphBase.td"
include "dialects/graph/GraphEnums.td"
include "dialects/graph/GraphInterfaces.td"

class Strait_ElementwiseOp<string mnemonic, list<Trait> traits = []>
    : Strait_Op<mnemonic, [Pure,
        DeclareOpInterfaceMethods<Strait_ElementwiseOpInterface>] # traits> {
  let extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::inferShapes(
        ::strait::graph::SymbolicShapeAnalysis &shapes) {
      return ::strait::graph::inferElementwise(*this, shapes);
    }
  }];
}

//===----------------------------------------------------------------------===//
// One operand
//===----------------------------------------------------------------------===//

// `formula` says what one element becomes; `onnx` is "Name since N".
class Strait_UnaryOp<string mnemonic, string formula, string onnx,
                     Type type = Strait_FloatTensor>
    : Strait_ElementwiseOp<mnemonic> {
  let summary = formula;
  let description = "Computes " # formula # " for every element. ONNX: " # onnx
    # ".\n\n1. Result and operand have one element type and one shape.\n\n"
    # "Example:\n```mlir\n%y = strait." # mnemonic
    # " %x : (tensor<4xf32>) -> tensor<4xf32>\n```\n";
  let arguments = (ins type:$x);
  let results = (outs type:$result);
  let assemblyFormat =
      "$x attr-dict `:` functional-type(operands, results)";
}

// A unary op with one float parameter, printed as alpha(v).
class Strait_AlphaOp<string mnemonic, string formula, string onnx>
    : Strait_UnaryOp<mnemonic, formula, onnx> {
  let description = "Computes " # formula # " for every element. ONNX: " # onnx
    # ".\n\n1. Result and operand have one element type and one shape.\n\n"
    # "Example:\n```mlir\n%y = strait." # mnemonic
    # " %x alpha(1.0) : (tensor<4xf32>) -> tensor<4xf32>\n```\n";
  let arguments = (ins Strait_FloatTensor:$x, F32Attr:$alpha);
  let assemblyFormat = [{
    $x `alpha` `(` $alpha `)` attr-dict `:` functional-type(operands, results)
  }];
}

def Strait_AbsOp : Strait_UnaryOp<"abs", "|x|", "Abs since 1", Strait_Tensor>;
def Strait_NegOp : Strait_UnaryOp<"neg", "-x", "Neg since 1", Strait_Tensor>;
def Strait_SignOp
    : Strait_UnaryOp<"sign", "-1, 0 or 1", "Sign since 9", Strait_Tensor>;
def Strait_ExpOp : Strait_UnaryOp<"exp", "e^x", "Exp since 1">;
def Strait_LogOp : Strait_UnaryOp<"log", "ln x", "Log since 1">;
def Strait_SqrtOp : Strait_UnaryOp<"sqrt", "sqrt(x)", "Sqrt since 1">;
def Strait_RsqrtOp
    : Strait_UnaryOp<"rsqrt", "1/sqrt(x)", "none; Reciprocal of Sqrt">;
def Strait_ReciprocalOp
    : Strait_UnaryOp<"reciprocal", "1/x", "Reciprocal since 1">;
def Strait_SinOp : Strait_UnaryOp<"sin", "sin(x)", "Sin since 7">;
def Strait_CosOp : Strait_UnaryOp<"cos", "cos(x)", "Cos since 7">;
def Strait_TanOp : Strait_UnaryOp<"tan", "tan(x)", "Tan since 7">;
def Strait_AsinOp : Strait_UnaryOp<"asin", "asin(x)", "Asin since 7">;
def Strait_AcosOp : Strait_UnaryOp<"acos", "acos(x)", "Acos since 7">;
def Strait_AtanOp : Strait_UnaryOp<"atan", "atan(x)", "Atan since 7">;
def Strait_SinhOp : Strait_UnaryOp<"sinh", "sinh(x)", "Sinh since 9">;
def Strait_CoshOp : Strait_UnaryOp<"cosh", "cosh(x)", "Cosh since 9">;
def Strait_TanhOp : Strait_UnaryOp<"tanh", "tanh(x)", "Tanh since 1">;
def Strait_AsinhOp : Strait_UnaryOp<"asinh", "asinh(x)", "Asinh since 9">;
def Strait_AcoshOp : Strait_UnaryOp<"acosh", "acosh(x)", "Acosh since 9">;
def Strait_AtanhOp : Strait_UnaryOp<"atanh", "atanh(x)", "Atanh since 9">;
def Strait_ErfOp : Strait_UnaryOp<"erf", "erf(x)", "Erf since 9">;
def Strait_SigmoidOp
    : Strait_UnaryOp<"sigmoid", "1/(1 + e^-x)", "Sigmoid since 1">;
def Strait_SiluOp
    : Strait_UnaryOp<"silu", "x sigmoid(x)", "Swish with alpha 1 since 24">;
def Strait_ReluOp
    : Strait_UnaryOp<"relu", "max(x, 0)", "Relu since 1", Strait_Tensor>;
def Strait_SoftplusOp
    : Strait_UnaryOp<"softplus", "ln(1 + e^x)", "Softplus since 1">;
def Strait_SoftsignOp
    : Strait_UnaryOp<"softsign", "x/(1 + |x|)", "Softsign since 1">;
def Strait_HardSwishOp : Strait_UnaryOp<"hard_swish",
    "x max(0, min(1, x/6 + 1/2))", "HardSwish since 14">;
def Strait_MishOp
    : Strait_UnaryOp<"mish", "x tanh(softplus(x))", "Mish since 18">;
def Strait_CeilOp : Strait_UnaryOp<"ceil", "ceil(x)", "Ceil since 1">;
def Strait_FloorOp : Strait_UnaryOp<"floor", "floor(x)", "Floor since 1">;
def Strait_RoundOp : Strait_UnaryOp<"round",
    "the nearest integer, halves to even", "Round since 11">;

def Strait_LeakyReluOp : Strait_AlphaOp<"leaky_relu",
    "x >= 0 ? x : alpha x", "LeakyRelu since 1">;
def Strait_EluOp : Strait_AlphaOp<"elu",
    "x >= 0 ? x : alpha (e^x - 1)", "Elu since 1">;
def Strait_CeluOp : Strait_AlphaOp<"celu",
    "max(0, x) + min(0, alpha (e^(x/alpha) - 1))", "Celu since 12">;
def Strait_ThresholdedReluOp : Strait_AlphaOp<"thresholded_relu",
    "x > alpha ? x : 0", "ThresholdedRelu since 10">;

// A unary op with two float parameters.
class Strait_TwoParameterOp<string mnemonic, string formula, string onnx,
                            string second>
    : Strait_UnaryOp<mnemonic, formula, onnx> {
  let description = "Computes " # formula # " for every element. ONNX: " # onnx
    # ".\n\n1. Result and operand have one element type and one shape.\n\n"
    # "Example:\n```mlir\n%y = strait." # mnemonic # " %x alpha(1.0) "
    # second # "(0.5) : (tensor<4xf32>) -> tensor<4xf32>\n```\n";
  let assemblyFormat = "$x `alpha` `(` $alpha `)` `" # second # "` `(` $"
    # second # " `)` attr-dict `:` functional-type(operands, results)";
}
def Strait_SeluOp : Strait_TwoParameterOp<"selu",
    "gamma (x > 0 ? x : alpha (e^x - 1))", "Selu since 1", "gamma"> {
  let arguments = (ins Strait_FloatTensor:$x, F32Attr:$alpha, F32Attr:$gamma);
}
def Strait_HardSigmoidOp : Strait_TwoParameterOp<"hard_sigmoid",
    "max(0, min(1, alpha x + beta))", "HardSigmoid since 1", "beta"> {
  let arguments = (ins Strait_FloatTensor:$x, F32Attr:$alpha, F32Attr:$beta);
}

def Strait_GeluOp : Strait_ElementwiseOp<"gelu"> {
  let summary = "x times the normal distribution function of x";
  let description = [{
    Computes x/2 (1 + erf(x/sqrt 2)), or with `tanh` its approximation
    x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). ONNX: Gelu since 20.

    1. Result and operand have one element type and one shape.

    Example:
    ```mlir
    %y = strait.gelu %x tanh : (tensor<4xf32>) -> tensor<4xf32>
    ```
  }];
  let arguments = (ins Strait_FloatTensor:$x, UnitAttr:$tanh);
  let results = (outs Strait_FloatTensor:$result);
  let assemblyFormat = [{
    $x (`tanh` $tanh^)? attr-dict `:` functional-type(operands, results)
  }];
}

def Strait_NotOp
    : Strait_UnaryOp<"not", "the negation", "Not since 1", Strait_BoolTensor> {
  let description = [{
    Negates every boolean. ONNX: Not since 1.

    1. Result and operand have one shape.

    Example:
    ```mlir
    %y = strait.not %x : (tensor<4xi1>) -> tensor<4xi1>
    ```
  }];
}
def Strait_BitNotOp : Strait_UnaryOp<"bit_not", "the inverted bits",
    "BitwiseNot since 18", Strait_IntegerTensor> {
  let description = [{
    Inverts every bit. ONNX: BitwiseNot since 18.

    1. The element type is an integer; result and operand have one type.

    Example:
    ```mlir
    %y = strait.bit_not %x : (tensor<4xi32>) -> tensor<4xi32>
    ```
  }];
}

def Strait_IsNanOp : Strait_ElementwiseOp<"is_nan"> {
  let summary = "whether x is not a number";
  let description = [{
    Yields true where x is NaN. ONNX: IsNaN since 9.

    1. Result and operand have one shape.

    Example:
    ```mlir
    %y = strait.is_nan %x : (tensor<4xf32>) -> tensor<4xi1>
    ```
  }];
  let arguments = (ins Strait_FloatTensor:$x);
  let results = (outs Strait_BoolTensor:$result);
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, results)";
}

def Strait_IsInfOp : Strait_ElementwiseOp<"is_inf"> {
  let summary = "whether x is infinite";
  let description = [{
    Yields true where x is +inf (when `positive`) or -inf (when `negative`).
    ONNX: IsInf since 10.

    1. Result and operand have one shape.

    Example:
    ```mlir
    %y = strait.is_inf %x positive negative : (tensor<4xf32>) -> tensor<4xi1>
    ```
  }];
  let arguments = (ins Strait_FloatTensor:$x, UnitAttr:$positive,
                       UnitAttr:$negative);
  let results = (outs Strait_BoolTensor:$result);
  let assemblyFormat = [{
    $x (`positive` $positive^)? (`negative` $negative^)? attr-dict
    `:` functional-type(operands, results)
  }];
}

def Strait_CastOp : Strait_ElementwiseOp<"cast"> {
  let summary = "the value in another element type";
  let description = [{
    Converts every element; the target is the result's element type. Floats
    become integers by truncation, anything non-zero becomes true. ONNX: Cast
    since 1, CastLike since 15.

    1. Result and operand have one shape.

    Example:
    ```mlir
    %y = strait.cast %x : (tensor<4xf32>) -> tensor<4xi64>
    ```
  }];
  let arguments = (ins Strait_Tensor:$x);
  let results = (outs Strait_Tensor:$result);
  let hasFolder = 1;
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, results)";
}

//===----------------------------------------------------------------------===//
// Two operands and more; numpy broadcasting is implicit
//===----------------------------------------------------------------------===//

class Strait_BinaryOp<string mnemonic, string formula, string onnx,
                      Type type = Strait_Tensor, string element = "f32">
    : Strait_ElementwiseOp<mnemonic> {
  let summary = formula;
  let description = "Computes " # formula # " for every pair of elements. "
    # "ONNX: " # onnx
    # ".\n\n1. Operands and result have one element type.\n"
    # "2. The operands' shapes broadcast to the result's (numpy rules).\n\n"
    # "Example:\n```mlir\n%y = strait." # mnemonic # " %a, %b : (tensor<3x4x"
    # element # ">, tensor<4x" # element # ">) -> tensor<3x4x" # element
    # ">\n```\n";
  let arguments = (ins type:$a, type:$b);
  let results = (outs type:$result);
  let assemblyFormat =
      "$a `,` $b attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Strait_AddOp : Strait_BinaryOp<"add", "a + b", "Add since 7"> {
  let hasFolder = 1;
}
def Strait_SubOp : Strait_BinaryOp<"sub", "a - b", "Sub since 7"> {
  let hasFolder = 1;
}
def Strait_MulOp : Strait_BinaryOp<"mul", "a b", "Mul since 7"> {
  let hasFolder = 1;
}
def Strait_DivOp : Strait_BinaryOp<"div",
    "a / b (integers truncate towards zero)", "Div since 7"> {
  let hasFolder = 1;
}
def Strait_MinOp : Strait_BinaryOp<"min",
    "the smaller of a and b (NaN wins)", "Min since 8">;
def Strait_MaxOp : Strait_BinaryOp<"max",
    "the larger of a and b (NaN wins)", "Max since 8">;
def Strait_AndOp : Strait_BinaryOp<"and", "a and b", "And since 7",
    Strait_BoolTensor, "i1">;
def Strait_OrOp : Strait_BinaryOp<"or", "a or b", "Or since 7",
    Strait_BoolTensor, "i1">;
def Strait_XorOp : Strait_BinaryOp<"xor", "a xor b", "Xor since 7",
    Strait_BoolTensor, "i1">;
def Strait_BitAndOp : Strait_BinaryOp<"bit_and", "the common bits",
    "BitwiseAnd since 18", Strait_IntegerTensor, "i32">;
def Strait_BitOrOp : Strait_BinaryOp<"bit_or", "the bits of either",
    "BitwiseOr since 18", Strait_IntegerTensor, "i32">;
def Strait_BitXorOp : Strait_BinaryOp<"bit_xor", "the differing bits",
    "BitwiseXor since 18", Strait_IntegerTensor, "i32">;

def Strait_PowOp : Strait_ElementwiseOp<"pow"> {
  let summary = "a to the power b";
  let description = [{
    Computes a^b. ONNX: Pow since 7.

    1. The result has the element type of `a`; `b` may have another.
    2. The operands' shapes broadcast to the result's (numpy rules).

    Example:
    ```mlir
    %y = strait.pow %a, %b : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
    ```
  }];
  let arguments = (ins Strait_Tensor:$a, Strait_Tensor:$b);
  let results = (outs Strait_Tensor:$result);
  let assemblyFormat =
      "$a `,` $b attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Strait_ModOp : Strait_ElementwiseOp<"mod"> {
  let summary = "the remainder of a / b";
  let description = [{
    Computes the remainder with the sign of `b`, or with `fmod` the one with the
    sign of `a`. ONNX: Mod since 10.

    1. Operands and result have one element type; floats demand `fmod`.
    2. The operands' shapes broadcast to the result's (numpy rules).

    Example:
    ```mlir
    %y = strait.mod %a, %b : (tensor<4xi64>, tensor<i64>) -> tensor<4xi64>
    ```
  }];
  let arguments = (ins Strait_Tensor:$a, Strait_Tensor:$b, UnitAttr:$fmod);
  let results = (outs Strait_Tensor:$result);
  let assemblyFormat = [{
    $a `,` $b (`fmod` $fmod^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Strait_ShiftOp : Strait_ElementwiseOp<"shift"> {
  let summary = "a shifted by b bits";
  let description = [{
    Shifts the bits of `a` by `b`, filling with zeros. ONNX: BitShift since 11.

    1. Operands and result have one unsigned integer element type.
    2. The operands' shapes broadcast to the result's (numpy rules).

    Example:
    ```mlir
    %y = strait.shift left %a, %b
        : (tensor<4xui8>, tensor<ui8>) -> tensor<4xui8>
    ```
  }];
  let arguments = (ins Strait_ShiftKindAttr:$kind, Strait_Tensor:$a,
                       Strait_Tensor:$b);
  let results = (outs Strait_Tensor:$result);
  let assemblyFormat =
      "$kind $a `,` $b attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Strait_CompareOp : Strait_ElementwiseOp<"compare"> {
  let summary = "whether a relation holds";
  let description = [{
    Yields whether `a kind b`; with NaN only `ne` holds. ONNX: Equal, Less,
    Greater since 7, LessOrEqual, GreaterOrEqual since 12.

    1. The operands have one element type; the result's is `i1`.
    2. The operands' shapes broadcast to the result's (numpy rules).

    Example:
    ```mlir
    %y = strait.compare lt %a, %b
        : (tensor<4xf32>, tensor<f32>) -> tensor<4xi1>
    ```
  }];
  let arguments = (ins Strait_CompareKindAttr:$kind, Strait_Tensor:$a,
                       Strait_Tensor:$b);
  let results = (outs Strait_BoolTensor:$result);
  let assemblyFormat =
      "$kind $a `,` $b attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Strait_SelectOp : Strait_ElementwiseOp<"select"> {
  let summary = "a where cond holds, else b";
  let description = [{
    Picks elements of `a` or `b` by `cond`. ONNX: Where since 9.

    1. `a`, `b` and the result have one element type.
    2. The three operands' shapes broadcast to the result's (numpy rules).

    Example:
    ```mlir
    %y = strait.select %c, %a, %b
        : (tensor<4xi1>, tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
    ```
  }];
  let arguments = (ins Strait_BoolTensor:$cond, Strait_Tensor:$a,
                       Strait_Tensor:$b);
  let results = (outs Strait_Tensor:$result);
  let assemblyFormat = [{
    $cond `,` $a `,` $b attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

#endif // STRAIT_DIALECTS_GRAPH_ELEMENTWISEOPS_TD
