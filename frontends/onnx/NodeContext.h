// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the importer of one ONNX operator works with: the node's inputs and
// attributes, and ways to build graph ops whose result types follow from the
// dialect's shape rules.
#ifndef STRAIT_FRONTENDS_ONNX_NODECONTEXT_H
#define STRAIT_FRONTENDS_ONNX_NODECONTEXT_H

#include "dialects/graph/GraphOps.h"
#include "frontends/onnx/Attributes.h"

namespace strait::importer {

class ModelImporter;
struct Scope;

/// One dimension of a shape that an importer builds: a number, or
/// `factor` times dimension `axis` of `source`, cut into `divisor` parts.
struct Dim {
  Dim(int64_t number) : factor(number) {}
  Dim(mlir::Value source, int64_t axis, int64_t factor = 1,
      int64_t divisor = 1)
      : source(source), axis(axis), factor(factor), divisor(divisor) {}
  /// Whether it is a dimension of a value as it is.
  bool isWhole() const { return source && factor == 1 && divisor == 1; }

  mlir::Value source;
  int64_t axis = 0;
  int64_t factor = 1;
  int64_t divisor = 1;
};

class NodeContext {
public:
  NodeContext(ModelImporter &importer, Scope &scope,
              const onnx::NodeProto &node, mlir::OpBuilder &builder,
              mlir::Location loc, int64_t version);

  const onnx::NodeProto &node;
  mlir::OpBuilder &builder;
  mlir::Location loc;
  /// Version of the opset that the node's operator comes from.
  int64_t version;
  AttributeReader attributes;

  /// The operands; absent optional ones are null, absent trailing ones not in
  /// the list.
  llvm::SmallVector<mlir::Value> inputs;
  mlir::Value input(size_t index) const {
    return index < inputs.size() ? inputs[index] : mlir::Value();
  }
  /// How many results the node lists, and whether it uses one of them.
  size_t numOutputs() const;
  bool wantsOutput(size_t index) const;
  /// The rank that the model declares for a result, if it declares one.
  std::optional<int64_t> declaredRank(size_t index) const;
  /// The results, to be filled in by the operator's importer.
  llvm::SmallVector<mlir::Value> outputs;
  void setOutput(size_t index, mlir::Value value);

  /// Starts an error about the node.
  mlir::InFlightDiagnostic emitError();
  /// Puts the node on the list of those that are not supported. Always a
  /// failure, so that an importer can return it.
  mlir::LogicalResult unsupported(const llvm::Twine &what);
  /// Whether anything was reported so far.
  bool failed() const { return anyFailed || attributes.failed(); }

  //===--------------------------------------------------------------------===//
  // Types and known values
  //===--------------------------------------------------------------------===//

  static mlir::Type elementOf(mlir::Value value);
  static int64_t rankOf(mlir::Value value);
  static llvm::ArrayRef<int64_t> shapeOf(mlir::Value value);
  /// The contents of an integer tensor, if known now.
  std::optional<llvm::SmallVector<int64_t>> knownInts(mlir::Value value);
  /// Whether entry `index` of a list is certainly dim `axis` of a value.
  bool isKnownDim(mlir::Value list, int64_t index, mlir::Value value,
                  int64_t axis);
  /// As knownInts for an input that must be known: unsupported otherwise.
  mlir::FailureOr<llvm::SmallVector<int64_t>>
  requireInts(mlir::Value value, llvm::StringRef what);
  /// `axis` within [0, rank) after negative values counted from the end.
  mlir::FailureOr<int64_t> normalizeAxis(int64_t axis, int64_t rank);
  /// The same for a list, sorted; a repeated axis is an error.
  mlir::FailureOr<llvm::SmallVector<int64_t>>
  normalizeAxes(llvm::ArrayRef<int64_t> axes, int64_t rank);
  /// Reports a rank that the operator cannot have.
  mlir::LogicalResult requireRank(mlir::Value value, int64_t least,
                                  int64_t most, llvm::StringRef what);

  //===--------------------------------------------------------------------===//
  // Building
  //===--------------------------------------------------------------------===//

  /// Builds an op with one result of the given element type.
  template <typename OpTy, typename... Args>
  mlir::Value make(mlir::Type element, Args &&...args) {
    auto op = OpTy::create(builder, loc,
                           mlir::UnrankedTensorType::get(element),
                           std::forward<Args>(args)...);
    return inferTypes(op)->getResult(0);
  }
  /// Builds an op with a fixed number of results of one element type each.
  template <typename OpTy, typename... Args>
  OpTy makeWithResults(llvm::ArrayRef<mlir::Type> elements, Args &&...args) {
    llvm::SmallVector<mlir::Type> types;
    for (mlir::Type element : elements)
      types.push_back(mlir::UnrankedTensorType::get(element));
    auto op = OpTy::create(builder, loc, mlir::TypeRange(types),
                           std::forward<Args>(args)...);
    return llvm::cast<OpTy>(inferTypes(op));
  }
  /// Builds op(a, b) on the element type of `a`.
  template <typename OpTy>
  mlir::Value binary(mlir::Value a, mlir::Value b) {
    return make<OpTy>(elementOf(a), a, b);
  }
  template <typename OpTy> mlir::Value unary(mlir::Value x) {
    return make<OpTy>(elementOf(x), x);
  }

  mlir::Value weight(mlir::ElementsAttr value);
  mlir::Value importTensor(const onnx::TensorProto &tensor);
  /// A list of sizes or positions: tensor<n x i64>.
  mlir::Value intList(llvm::ArrayRef<int64_t> values);
  /// A list of factors: tensor<n x f32>.
  mlir::Value floatList(llvm::ArrayRef<double> values);
  /// A scalar of any element type that arithmetic has.
  mlir::Value scalar(mlir::Type element, double value);
  mlir::Value cast(mlir::Value x, mlir::Type element);
  mlir::Value transpose(mlir::Value x, llvm::ArrayRef<int64_t> perm);
  mlir::Value reduce(graph::ReduceKind kind, mlir::Value x,
                     llvm::ArrayRef<int64_t> axes, bool keepDims);
  /// Dims of a tensor as a tensor<n x i64>, constant where they are known.
  mlir::Value shapeTensor(llvm::ArrayRef<Dim> dims);
  mlir::Value reshape(mlir::Value x, llvm::ArrayRef<Dim> dims);
  /// All dims of a value as they are.
  static llvm::SmallVector<Dim> dimsOf(mlir::Value value);
  /// Inserts unit dims at sorted positions of the result, or removes dims.
  mlir::Value unsqueeze(mlir::Value x, llvm::ArrayRef<int64_t> axes);
  mlir::Value squeeze(mlir::Value x, llvm::ArrayRef<int64_t> axes);
  /// Rank 1, i64: what the graph dialect wants lists to be.
  mlir::Value asIntList(mlir::Value value);

  /// Imports a subgraph at the insertion point with its inputs bound to
  /// `arguments`; gives the values of its outputs. Nothing when the subgraph
  /// holds unsupported nodes (which are listed then).
  mlir::FailureOr<std::optional<llvm::SmallVector<mlir::Value>>>
  importSubgraph(const onnx::GraphProto &graph,
                 mlir::ValueRange arguments);

  /// Takes an op that will not be used out of the graph.
  void discard(mlir::Operation *op);
  /// Runs the shape rule of a new op; its results have ranks afterwards.
  mlir::Operation *inferTypes(mlir::Operation *op);

private:
  ModelImporter &importer;
  Scope &scope;
  bool anyFailed = false;
};

} // namespace strait::importer

#endif // STRAIT_FRONTENDS_ONNX_NODECONTEXT_H
