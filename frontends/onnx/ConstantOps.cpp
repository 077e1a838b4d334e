// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constants of a graph that are nodes, and tensors made of one value.

#include "frontends/onnx/OpTable.h"
#include "frontends/onnx/onnx-ml.pb.h"

using namespace mlir;

namespace strait::importer {

/// Constant in all of its spellings; exactly one of the attributes is there.
static LogicalResult importConstant(NodeContext &n) {
  AttributeReader &attributes = n.attributes;
  if (attributes.all().size() != 1)
    return n.emitError() << "has " << attributes.all().size()
                         << " attributes, expected exactly one value";
  Builder &b = n.builder;
  if (attributes.has("value")) {
    if (const onnx::TensorProto *tensor = attributes.getTensor("value"))
      n.setOutput(0, n.importTensor(*tensor));
  } else if (attributes.has("value_float")) {
    n.setOutput(0, n.scalar(b.getF32Type(),
                            attributes.getFloat("value_float", 0)));
  } else if (attributes.has("value_floats")) {
    SmallVector<float> values;
    for (double value : attributes.getFloats("value_floats"))
      values.push_back(float(value));
    auto type = RankedTensorType::get(int64_t(values.size()), b.getF32Type());
    n.setOutput(0, n.weight(DenseElementsAttr::get(type,
                                                   ArrayRef<float>(values))));
  } else if (attributes.has("value_int")) {
    auto type = RankedTensorType::get({}, b.getI64Type());
    n.setOutput(0, n.weight(DenseElementsAttr::get(
                       type, attributes.getInt("value_int", 0))));
  } else if (attributes.has("value_ints")) {
    n.setOutput(0, n.intList(attributes.getInts("value_ints")));
  } else {
    return n.unsupported("a constant given as '" +
                         attributes.all().begin()->first() + "'");
  }
  return success();
}

/// ConstantOfShape -> expand(scalar, shape).
static LogicalResult importConstantOfShape(NodeContext &n) {
  Value value = n.scalar(n.builder.getF32Type(), 0);
  if (const onnx::TensorProto *tensor = n.attributes.getTensor("value")) {
    value = n.importTensor(*tensor);
    if (n.failed())
      return failure();
    if (cast<ShapedType>(value.getType()).getNumElements() != 1)
      return n.emitError() << "needs a value of one element, found "
                           << value.getType();
    if (n.rankOf(value) != 0)
      value = n.reshape(value, {});
  }
  n.setOutput(0, n.make<graph::ExpandOp>(n.elementOf(value), value,
                                         n.asIntList(n.input(0))));
  return success();
}

static LogicalResult importRange(NodeContext &n) {
  n.attributes.ignore("stash_type");
  SmallVector<Value> scalars;
  for (Value bound : n.inputs)
    scalars.push_back(n.rankOf(bound) == 0 ? bound : n.reshape(bound, {}));
  n.setOutput(0, n.make<graph::RangeOp>(n.elementOf(scalars[0]), scalars[0],
                                        scalars[1], scalars[2]));
  return success();
}

/// Identity, and what is one when a network is not being trained.
static LogicalResult importIdentity(NodeContext &n) {
  n.setOutput(0, n.input(0));
  return success();
}

/// Dropout keeps everything unless training is asked for.
static LogicalResult importDropout(NodeContext &n) {
  for (StringRef training : {"ratio", "is_test", "seed"})
    n.attributes.ignore(training);
  if (n.version >= 12 && n.input(2)) {
    FailureOr<SmallVector<int64_t>> training =
        n.requireInts(n.input(2), "training_mode");
    if (failed(training))
      return failure();
    if (training->size() != 1 || training->front() != 0)
      return n.unsupported("training_mode");
  }
  Value x = n.input(0);
  n.setOutput(0, x);
  if (!n.wantsOutput(1))
    return success();
  // The mask of what was kept: everything. It had the data's type at first.
  Type element = n.version < 10 ? n.elementOf(x) : n.builder.getI1Type();
  n.setOutput(1, n.make<graph::ExpandOp>(element, n.scalar(element, 1),
                                         n.shapeTensor(n.dimsOf(x))));
  return success();
}

constexpr int kLast = kLatestOpset;
static const OpRow kRows[] = {
    {"Constant", 1, kLast, 0, 0, importConstant},
    {"ConstantOfShape", 9, kLast, 1, 1, importConstantOfShape},
    {"Dropout", 1, 11, 1, 1, importDropout},
    {"Dropout", 12, kLast, 1, 3, importDropout},
    {"Identity", 1, kLast, 1, 1, importIdentity},
    {"Range", 11, kLast, 3, 3, importRange},
};

ArrayRef<OpRow> constantRows() { return kRows; }

} // namespace strait::importer
