// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The LLVM passes between the llvm dialect and machine code.
#ifndef STRAIT_COMPILER_LLVMPASSES_H
#define STRAIT_COMPILER_LLVMPASSES_H

namespace llvm {
class Module;
class TargetMachine;
} // namespace llvm

namespace strait {

/// Makes LLVM ready for optimizeModule and code generation: once, by any
/// number of callers.
void initializeLlvm();

/// Optimises `module`, kernels or host code, for `machine`.
void optimizeModule(llvm::Module &module, llvm::TargetMachine &machine);
/// The same for kernels of a GPU, whose threads are scalar code that LLVM's own
/// pipeline does well.
void optimizeForGpu(llvm::Module &module, llvm::TargetMachine &machine);

} // namespace strait

#endif // STRAIT_COMPILER_LLVMPASSES_H
