// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What happens to a root's elements between the accumulators and memory: the
// kernel's epilogue, evaluated on one vector along the last dimension.
#ifndef STRAIT_PASSES_LOOPS_EPILOGUE_H
#define STRAIT_PASSES_LOOPS_EPILOGUE_H

#include "passes/loops/FusedMap.h"

namespace strait {

/// Contractions are generated for f32 only; a diagnostic for anything else.
/// `operands`: the types of those that take part in the arithmetic.
llvm::LogicalResult expectF32(mlir::Operation *root, mlir::TypeRange operands);

class Epilogue {
public:
  /// Finds the epilogue of `root` and what the kernel yields; a diagnostic if
  /// the body has anything else.
  static llvm::FailureOr<Epilogue> create(KernelFunction &function,
                                          mlir::Operation *root);
  /// Vectors start at multiples of their length from now on, and buffers at
  /// `operandAlignment`.
  void expectAligned() { isAligned = true; }

  /// Stores everything that the kernel yields of `computed`, one of the root's
  /// f32 elements or a vector of them that starts at `position` of the root's result and
  /// runs along its last dimension. Lanes outside of `mask` (null: none) do not
  /// exist in memory.
  llvm::LogicalResult store(mlir::OpBuilder &builder, mlir::Value computed,
                            llvm::ArrayRef<mlir::Value> position,
                            mlir::Value mask) const;

  /// Ops per element: a long epilogue should be written once, not per
  /// accumulator.
  int64_t length() const;
  /// A result that can hold raw f32 accumulators until the epilogue replaces
  /// them; -1 if there is none.
  int64_t rawResult() const;

private:
  void storeResult(mlir::OpBuilder &builder, unsigned result, Lanes value,
                   llvm::ArrayRef<mlir::Value> position, mlir::Value mask,
                   int64_t lanes) const;

  KernelFunction *function;
  mlir::Value root;
  mlir::linalg::GenericOp generic; // null: none
  bool isAligned = false;
};

} // namespace strait

#endif // STRAIT_PASSES_LOOPS_EPILOGUE_H
