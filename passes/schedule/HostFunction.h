// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writes the native host function of one program:
//
//   i32 @strait_entry_NAME(services, run, weights, inputs, outputs, query)
//
// index becomes i64, a buffer a pointer. Arithmetic stays in arith ops on i64,
// which the pass converts at the end.
#ifndef STRAIT_PASSES_SCHEDULE_HOSTFUNCTION_H
#define STRAIT_PASSES_SCHEDULE_HOSTFUNCTION_H

#include "dialects/schedule/ScheduleOps.h"
#include "passes/schedule/ModelTables.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/IRMapping.h"

namespace strait {

class HostFunction {
public:
  HostFunction(schedule::ProgramOp program, mlir::LLVM::LLVMFuncOp function,
               const llvm::DenseMap<mlir::Operation *, unsigned> &launchNumbers,
               TableWriter &texts);
  mlir::LogicalResult emit();

private:
  void begin();
  mlir::LogicalResult emitBlock(mlir::Block &block);
  mlir::LogicalResult emitOp(mlir::Operation *op);
  mlir::LogicalResult emitArithmetic(mlir::Operation *op);
  /// The sum, difference or product of sizes, the nearest number that an i64
  /// holds where it overflows: a wrapped size would look sane.
  mlir::Value saturated(mlir::Operation *op, mlir::Value a, mlir::Value b);

  void emit(schedule::CheckOp op);
  void emit(schedule::OutputDimsOp op);
  void emit(schedule::BeginRunOp op);
  mlir::LogicalResult emit(schedule::WeightOp op);
  void emit(schedule::OutputOp op);
  void emit(schedule::SlabOp op);
  void emit(schedule::PlanOp op);
  void emit(schedule::GrowOp op);
  void emit(schedule::LaunchOp op);
  void emit(schedule::HeldOp op);
  void emit(schedule::AppendOp op);
  void emit(schedule::OverwriteOp op);
  void emit(schedule::RotateOp op);
  void emit(schedule::ReadOp op);
  void emit(schedule::WriteOp op);
  mlir::LogicalResult emit(schedule::IfOp op);
  mlir::LogicalResult emit(schedule::LoopOp op);

  mlir::Value lookup(mlir::Value value) { return mapping.lookup(value); }
  llvm::SmallVector<mlir::Value> lookup(mlir::ValueRange values);
  mlir::Value stateNumber(mlir::Operation *op, mlir::FlatSymbolRefAttr state);
  mlir::Value i32(int64_t value);
  mlir::Value i64(int64_t value);
  mlir::Value load(mlir::Type type, mlir::Value address);
  void store(mlir::Value value, mlir::Value address);
  mlir::Value atByte(mlir::Value pointer, int64_t offset);
  mlir::Value atByte(mlir::Value pointer, mlir::Value offset);
  /// The pointer that lies `field` bytes into strait_binding number `index`.
  mlir::Value binding(mlir::Value list, unsigned index, size_t field);
  mlir::Value storeAll(mlir::ValueRange values, mlir::Value array);
  mlir::Value stackArray(mlir::Type element, int64_t count);
  /// Calls what lies `service` bytes into strait_services with the run and
  /// `arguments`; goes on only if it returns 0.
  void call(size_t service, mlir::ValueRange arguments);
  void returnIf(mlir::Value condition, mlir::Value code);
  mlir::Value elementAddress(mlir::Value buffer, mlir::Value index,
                             mlir::Type element);

  schedule::ProgramOp program;
  mlir::LLVM::LLVMFuncOp function;
  const llvm::DenseMap<mlir::Operation *, unsigned> &launchNumbers;
  TableWriter &texts;
  mlir::OpBuilder builder;
  mlir::Location loc;
  mlir::LLVM::LLVMPointerType pointer;
  mlir::IRMapping mapping;
  mlir::Block *returnBlock = nullptr; // takes the error code
  mlir::Value services, run, weights, inputs, outputs, query;
  mlir::Value buffers, sizes; // on the stack, as what follows
  mlir::Value slot, offsetsSlot, lengthSlot, valueSlot;
};

} // namespace strait

#endif // STRAIT_PASSES_SCHEDULE_HOSTFUNCTION_H
