// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The frame of an import: opsets, inputs, initializers, outputs, and the one
// report about everything that is not supported.

#include "frontends/onnx/ModelImporter.h"

#include "frontends/onnx/ElementTypes.h"
#include "frontends/onnx/InputTypes.h"
#include "frontends/onnx/ModelChecks.h"
#include "frontends/onnx/ModelFile.h"
#include "frontends/onnx/OpTable.h"
#include "frontends/onnx/onnx-ml.pb.h"

#include "mlir/IR/Verifier.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace strait::importer {

ModelImporter::ModelImporter(onnx::ModelProto &model, StringRef folder,
                             Location loc, const ImportOptions &options)
    : model(model), modelLoc(loc), context(loc->getContext()),
      options(options), tensors(context, folder) {
  for (const onnx::FunctionProto &function : model.functions())
    functions[functionKey(function)] = &function;
}

LogicalResult ModelImporter::readOpsets(Frame &frame) {
  for (const auto &opset : model.opset_import()) {
    StringRef domain = canonicalDomain(opset.domain());
    if (opset.version() < 1)
      return emitError(modelLoc)
             << "opset of domain '" << domain << "' has a bad version: "
             << "expected 1 or more, found " << opset.version();
    if (domain.empty() && opset.version() > kLatestOpset)
      return emitError(modelLoc)
             << "model needs opset " << opset.version() << ", expected at most "
             << kLatestOpset;
    frame.opsets[domain] = opset.version();
  }
  // Models of the first IR versions name no opset and mean the first one.
  if (model.opset_import().empty() && model.ir_version() < 3)
    frame.opsets[""] = 1;
  if (frame.opsets.empty())
    return emitError(modelLoc) << "model names no opset";
  return success();
}

LogicalResult ModelImporter::addDeclarations(const onnx::GraphProto &graph,
                                             Scope &scope, Location loc) {
  if (graph.sparse_initializer_size())
    return emitError(loc) << "sparse initializer '"
                          << graph.sparse_initializer(0).values().name()
                          << "' is not supported: expected a dense one";
  for (const auto *values : {&graph.value_info(), &graph.output()})
    for (const onnx::ValueInfoProto &value : *values)
      if (value.type().has_tensor_type() &&
          value.type().tensor_type().has_shape())
        scope.ranks[value.name()] =
            value.type().tensor_type().shape().dim_size();
  for (const onnx::TensorProto &tensor : graph.initializer()) {
    if (tensor.name().empty())
      return emitError(loc) << "an initializer has no name";
    if (!scope.tensors.try_emplace(tensor.name(), &tensor).second)
      return emitError(loc) << "two initializers have one name: '"
                            << tensor.name() << "'";
  }
  return success();
}

LogicalResult ModelImporter::importMain(func::FuncOp func, Scope &scope,
                                        OpBuilder &builder) {
  if (mlir::failed(importNodes(model.graph().node(), scope, builder, modelLoc)))
    return failure();
  SmallVector<Value> results;
  SmallVector<Type> resultTypes;
  SmallVector<DictionaryAttr> resultAttrs;
  llvm::StringSet<> names;
  for (const onnx::ValueInfoProto &output : model.graph().output()) {
    std::optional<Value> value = lookup(output.name(), scope);
    if (!value)
      return anyFailed ? failure()
                       : emitError(modelLoc)
                             << "output '" << output.name()
                             << "' is not defined by any node";
    if (!names.insert(output.name()).second)
      return emitError(modelLoc)
             << "two outputs have one name: '" << output.name() << "'";
    // Depends on a node that is on the list of unsupported ones.
    if (!*value)
      continue;
    if (mlir::failed(checkOutputType(output, *value, modelLoc)))
      return failure();
    results.push_back(*value);
    resultTypes.push_back(value->getType());
    resultAttrs.push_back(builder.getDictionaryAttr(builder.getNamedAttr(
        "strait.name", builder.getStringAttr(output.name()))));
  }
  // The caller reports these; there is nothing to return.
  if (!unsupported.empty())
    return success();
  if (results.empty())
    return emitError(modelLoc) << "model has no outputs";
  func::ReturnOp::create(builder, modelLoc, results);
  func.setType(builder.getFunctionType(func.getArgumentTypes(), resultTypes));
  func.setAllResultAttrs(resultAttrs);
  return success();
}

