// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The steps of kernel.recurrence, whatever computes them:
//
//   for task (direction, block of the batch):
//     h, c = initial states, in scratch
//     for step in time, forward or backward:
//       gates = h R^T                      block product, gates in scratch
//       h, c = cell(inputs[step], gates)   along the hidden dimension
//       results[step] = h
//
// A batch entry whose steps are over keeps its states and gives zeros. A gru
// whose reset gate comes before the product (linear_before_reset = 0) computes
// the hidden gate's panels again from r * h.
//
// Targets write the product and the loop over the states of a block.
#ifndef STRAIT_PASSES_LOOPS_RECURRENCESTEPS_H
#define STRAIT_PASSES_LOOPS_RECURRENCESTEPS_H

#include "passes/loops/IndexMath.h"
#include "passes/loops/KernelFunction.h"

namespace strait {

class RecurrenceSteps {
public:
  virtual ~RecurrenceSteps() = default;

  /// All tasks, or a diagnostic.
  llvm::LogicalResult emit();

protected:
  RecurrenceSteps(KernelFunction &function, kernel::RecurrenceOp op)
      : function(function), op(op), loc(op.getLoc()) {}

  struct Task {
    mlir::Value direction, row, rowCount; // block of the batch
  };
  using EmitStateFn = llvm::function_ref<void(
      mlir::OpBuilder &, mlir::Value row, mlir::Value j, int64_t count)>;

  /// Reads the target's part of the tile, beside `batchBlock`.
  virtual llvm::LogicalResult readTile() { return mlir::success(); }
  /// Panels [firstPanel, end) of gates[row] = source[row] R^T for the rows of
  /// the block; `source` holds states.
  virtual void emitProduct(mlir::OpBuilder &b, const Task &task,
                           mlir::Value source, int64_t firstPanel) = 0;
  /// `emit(builder, row, j, count)` over all states of the block, `count` of
  /// them from element j of a row on. What it writes is seen afterwards.
  virtual void forEachState(mlir::OpBuilder &b, const Task &task,
                            EmitStateFn emit) = 0;

  /// Elements between the rows of gates and of states in scratch.
  int64_t gatePitch() const { return allPanels * 16 + 16; }
  int64_t statePitch() const { return hidden + 16; }

  KernelFunction &function;
  kernel::RecurrenceOp op;
  mlir::Location loc;
  int64_t directions = 1, hidden = 1, allPanels = 1, gates = 1;
  int64_t batchBlock = 1;
  // Values of the entry block.
  mlir::Value recurrent, gateArea;
  llvm::SmallVector<int64_t> possibleRows; // of a block, where that is known

private:
  struct Element {
    mlir::Value inputAt, gateAt, stateAt; // of gate 0, of gate 0, in scratch
    mlir::Value j;
    int64_t count;
    mlir::Value isOver; // whether the entry has no such step; null: it has
  };

  llvm::LogicalResult readShapes();
  llvm::LogicalResult bindBuffers();
  void countBlocks();
  void carveAreas();
  void emitTask(mlir::OpBuilder &b, mlir::Value index);
  void emitStep(mlir::OpBuilder &b, const Task &task, mlir::Value step);
  void emitResetGate(mlir::OpBuilder &b, const Task &task, mlir::Value at);
  void emitStates(mlir::OpBuilder &b, const Task &task, mlir::Value at);
  void readStates(mlir::OpBuilder &b, const Task &task, mlir::Value from,
                  mlir::Value to);
  void writeStates(mlir::OpBuilder &b, const Task &task, mlir::Value from,
                   llvm::ArrayRef<unsigned> results);
  Element elementAt(mlir::OpBuilder &b, const Task &task, mlir::Value at,
                    mlir::Value row, mlir::Value j, int64_t count);

  mlir::Value splat(mlir::OpBuilder &b, float value, int64_t count);
  mlir::Value load(mlir::OpBuilder &b, mlir::Value memref, mlir::Value at,
                   int64_t count);
  void store(mlir::OpBuilder &b, mlir::Value value, mlir::Value memref,
             mlir::Value at);
  mlir::Value add(mlir::OpBuilder &b, mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::OpBuilder &b, mlir::Value x, mlir::Value y);
  mlir::Value sigmoid(mlir::OpBuilder &b, mlir::Value x, int64_t count);
  mlir::Value tanh(mlir::OpBuilder &b, mlir::Value x);
  /// Position in a tensor [R, B, H].
  mlir::Value stateAt(IndexMath &math, const Task &task, mlir::Value row,
                      mlir::Value j);
  mlir::Value unlessOver(mlir::OpBuilder &b, const Element &e,
                         mlir::Value fresh, mlir::Value old);
  mlir::Value withPeephole(mlir::OpBuilder &b, const Task &task,
                           const Element &e, mlir::Value gate,
                           mlir::Value cell, int64_t index);
  mlir::Value input(mlir::OpBuilder &b, const Element &e, int64_t gate);
  mlir::Value gate(mlir::OpBuilder &b, const Element &e, int64_t gate);
  mlir::Value preactivation(mlir::OpBuilder &b, const Element &e,
                            int64_t index);
  mlir::Value emitCell(mlir::OpBuilder &b, const Task &task,
                       const Element &e);
  mlir::Value emitLstm(mlir::OpBuilder &b, const Task &task,
                       const Element &e);
  mlir::Value emitGru(mlir::OpBuilder &b, const Task &task, const Element &e);

  // Values of the entry block; null where absent.
  mlir::Value inputs, hiddenBias, initialH, initialC, lengths, peepholes;
  mlir::Value time, batch, batchBlocks, hArea, cArea, resetArea;
  mlir::Type lengthType;
  llvm::SmallVector<unsigned> allResults, hResults, cResults;
};

} // namespace strait

#endif // STRAIT_PASSES_LOOPS_RECURRENCESTEPS_H
