// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The operands of a product as its threads load them: by row (or column) and
// step of the sum.
#ifndef STRAIT_PASSES_CUDA_OPERANDSOURCE_H
#define STRAIT_PASSES_CUDA_OPERANDSOURCE_H

#include "passes/loops/FusedMap.h"

namespace strait::cuda {

/// Elements that a thread loads or stores at once.
constexpr int64_t vectorWidth = 4;

/// `position` counts the rows of the left operand or the columns of the right.
class OperandSource {
public:
  virtual ~OperandSource() = default;

  /// What loads at `position` need to know about it, worked out before the sum.
  /// Positions beyond the last stand for one that exists.
  virtual llvm::SmallVector<mlir::Value> locate(mlir::OpBuilder &b,
                                                mlir::Value position) = 0;
  /// An f32, or a vector of `lanes` of them, from step `k` on, which exists.
  virtual llvm::FailureOr<mlir::Value>
  load(mlir::OpBuilder &b, mlir::ValueRange located, mlir::Value k) = 0;

  /// Elements that lie together: steps of the sum, or else positions.
  bool alongDepth = true;
  int64_t lanes = 1;
};

/// A matrix in memory: element (position, k) at
/// base + position * positionStride + k * depthStride.
struct MatrixSource : OperandSource {
  llvm::SmallVector<mlir::Value> locate(mlir::OpBuilder &b,
                                        mlir::Value position) override;
  llvm::FailureOr<mlir::Value>
  load(mlir::OpBuilder &b, mlir::ValueRange located, mlir::Value k) override;

  mlir::Value memref, base, count; // positions
  mlir::Value positionStride, depthStride;
};

/// Columns packed in panels: element (16 p + j, k) at base + (p * K + k) * 16 +
/// j.
struct PanelSource : OperandSource {
  PanelSource() {
    alongDepth = false;
    lanes = vectorWidth;
  }
  llvm::SmallVector<mlir::Value> locate(mlir::OpBuilder &b,
                                        mlir::Value position) override;
  llvm::FailureOr<mlir::Value>
  load(mlir::OpBuilder &b, mlir::ValueRange located, mlir::Value k) override;

  mlir::Value memref, base, panels, depth;
};

/// A map of the kernel's inputs, computed as it is loaded: element (m, k) at
/// [batch, m, k].
struct FusedSource : OperandSource {
  explicit FusedSource(FusedMap map) : map(map) {}
  llvm::SmallVector<mlir::Value> locate(mlir::OpBuilder &b,
                                        mlir::Value position) override;
  llvm::FailureOr<mlir::Value>
  load(mlir::OpBuilder &b, mlir::ValueRange located, mlir::Value k) override;

  FusedMap map;
  mlir::Value batch, count; // positions
};

/// `lanes` f32 at element `at`, a multiple of `lanes`.
mlir::Value loadVector(mlir::OpBuilder &b, mlir::Location loc,
                       mlir::Value memref, mlir::Value at, int64_t lanes);
void storeVector(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value,
                 mlir::Value memref, mlir::Value at);

} // namespace strait::cuda

#endif // STRAIT_PASSES_CUDA_OPERANDSOURCE_H
