// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "frontends/onnx/NodeContext.h"

#include "frontends/onnx/ModelImporter.h"
#include "frontends/onnx/onnx-ml.pb.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace strait::importer {

NodeContext::NodeContext(ModelImporter &importer, Scope &scope,
                         const onnx::NodeProto &node, OpBuilder &builder,
                         Location loc, int64_t version)
    : node(node), builder(builder), loc(loc), version(version),
      attributes(node, scope.frame.attributes, loc), importer(importer),
      scope(scope) {}

size_t NodeContext::numOutputs() const { return node.output_size(); }

bool NodeContext::wantsOutput(size_t index) const {
  return index < numOutputs() && !node.output(index).empty();
}

std::optional<int64_t> NodeContext::declaredRank(size_t index) const {
  if (!wantsOutput(index))
    return std::nullopt;
  auto found = scope.ranks.find(node.output(index));
  if (found == scope.ranks.end())
    return std::nullopt;
  return found->second;
}

void NodeContext::setOutput(size_t index, Value value) {
  if (index < outputs.size())
    outputs[index] = value;
}

InFlightDiagnostic NodeContext::emitError() {
  anyFailed = true;
  return mlir::emitError(loc) << node.op_type() << " ";
}

LogicalResult NodeContext::unsupported(const Twine &what) {
  importer.addUnsupported(node, loc, version, what);
  return failure();
}

Type NodeContext::elementOf(Value value) {
  return cast<ShapedType>(value.getType()).getElementType();
}

int64_t NodeContext::rankOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getRank();
}

ArrayRef<int64_t> NodeContext::shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

std::optional<SmallVector<int64_t>> NodeContext::knownInts(Value value) {
  return importer.knownInts(value);
}

bool NodeContext::isKnownDim(Value list, int64_t index, Value value,
                             int64_t axis) {
  return importer.isKnownDim(list, index, value, axis);
}

FailureOr<SmallVector<int64_t>> NodeContext::requireInts(Value value,
                                                         StringRef what) {
  if (std::optional<SmallVector<int64_t>> known = knownInts(value))
    return *known;
  return unsupported(what + " is not known at compile time");
}

FailureOr<int64_t> NodeContext::normalizeAxis(int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank)
    return emitError() << "has an axis out of range: expected [" << -rank
                       << ", " << rank << "), found " << axis;
  return axis < 0 ? axis + rank : axis;
}

FailureOr<SmallVector<int64_t>>
NodeContext::normalizeAxes(ArrayRef<int64_t> axes, int64_t rank) {
  SmallVector<int64_t> sorted;
  for (int64_t axis : axes) {
    FailureOr<int64_t> positive = normalizeAxis(axis, rank);
    if (mlir::failed(positive))
      return failure();
    sorted.push_back(*positive);
  }
  llvm::sort(sorted);
  auto repeated = std::adjacent_find(sorted.begin(), sorted.end());
  if (repeated != sorted.end())
    return emitError() << "names axis " << *repeated << " twice";
  return sorted;
}

LogicalResult NodeContext::requireRank(Value value, int64_t least,
                                       int64_t most, StringRef what) {
  int64_t rank = rankOf(value);
  if (rank >= least && rank <= most)
    return success();
  InFlightDiagnostic error = emitError();
  error << "has " << what << " of rank " << rank << ", expected ";
  if (least == most)
    error << least;
  else if (rank < least)
    error << "at least " << least;
  else
    error << "at most " << most;
  return error;
}

Operation *NodeContext::inferTypes(Operation *op) {
  // The importer remembers a failure; all of its callers look.
  Operation *typed = importer.inferTypes(op);
  anyFailed |= importer.failed();
  return typed;
}

void NodeContext::discard(Operation *op) { importer.discard(op); }

Value NodeContext::weight(ElementsAttr value) {
  return importer.weight(value, loc);
}

Value NodeContext::importTensor(const onnx::TensorProto &tensor) {
  Value value = importer.importTensor(tensor, loc);
  anyFailed |= !value;
  return value;
}

Value NodeContext::intList(ArrayRef<int64_t> values) {
  auto type = RankedTensorType::get(int64_t(values.size()),
                                    builder.getI64Type());
  return weight(DenseElementsAttr::get(type, values));
}

Value NodeContext::floatList(ArrayRef<double> values) {
  SmallVector<float> floats(values.begin(), values.end());
  auto type = RankedTensorType::get(int64_t(floats.size()),
                                    builder.getF32Type());
  return weight(DenseElementsAttr::get(type, ArrayRef<float>(floats)));
}

