// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shapes as expressions. Every dim of every value is an AffineExpr over
// symbols; so is every element of a small integer tensor, because models
// compute shapes with tensors (Shape, Gather, Concat, Reshape).
//
// A symbol is a dynamic dim of a function argument (arguments that give a dim
// the same ONNX name share it), something that no rule could express (a dim or
// an element of the value that defines it), or chosen from two expressions: the
// larger, the smaller, or what they broadcast to. Example, for
//   func.func @f(%x: tensor<?x3x?xf32> {strait.dim_names = ["n", "", "w"]})
//   %s = strait.shape %x dims(1 to 3)
// %x has dims (s0, 3, s1) and %s has dims (2) and elements (3, s1).
//
// Expressions may be semi-affine: products of symbols and floordiv by symbols.
#ifndef STRAIT_DIALECTS_GRAPH_SYMBOLICSHAPE_H
#define STRAIT_DIALECTS_GRAPH_SYMBOLICSHAPE_H

#include "dialects/graph/SymbolicAlgebra.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"

namespace strait::graph {

/// Contents are followed through tensors of at most this many elements.
constexpr int64_t kMaxSymbolicElements = 64;

/// What is known of one tensor: its dims and, for small integer (or boolean,
/// or whole-numbered float) tensors, its elements in row-major order.
struct SymbolicTensor {
  llvm::SmallVector<mlir::AffineExpr> dims;
  std::optional<llvm::SmallVector<mlir::AffineExpr>> elements;
};

/// Where the run-time value of a symbol is found.
struct SymbolOrigin {
  enum Kind { Dim, Element, Maximum, Minimum, Broadcast } kind;
  /// Of a Dim or an Element.
  mlir::Value value;
  /// The axis of a Dim, the row-major position of an Element.
  int64_t index;
  /// Of the others. A Broadcast is `b` where `a` is one, else `a`.
  mlir::AffineExpr a, b;
};

/// A relation that a rule took for granted, because ONNX would fail (or clamp,
/// which a later op would reject) otherwise. Whoever makes code of the op has
/// to see to it that the relation holds.
struct SymbolicAssumption {
  enum Relation { Equal, AtLeast, OneOr } relation;
  /// `got` is equal to, at least, or one or equal to `expected`.
  mlir::AffineExpr got, expected;
  /// What `got` is, in words.
  std::string what;
};

class SymbolicShapeAnalysis {
public:
  /// Gives the arguments their symbols; results get theirs by `run` or `visit`.
  explicit SymbolicShapeAnalysis(mlir::func::FuncOp func);

  /// Applies every op's rule in order. Fails after an op error.
  llvm::LogicalResult run();

  /// Applies one op's rule (and those of its regions). Operands come first.
  llvm::LogicalResult visit(mlir::Operation *op);

  /// Writes what `visit` found into the types of the op's results.
  void refineTypes(mlir::Operation *op);

  /// Null when `value` was never visited.
  const SymbolicTensor *lookup(mlir::Value value) const;

  llvm::ArrayRef<SymbolOrigin> getSymbols() const { return symbols; }
  /// What the rule of `op` took for granted and could not prove.
  llvm::ArrayRef<SymbolicAssumption> assumptionsOf(mlir::Operation *op) const;
  /// Calls `fn` on every symbol that `expr` is made of, also through those that
  /// are chosen from expressions.
  void walkOrigins(mlir::AffineExpr expr,
                   llvm::function_ref<void(const SymbolOrigin &)> fn) const;
  /// Whether `expr` reads elements of a tensor.
  bool dependsOnData(mlir::AffineExpr expr) const;
  /// A number that `expr` never is below, given that dims are not negative.
  std::optional<int64_t> lowerBound(mlir::AffineExpr expr) const;
  bool isNonNegative(mlir::AffineExpr expr) const {
    return lowerBound(expr).value_or(-1) >= 0;
  }
  /// Whether `a` is known never to be below `b`.
  bool isAtLeast(mlir::AffineExpr a, mlir::AffineExpr b) const;

  //===--------------------------------------------------------------------===//
  // For the rules
  //===--------------------------------------------------------------------===//

  /// The shape of an operand of the op that is being visited.
  const SymbolicTensor &get(mlir::Value value);
  llvm::ArrayRef<mlir::AffineExpr> dims(mlir::Value value) {
    return get(value).dims;
  }
  /// The elements of a small integer tensor, opaque ones where unknown; nullopt
  /// when their number is not known or large.
  std::optional<llvm::SmallVector<mlir::AffineExpr>>
  elements(mlir::Value value);

  /// Sets a result's shape. An op error when it contradicts the result's type.
  llvm::LogicalResult set(mlir::OpResult result, SymbolicTensor shape);
  llvm::LogicalResult set(mlir::OpResult result,
                          llvm::ArrayRef<mlir::AffineExpr> dims);

  /// Sets the shape of a region's argument.
  void setArgument(mlir::BlockArgument argument, SymbolicTensor shape);

  mlir::AffineExpr constant(int64_t value);
  /// The symbol of a dim or an element that no rule can express.
  mlir::AffineExpr opaqueDim(mlir::Value value, int64_t axis);
  mlir::AffineExpr opaqueElement(mlir::Value value, int64_t index);
  mlir::AffineExpr maximum(mlir::AffineExpr a, mlir::AffineExpr b);
  mlir::AffineExpr minimum(mlir::AffineExpr a, mlir::AffineExpr b);
  /// Takes a relation for granted. When it cannot hold, the visit of the op
  /// ends in an error.
  void assume(mlir::AffineExpr got, SymbolicAssumption::Relation relation,
              mlir::AffineExpr expected, const llvm::Twine &what);

  /// Numpy broadcasting of several shapes. Null after an op error.
  std::optional<llvm::SmallVector<mlir::AffineExpr>>
  broadcast(mlir::OpResult result,
            llvm::ArrayRef<llvm::ArrayRef<mlir::AffineExpr>> shapes);

  /// Two dims that are assumed to be equal: the more definite one; nullopt
  /// when they cannot be.
  std::optional<mlir::AffineExpr> unify(mlir::AffineExpr got,
                                        mlir::AffineExpr expected,
                                        const llvm::Twine &what);

private:
  mlir::AffineExpr symbolFor(SymbolOrigin origin);
  llvm::LogicalResult refuseBroken(mlir::Operation *op) const;
  SymbolicTensor fromType(mlir::Value value, mlir::RankedTensorType type);

  mlir::func::FuncOp func;
  mlir::MLIRContext *context;
  llvm::SmallVector<SymbolOrigin> symbols;
  /// By kind, value or first expression, index or second expression.
  llvm::DenseMap<std::tuple<int, const void *, int64_t>, unsigned>
      symbolNumbers;
  /// The op whose rule is being applied, and what each op's rule assumed.
  mlir::Operation *visited = nullptr;
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<SymbolicAssumption>>
      assumptions;
  llvm::DenseMap<mlir::Value, std::unique_ptr<SymbolicTensor>> shapes;
};

} // namespace strait::graph

#endif // STRAIT_DIALECTS_GRAPH_SYMBOLICSHAPE_H
