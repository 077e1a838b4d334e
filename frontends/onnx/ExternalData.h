// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tensor data that lies in files beside the model.
#ifndef STRAIT_FRONTENDS_ONNX_EXTERNALDATA_H
#define STRAIT_FRONTENDS_ONNX_EXTERNALDATA_H

#include "mlir/IR/AsmState.h"
#include "mlir/IR/Diagnostics.h"
#include <string>

namespace onnx {
class TensorProto;
} // namespace onnx

namespace strait::importer {

/// Reads external data under ONNX's rules: the location is relative to the
/// model's folder and stays in it, no component of it is a symbolic link, and
/// the range lies within a regular file.
class ExternalData {
public:
  /// An empty folder (models in memory) refuses all external data.
  explicit ExternalData(llvm::StringRef folder) : folder(folder) {}

  /// Reads the data of `tensor`, which must have `expectedBytes` bytes.
  mlir::FailureOr<mlir::AsmResourceBlob> read(const onnx::TensorProto &tensor,
                                              uint64_t expectedBytes,
                                              mlir::Location loc) const;

private:
  std::string folder;
};

} // namespace strait::importer

#endif // STRAIT_FRONTENDS_ONNX_EXTERNALDATA_H
