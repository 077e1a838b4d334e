// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Checks of a whole model that need no knowledge of operators.
#ifndef STRAIT_FRONTENDS_ONNX_MODELCHECKS_H
#define STRAIT_FRONTENDS_ONNX_MODELCHECKS_H

#include "mlir/IR/Diagnostics.h"
#include <string>

namespace onnx {
class FunctionProto;
class ModelProto;
class NodeProto;
} // namespace onnx

namespace strait::importer {

/// Every name is valid UTF-8 (it ends up in locations, reports and metadata),
/// every node has an operator, no two local functions have one name.
mlir::LogicalResult checkModel(const onnx::ModelProto &model,
                               mlir::Location loc);

/// "ai.onnx" is another spelling of the default domain, which is "".
llvm::StringRef canonicalDomain(llvm::StringRef domain);

/// Domain, name and overload as one string, for definitions and for calls.
std::string functionKey(const onnx::FunctionProto &function);
std::string functionKey(const onnx::NodeProto &node);

} // namespace strait::importer

#endif // STRAIT_FRONTENDS_ONNX_MODELCHECKS_H
