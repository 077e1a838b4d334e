// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The functions that callers of kernels see, whatever their type: each calls the
// body of a kernel with the operands in the order of KernelFunction.h.
#ifndef STRAIT_PASSES_LOOPS_KERNELENTRY_H
#define STRAIT_PASSES_LOOPS_KERNELENTRY_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace strait {

/// A kernel's body @NAME__body(buffers..., sizes..., scratch, begin, end).
struct KernelBody {
  mlir::LLVM::LLVMFuncOp function;
  llvm::StringRef name; // without the suffix
  int64_t buffers, sizes;

  /// Creates the entry after the body, with an empty block into which `builder`
  /// inserts.
  mlir::LLVM::LLVMFuncOp createEntry(mlir::OpBuilder &builder,
                                     llvm::StringRef name,
                                     mlir::TypeRange arguments) const;
  /// Ends the entry: calls the body, which nothing else sees from now on. A
  /// diagnostic if the body does not take `operands`.
  llvm::LogicalResult call(mlir::OpBuilder &builder,
                           mlir::ValueRange operands) const;
};

/// Calls `emit` for every body of the module until it fails.
llvm::LogicalResult forEachKernelBody(
    mlir::ModuleOp module,
    llvm::function_ref<llvm::LogicalResult(const KernelBody &)> emit);

} // namespace strait

#endif // STRAIT_PASSES_LOOPS_KERNELENTRY_H
