// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writing the scalar body of a linalg.generic for many elements at once.
//
// Every value of the body becomes `Lanes`: one vector, or, where all lanes are
// equal or step by a constant, the scalar of lane 0. So positions stay scalar
// until a lane needs its own, and reads at consecutive positions are known to
// be contiguous.
//
// f16 and bf16 are computed in f32: operands come and results leave as f32, and
// only an explicit truncation rounds.
#ifndef STRAIT_PASSES_LOOPS_SCALARBODY_H
#define STRAIT_PASSES_LOOPS_SCALARBODY_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Builders.h"

namespace strait {

struct Lanes {
  Lanes() = default;
  /// A vector, or a scalar that is the same in all lanes.
  Lanes(mlir::Value value)
      : value(value), isVector(llvm::isa<mlir::VectorType>(value.getType())) {}
  static Lanes stepping(mlir::Value first, int64_t step) {
    Lanes lanes(first);
    lanes.step = step;
    return lanes;
  }

  bool isUniform() const { return !isVector && step == 0; }
  bool isStepping() const { return !isVector && step != 0; }

  mlir::Value value; // the vector, or lane 0
  bool isVector = false;
  int64_t step = 0; // from lane to lane; 0 for vectors
};

/// The type that values of `element` are computed in.
mlir::Type computeType(mlir::Type element);

/// `lanes` as one value of `count` lanes (a scalar if count is 1).
mlir::Value toVector(mlir::OpBuilder &builder, mlir::Location loc, Lanes lanes,
                     int64_t count);

/// Reading and writing `count` elements from `position` of a one-dimensional
/// memref of storage type, as computed values of the tensor's `element` type.
/// `isAligned`: they start at a multiple of their own bytes.
mlir::Value loadElements(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::Value memref, mlir::ValueRange position,
                         mlir::Type element, int64_t count,
                         bool isAligned = false);
void storeElements(mlir::OpBuilder &builder, mlir::Location loc,
                   mlir::Value computed, mlir::Value memref,
                   mlir::ValueRange position, mlir::Type element,
                   bool isAligned = false);
/// loadElements that leaves lanes outside of `mask` (null: none) zero.
mlir::Value loadMasked(mlir::OpBuilder &builder, mlir::Location loc,
                       mlir::Value memref, mlir::Value position,
                       mlir::Type element, int64_t count, mlir::Value mask,
                       bool isAligned = false);
/// A computed value as it is stored, and a stored one as it is computed with.
mlir::Value toStorage(mlir::OpBuilder &builder, mlir::Location loc,
                      mlir::Value computed, mlir::Type element);
mlir::Value fromStorage(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::Value stored, mlir::Type element);

/// What a body may ask about its surroundings. Unset callbacks make the ops
/// that need them an error.
struct ScalarBodyContext {
  int64_t lanes = 1;
  /// Position of the lanes in a loop (linalg.index).
  std::function<Lanes(mlir::OpBuilder &, unsigned loop)> index;
  /// Elements of a tensor at computed positions (tensor.extract).
  std::function<mlir::FailureOr<Lanes>(mlir::OpBuilder &, mlir::Value tensor,
                                       llvm::ArrayRef<Lanes> position)>
      extract;
  /// A value defined outside of the body: sizes and what follows from them.
  std::function<mlir::Value(mlir::Value)> outer;
};

/// Writes `body` for operands given as lanes; returns what it yields. Fails
/// with a diagnostic on ops that no scalar body may hold.
mlir::FailureOr<llvm::SmallVector<Lanes>>
emitScalarBody(mlir::OpBuilder &builder, mlir::Block &body,
               llvm::ArrayRef<Lanes> operands,
               const ScalarBodyContext &context);

/// The same for one op without regions whose operands are all in `values`.
mlir::FailureOr<Lanes>
emitScalarOp(mlir::OpBuilder &builder, mlir::Operation *op,
             llvm::function_ref<Lanes(mlir::Value)> values, int64_t lanes);

} // namespace strait

#endif // STRAIT_PASSES_LOOPS_SCALARBODY_H
