// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From the llvm dialect to object code.
#ifndef STRAIT_COMPILER_EMITOBJECT_H
#define STRAIT_COMPILER_EMITOBJECT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/CodeGen.h"

namespace strait {

/// Compiles the host functions of `module` and each of its nested modules of
/// kernels to one object file, `jobs` at a time (0: all cores). Kernels are for
/// the target of their module, host functions for x86-64-v3. The objects'
/// bytes do not depend on `jobs`. `level` is how much
/// LLVM's code generator tries. Fails after a message on stderr, which is a bug
/// of ours.
llvm::LogicalResult
emitObjects(mlir::ModuleOp module, llvm::CodeGenOptLevel level, unsigned jobs,
            llvm::SmallVectorImpl<llvm::SmallString<0>> &objects);

} // namespace strait

#endif // STRAIT_COMPILER_EMITOBJECT_H
