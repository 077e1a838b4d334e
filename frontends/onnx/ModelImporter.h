// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The state of one import: names, scopes, constants, what is unsupported.
#ifndef STRAIT_FRONTENDS_ONNX_MODELIMPORTER_H
#define STRAIT_FRONTENDS_ONNX_MODELIMPORTER_H

#include "frontends/onnx/Attributes.h"
#include "frontends/onnx/Importer.h"
#include "frontends/onnx/NodeOrder.h"
#include "frontends/onnx/Tensors.h"

#include "dialects/graph/GraphOps.h"
#include "dialects/graph/SymbolicShape.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSet.h"

namespace onnx {
class FunctionProto;
class ModelProto;
} // namespace onnx

namespace strait::importer {

class NodeContext;
struct OpRow;

/// What the body of the main graph or of one function call knows about its
/// surroundings.
struct Frame {
  /// Opset version by domain; the default domain is "".
  llvm::StringMap<int64_t> opsets;
  /// What `ref_attr_name`s mean; null in the main graph.
  const AttributeScope *attributes = nullptr;
  /// Names of the calls around, each followed by a slash.
  std::string prefix;
  /// The call around this one, and the function that this frame runs.
  const Frame *caller = nullptr;
  const onnx::FunctionProto *function = nullptr;
};

/// The names of one graph.
struct Scope {
  explicit Scope(const Frame &frame) : frame(frame) {}

  const Frame &frame;
  /// The graph whose names are visible here too.
  Scope *outer = nullptr;
  /// How many subgraphs and calls lie around this graph.
  int depth = 0;
  /// Null values stand for results of nodes that are not supported.
  llvm::StringMap<mlir::Value> values;
  /// Initializers, turned into ops when they are first used.
  llvm::StringMap<const onnx::TensorProto *> tensors;
  /// Ranks that the graph declares for its values.
  llvm::StringMap<int64_t> ranks;
  /// Optional inputs of a function that its caller left out.
  llvm::StringSet<> absent;
};

class ModelImporter {
public:
  ModelImporter(onnx::ModelProto &model, llvm::StringRef folder,
                mlir::Location loc, const ImportOptions &options);

  mlir::OwningOpRef<mlir::ModuleOp> run();

  //===--------------------------------------------------------------------===//
  // For NodeContext
  //===--------------------------------------------------------------------===//

  mlir::Operation *inferTypes(mlir::Operation *op);
  void discard(mlir::Operation *op);
  std::optional<llvm::SmallVector<int64_t>> knownInts(mlir::Value value);
  bool isKnownDim(mlir::Value list, int64_t index, mlir::Value value,
                  int64_t axis);
  mlir::Value weight(mlir::ElementsAttr value, mlir::Location loc);
  mlir::Value importTensor(const onnx::TensorProto &tensor,
                           mlir::Location loc);
  mlir::FailureOr<std::optional<llvm::SmallVector<mlir::Value>>>
  importSubgraph(const onnx::GraphProto &graph, mlir::ValueRange arguments,
                 Scope &outer, mlir::OpBuilder &builder, mlir::Location loc);
  /// Lists a node as not supported.
  void addUnsupported(const onnx::NodeProto &node, mlir::Location loc,
                      int64_t version, const llvm::Twine &what);
  bool failed() const { return anyFailed; }

private:
  mlir::LogicalResult readOpsets(Frame &frame);
  /// Notes a graph's initializers and what it declares of its values.
  mlir::LogicalResult addDeclarations(const onnx::GraphProto &graph,
                                      Scope &scope, mlir::Location loc);
  mlir::LogicalResult importMain(mlir::func::FuncOp func, Scope &scope,
                                 mlir::OpBuilder &builder);
  mlir::LogicalResult
  importNodes(const google::protobuf::RepeatedPtrField<onnx::NodeProto> &nodes,
              Scope &scope, mlir::OpBuilder &builder, mlir::Location loc);
  mlir::LogicalResult importNode(const OrderedNode &ordered, Scope &scope,
                                 mlir::OpBuilder &builder);
  mlir::FailureOr<bool> findInputs(const onnx::NodeProto &node, Scope &scope,
                                   mlir::Location loc,
                                   llvm::SmallVectorImpl<mlir::Value> &inputs);
  mlir::FailureOr<bool> importByRow(const OpRow &row, NodeContext &context,
                                    llvm::ArrayRef<mlir::Value> inputs);
  mlir::LogicalResult inlineFunction(const onnx::FunctionProto &function,
                                     const onnx::NodeProto &node,
                                     const std::string &name, Scope &scope,
                                     mlir::ArrayRef<mlir::Value> inputs,
                                     mlir::OpBuilder &builder,
                                     mlir::Location loc);
  /// The value behind a name: nothing when nobody defines it.
  std::optional<mlir::Value> lookup(llvm::StringRef name, Scope &scope);
  mlir::LogicalResult define(llvm::StringRef name, mlir::Value value,
                             Scope &scope, mlir::Location loc);
  const onnx::FunctionProto *findModelFunction(const onnx::NodeProto &node);
  void reportUnsupported();

  struct UnsupportedNode {
    std::string name, op, domain, what;
    int64_t version;
  };

  onnx::ModelProto &model;
  mlir::Location modelLoc;
  mlir::MLIRContext *context;
  const ImportOptions &options;
  TensorImporter tensors;
  llvm::StringMap<const onnx::FunctionProto *> functions;
  llvm::DenseMap<mlir::Attribute, mlir::Value> weights;
  std::vector<UnsupportedNode> unsupported;
  mlir::func::FuncOp func;
  /// Ops that are out of use; they are destroyed after `shapes`, which knows
  /// values by their address.
  llvm::SmallVector<mlir::Operation *> discarded;
  /// The last weight at the top of the function.
  mlir::Operation *lastWeight = nullptr;
  std::unique_ptr<graph::SymbolicShapeAnalysis> shapes;
  int64_t nodesImported = 0;
  bool anyFailed = false;
};

} // namespace strait::importer

#endif // STRAIT_FRONTENDS_ONNX_MODELIMPORTER_H
