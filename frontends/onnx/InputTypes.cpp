// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "frontends/onnx/InputTypes.h"

#include "frontends/onnx/ElementTypes.h"
#include "frontends/onnx/Tensors.h"
#include "frontends/onnx/onnx-ml.pb.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace strait::importer {

namespace {
struct Input {
  std::string name;
  Location loc;
  Type element;
  SmallVector<int64_t> shape;
  /// Empty for static and for anonymous dimensions.
  SmallVector<std::string> dimNames;
};
} // namespace

static FailureOr<Input> readInput(const onnx::ValueInfoProto &info,
                                  const ImportOptions &options,
                                  MLIRContext *context) {
  Location loc = NameLoc::get(StringAttr::get(context, info.name()));
  Input input{info.name(), loc, {}, {}, {}};
  if (info.name().empty())
    return emitError(loc) << "an input of the model has no name";
  if (!info.type().has_tensor_type())
    return emitError(loc) << "input has a type that is not supported: "
                             "expected a tensor";
  const auto &tensor = info.type().tensor_type();
  input.element = elementType(tensor.elem_type(), context);
  if (!input.element || isa<ComplexType>(input.element))
    return emitError(loc) << "input has an element type that is not supported: "
                          << dataTypeName(tensor.elem_type());
  auto fixed = options.shapes.find(info.name());
  bool hasFixed = fixed != options.shapes.end();
  if (!tensor.has_shape()) {
    if (!hasFixed)
      return emitError(loc) << "input has no shape in the model: give it one "
                               "with --shape";
    input.shape.assign(fixed->second.size(), ShapedType::kDynamic);
  }
  for (const auto &dim : tensor.shape().dim()) {
    // Zero and below mean dynamic, as some exporters write it.
    bool isStatic = dim.has_dim_value() && dim.dim_value() > 0;
    input.shape.push_back(isStatic ? dim.dim_value() : ShapedType::kDynamic);
    // Paddle's exporter writes "?" for every open extent: that is no name, and
    // extents that share it are not equal.
    input.dimNames.push_back(dim.dim_param() == "?" ? "" : dim.dim_param());
  }
  input.dimNames.resize(input.shape.size());
  if (!hasFixed)
    return input;
  if (fixed->second.size() != input.shape.size())
    return emitError(loc) << "input has rank " << input.shape.size()
                          << ", but --shape gives " << fixed->second.size()
                          << " dimensions";
  return input;
}

/// Applies the fixed shapes; the names of dimensions carry them to other
/// inputs.
static LogicalResult fixShapes(MutableArrayRef<Input> inputs,
                               const ImportOptions &options) {
  llvm::StringMap<int64_t> byName;
  for (Input &input : inputs) {
    auto fixed = options.shapes.find(input.name);
    if (fixed == options.shapes.end())
      continue;
    for (auto [axis, value] : llvm::enumerate(fixed->second)) {
      int64_t &dim = input.shape[axis];
      if (value < 0 || value == dim)
        continue;
      if (!ShapedType::isDynamic(dim))
        return emitError(input.loc)
               << "dimension " << axis << " is " << dim
               << " in the model, but --shape gives " << value;
      dim = value;
      if (input.dimNames[axis].empty())
        continue;
      auto [known, isNew] = byName.try_emplace(input.dimNames[axis], value);
      if (!isNew && known->second != value)
        return emitError(input.loc)
               << "dimension '" << input.dimNames[axis]
               << "' is fixed to both " << known->second << " and " << value;
    }
  }
  for (Input &input : inputs)
    for (auto [dim, name] : llvm::zip(input.shape, input.dimNames)) {
      auto known = byName.find(name);
      if (ShapedType::isDynamic(dim) && known != byName.end())
        dim = known->second;
    }
  return success();
}

FailureOr<InputTypes> readInputTypes(const onnx::GraphProto &graph,
                                     const ImportOptions &options,
                                     Location loc) {
  MLIRContext *context = loc->getContext();
  Builder builder(context);
  llvm::StringSet<> constants, names;
  for (const onnx::TensorProto &tensor : graph.initializer())
    constants.insert(tensor.name());

  SmallVector<Input> inputs;
  for (const onnx::ValueInfoProto &info : graph.input()) {
    if (!names.insert(info.name()).second)
      return emitError(loc) << "two inputs have one name: '" << info.name()
                            << "'";
    if (constants.contains(info.name()))
      continue;
    FailureOr<Input> input = readInput(info, options, context);
    if (failed(input))
      return failure();
    inputs.push_back(std::move(*input));
  }
  for (StringRef name : options.shapes.keys())
    if (!llvm::any_of(inputs, [&](Input &i) { return i.name == name; }))
      return emitError(loc) << "--shape names an input that the model does not "
                               "have: '"
                            << name << "'";
  if (failed(fixShapes(inputs, options)))
    return failure();

  InputTypes types;
  for (Input &input : inputs) {
    RankedTensorType type =
        TensorImporter::tensorType(input.shape, input.element, input.loc);
    if (!type)
      return failure();
    SmallVector<Attribute> dimNames;
    for (auto [dim, name] : llvm::zip(input.shape, input.dimNames))
      dimNames.push_back(
          builder.getStringAttr(ShapedType::isDynamic(dim) ? name : ""));
    types.names.push_back(input.name);
    types.types.push_back(type);
    types.attributes.push_back(builder.getDictionaryAttr(
        {builder.getNamedAttr("strait.dim_names",
                              builder.getArrayAttr(dimNames)),
         builder.getNamedAttr("strait.name",
                              builder.getStringAttr(input.name))}));
  }
  return types;
}

LogicalResult checkOutputType(const onnx::ValueInfoProto &output, Value value,
                              Location loc) {
  if (!output.has_type())
    return success();
  if (!output.type().has_tensor_type())
    return emitError(loc) << "output '" << output.name()
                          << "' has a type that is not supported: expected a "
                             "tensor";
  // The shape in the file is a hint that exporters often get wrong; the
  // element type is part of the model's interface.
  int32_t declared = output.type().tensor_type().elem_type();
  auto found = cast<ShapedType>(value.getType()).getElementType();
  if (declared != onnx::TensorProto::UNDEFINED &&
      elementType(declared, value.getContext()) != found)
    return emitError(loc) << "output '" << output.name() << "' is declared as "
                          << dataTypeName(declared)
                          << ", but the graph computes elements of type "
                          << found;
  return success();
}

} // namespace strait::importer
