// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads an ONNX file into its protobuf form. Every way in which the bytes can
// be unusable ends in one diagnostic and a null result.
#ifndef STRAIT_FRONTENDS_ONNX_MODELFILE_H
#define STRAIT_FRONTENDS_ONNX_MODELFILE_H

#include "mlir/IR/Location.h"
#include "llvm/ADT/StringRef.h"
#include <memory>

namespace onnx {
class ModelProto;
} // namespace onnx

namespace strait::importer {

/// Parses the file at `path` (at most 2 GB, protobuf's own limit; larger
/// models keep their weights in external data).
std::unique_ptr<onnx::ModelProto> readModelFile(llvm::StringRef path,
                                                mlir::Location loc);

/// Parses a model that lies in memory.
std::unique_ptr<onnx::ModelProto> parseModel(llvm::StringRef bytes,
                                             mlir::Location loc);

} // namespace strait::importer

#endif // STRAIT_FRONTENDS_ONNX_MODELFILE_H
