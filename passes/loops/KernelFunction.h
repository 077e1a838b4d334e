// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The native form of a kernel.func, before its loops are written:
//
//   func.func private @NAME__body(%x: memref<1xf32>, ..., %result: memref<1xf32>,
//       %size0: index, ..., %scratch: memref<1xi8>, %begin: index, %end: index)
//
// Buffers come as bare pointers in the order of strait_kernel_fn (inputs, then
// results); strait-export-kernels adds the function of that type which unpacks
// the arrays. Results and scratch overlap nothing else. All buffers are
// contiguous and row-major.
#ifndef STRAIT_PASSES_LOOPS_KERNELFUNCTION_H
#define STRAIT_PASSES_LOOPS_KERNELFUNCTION_H

#include "dialects/kernel/KernelOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace strait {

/// Discardable attribute of a body function: [number of buffers, of sizes].
inline constexpr llvm::StringLiteral kernelAbiAttr = "strait.kernel_abi";

/// How an element lies in memory: bool as a byte (0 or 1), unsigned integers
/// signless, index as i64; others as they are.
mlir::Type storageType(mlir::Type element);

/// `expr` over `symbols` as arith ops. Extents are never negative, so divisions
/// are plain ones; a divisor may be an expression too.
mlir::Value emitExpr(mlir::OpBuilder &builder, mlir::Location loc,
                     mlir::AffineExpr expr, mlir::ValueRange symbols);

mlir::Value constantIndex(mlir::OpBuilder &builder, mlir::Location loc,
                          int64_t value);

class KernelFunction {
public:
  /// Creates the function after `kernel` with an empty body that returns.
  explicit KernelFunction(kernel::FuncOp kernel);

  kernel::FuncOp kernel() const { return kernelOp; }
  mlir::func::FuncOp function() const { return body; }
  mlir::Location loc() { return kernelOp.getLoc(); }
  /// Inserts in the function's entry block, before its return.
  mlir::OpBuilder &builder() { return entry; }

  unsigned numInputs() const { return inputs; }
  unsigned numResults() const { return results.size(); }
  mlir::ValueRange sizes() const { return sizeValues; }
  mlir::Value begin() const { return beginTask; }
  mlir::Value end() const { return endTask; }

  /// Buffers as memrefs of the tensors' shapes, or as one row of elements.
  mlir::Value input(unsigned index) { return shaped(index); }
  mlir::Value result(unsigned index) { return shaped(numInputs() + index); }
  mlir::Value flatInput(unsigned index) { return flat(index); }
  mlir::Value flatResult(unsigned index) { return flat(numInputs() + index); }
  /// The input that a block argument of the kernel stands for, if it is one.
  std::optional<unsigned> inputIndex(mlir::Value tensor) const;
  /// Results that yield `value` (none, one or several).
  llvm::SmallVector<unsigned> resultIndices(mlir::Value value) const;
  /// Extents of an input or result as expressions over the sizes.
  llvm::ArrayRef<mlir::AffineExpr> inputShape(unsigned index) const;
  llvm::ArrayRef<mlir::AffineExpr> resultShape(unsigned index) const;

  /// An expression over the sizes, evaluated in the entry block; equal
  /// expressions give one value.
  mlir::Value size(mlir::AffineExpr expr);

  /// The part of the worker's scratch that starts `offset` bytes (a multiple of
  /// STRAIT_ALIGNMENT) in, as a memref of `type`; `dynamic` are its dynamic
  /// extents.
  mlir::Value carveScratch(mlir::AffineExpr offset, mlir::MemRefType type,
                           mlir::ValueRange dynamic = {});

  /// for task in [begin, end): `emit(builder, task)`.
  void forEachTask(
      llvm::function_ref<void(mlir::OpBuilder &, mlir::Value)> emit);

private:
  mlir::Value shaped(unsigned buffer);
  mlir::Value flat(unsigned buffer);
  mlir::RankedTensorType typeOf(unsigned buffer) const;
  mlir::AffineMap shapeOf(unsigned buffer) const;

  kernel::FuncOp kernelOp;
  unsigned inputs;
  mlir::func::FuncOp body;
  mlir::OpBuilder entry;
  llvm::SmallVector<mlir::Value> results; // yielded values of the kernel
  llvm::SmallVector<mlir::Value> shapedBuffers, flatBuffers; // made on demand
  mlir::ValueRange sizeValues;
  mlir::Value scratch, beginTask, endTask;
  llvm::DenseMap<mlir::AffineExpr, mlir::Value> evaluated;
};

} // namespace strait

#endif // STRAIT_PASSES_LOOPS_KERNELFUNCTION_H
