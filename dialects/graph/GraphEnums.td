// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Enumerations of the graph dialect; they print as words.
#ifndef STRAIT_DIALECTS_GRAPH_GRAPHENUMS_TD
#define STRAIT_DIALECTS_GRAPH_GRAPHENUMS_TD

include "mlir/IR/EnumAttr.td"

class Strait_Enum<string name, string summary, list<I32EnumCase> cases>
    : I32Enum<name, summary, cases> {
  let cppNamespace = "::strait::graph";
}

include "dialects/graph/GraphBase.td"

class Strait_EnumAttr<EnumInfo info, string name>
    : EnumAttr<GraphDialect, info, name> {
  let assemblyFormat = "$value";
}

def Strait_Layout : Strait_Enum<"Layout", "where the channel dim stands", [
  I32EnumCase<"ChannelsFirst", 0, "channels_first">,
  I32EnumCase<"ChannelsLast", 1, "channels_last">]>;
def Strait_LayoutAttr : Strait_EnumAttr<Strait_Layout, "layout">;

def Strait_AutoPad : Strait_Enum<"AutoPad", "how pads are found", [
  I32EnumCase<"Explicit", 0, "explicit">,
  I32EnumCase<"SameUpper", 1, "same_upper">,
  I32EnumCase<"SameLower", 2, "same_lower">]>;
def Strait_AutoPadAttr : Strait_EnumAttr<Strait_AutoPad, "auto_pad">;

def Strait_CompareKind : Strait_Enum<"CompareKind", "comparison", [
  I32EnumCase<"Eq", 0, "eq">, I32EnumCase<"Ne", 1, "ne">,
  I32EnumCase<"Lt", 2, "lt">, I32EnumCase<"Le", 3, "le">,
  I32EnumCase<"Gt", 4, "gt">, I32EnumCase<"Ge", 5, "ge">]>;
def Strait_CompareKindAttr
    : Strait_EnumAttr<Strait_CompareKind, "compare_kind">;

def Strait_ShiftKind : Strait_Enum<"ShiftKind", "direction of a shift", [
  I32EnumCase<"Left", 0, "left">, I32EnumCase<"Right", 1, "right">]>;
def Strait_ShiftKindAttr : Strait_EnumAttr<Strait_ShiftKind, "shift_kind">;

def Strait_ReduceKind : Strait_Enum<"ReduceKind", "combining function", [
  I32EnumCase<"Sum", 0, "sum">, I32EnumCase<"Mean", 1, "mean">,
  I32EnumCase<"Max", 2, "max">, I32EnumCase<"Min", 3, "min">,
  I32EnumCase<"Prod", 4, "prod">]>;
def Strait_ReduceKindAttr : Strait_EnumAttr<Strait_ReduceKind, "reduce_kind">;

def Strait_ArgKind : Strait_Enum<"ArgKind", "which extreme is located", [
  I32EnumCase<"Max", 0, "max">, I32EnumCase<"Min", 1, "min">]>;
def Strait_ArgKindAttr : Strait_EnumAttr<Strait_ArgKind, "arg_kind">;

def Strait_PoolKind : Strait_Enum<"PoolKind", "function over a window", [
  I32EnumCase<"Max", 0, "max">, I32EnumCase<"Average", 1, "average">]>;
def Strait_PoolKindAttr : Strait_EnumAttr<Strait_PoolKind, "pool_kind">;

def Strait_PadMode : Strait_Enum<"PadMode", "what lies outside a tensor", [
  I32EnumCase<"Constant", 0, "constant">,
  I32EnumCase<"Reflect", 1, "reflect">,
  I32EnumCase<"Edge", 2, "edge">, I32EnumCase<"Wrap", 3, "wrap">]>;
def Strait_PadModeAttr : Strait_EnumAttr<Strait_PadMode, "pad_mode">;

def Strait_ScatterKind
    : Strait_Enum<"ScatterKind", "how an update meets the old element", [
  I32EnumCase<"Assign", 0, "assign">, I32EnumCase<"Add", 1, "add">,
  I32EnumCase<"Mul", 2, "mul">, I32EnumCase<"Max", 3, "max">,
  I32EnumCase<"Min", 4, "min">]>;
def Strait_ScatterKindAttr
    : Strait_EnumAttr<Strait_ScatterKind, "scatter_kind">;

def Strait_ResizeMode : Strait_Enum<"ResizeMode", "interpolation", [
  I32EnumCase<"Nearest", 0, "nearest">, I32EnumCase<"Linear", 1, "linear">,
  I32EnumCase<"Cubic", 2, "cubic">]>;
def Strait_ResizeModeAttr : Strait_EnumAttr<Strait_ResizeMode, "resize_mode">;

def Strait_CoordinateTransform
    : Strait_Enum<"CoordinateTransform", "output position to input position", [
  I32EnumCase<"HalfPixel", 0, "half_pixel">,
  I32EnumCase<"HalfPixelSymmetric", 1, "half_pixel_symmetric">,
  I32EnumCase<"PytorchHalfPixel", 2, "pytorch_half_pixel">,
  I32EnumCase<"AlignCorners", 3, "align_corners">,
  I32EnumCase<"Asymmetric", 4, "asymmetric">]>;
def Strait_CoordinateTransformAttr
    : Strait_EnumAttr<Strait_CoordinateTransform, "coordinate_transform">;

def Strait_NearestMode : Strait_Enum<"NearestMode", "rounding of positions", [
  I32EnumCase<"RoundPreferFloor", 0, "round_prefer_floor">,
  I32EnumCase<"RoundPreferCeil", 1, "round_prefer_ceil">,
  I32EnumCase<"Floor", 2, "floor">, I32EnumCase<"Ceil", 3, "ceil">]>;
def Strait_NearestModeAttr
    : Strait_EnumAttr<Strait_NearestMode, "nearest_mode">;

def Strait_Direction : Strait_Enum<"Direction", "order of time steps", [
  I32EnumCase<"Forward", 0, "forward">, I32EnumCase<"Reverse", 1, "reverse">,
  I32EnumCase<"Bidirectional", 2, "bidirectional">]>;
def Strait_DirectionAttr : Strait_EnumAttr<Strait_Direction, "direction">;

#endif // STRAIT_DIALECTS_GRAPH_GRAPHENUMS_TD