Value NodeContext::scalar(Type element, double value) {
  auto type = RankedTensorType::get({}, element);
  if (auto floating = dyn_cast<FloatType>(element)) {
    llvm::APFloat number(value);
    bool lossy = false;
    number.convert(floating.getFloatSemantics(),
                   llvm::APFloat::rmNearestTiesToEven, &lossy);
    return weight(DenseElementsAttr::get(type, number));
  }
  // As a signed number, a single bit could not hold 1.
  llvm::APSInt number(element.getIntOrFloatBitWidth(),
                      element.isUnsignedInteger() || element.isInteger(1));
  bool exact = false;
  // Saturates: the limits of Clip and the like may lie beyond the type's.
  llvm::APFloat(value).convertToInteger(number, llvm::APFloat::rmTowardZero,
                                        &exact);
  return weight(DenseElementsAttr::get(type, llvm::APInt(number)));
}

Value NodeContext::cast(Value x, Type element) {
  return elementOf(x) == element ? x : make<graph::CastOp>(element, x);
}

Value NodeContext::transpose(Value x, ArrayRef<int64_t> perm) {
  if (llvm::is_sorted(perm))
    return x;
  return make<graph::TransposeOp>(elementOf(x), x, perm);
}

Value NodeContext::reduce(graph::ReduceKind kind, Value x,
                          ArrayRef<int64_t> axes, bool keepDims) {
  return make<graph::ReduceOp>(elementOf(x), kind, x, axes, keepDims);
}

SmallVector<Dim> NodeContext::dimsOf(Value value) {
  SmallVector<Dim> dims;
  for (int64_t axis = 0; axis < rankOf(value); ++axis)
    dims.push_back(Dim(value, axis));
  return dims;
}

Value NodeContext::shapeTensor(ArrayRef<Dim> dims) {
  SmallVector<Value> pieces;
  SmallVector<int64_t> numbers;
  auto flush = [&] {
    if (!numbers.empty())
      pieces.push_back(intList(numbers));
    numbers.clear();
  };
  for (size_t i = 0; i < dims.size();) {
    const Dim &dim = dims[i];
    int64_t known = dim.source ? shapeOf(dim.source)[dim.axis] : 1;
    if (!ShapedType::isDynamic(known)) {
      int64_t product = 0;
      // An absurd dim fails later, when it is compared with the data.
      if (__builtin_mul_overflow(known, dim.factor, &product))
        product = INT64_MAX;
      numbers.push_back(product / dim.divisor);
      ++i;
      continue;
    }
    flush();
    // A run of neighbouring dims is one op.
    size_t end = i + 1;
    while (end < dims.size() && dims[end].source == dim.source &&
           dims[end].axis == dim.axis + int64_t(end - i) &&
           dims[end].isWhole() && dim.isWhole())
      ++end;
    Value piece = make<graph::ShapeOp>(builder.getI64Type(), dim.source,
                                       dim.axis, dim.axis + (end - i));
    if (dim.factor != 1)
      piece = binary<graph::MulOp>(piece, intList({dim.factor}));
    if (dim.divisor != 1)
      piece = binary<graph::DivOp>(piece, intList({dim.divisor}));
    pieces.push_back(piece);
    i = end;
  }
  flush();
  if (pieces.empty())
    return intList({});
  if (pieces.size() == 1)
    return pieces.front();
  return make<graph::ConcatOp>(builder.getI64Type(), ValueRange(pieces), 0);
}

Value NodeContext::reshape(Value x, ArrayRef<Dim> dims) {
  // Dims are exact here, so that 0 means 0.
  return make<graph::ReshapeOp>(elementOf(x), x, shapeTensor(dims),
                                /*allow_zero=*/true);
}

Value NodeContext::unsqueeze(Value x, ArrayRef<int64_t> axes) {
  if (axes.empty())
    return x;
  SmallVector<Dim> dims = dimsOf(x);
  for (int64_t axis : axes)
    dims.insert(dims.begin() + axis, Dim(1));
  return reshape(x, dims);
}

Value NodeContext::squeeze(Value x, ArrayRef<int64_t> axes) {
  if (axes.empty())
    return x;
  SmallVector<Dim> dims;
  for (int64_t axis = 0; axis < rankOf(x); ++axis)
    if (!llvm::is_contained(axes, axis))
      dims.push_back(Dim(x, axis));
  return reshape(x, dims);
}

Value NodeContext::asIntList(Value value) {
  Value list = rankOf(value) == 1 ? value : reshape(value, {Dim(-1)});
  return cast(list, builder.getI64Type());
}

FailureOr<std::optional<SmallVector<Value>>>
NodeContext::importSubgraph(const onnx::GraphProto &graph,
                            ValueRange arguments) {
  return importer.importSubgraph(graph, arguments, scope, builder, loc);
}

} // namespace strait::importer