void ModelImporter::addUnsupported(const onnx::NodeProto &node, Location loc,
                                   int64_t version, const Twine &what) {
  std::string name = node.name();
  if (auto named = dyn_cast<NameLoc>(loc))
    name = named.getName().str();
  unsupported.push_back(
      {name, node.op_type(), node.domain(), what.str(), version});
}

void ModelImporter::reportUnsupported() {
  InFlightDiagnostic error = emitError(modelLoc);
  error << unsupported.size()
        << (unsupported.size() == 1 ? " node is" : " nodes are")
        << " not supported:";
  for (const UnsupportedNode &node : unsupported) {
    error << "\n  '" << node.name << "': " << node.op;
    if (!canonicalDomain(node.domain).empty())
      error << " of domain " << node.domain;
    if (node.version)
      error << " (opset " << node.version << ")";
    error << ": " << node.what;
  }
}

OwningOpRef<ModuleOp> ModelImporter::run() {
  context->loadDialect<graph::GraphDialect, func::FuncDialect>();
  if (mlir::failed(checkModel(model, modelLoc)))
    return {};
  Frame frame;
  Scope scope(frame);
  if (mlir::failed(readOpsets(frame)) ||
      mlir::failed(addDeclarations(model.graph(), scope, modelLoc)))
    return {};
  FailureOr<InputTypes> inputs =
      readInputTypes(model.graph(), options, modelLoc);
  if (mlir::failed(inputs))
    return {};

  OpBuilder builder(context);
  OwningOpRef<ModuleOp> module = ModuleOp::create(modelLoc);
  // Before the module goes: discarded ops read its values. Inner ones first.
  auto destroyDiscarded = llvm::scope_exit([&] {
    shapes.reset();
    for (Operation *op : discarded)
      op->destroy();
  });
  builder.setInsertionPointToEnd(module->getBody());
  func = func::FuncOp::create(builder, modelLoc, options.entryName,
                              builder.getFunctionType(inputs->types, {}));
  func.setAllArgAttrs(inputs->attributes);
  Block *body = builder.createBlock(&func.getBody());
  for (auto [type, name] : llvm::zip(inputs->types, inputs->names)) {
    Location loc = NameLoc::get(builder.getStringAttr(name));
    if (mlir::failed(define(name, body->addArgument(type, loc), scope, loc)))
      return {};
  }
  shapes = std::make_unique<graph::SymbolicShapeAnalysis>(func);

  LogicalResult imported = importMain(func, scope, builder);
  if (mlir::failed(imported) || anyFailed)
    return {};
  if (!unsupported.empty()) {
    reportUnsupported();
    return {};
  }
  if (mlir::failed(verify(*module)))
    return {};
  return module;
}

} // namespace strait::importer

namespace strait {

OwningOpRef<ModuleOp> importOnnx(StringRef path, MLIRContext &context,
                                 const ImportOptions &options) {
  Location loc = NameLoc::get(StringAttr::get(&context, path));
  std::unique_ptr<onnx::ModelProto> model = importer::readModelFile(path, loc);
  if (!model)
    return {};
  StringRef folder = llvm::sys::path::parent_path(path);
  importer::ModelImporter importer(*model, folder.empty() ? "." : folder, loc,
                                   options);
  return importer.run();
}

OwningOpRef<ModuleOp> importOnnxBytes(StringRef bytes, MLIRContext &context,
                                      const ImportOptions &options) {
  Location loc = NameLoc::get(StringAttr::get(&context, "model"));
  std::unique_ptr<onnx::ModelProto> model = importer::parseModel(bytes, loc);
  if (!model)
    return {};
  importer::ModelImporter importer(*model, "", loc, options);
  return importer.run();
}

} // namespace strait
