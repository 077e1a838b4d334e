// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The schedule dialect and its types.
#ifndef STRAIT_DIALECTS_SCHEDULE_SCHEDULEBASE_TD
#define STRAIT_DIALECTS_SCHEDULE_SCHEDULEBASE_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Schedule_Dialect : Dialect {
  let name = "schedule";
  let cppNamespace = "::strait::schedule";
  let summary = "Host programs: sizes, memory, launches, control flow";
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect"
  ];
}

class Schedule_Op<string mnemonic, list<Trait> traits = []>
    : Op<Schedule_Dialect, mnemonic, traits>;

def Schedule_BufferType : TypeDef<Schedule_Dialect, "Buffer">,
    BuildableType<"$_builder.getType<::strait::schedule::BufferType>()"> {
  let mnemonic = "buffer";
  let summary = "bytes in the target's memory, aligned to 64 unless a view";
}

def Schedule_TensorAttr : AttrDef<Schedule_Dialect, "Tensor"> {
  let mnemonic = "tensor";
  let summary = "an input or output of an entry: name, type, names of dims";
  let parameters = (ins StringRefParameter<>:$name,
    "::mlir::RankedTensorType":$type,
    OptionalParameter<"::mlir::ArrayAttr">:$dim_names);
  let assemblyFormat = "`<` $name `:` $type (`,` $dim_names^)? `>`";
}
def Schedule_TensorArrayAttr
    : TypedArrayAttrBase<Schedule_TensorAttr, "descriptions of tensors">;

// An index value that may also be a data-independent constant.
def Schedule_YieldedType : AnyTypeOf<[Schedule_BufferType, Index, I1]>;

#endif // STRAIT_DIALECTS_SCHEDULE_SCHEDULEBASE_TD
