// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The state of strait-form-regions: which tensor of the kernel level stands for
// each tensor of the graph. The families of ops enter through the form...
// functions below; each forms the regions of one op and calls `set` for every
// result, or emits a diagnostic and fails.
#ifndef STRAIT_PASSES_KERNEL_GRAPHTOKERNEL_H
#define STRAIT_PASSES_KERNEL_GRAPHTOKERNEL_H

#include "dialects/graph/GraphOps.h"
#include "dialects/graph/SymbolicShape.h"
#include "passes/kernel/RegionBuilder.h"

namespace strait {

/// Row-major positions of one element, inside a scalar body.
using Indices = llvm::ArrayRef<mlir::Value>;

class GraphToKernel {
public:
  GraphToKernel(mlir::OpBuilder &builder, graph::SymbolicShapeAnalysis &shapes,
                const SizeMaterializer &sizes)
      : builder(builder), shapes(shapes), sizes(sizes) {}

  mlir::OpBuilder &builder;
  graph::SymbolicShapeAnalysis &shapes;
  const SizeMaterializer &sizes;

  /// The tensor that stands for a graph value. Small integer tensors whose
  /// contents follow from sizes are built here when data needs them.
  ShapedValue get(mlir::Value graphValue);
  void set(mlir::Value graphValue, ShapedValue shaped) {
    values[graphValue] = std::move(shaped);
  }
  bool isSet(mlir::Value graphValue) const {
    return values.contains(graphValue);
  }
  /// Says where the run-time value of a symbol is found, for a size that only
  /// the run shows.
  void bind(mlir::AffineExpr symbol, mlir::Value index) {
    bound[symbol] = index;
  }
  /// Null for a symbol that was not bound.
  mlir::Value boundTo(mlir::AffineExpr symbol) const {
    return bound.lookup(symbol);
  }
  /// Extents of a graph value.
  llvm::SmallVector<mlir::AffineExpr> dimsOf(mlir::Value graphValue);
  /// Contents of an integer tensor that are known as expressions of sizes.
  std::optional<llvm::SmallVector<mlir::AffineExpr>>
  elementsOf(mlir::Value graphValue);
  mlir::AffineExpr constant(int64_t value) {
    return builder.getAffineConstantExpr(value);
  }

  ShapedValue reshape(mlir::Location loc, ShapedValue source,
                      llvm::ArrayRef<mlir::AffineExpr> dims) {
    return reshapeTo(builder, loc, sizes, std::move(source), dims);
  }
  /// A region that permutes dims: result dim i is source dim perm[i]. A view
  /// when only dims of extent 1 move.
  ShapedValue transpose(mlir::Location loc, ShapedValue source,
                        llvm::ArrayRef<int64_t> perm);
  /// x[offsets + i * strides], of extents `dims`: a view where the elements
  /// lie together in memory at a place where kernels may start, else a region.
  ShapedValue slice(mlir::Location loc, ShapedValue x,
                    llvm::ArrayRef<mlir::AffineExpr> dims,
                    llvm::ArrayRef<mlir::AffineExpr> offsets,
                    llvm::ArrayRef<int64_t> strides);
  /// A region of one map over `dims`, numpy-broadcasting the operands.
  ShapedValue elementwise(mlir::Location loc,
                          llvm::ArrayRef<ShapedValue> operands,
                          llvm::ArrayRef<mlir::AffineExpr> dims,
                          mlir::Type element, RegionBuilder::ScalarFn scalar);
  /// A region that computes each element from its position.
  using PullFn = llvm::function_ref<mlir::Value(
      RegionBuilder &, mlir::OpBuilder &, Indices)>;
  ShapedValue pull(mlir::Location loc, llvm::ArrayRef<mlir::AffineExpr> dims,
                   mlir::Type element, PullFn element_at);

  /// Checks at run time what the rule of `op` took for granted: before its
  /// region is formed what concerns operands, after it what concerns the sizes
  /// that its results turned out to have.
  void checkAssumptions(mlir::Operation *op, bool isFormed);

  /// Packed forms of constants, by constant and packing: each is made once.
  llvm::DenseMap<std::pair<mlir::Attribute, mlir::Attribute>, ShapedValue>
      packed;

  /// A relation and its two sides.
  using Check = std::tuple<int, mlir::AffineExpr, mlir::AffineExpr>;

  /// Forgets, at its end, what was formed since its beginning: values made in
  /// a region of control flow are not known outside.
  class Scope {
  public:
    explicit Scope(GraphToKernel &state)
        : state(state), values(state.values), packed(state.packed),
          checked(state.checked) {}
    ~Scope() {
      state.values = std::move(values);
      state.packed = std::move(packed);
      state.checked = std::move(checked);
    }

  private:
    GraphToKernel &state;
    llvm::DenseMap<mlir::Value, ShapedValue> values;
    llvm::DenseMap<std::pair<mlir::Attribute, mlir::Attribute>, ShapedValue>
        packed;
    llvm::DenseSet<Check> checked;
  };

private:
  llvm::DenseMap<mlir::Value, ShapedValue> values;
  llvm::DenseMap<mlir::AffineExpr, mlir::Value> bound;
  llvm::DenseSet<Check> checked;
};

/// Adds `operand`, broadcast over `loops` (numpy rules: aligned to the right),
/// to the operands of a map. Returns its indexing map; where an extent may be
/// one only at run time, a map that reads position 0 then is not affine and
/// std::nullopt is returned.
std::optional<mlir::AffineMap>
broadcastMap(llvm::ArrayRef<mlir::AffineExpr> dims,
             llvm::ArrayRef<mlir::AffineExpr> loops);

/// Index arithmetic inside scalar bodies.
mlir::Value positionConstant(mlir::OpBuilder &b, mlir::Location loc, int64_t v);
mlir::Value clampIndex(mlir::OpBuilder &b, mlir::Location loc,
                       mlir::Value index, mlir::Value extent);
/// 0 <= index < extent.
mlir::Value inBounds(mlir::OpBuilder &b, mlir::Location loc, mlir::Value index,
                     mlir::Value extent);

/// Families. Each returns std::nullopt for an op that is not its own.
using FormResult = std::optional<llvm::LogicalResult>;
FormResult formElementwiseRegion(mlir::Operation *op, GraphToKernel &state);
FormResult formMovementRegion(mlir::Operation *op, GraphToKernel &state);
FormResult formGatherRegion(mlir::Operation *op, GraphToKernel &state);
FormResult formResizeRegion(mlir::Operation *op, GraphToKernel &state);
FormResult formScatterRegion(mlir::Operation *op, GraphToKernel &state);
FormResult formReductionRegion(mlir::Operation *op, GraphToKernel &state);
FormResult formConvolutionRegion(mlir::Operation *op, GraphToKernel &state);
FormResult formMatmulRegion(mlir::Operation *op, GraphToKernel &state);
FormResult formAttentionRegion(mlir::Operation *op, GraphToKernel &state);
FormResult formRecurrenceRegion(mlir::Operation *op, GraphToKernel &state);

} // namespace strait

#endif // STRAIT_PASSES_KERNEL_GRAPHTOKERNEL_H
