// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What passes ask of a kernel's root. What a target makes of it (tiles, code)
// stands with the target.
#ifndef STRAIT_DIALECTS_KERNEL_ROOTINTERFACE_TD
#define STRAIT_DIALECTS_KERNEL_ROOTINTERFACE_TD

include "mlir/IR/OpBase.td"

def Kernel_RootInterface : OpInterface<"RootInterface"> {
  let cppNamespace = "::strait::kernel";
  let description = [{
    The op that a kernel is named after and that its code generator writes the
    loops of. A group without one is a cascade.
  }];
  let methods = [
    InterfaceMethod<[{
      Whether a map of its result can be computed on it before it is stored.
    }], "bool", "takesEpilogue", (ins), "", [{ return true; }]>,
    InterfaceMethod<[{
      The operand that a map in the group may compute (a prologue); null: none.
    }], "::mlir::Value", "getPrologueOperand", (ins), "", [{ return {}; }]>,
    InterfaceMethod<[{
      Floating-point operations, for the extents that `extents` gives of its
      operands and results.
    }], "int64_t", "countFlops", (ins "::strait::kernel::ExtentsFn":$extents),
    "", [{ return 0; }]>
  ];
}

#endif // STRAIT_DIALECTS_KERNEL_ROOTINTERFACE_TD
