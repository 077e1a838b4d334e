// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// An operand's way from global memory to the threads of a block: each loads
// some elements into registers, stores them to a stage in shared memory, and
// reads what it multiplies from there. Element (position, k) of a stage lies at
//
//   begin + k * stride + position
//
// so that a thread's neighbouring rows or columns are one vector. An operand
// that the threads computed themselves lies there as a whole.
#ifndef STRAIT_PASSES_CUDA_STAGEDOPERAND_H
#define STRAIT_PASSES_CUDA_STAGEDOPERAND_H

#include "passes/cuda/OperandSource.h"
#include "passes/cuda/Threads.h"

namespace strait::cuda {

/// `width` positions and `steps` steps of the sum.
struct OperandStage {
  int64_t width, steps;
  int64_t begin;      // elements from where the stage starts
  mlir::Value shared; // memref<?xf32> of the stages
};

/// Step `step` of those from `k` on, which are in the stage that starts at
/// element `stage`.
struct StageStep {
  mlir::Value stage, k;
  int64_t step;
};

/// One side of a product as its sum goes on.
class ProductFactor {
public:
  virtual ~ProductFactor() = default;
  /// The thread's share of the next steps, from `k` on.
  virtual llvm::FailureOr<llvm::SmallVector<mlir::Value>>
  load(mlir::OpBuilder &b, mlir::Value k) = 0;
  /// Puts it into the stage that starts at element `stage`.
  virtual void store(mlir::OpBuilder &b, mlir::ValueRange loaded,
                     mlir::Value stage) = 0;
  /// `lanes` elements of a step.
  virtual mlir::Value read(mlir::OpBuilder &b, const StageStep &at,
                           mlir::Value position, int64_t lanes) const = 0;
};

class StagedOperand : public ProductFactor {
public:
  /// Of the positions from `first` on; the sum has `depth` steps. Writes what
  /// does not change along the sum.
  StagedOperand(mlir::OpBuilder &b, const Threads &threads,
                OperandSource &source, OperandStage stage, mlir::Value first,
                mlir::Value depth);

  /// The thread's elements of steps [k, k + steps), zero beyond the depth.
  /// Where the depth is known to be whole tiles, all steps have to exist.
  llvm::FailureOr<llvm::SmallVector<mlir::Value>> load(mlir::OpBuilder &b,
                                                       mlir::Value k) override;
  void store(mlir::OpBuilder &b, mlir::ValueRange loaded,
             mlir::Value stage) override;
  mlir::Value read(mlir::OpBuilder &b, const StageStep &at,
                   mlir::Value position, int64_t lanes) const override;

private:
  struct Part {
    llvm::SmallVector<mlir::Value> located;
    mlir::Value k, position; // in the stage
  };
  mlir::Value addressOf(mlir::OpBuilder &b, mlir::Value stage, mlir::Value k,
                        mlir::Value position) const;

  mlir::Location loc;
  OperandSource &source;
  OperandStage shape;
  mlir::Value depth;
  llvm::SmallVector<Part> parts; // of this thread
};

/// Element (position, k) of memref<?xf32> `shared` lies at
/// (k - first) * stride + position.
struct ResidentOperand : ProductFactor {
  llvm::FailureOr<llvm::SmallVector<mlir::Value>> load(mlir::OpBuilder &,
                                                       mlir::Value) override {
    return llvm::SmallVector<mlir::Value>();
  }
  void store(mlir::OpBuilder &, mlir::ValueRange, mlir::Value) override {}
  mlir::Value read(mlir::OpBuilder &b, const StageStep &at,
                   mlir::Value position, int64_t lanes) const override;

  int64_t width;
  mlir::Value shared, first;
};

} // namespace strait::cuda

#endif // STRAIT_PASSES_CUDA_STAGEDOPERAND_H
