// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writes the schedule.program of one function of the kernel level.
#ifndef STRAIT_PASSES_SCHEDULE_PROGRAMBUILDER_H
#define STRAIT_PASSES_SCHEDULE_PROGRAMBUILDER_H

#include "dialects/graph/GraphOps.h"
#include "dialects/kernel/KernelOps.h"
#include "dialects/schedule/ScheduleOps.h"
#include "passes/schedule/WeightTable.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace strait {

/// Where a tensor of the kernel level lies, and its extents as index values.
struct PlacedTensor {
  mlir::Value buffer;
  llvm::SmallVector<mlir::Value> dims;
};

class ProgramBuilder {
public:
  ProgramBuilder(mlir::func::FuncOp function, mlir::SymbolTable &symbols,
                 WeightTable &weights);
  /// Creates the program before the function; emits a diagnostic on failure.
  mlir::FailureOr<schedule::ProgramOp> build();

private:
  // The interface of the entry.
  mlir::LogicalResult describe();
  void bindInputs();
  mlir::LogicalResult placeResults();
  mlir::LogicalResult finishResults();

  // Ops of the function.
  mlir::LogicalResult emitBlock(mlir::Block &block);
  mlir::LogicalResult emitOp(mlir::Operation *op);
  mlir::LogicalResult emitLaunch(kernel::LaunchOp launch);
  mlir::FailureOr<mlir::Value>
  emitVersions(kernel::FuncOp kernel, llvm::StringRef name,
               std::optional<mlir::AffineMap> first, mlir::ValueRange extents);
  mlir::LogicalResult emitReshape(kernel::ReshapeOp reshape);
  mlir::LogicalResult emitSlice(kernel::SliceOp slice);
  mlir::LogicalResult emitJoin(kernel::JoinOp join);
  mlir::LogicalResult emitWeight(graph::WeightOp weight);
  mlir::LogicalResult emitDim(mlir::tensor::DimOp dim);
  mlir::LogicalResult emitExtract(mlir::tensor::ExtractOp extract);
  mlir::LogicalResult emitFromElements(mlir::tensor::FromElementsOp op);
  mlir::LogicalResult emitCheck(schedule::CheckOp check);
  mlir::LogicalResult emitScalar(mlir::Operation *op);

  // Control flow (BranchBuilder.cpp, LoopBuilder.cpp).
  mlir::LogicalResult emitIf(graph::IfOp op);
  mlir::LogicalResult emitLoop(graph::LoopOp op);
  struct LoopState;
  mlir::LogicalResult beginLoop(graph::LoopOp op, LoopState &state);
  mlir::LogicalResult enterLoop(graph::LoopOp op, LoopState &state);
  void bindOpenValues(graph::LoopOp op, LoopState &state,
                      mlir::ValueRange values);
  mlir::LogicalResult finishIteration(graph::LoopOp op, LoopState &state);
  mlir::LogicalResult compareSizes(graph::LoopOp op, LoopState &state,
                                   unsigned index, const PlacedTensor &yielded);
  void emitScan(graph::LoopOp op, LoopState &state, unsigned index,
                mlir::RankedTensorType type, const PlacedTensor &slice,
                llvm::SmallVectorImpl<mlir::Value> &next);
  mlir::Value growCarried(graph::LoopOp op, LoopState &state, unsigned index,
                          const PlacedTensor &yielded);
  void copyCarried(graph::LoopOp op, LoopState &state,
                   llvm::ArrayRef<PlacedTensor> yielded);

  // Values.
  mlir::FailureOr<PlacedTensor> lookup(mlir::Value tensor, mlir::Operation *op);
  mlir::FailureOr<llvm::SmallVector<mlir::Value>>
  lookupScalars(mlir::ValueRange values, mlir::Operation *op);
  /// Whether `value` is known before the run, from dims alone.
  bool isEarly(mlir::Value value);
  /// Where ops on `operands` go: before the run if they can.
  mlir::OpBuilder &builderFor(mlir::ValueRange operands);
  mlir::Value byteSize(mlir::Location loc, mlir::Type element,
                       mlir::ValueRange dims);
  mlir::Value constant(mlir::Location loc, int64_t value);

  mlir::func::FuncOp function;
  mlir::SymbolTable &symbols;
  WeightTable &weights;
  schedule::ProgramOp program;
  schedule::BeginRunOp beginRun;
  /// What follows from dims alone. It joins the program, in front of
  /// schedule.begin_run, when that is complete: until then its block tells it
  /// from the rest, however long the two become.
  mlir::Block early;
  mlir::OpBuilder sizes; // at the end of `early`
  mlir::OpBuilder run;   // after it, or inside a region of control flow
  llvm::DenseMap<mlir::Value, PlacedTensor> tensors;
  llvm::DenseMap<mlir::Value, mlir::Value> scalars;
  mlir::Value codeLevel; // null until something depends on it
  int64_t numGrown = 0;  // schedule.grow ops so far

  /// The extents of a view of `type` whose dynamic ones are `sizes`.
  mlir::FailureOr<llvm::SmallVector<mlir::Value>>
  viewDims(mlir::Operation *op, mlir::Type type, mlir::ValueRange sizes);
  /// Lets buffers, which go away, be other ones wherever they were placed.
  void
  replaceBuffers(const llvm::SmallDenseMap<mlir::Value, mlir::Value> &places);

  /// An output whose buffer a launch, or those of a join, write directly.
  llvm::DenseMap<mlir::Value, unsigned> inPlace; // result -> output
  llvm::SmallVector<mlir::Value> outputBuffers;  // null until placed
};

} // namespace strait

#endif // STRAIT_PASSES_SCHEDULE_PROGRAMBUILDER_H
