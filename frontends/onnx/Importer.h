// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ONNX frontend: a model file becomes a module of the graph dialect.
#ifndef STRAIT_FRONTENDS_ONNX_IMPORTER_H
#define STRAIT_FRONTENDS_ONNX_IMPORTER_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include <string>

namespace strait {

struct ImportOptions {
  /// Shapes to fix, by input name. A negative entry leaves the dimension as
  /// the model has it. Dimensions that share a name with a fixed one are fixed
  /// with it.
  llvm::StringMap<llvm::SmallVector<int64_t>> shapes;
  /// Symbol name of the function that the graph becomes.
  std::string entryName = "main";
};

/// Imports the model at `path` as one function. Arguments and results carry
/// their ONNX name as `strait.name`, arguments also their dimensions' names as
/// `strait.dim_names`; every op's location is the name of its ONNX node. Null
/// after diagnostics, which go to the context's handlers.
mlir::OwningOpRef<mlir::ModuleOp> importOnnx(llvm::StringRef path,
                                             mlir::MLIRContext &context,
                                             const ImportOptions &options);

/// Imports a model that lies in memory; it must not use external data.
mlir::OwningOpRef<mlir::ModuleOp>
importOnnxBytes(llvm::StringRef bytes, mlir::MLIRContext &context,
                const ImportOptions &options);

/// Prints one line per ONNX operator and version range that can be imported.
void listSupportedOps(llvm::raw_ostream &out);

} // namespace strait

#endif // STRAIT_FRONTENDS_ONNX_IMPORTER_H
