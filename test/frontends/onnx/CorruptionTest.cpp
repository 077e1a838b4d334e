// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Damaged models: whatever a byte becomes, the importer gives a verified
// module or a diagnostic, and never both or neither.

#include "frontends/onnx/Importer.h"
#include "frontends/onnx/onnx-ml.pb.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "gtest/gtest.h"
#include <random>

using namespace mlir;

namespace {

onnx::NodeProto &addNode(onnx::GraphProto &graph, const char *op,
                         std::initializer_list<const char *> inputs,
                         std::initializer_list<const char *> outputs) {
  onnx::NodeProto &node = *graph.add_node();
  node.set_op_type(op);
  for (const char *input : inputs)
    node.add_input(input);
  for (const char *output : outputs)
    node.add_output(output);
  return node;
}

onnx::AttributeProto &addAttribute(onnx::NodeProto &node, const char *name,
                                   onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto &attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

void addInts(onnx::NodeProto &node, const char *name,
             std::initializer_list<int64_t> values) {
  auto &attribute = addAttribute(node, name, onnx::AttributeProto::INTS);
  for (int64_t value : values)
    attribute.add_ints(value);
}

onnx::TensorProto &addTensor(onnx::GraphProto &graph, const char *name,
                             std::initializer_list<int64_t> dims) {
  onnx::TensorProto &tensor = *graph.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  int64_t count = 1;
  for (int64_t dim : dims) {
    tensor.add_dims(dim);
    count *= dim;
  }
  tensor.set_raw_data(std::string(size_t(count) * 4, '\0'));
  return tensor;
}

void addValue(onnx::ValueInfoProto &value, const char *name,
              std::initializer_list<int64_t> dims) {
  value.set_name(name);
  auto &tensor = *value.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(onnx::TensorProto::FLOAT);
  for (int64_t dim : dims)
    tensor.mutable_shape()->add_dim()->set_dim_value(dim);
}

/// A model with the parts of the format that have rules: convolution and pool
/// attributes, shape arithmetic, a local function, both control operators.
std::string makeModel() {
  onnx::ModelProto model;
  model.set_ir_version(8);
  auto &opset = *model.add_opset_import();
  opset.set_domain("");
  opset.set_version(17);
  auto &local = *model.add_opset_import();
  local.set_domain("local");
  local.set_version(1);
  onnx::GraphProto &graph = *model.mutable_graph();
  addValue(*graph.add_input(), "x", {0, 3, 8, 8});
  addValue(*graph.add_output(), "y", {0, 16});
  addTensor(graph, "w", {4, 3, 3, 3});
  addTensor(graph, "b", {4});
  auto &conv = addNode(graph, "Conv", {"x", "w", "b"}, {"c"});
  addInts(conv, "pads", {1, 1, 1, 1});
  addInts(conv, "strides", {2, 2});
  auto &pool = addNode(graph, "MaxPool", {"c"}, {"p"});
  addInts(pool, "kernel_shape", {2, 2});
  addInts(pool, "strides", {2, 2});
  addNode(graph, "Shape", {"p"}, {"s"});
  auto &zero = addNode(graph, "Constant", {}, {"zero"});
  addAttribute(zero, "value_ints", onnx::AttributeProto::INTS).add_ints(0);
  auto &rest = addNode(graph, "Constant", {}, {"rest"});
  addAttribute(rest, "value_ints", onnx::AttributeProto::INTS).add_ints(-1);
  addNode(graph, "Gather", {"s", "zero"}, {"n"});
  auto &concat = addNode(graph, "Concat", {"n", "rest"}, {"shape"});
  addAttribute(concat, "axis", onnx::AttributeProto::INT).set_i(0);
  addNode(graph, "Reshape", {"p", "shape"}, {"r"});
  auto &call = addNode(graph, "twice", {"r"}, {"t"});
  call.set_domain("local");
  auto &sum = addNode(graph, "ReduceSum", {"t"}, {"total"});
  addAttribute(sum, "keepdims", onnx::AttributeProto::INT).set_i(0);
  addNode(graph, "Greater", {"total", "total"}, {"positive"});
  auto &branch = addNode(graph, "If", {"positive"}, {"y"});
  for (const char *name : {"then_branch", "else_branch"}) {
    auto &body = *addAttribute(branch, name, onnx::AttributeProto::GRAPH)
                      .mutable_g();
    body.set_name(name);
    addNode(body, name[0] == 't' ? "Relu" : "Neg", {"t"}, {"out"});
    addValue(*body.add_output(), "out", {0, 16});
  }
  onnx::FunctionProto &function = *model.add_functions();
  function.set_name("twice");
  function.set_domain("local");
  function.add_input("a");
  function.add_output("q");
  auto &functionOpset = *function.add_opset_import();
  functionOpset.set_domain("");
  functionOpset.set_version(17);
  auto &add = *function.add_node();
  add.set_op_type("Add");
  add.add_input("a");
  add.add_input("a");
  add.add_output("q");
  return model.SerializeAsString();
}

class Corruption : public testing::Test {
protected:
  /// Imports and returns whether that gave a module.
  bool import(const std::string &bytes) {
    int errors = 0;
    ScopedDiagnosticHandler count(&context, [&](Diagnostic &diagnostic) {
      errors += diagnostic.getSeverity() == DiagnosticSeverity::Error;
      return success();
    });
    OwningOpRef<ModuleOp> module =
        strait::importOnnxBytes(bytes, context, strait::ImportOptions());
    EXPECT_EQ(bool(module), errors == 0);
    if (module)
      EXPECT_TRUE(succeeded(verify(*module)));
    return bool(module);
  }

  MLIRContext context;
  std::string model = makeModel();
};

TEST_F(Corruption, UndamagedModelImports) { EXPECT_TRUE(import(model)); }

TEST_F(Corruption, EveryTruncation) {
  for (size_t size = 0; size < model.size(); ++size)
    import(model.substr(0, size));
}

TEST_F(Corruption, EveryByteReplaced) {
  for (size_t at = 0; at < model.size(); ++at)
    for (int change : {0x01, 0x04, 0x80, 0xff}) {
      std::string damaged = model;
      damaged[at] = char(damaged[at] ^ change);
      import(damaged);
    }
}

TEST_F(Corruption, ManyBytesReplaced) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string damaged = model;
    for (int i = 0; i < 4; ++i)
      damaged[random() % damaged.size()] = char(random());
    import(damaged);
  }
}

} // namespace
