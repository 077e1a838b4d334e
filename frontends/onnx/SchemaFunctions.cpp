// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The bodies come from the onnx wheel: dump_schema_functions.py writes them as
// one ModelProto, which is compiled in as an array of bytes.

#include "frontends/onnx/SchemaFunctions.h"

#include "frontends/onnx/onnx-ml.pb.h"

#include "llvm/Support/ErrorHandling.h"
#include <set>

using namespace mlir;

namespace strait::importer {

static const unsigned char kFunctions[] = {
#include "frontends/onnx/SchemaFunctions.inc"
};

static const onnx::ModelProto &functions() {
  static const onnx::ModelProto *model = [] {
    auto *parsed = new onnx::ModelProto;
    if (!parsed->ParseFromArray(kFunctions, sizeof(kFunctions)))
      llvm::report_fatal_error("the built-in function bodies are unreadable");
    return parsed;
  }();
  return *model;
}

const onnx::FunctionProto *findSchemaFunction(StringRef name,
                                              int64_t version) {
  // `overload` is "<since>.<opset of the body>". The operator's newest
  // definition up to `version` counts; of its bodies the newest that does not
  // lie beyond `version`, or else the oldest (a body brings its own opset).
  const onnx::FunctionProto *best = nullptr;
  std::pair<int, int> bestVersion;
  for (const onnx::FunctionProto &function : functions().functions()) {
    if (name != function.name())
      continue;
    auto [sinceText, bodyText] = StringRef(function.overload()).split('.');
    int since = 0, body = 0;
    if (sinceText.getAsInteger(10, since) || bodyText.getAsInteger(10, body))
      llvm::report_fatal_error("a built-in function body has no version");
    if (since > version)
      continue;
    bool better = !best || since > bestVersion.first ||
                  (since == bestVersion.first &&
                   (body <= version || body < bestVersion.second));
    if (better) {
      best = &function;
      bestVersion = {since, body};
    }
  }
  return best;
}

std::vector<std::string> schemaFunctionNames() {
  std::set<std::string> names;
  for (const onnx::FunctionProto &function : functions().functions())
    names.insert(function.name());
  return {names.begin(), names.end()};
}

} // namespace strait::importer
