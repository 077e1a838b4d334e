// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reading a kernel's `tile`.
#ifndef STRAIT_PASSES_LOOPS_TILEATTRIBUTES_H
#define STRAIT_PASSES_LOOPS_TILEATTRIBUTES_H

#include "dialects/kernel/KernelOps.h"

namespace strait {

class TileAttributes {
public:
  explicit TileAttributes(kernel::FuncOp kernel) : kernel(kernel) {}

  /// Sets every named number, or says which one the tile lacks.
  llvm::LogicalResult
  read(llvm::ArrayRef<std::pair<llvm::StringRef, int64_t *>> numbers) {
    mlir::DictionaryAttr tile = kernel.getTileAttr();
    for (auto [name, value] : numbers) {
      auto number = tile ? tile.getAs<mlir::IntegerAttr>(name) : nullptr;
      if (!number || number.getInt() < 0)
        return kernel.emitOpError("expected a number '")
               << name << "' in its tile; was strait-select-tiles run?";
      *value = number.getInt();
    }
    return mlir::success();
  }

private:
  kernel::FuncOp kernel;
};

} // namespace strait

#endif // STRAIT_PASSES_LOOPS_TILEATTRIBUTES_H
