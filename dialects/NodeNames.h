// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ONNX nodes that a location stands for.
#ifndef STRAIT_DIALECTS_NODENAMES_H
#define STRAIT_DIALECTS_NODENAMES_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace strait {

/// Names of ONNX nodes in `loc`, in order, each once.
inline llvm::SmallVector<std::string> nodeNames(mlir::Location loc) {
  llvm::SmallVector<std::string> names;
  loc->walk([&](mlir::Location inner) {
    auto name = llvm::dyn_cast<mlir::NameLoc>(inner);
    if (!name)
      return mlir::WalkResult::advance();
    if (!llvm::is_contained(names, name.getName().str()))
      names.push_back(name.getName().str());
    // What a name encloses says where it came from, not what it is.
    return mlir::WalkResult::skip();
  });
  return names;
}

} // namespace strait

#endif // STRAIT_DIALECTS_NODENAMES_H
