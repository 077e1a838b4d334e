// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The types of a model's inputs and outputs as the file declares them.
#ifndef STRAIT_FRONTENDS_ONNX_INPUTTYPES_H
#define STRAIT_FRONTENDS_ONNX_INPUTTYPES_H

#include "frontends/onnx/Importer.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Diagnostics.h"

namespace onnx {
class GraphProto;
class ValueInfoProto;
} // namespace onnx

namespace strait::importer {

/// One entry per argument of the function that a graph becomes.
struct InputTypes {
  llvm::SmallVector<std::string> names;
  llvm::SmallVector<mlir::Type> types;
  llvm::SmallVector<mlir::DictionaryAttr> attributes;
};

/// Reads the inputs of the main graph and applies fixed shapes to them. An
/// input that is also an initializer is a constant, not an argument.
mlir::FailureOr<InputTypes> readInputTypes(const onnx::GraphProto &graph,
                                           const ImportOptions &options,
                                           mlir::Location loc);

/// Checks what a graph says about its output against what it is.
mlir::LogicalResult checkOutputType(const onnx::ValueInfoProto &output,
                                    mlir::Value value, mlir::Location loc);

} // namespace strait::importer

#endif // STRAIT_FRONTENDS_ONNX_INPUTTYPES_H
