// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "frontends/onnx/Attributes.h"

#include "frontends/onnx/onnx-ml.pb.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using onnx::AttributeProto;

namespace strait::importer {

/// Files of the first IR versions leave `type` out; what is filled in tells.
static int typeOf(const AttributeProto &attribute) {
  if (attribute.type() != AttributeProto::UNDEFINED)
    return attribute.type();
  if (attribute.has_f())
    return AttributeProto::FLOAT;
  if (attribute.has_i())
    return AttributeProto::INT;
  if (attribute.has_s())
    return AttributeProto::STRING;
  if (attribute.has_t())
    return AttributeProto::TENSOR;
  if (attribute.has_g())
    return AttributeProto::GRAPH;
  if (attribute.floats_size())
    return AttributeProto::FLOATS;
  if (attribute.ints_size())
    return AttributeProto::INTS;
  if (attribute.strings_size())
    return AttributeProto::STRINGS;
  return AttributeProto::UNDEFINED;
}

static StringRef typeName(int type) {
  return AttributeProto::AttributeType_Name(
      AttributeProto::AttributeType(type));
}

AttributeReader::AttributeReader(const onnx::NodeProto &node,
                                 const AttributeScope *scope, Location loc)
    : opType(node.op_type()), loc(loc) {
  for (const AttributeProto &attribute : node.attribute()) {
    const AttributeProto *resolved = &attribute;
    if (!attribute.ref_attr_name().empty()) {
      if (!scope) {
        emitError(attribute.name())
            << "refers to '" << attribute.ref_attr_name()
            << "', but is not in a function body";
        continue;
      }
      // A reference to an attribute that the caller left out is as if it
      // were left out here.
      resolved = scope->lookup(attribute.ref_attr_name());
      if (!resolved)
        continue;
    }
    if (!attributes.try_emplace(attribute.name(), resolved).second)
      emitError(attribute.name()) << "is given twice";
  }
}

InFlightDiagnostic AttributeReader::emitError(StringRef name) {
  anyFailed = true;
  return mlir::emitError(loc)
         << "attribute '" << name << "' of " << opType << " ";
}

const AttributeProto *AttributeReader::find(StringRef name) {
  auto found = attributes.find(name);
  if (found == attributes.end())
    return nullptr;
  wasRead[name] = true;
  return found->second;
}

const AttributeProto *AttributeReader::find(StringRef name, int expectedType) {
  const AttributeProto *attribute = find(name);
  if (!attribute)
    return nullptr;
  int type = typeOf(*attribute);
  // An empty list of an untyped attribute is a list of anything.
  if (type == expectedType || type == AttributeProto::UNDEFINED)
    return attribute;
  emitError(name) << "has the wrong type: expected " << typeName(expectedType)
                  << ", found " << typeName(type);
  return nullptr;
}

void AttributeReader::reportMissing(StringRef name) {
  // A wrong type was reported already.
  if (!attributes.contains(name))
    emitError(name) << "is missing";
}

int64_t AttributeReader::getInt(StringRef name, int64_t otherwise) {
  const AttributeProto *attribute = find(name, AttributeProto::INT);
  return attribute ? attribute->i() : otherwise;
}

bool AttributeReader::getBool(StringRef name, bool otherwise) {
  int64_t value = getInt(name, otherwise);
  if (value != 0 && value != 1)
    emitError(name) << "is out of range: expected 0 or 1, found " << value;
  return value != 0;
}

double AttributeReader::getFloat(StringRef name, double otherwise) {
  const AttributeProto *attribute = find(name, AttributeProto::FLOAT);
  return attribute ? attribute->f() : otherwise;
}

std::string AttributeReader::getString(StringRef name, StringRef otherwise) {
  const AttributeProto *attribute = find(name, AttributeProto::STRING);
  return attribute ? attribute->s() : otherwise.str();
}

std::string AttributeReader::getWord(StringRef name, StringRef otherwise,
                                     ArrayRef<StringRef> allowed) {
  std::string value = getString(name, otherwise);
  if (llvm::is_contained(allowed, StringRef(value)))
    return value;
  InFlightDiagnostic error = emitError(name);
  error << "is out of range: expected ";
  llvm::interleaveComma(allowed, error);
  error << ", found '" << value << "'";
  return otherwise.str();
}

SmallVector<int64_t> AttributeReader::getInts(StringRef name) {
  const AttributeProto *attribute = find(name, AttributeProto::INTS);
  if (!attribute)
    return {};
  return SmallVector<int64_t>(attribute->ints().begin(),
                              attribute->ints().end());
}

SmallVector<double> AttributeReader::getFloats(StringRef name) {
  const AttributeProto *attribute = find(name, AttributeProto::FLOATS);
  if (!attribute)
    return {};
  return SmallVector<double>(attribute->floats().begin(),
                             attribute->floats().end());
}

SmallVector<std::string> AttributeReader::getStrings(StringRef name) {
  const AttributeProto *attribute = find(name, AttributeProto::STRINGS);
  if (!attribute)
    return {};
  return SmallVector<std::string>(attribute->strings().begin(),
                                  attribute->strings().end());
}

const onnx::TensorProto *AttributeReader::getTensor(StringRef name) {
  const AttributeProto *attribute = find(name, AttributeProto::TENSOR);
  return attribute ? &attribute->t() : nullptr;
}

const onnx::GraphProto *AttributeReader::getGraph(StringRef name) {
  const AttributeProto *attribute = find(name, AttributeProto::GRAPH);
  return attribute ? &attribute->g() : nullptr;
}

int64_t AttributeReader::requireInt(StringRef name) {
  const AttributeProto *attribute = find(name, AttributeProto::INT);
  if (attribute)
    return attribute->i();
  reportMissing(name);
  return 0;
}

SmallVector<int64_t> AttributeReader::requireInts(StringRef name) {
  if (!attributes.contains(name))
    reportMissing(name);
  return getInts(name);
}

const onnx::GraphProto *AttributeReader::requireGraph(StringRef name) {
  if (const onnx::GraphProto *graph = getGraph(name))
    return graph;
  reportMissing(name);
  return nullptr;
}

LogicalResult AttributeReader::checkAllRead() {
  bool allRead = true;
  for (StringRef name : attributes.keys()) {
    // Left over from opset 1, where it described in-place execution.
    if (wasRead.contains(name) || name == "consumed_inputs")
      continue;
    emitError(name) << "is not one that this operator has in the model's "
                       "opset version";
    allRead = false;
  }
  return success(allRead);
}

} // namespace strait::importer
