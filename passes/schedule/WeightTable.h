// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Lays out the weights of a module: 64-byte aligned, in order of first use,
// equal bytes once.
#ifndef STRAIT_PASSES_SCHEDULE_WEIGHTTABLE_H
#define STRAIT_PASSES_SCHEDULE_WEIGHTTABLE_H

#include "dialects/schedule/ScheduleOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/StringMap.h"

namespace strait {

class WeightTable {
public:
  /// `symbols`: of `module`, as they were before.
  WeightTable(mlir::ModuleOp module, const mlir::SymbolTable &symbols);
  /// The blob of `value`, made on first use. Fails with a diagnostic at `loc`
  /// when `value` has no bytes that a kernel could read.
  mlir::FailureOr<schedule::BlobOp> get(mlir::ElementsAttr value,
                                        mlir::Location loc);

private:
  const mlir::SymbolTable &symbols;
  mlir::OpBuilder builder;
  llvm::DenseMap<mlir::Attribute, schedule::BlobOp> byAttribute;
  /// By content key.
  llvm::DenseMap<uint64_t, llvm::SmallVector<schedule::BlobOp>> byContent;
  uint64_t end = 0;
  unsigned numNames = 0;
};

} // namespace strait

#endif // STRAIT_PASSES_SCHEDULE_WEIGHTTABLE_H
