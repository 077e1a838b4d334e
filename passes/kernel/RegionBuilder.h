// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Building kernel.regions whose shapes are symbolic expressions.
#ifndef STRAIT_PASSES_KERNEL_REGIONBUILDER_H
#define STRAIT_PASSES_KERNEL_REGIONBUILDER_H

#include "dialects/kernel/KernelOps.h"
#include "passes/analysis/Extents.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/MapVector.h"
#include <functional>

namespace strait {

/// A tensor of the kernel level with its extents: constants or expressions
/// over the function's size symbols. The tensor's type is static exactly where
/// the extent is a constant.
struct ShapedValue {
  mlir::Value value;
  llvm::SmallVector<mlir::AffineExpr> dims;

  explicit operator bool() const { return bool(value); }
  mlir::Type elementType() const {
    return llvm::cast<mlir::RankedTensorType>(value.getType()).getElementType();
  }
  int64_t rank() const { return dims.size(); }
};

/// The type of a tensor with these extents.
mlir::RankedTensorType typeOf(llvm::ArrayRef<mlir::AffineExpr> dims,
                              mlir::Type elementType);
/// Product of extents, 1 for none.
mlir::AffineExpr productOf(llvm::ArrayRef<mlir::AffineExpr> dims,
                           mlir::MLIRContext *context);
/// The element type of tensors in kernels: unsigned and signed integers are
/// signless there, the ops keep the difference.
mlir::Type signlessType(mlir::Type element);
inline bool isOne(mlir::AffineExpr expr) { return constantExtent(expr) == 1; }

/// Turns extents into `index` values at a builder's insertion point.
class SizeMaterializer {
public:
  /// Gives the value of a symbol, valid at the builder's insertion point.
  using SymbolFn = std::function<mlir::Value(mlir::OpBuilder &, mlir::Location,
                                             unsigned symbol)>;
  explicit SizeMaterializer(SymbolFn symbol) : symbol(std::move(symbol)) {}
  mlir::Value get(mlir::OpBuilder &builder, mlir::Location loc,
                  mlir::AffineExpr expr) const;

private:
  SymbolFn symbol;
};

/// Collects the body of one kernel.region and creates it. Inputs and extents
/// become block arguments on first use.
class RegionBuilder {
public:
  /// Computes one element from one element of each operand.
  using ScalarFn = llvm::function_ref<mlir::Value(
      mlir::OpBuilder &, mlir::Location, mlir::ValueRange)>;

  RegionBuilder(mlir::OpBuilder &builder, mlir::Location loc,
                const SizeMaterializer &sizes);

  /// The block argument that stands for `tensor`.
  mlir::Value input(const ShapedValue &tensor);
  /// An extent as an `index` value, inside the body.
  mlir::Value extent(mlir::AffineExpr expr);
  mlir::OpBuilder &body() { return bodyBuilder; }
  mlir::Location loc() const { return location; }

  mlir::Value empty(llvm::ArrayRef<mlir::AffineExpr> dims, mlir::Type element);

  /// All-parallel linalg.generic over `loops`; `maps` index `operands`.
  mlir::Value map(llvm::ArrayRef<mlir::AffineExpr> loops,
                  mlir::ValueRange operands,
                  llvm::ArrayRef<mlir::AffineMap> maps, mlir::Type element,
                  ScalarFn scalar);

  /// linalg.generic that folds the loops in `reduced` by `combine(operands...,
  /// accumulator)`, starting from `init`. The result keeps the other loops.
  mlir::Value reduce(llvm::ArrayRef<mlir::AffineExpr> loops,
                     llvm::ArrayRef<int64_t> reduced,
                     mlir::ValueRange operands,
                     llvm::ArrayRef<mlir::AffineMap> maps,
                     mlir::TypedAttr init, ScalarFn combine);

  /// Creates the region yielding `results` (body values with their extents).
  /// `rowRank` is given for cascades.
  llvm::SmallVector<ShapedValue>
  finish(llvm::ArrayRef<ShapedValue> results,
         std::optional<int64_t> rowRank = std::nullopt);

private:
  mlir::AffineMap shapeMap(llvm::ArrayRef<mlir::AffineExpr> dims);

  mlir::OpBuilder &builder;
  mlir::Location location;
  const SizeMaterializer &sizes;
  mlir::Region region;
  mlir::OpBuilder bodyBuilder;
  llvm::MapVector<mlir::Value, ShapedValue> inputs;
  llvm::SmallVector<mlir::AffineExpr> extents;
};

/// Whether `count` elements of the type are a multiple of the alignment that
/// kernels expect of their operands.
bool isAligned(mlir::AffineExpr count, mlir::Type element);

/// kernel.reshape of `source` to `dims` (equal element count), folding chains
/// of reshapes and identities. `element` may rename the element type to one of
/// the same width.
ShapedValue reshapeTo(mlir::OpBuilder &builder, mlir::Location loc,
                      const SizeMaterializer &sizes, ShapedValue source,
                      llvm::ArrayRef<mlir::AffineExpr> dims,
                      mlir::Type element = {});

} // namespace strait

#endif // STRAIT_PASSES_KERNEL_REGIONBUILDER_H
