// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constant data with addresses, as LLVM globals.
#ifndef STRAIT_PASSES_SCHEDULE_MODELTABLES_H
#define STRAIT_PASSES_SCHEDULE_MODELTABLES_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace strait {

/// One field of a constant structure: a number with its width, or the address
/// of a symbol (null when empty).
struct TableField {
  static TableField number(uint64_t value, unsigned bits) {
    return {value, bits, {}};
  }
  static TableField address(llvm::StringRef symbol) {
    return {0, 0, symbol.str()};
  }
  uint64_t value;
  unsigned bits; // 0: an address
  std::string symbol;
};
using TableRow = llvm::SmallVector<TableField>;

/// Adds constant globals to a module.
class TableWriter {
public:
  /// Texts become globals `prefix`0, `prefix`1, ...
  TableWriter(mlir::ModuleOp module, llvm::StringRef prefix);
  /// A zero-terminated string; equal ones are one. Returns its symbol.
  std::string text(llvm::StringRef text);
  /// An array of equal structures named `name`; returns `name`, or an empty
  /// symbol when there are no rows.
  std::string table(llvm::StringRef name, llvm::ArrayRef<TableRow> rows);
  /// One structure, exported under `name`.
  void exported(llvm::StringRef name, const TableRow &row);

private:
  mlir::Type typeOf(const TableRow &row);
  mlir::LLVM::GlobalOp global(llvm::StringRef name, mlir::Type type,
                              llvm::ArrayRef<TableRow> rows, bool isArray);

  mlir::ModuleOp module;
  mlir::OpBuilder builder;
  std::string prefix;
  llvm::StringMap<std::string> texts;
};

} // namespace strait

#endif // STRAIT_PASSES_SCHEDULE_MODELTABLES_H
