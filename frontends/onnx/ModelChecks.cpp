// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "frontends/onnx/ModelChecks.h"

#include "frontends/onnx/NodeOrder.h"
#include "frontends/onnx/onnx-ml.pb.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/ConvertUTF.h"

using namespace mlir;

namespace strait::importer {

StringRef canonicalDomain(StringRef domain) {
  return domain == "ai.onnx" ? "" : domain;
}

static std::string key(const std::string &domain, const std::string &name,
                       const std::string &overload) {
  // A zero byte separates: "a" + "bc" and "ab" + "c" are different functions.
  std::string all = canonicalDomain(domain).str();
  all.push_back('\0');
  all += name;
  all.push_back('\0');
  return all + overload;
}

std::string functionKey(const onnx::FunctionProto &function) {
  return key(function.domain(), function.name(), function.overload());
}

std::string functionKey(const onnx::NodeProto &node) {
  return key(node.domain(), node.op_type(), node.overload());
}

static LogicalResult checkName(const std::string &name, StringRef what,
                               Location loc) {
  const auto *start = reinterpret_cast<const llvm::UTF8 *>(name.data());
  if (llvm::isLegalUTF8String(&start, start + name.size()))
    return success();
  std::string shown;
  llvm::raw_string_ostream stream(shown);
  stream.write_escaped(name);
  return emitError(loc) << what << " is not valid UTF-8: '" << shown << "'";
}

static LogicalResult checkGraph(const onnx::GraphProto &graph, Location loc);

static LogicalResult
checkNodes(const google::protobuf::RepeatedPtrField<onnx::NodeProto> &nodes,
           Location loc) {
  for (const auto &[index, node] : llvm::enumerate(nodes)) {
    if (failed(checkName(node.name(), "name of a node", loc)) ||
        failed(checkName(node.op_type(), "operator of a node", loc)) ||
        failed(checkName(node.domain(), "domain of a node", loc)))
      return failure();
    if (node.op_type().empty())
      return emitError(loc) << "node '" << nodeName(node, index)
                            << "' has no operator";
    for (const std::string &input : node.input())
      if (failed(checkName(input, "input of a node", loc)))
        return failure();
    for (const std::string &output : node.output())
      if (failed(checkName(output, "output of a node", loc)))
        return failure();
    for (const onnx::AttributeProto &attribute : node.attribute()) {
      if (failed(checkName(attribute.name(), "name of an attribute", loc)))
        return failure();
      if (attribute.has_g() && failed(checkGraph(attribute.g(), loc)))
        return failure();
      for (const onnx::GraphProto &graph : attribute.graphs())
        if (failed(checkGraph(graph, loc)))
          return failure();
    }
  }
  return success();
}

static LogicalResult checkGraph(const onnx::GraphProto &graph, Location loc) {
  for (const onnx::TensorProto &tensor : graph.initializer())
    if (failed(checkName(tensor.name(), "name of an initializer", loc)))
      return failure();
  for (const onnx::ValueInfoProto &input : graph.input())
    if (failed(checkName(input.name(), "name of an input", loc)))
      return failure();
  for (const onnx::ValueInfoProto &output : graph.output())
    if (failed(checkName(output.name(), "name of an output", loc)))
      return failure();
  return checkNodes(graph.node(), loc);
}

LogicalResult checkModel(const onnx::ModelProto &model, Location loc) {
  llvm::StringSet<> functions;
  for (const onnx::FunctionProto &function : model.functions()) {
    if (failed(checkName(function.name(), "name of a function", loc)) ||
        failed(checkNodes(function.node(), loc)))
      return failure();
    if (!functions.insert(functionKey(function)).second)
      return emitError(loc) << "function '" << function.name()
                            << "' is defined twice";
  }
  return checkGraph(model.graph(), loc);
}

} // namespace strait::importer
