// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Operators that the ONNX standard defines as functions of other operators.
#ifndef STRAIT_FRONTENDS_ONNX_SCHEMAFUNCTIONS_H
#define STRAIT_FRONTENDS_ONNX_SCHEMAFUNCTIONS_H

#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace onnx {
class FunctionProto;
} // namespace onnx

namespace strait::importer {

/// The body of an operator of the default domain as of an opset version; null
/// when it is no function.
const onnx::FunctionProto *findSchemaFunction(llvm::StringRef name,
                                              int64_t version);

/// The names of all such operators, sorted.
std::vector<std::string> schemaFunctionNames();

} // namespace strait::importer

#endif // STRAIT_FRONTENDS_ONNX_SCHEMAFUNCTIONS_H
