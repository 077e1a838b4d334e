// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The machine that a module is compiled for. It stands on the module from the
// start, so that no level guesses or is told again.
#ifndef STRAIT_DIALECTS_GRAPH_TARGETATTR_TD
#define STRAIT_DIALECTS_GRAPH_TARGETATTR_TD

include "dialects/graph/GraphBase.td"
include "dialects/graph/GraphEnums.td"

def Strait_Isa : Strait_Enum<"Isa", "instruction set of a target", [
  I32EnumCase<"Avx2", 0, "avx2">,     // x86-64-v3
  I32EnumCase<"Avx512", 1, "avx512">, // x86-64-v4
  I32EnumCase<"Sm80", 2, "sm_80">,    // any GPU from compute capability 8.0 on
  I32EnumCase<"Sm90a", 3, "sm_90a">]>; // compute capability 9.0, and no other

def Strait_TargetAttr : AttrDef<GraphDialect, "Target"> {
  let mnemonic = "target";
  let summary = "a machine: instruction set, caches, cores";
  let description = [{
    What tiles, code generators and tables follow from. A module names its
    targets in the attribute `strait.targets`, a list: code is made for each,
    and the machine at hand chooses when the artefact is loaded.

    `isa` orders the code levels: a machine that runs one runs those before it.
    `l1`, `l2`, `l3` are the bytes of the data caches that one core sees, the
    last shared by `cores`. Of a GPU, `l1` is the shared memory that one block of
    threads may have, and cores are its multiprocessors; `l3` is `l2`.

    1. l1 <= l2 <= l3, all positive, and at least one core.
    2. `strait.targets` is not empty; each instruction set comes after those
       below it, once; all are of CPUs or all of GPUs.

    Example:
    ```mlir
    module attributes {strait.targets = [#strait.target<isa = avx2, cores = 8>]} {}
    ```
  }];
  let parameters = (ins EnumParameter<Strait_Isa>:$isa,
    DefaultValuedParameter<"int64_t", "32 << 10">:$l1,
    DefaultValuedParameter<"int64_t", "512 << 10">:$l2,
    DefaultValuedParameter<"int64_t", "16 << 20">:$l3,
    DefaultValuedParameter<"int64_t", "1">:$cores);
  let builders = [AttrBuilder<(ins "::strait::graph::Isa":$isa), [{
    return $_get($_ctxt, isa, 32 << 10, 512 << 10, 16 << 20, 1);
  }]>];
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Name of a module's list of targets.
    static constexpr ::llvm::StringLiteral listName{"strait.targets"};
    /// The targets of the module around `op`, in order; a diagnostic if it has
    /// none.
    static ::mlir::FailureOr<::llvm::SmallVector<TargetAttr, 2>>
    listOf(::mlir::Operation *op);
    static void setList(::mlir::ModuleOp module,
                        ::llvm::ArrayRef<TargetAttr> targets);

    bool isGpu() const { return getIsa() >= Isa::Sm80; }
    /// Of a vector register, in f32 elements; threads of a GPU have none.
    int64_t lanes() const {
      return isGpu() ? 1 : getIsa() == Isa::Avx512 ? 16 : 8;
    }
    /// Number of vector registers.
    int64_t registers() const { return getIsa() == Isa::Avx512 ? 32 : 16; }
    /// What LLVM calls a processor with this instruction set and no more.
    ::llvm::StringRef llvmCpu() const;
  }];
}

#endif // STRAIT_DIALECTS_GRAPH_TARGETATTR_TD
