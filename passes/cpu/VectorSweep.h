// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A run of contiguous elements in vectors: several registers at a time, then
// one, then a masked rest.
#ifndef STRAIT_PASSES_CPU_VECTORSWEEP_H
#define STRAIT_PASSES_CPU_VECTORSWEEP_H

#include "passes/loops/IndexMath.h"
#include "passes/loops/KernelFunction.h"
#include "passes/loops/ScalarBody.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace strait::cpu {

/// Calls `emit(builder, position, lanes, mask)` for [begin, end); the mask is
/// null where all lanes exist.
inline llvm::LogicalResult sweepVectors(
    mlir::OpBuilder &builder, mlir::Location loc, mlir::Value begin,
    mlir::Value end, int64_t wide, int64_t narrow,
    llvm::function_ref<llvm::LogicalResult(mlir::OpBuilder &, mlir::Value,
                                           int64_t, mlir::Value)>
        emit) {
  IndexMath math(builder, loc);
  llvm::LogicalResult result = mlir::success();
  mlir::Value from = begin;
  for (int64_t lanes : {wide, narrow}) {
    mlir::Value whole = math.mul(math.div(math.sub(end, from), lanes), lanes);
    mlir::Value to = math.add(from, whole);
    math.forEach(from, to, lanes, [&](mlir::OpBuilder &inside, mlir::Value at) {
      if (failed(emit(inside, at, lanes, {})))
        result = mlir::failure();
    });
    from = to;
  }
  math.forEach(from, end, narrow, [&](mlir::OpBuilder &inside, mlir::Value at) {
    mlir::Value rest = IndexMath(inside, loc).sub(end, at);
    mlir::Value mask = mlir::vector::CreateMaskOp::create(
        inside, loc, mlir::VectorType::get({narrow}, inside.getI1Type()), rest);
    if (failed(emit(inside, at, narrow, mask)))
      result = mlir::failure();
  });
  return result;
}

} // namespace strait::cpu

#endif // STRAIT_PASSES_CPU_VECTORSWEEP_H
