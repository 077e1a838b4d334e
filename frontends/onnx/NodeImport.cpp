// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One node at a time: names to values, the choice between a row of the table
// and a function body, calls inlined, constants shared.

#include "frontends/onnx/ModelChecks.h"
#include "frontends/onnx/ModelImporter.h"
#include "frontends/onnx/OpTable.h"
#include "frontends/onnx/SchemaFunctions.h"
#include "frontends/onnx/onnx-ml.pb.h"

#include "llvm/ADT/ScopeExit.h"

using namespace mlir;

namespace strait::importer {

/// Functions that call functions multiply; a file of some kilobytes must not
/// become a graph without end.
constexpr int64_t kMaxNodes = 1 << 18;
constexpr int kMaxDepth = 64;

std::optional<Value> ModelImporter::lookup(StringRef name, Scope &scope) {
  for (Scope *at = &scope; at; at = at->outer) {
    auto value = at->values.find(name);
    if (value != at->values.end())
      return value->second;
    auto tensor = at->tensors.find(name);
    if (tensor == at->tensors.end())
      continue;
    Location loc = NameLoc::get(StringAttr::get(context, name));
    Value constant = importTensor(*tensor->second, loc);
    if (!constant)
      return std::nullopt;
    at->values[name] = constant;
    return constant;
  }
  return std::nullopt;
}

LogicalResult ModelImporter::define(StringRef name, Value value, Scope &scope,
                                    Location loc) {
  if (scope.tensors.contains(name) ||
      !scope.values.try_emplace(name, value).second)
    return emitError(loc) << "value '" << name << "' is defined twice";
  return success();
}

Value ModelImporter::importTensor(const onnx::TensorProto &tensor,
                                  Location loc) {
  ElementsAttr value = tensors.importTensor(tensor, loc);
  if (!value) {
    anyFailed = true;
    return {};
  }
  return weight(value, loc);
}

Value ModelImporter::weight(ElementsAttr value, Location loc) {
  Value &known = weights[value];
  if (known)
    return known;
  // Constants stand at the top, where every region can see them.
  Block &entry = func.getBody().front();
  OpBuilder builder(context);
  if (lastWeight)
    builder.setInsertionPointAfter(lastWeight);
  else
    builder.setInsertionPointToStart(&entry);
  lastWeight = graph::WeightOp::create(builder, loc, value.getShapedType(),
                                       value);
  inferTypes(lastWeight);
  known = lastWeight->getResult(0);
  return known;
}

Operation *ModelImporter::inferTypes(Operation *op) {
  auto giveUp = [&] {
    // Later code may rely on ranked results.
    anyFailed = true;
    for (OpResult result : op->getResults())
      if (auto type = dyn_cast<UnrankedTensorType>(result.getType()))
        result.setType(RankedTensorType::get({}, type.getElementType()));
    return op;
  };
  // After a first error the rest of the node's ops are built on guesses.
  if (anyFailed)
    return giveUp();
  if (mlir::failed(op->getName().verifyInvariants(op)) ||
      mlir::failed(shapes->visit(op)))
    return giveUp();
  shapes->refineTypes(op);
  for (Type type : op->getResultTypes()) {
    auto ranked = dyn_cast<RankedTensorType>(type);
    if (!ranked) {
      op->emitError() << "result has a rank that is not known at compile time";
      return giveUp();
    }
    if (!TensorImporter::tensorType(ranked.getShape(),
                                    ranked.getElementType(), op->getLoc()))
      return giveUp();
  }
  return op;
}

std::optional<SmallVector<int64_t>> ModelImporter::knownInts(Value value) {
  const graph::SymbolicTensor *shape = shapes->lookup(value);
  if (shape && shape->elements)
    return graph::constantValues(*shape->elements);
  // The analysis follows short lists only.
  DenseIntElementsAttr attr;
  if (!matchPattern(value, m_Constant(&attr)))
    return std::nullopt;
  SmallVector<int64_t> numbers;
  for (const llvm::APInt &number : attr.getValues<llvm::APInt>())
    numbers.push_back(number.getSExtValue());
  return numbers;
}

bool ModelImporter::isKnownDim(Value list, int64_t index, Value value,
                               int64_t axis) {
  const graph::SymbolicTensor *entries = shapes->lookup(list);
  const graph::SymbolicTensor *dims = shapes->lookup(value);
  return entries && dims && entries->elements &&
         (*entries->elements)[index] == dims->dims[axis];
}

void ModelImporter::discard(Operation *op) {
  op->remove();
  discarded.push_back(op);
}

const onnx::FunctionProto *
ModelImporter::findModelFunction(const onnx::NodeProto &node) {
  return functions.lookup(functionKey(node));
}

LogicalResult ModelImporter::importNodes(
    const google::protobuf::RepeatedPtrField<onnx::NodeProto> &nodes,
    Scope &scope, OpBuilder &builder, Location loc) {
  FailureOr<SmallVector<OrderedNode, 0>> order = orderNodes(nodes, loc);
  if (mlir::failed(order))
    return failure();
  for (const OrderedNode &node : *order)
    if (mlir::failed(importNode(node, scope, builder)))
      return failure();
  return success();
}

/// The values of a node's inputs, null where absent. Gives whether one of them
/// is missing because its own node could not be imported.
FailureOr<bool> ModelImporter::findInputs(const onnx::NodeProto &node,
                                          Scope &scope, Location loc,
                                          SmallVectorImpl<Value> &inputs) {
  bool poisoned = false;
  for (const std::string &input : node.input()) {
    if (input.empty() || scope.absent.contains(input)) {
      inputs.push_back({});
      continue;
    }
    std::optional<Value> value = lookup(input, scope);
    if (!value) {
      if (!anyFailed)
        emitError(loc) << "input '" << input << "' of " << node.op_type()
                       << " is not defined by any node, initializer or input "
                          "of the model";
      return failure();
    }
    poisoned |= !*value;
    inputs.push_back(*value);
  }
  while (!inputs.empty() && !inputs.back())
    inputs.pop_back();
  return poisoned;
}

/// Runs the importer of a node's row, whose inputs are all there. Gives whether
/// it found something that is not supported, which it has listed.
FailureOr<bool> ModelImporter::importByRow(const OpRow &row,
                                           NodeContext &context,
                                           ArrayRef<Value> inputs) {
  StringRef type = context.node.op_type();
  if (row.maxInputs >= 0 && int(inputs.size()) > row.maxInputs) {
    emitError(context.loc) << type << " has " << inputs.size()
                           << " inputs, expected at most " << row.maxInputs;
    return failure();
  }
  for (int i = 0; i < row.minInputs; ++i)
    if (i >= int(inputs.size()) || !inputs[i]) {
      emitError(context.loc) << "input " << i << " of " << type
                             << " is missing";
      return failure();
    }
  context.inputs = llvm::to_vector(inputs);
  size_t unsupportedBefore = unsupported.size();
  if (context.failed())
    return failure();
  LogicalResult imported = row.import(context);
  bool poisoned = unsupported.size() != unsupportedBefore;
  if (context.failed() || anyFailed || (mlir::failed(imported) && !poisoned) ||
      (!poisoned && mlir::failed(context.attributes.checkAllRead())))
    return failure();
  return poisoned;
}

LogicalResult ModelImporter::importNode(const OrderedNode &ordered,
                                        Scope &scope, OpBuilder &builder) {
  const onnx::NodeProto &node = *ordered.node;
  std::string name = scope.frame.prefix + ordered.name;
  Location loc = NameLoc::get(builder.getStringAttr(name));
  if (++nodesImported > kMaxNodes)
    return emitError(loc) << "model has too many nodes: expected at most "
                          << kMaxNodes << " after inlining functions";
  if (node.output_size() == 0)
    return emitError(loc) << "node has no outputs";

  SmallVector<Value> inputs;
  FailureOr<bool> poisoned = findInputs(node, scope, loc, inputs);
  if (mlir::failed(poisoned))
    return failure();
  if (const onnx::FunctionProto *function = findModelFunction(node))
    return inlineFunction(*function, node, name, scope, inputs, builder, loc);

  StringRef domain = canonicalDomain(node.domain());
  int64_t version = scope.frame.opsets.lookup(domain);
  const OpRow *row = findRow(domain, node.op_type(), version);
  if (!row) {
    const onnx::FunctionProto *function =
        domain.empty() ? findSchemaFunction(node.op_type(), version) : nullptr;
    if (function)
      return inlineFunction(*function, node, name, scope, inputs, builder,
                            loc);
    addUnsupported(node, loc, version,
                   version ? missingRowReason(domain, node.op_type())
                           : "the model imports no opset of its domain");
    poisoned = true;
  }

  NodeContext context(*this, scope, node, builder, loc, version);
  context.outputs.resize(node.output_size());
  if (!*poisoned) {
    poisoned = importByRow(*row, context, inputs);
    if (mlir::failed(poisoned))
      return failure();
  }
  for (auto [i, output] : llvm::enumerate(node.output())) {
    if (output.empty())
      continue;
    Value value = *poisoned ? Value() : context.outputs[i];
    if (!value && !*poisoned)
      addUnsupported(node, loc, version,
                     "output " + Twine(i) + " ('" + output +
                         "') is not computed");
    if (mlir::failed(define(output, value, scope, loc)))
      return failure();
  }
  return success();
}

LogicalResult ModelImporter::inlineFunction(
    const onnx::FunctionProto &function, const onnx::NodeProto &node,
    const std::string &name, Scope &scope, ArrayRef<Value> inputs,
    OpBuilder &builder, Location loc) {
  for (const Frame *at = &scope.frame; at; at = at->caller)
    if (at->function == &function)
      return emitError(loc) << "function '" << function.name()
                            << "' calls itself";
  if (scope.depth >= kMaxDepth)
    return emitError(loc) << "functions and subgraphs are nested too deeply: "
                             "expected at most "
                          << kMaxDepth << " levels";
  if (int(inputs.size()) > function.input_size())
    return emitError(loc) << "call of '" << function.name() << "' has "
                          << inputs.size() << " inputs, expected at most "
                          << function.input_size();
  if (node.output_size() > function.output_size())
    return emitError(loc) << "call of '" << function.name() << "' has "
                          << node.output_size()
                          << " outputs, expected at most "
                          << function.output_size();

  AttributeReader given(node, scope.frame.attributes, loc);
  if (given.failed())
    return failure();
  AttributeScope attributes;
  for (const onnx::AttributeProto &standard : function.attribute_proto())
    attributes[standard.name()] = &standard;
  for (const auto &entry : given.all())
    attributes[entry.first()] = entry.second;

  Frame frame;
  frame.attributes = &attributes;
  frame.prefix = name + "/";
  frame.caller = &scope.frame;
  frame.function = &function;
  for (const auto &opset : function.opset_import())
    frame.opsets[canonicalDomain(opset.domain())] = opset.version();
  if (frame.opsets.empty())
    frame.opsets = scope.frame.opsets;

  Scope body(frame);
  body.depth = scope.depth + 1;
  for (const auto &[index, input] : llvm::enumerate(function.input())) {
    if (index >= inputs.size() || !inputs[index]) {
      // An input that depends on an unsupported node counts as given.
      bool isGiven = int(index) < node.input_size() &&
                     !node.input(index).empty() &&
                     !scope.absent.contains(node.input(index));
      if (!isGiven) {
        body.absent.insert(input);
        continue;
      }
    }
    Value value = index < inputs.size() ? inputs[index] : Value();
    if (mlir::failed(define(input, value, body, loc)))
      return failure();
  }
  if (mlir::failed(importNodes(function.node(), body, builder, loc)))
    return failure();
  for (const auto &[index, output] : llvm::enumerate(node.output())) {
    if (output.empty())
      continue;
    const std::string &inside = function.output(index);
    std::optional<Value> value = lookup(inside, body);
    if (!value)
      return emitError(loc) << "output '" << inside << "' of function '"
                            << function.name() << "' is not defined";
    if (mlir::failed(define(output, *value, scope, loc)))
      return failure();
  }
  return success();
}

FailureOr<std::optional<SmallVector<Value>>>
ModelImporter::importSubgraph(const onnx::GraphProto &graph,
                              ValueRange arguments, Scope &outer,
                              OpBuilder &builder, Location loc) {
  if (outer.depth >= kMaxDepth)
    return emitError(loc) << "functions and subgraphs are nested too deeply: "
                             "expected at most "
                          << kMaxDepth << " levels";
  Scope scope(outer.frame);
  scope.outer = &outer;
  scope.depth = outer.depth + 1;
  if (graph.input_size() != int(arguments.size()))
    return emitError(loc) << "subgraph '" << graph.name() << "' has "
                          << graph.input_size() << " inputs, expected "
                          << arguments.size();
  if (mlir::failed(addDeclarations(graph, scope, loc)))
    return failure();
  for (auto [input, value] : llvm::zip(graph.input(), arguments))
    if (mlir::failed(define(input.name(), value, scope, loc)))
      return failure();
  if (mlir::failed(importNodes(graph.node(), scope, builder, loc)))
    return failure();
  SmallVector<Value> results;
  bool poisoned = false;
  for (const onnx::ValueInfoProto &output : graph.output()) {
    std::optional<Value> value = lookup(output.name(), scope);
    if (!value)
      return anyFailed ? failure()
                       : emitError(loc) << "output '" << output.name()
                                        << "' of subgraph '" << graph.name()
                                        << "' is not defined";
    poisoned |= !*value;
    results.push_back(*value);
  }
  if (poisoned)
    return std::optional<SmallVector<Value>>();
  return std::optional<SmallVector<Value>>(std::move(results));
}

} // namespace strait::importer
