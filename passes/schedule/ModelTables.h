// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constant data with addresses, as LLVM globals.
#ifndef STRAIT_PASSES_SCHEDULE_MODELTABLES_H
#define STRAIT_PASSES_SCHEDULE_MODELTABLES_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"
#include <map>
#include <type_traits>

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

/// A constant `Struct` of abi.h. Fields are named by the struct's members, which
/// give them their place, width and order; what is not set is zero.
template <typename Struct> class StructRow {
public:
  template <typename Number>
  StructRow &number(Number Struct::*member, uint64_t value) {
    static_assert(std::is_integral_v<Number>);
    return put(offsetOf(member), sizeof(Number),
               TableField::number(value, 8 * sizeof(Number)));
  }
  template <typename Pointee>
  StructRow &address(Pointee *Struct::*member, llvm::StringRef symbol) {
    return put(offsetOf(member), sizeof(Pointee *),
               TableField::address(symbol));
  }
  /// One element of a member that is an array.
  template <typename Number, size_t size>
  StructRow &number(Number (Struct::*member)[size], size_t index,
                    uint64_t value) {
    static_assert(std::is_integral_v<Number>);
    assert(index < size);
    return put(offsetOf(member) + index * sizeof(Number), sizeof(Number),
               TableField::number(value, 8 * sizeof(Number)));
  }
  template <typename Pointee, size_t size>
  StructRow &address(Pointee *(Struct::*member)[size], size_t index,
                     llvm::StringRef symbol) {
    assert(index < size);
    return put(offsetOf(member) + index * sizeof(Pointee *),
               sizeof(Pointee *), TableField::address(symbol));
  }

  operator TableRow() const {
    TableRow row;
    size_t end = 0;
    auto fillTo = [&](size_t offset) {
      row.append(offset - end, TableField::number(0, 8));
    };
    for (const auto &[offset, field] : fields) {
      fillTo(offset);
      row.push_back(field.second);
      end = offset + field.first;
    }
    fillTo(sizeof(Struct));
    return row;
  }

private:
  template <typename Member> static size_t offsetOf(Member Struct::*member) {
    static const Struct probe = {};
    return reinterpret_cast<const char *>(&(probe.*member)) -
           reinterpret_cast<const char *>(&probe);
  }
  StructRow &put(size_t offset, size_t bytes, TableField field) {
    fields[offset] = {bytes, std::move(field)};
    return *this;
  }

  std::map<size_t, std::pair<size_t, TableField>> fields; // bytes by offset
};

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
