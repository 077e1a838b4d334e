// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/KernelCost.h"

using namespace mlir;
using namespace strait;

namespace {
/// The extents that the tensors of a body have for given sizes.
class Extents {
public:
  Extents(Operation *kernel, ArrayRef<int64_t> sizes);
  /// The extents of a tensor; dynamic ones only where nothing tells them.
  ArrayRef<int64_t> of(Value tensor) { return extents[tensor]; }
  int64_t of(Value tensor, int64_t dim) { return extents[tensor][dim]; }
  int64_t elements(Value tensor) {
    return llvm::product_of(extents[tensor], int64_t(1));
  }
  SmallVector<int64_t> loops(linalg::GenericOp generic);
  bool known(Value tensor) {
    return !ShapedType::isDynamicShape(extents[tensor]);
  }

private:
  void learn(Value tensor, int64_t dim, int64_t extent);
  void learn(Value tensor, AffineMap shape, ArrayRef<int64_t> sizes);
  void learn(linalg::GenericOp generic);

  llvm::DenseMap<Value, SmallVector<int64_t>> extents;
  bool changed = false;
};
} // namespace

void Extents::learn(Value tensor, int64_t dim, int64_t extent) {
  int64_t &known = extents[tensor][dim];
  if (!ShapedType::isDynamic(known) || ShapedType::isDynamic(extent))
    return;
  known = extent;
  changed = true;
}

/// From a shape map over the sizes.
void Extents::learn(Value tensor, AffineMap shape, ArrayRef<int64_t> sizes) {
  for (auto [dim, expr] : llvm::enumerate(shape.getResults()))
    if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
      if (symbol.getPosition() < sizes.size())
        learn(tensor, dim, sizes[symbol.getPosition()]);
}

/// Extents of a generic's loops, as far as its operands show them.
SmallVector<int64_t> Extents::loops(linalg::GenericOp generic) {
  SmallVector<int64_t> ranges(generic.getNumLoops(), ShapedType::kDynamic);
  for (OpOperand &operand : generic->getOpOperands()) {
    AffineMap map = generic.getMatchingIndexingMap(&operand);
    for (auto [dim, expr] : llvm::enumerate(map.getResults()))
      if (auto loop = dyn_cast<AffineDimExpr>(expr))
        if (int64_t extent = of(operand.get(), dim);
            !ShapedType::isDynamic(extent))
          ranges[loop.getPosition()] = extent;
  }
  return ranges;
}

/// Operands that share a loop have one extent there.
void Extents::learn(linalg::GenericOp generic) {
  SmallVector<int64_t> ranges = loops(generic);
  auto learnBy = [&](Value tensor, AffineMap map) {
    for (auto [dim, expr] : llvm::enumerate(map.getResults()))
      if (auto loop = dyn_cast<AffineDimExpr>(expr))
        learn(tensor, dim, ranges[loop.getPosition()]);
  };
  for (OpOperand &operand : generic->getOpOperands())
    learnBy(operand.get(), generic.getMatchingIndexingMap(&operand));
  for (auto [result, init] :
       llvm::zip_equal(generic.getResults(), generic.getDpsInitsMutable()))
    learnBy(result, generic.getMatchingIndexingMap(&init));
}

Extents::Extents(Operation *kernel, ArrayRef<int64_t> sizes) {
  Block &body = kernel->getRegion(0).front();
  auto add = [&](Value value) {
    if (auto type = dyn_cast<RankedTensorType>(value.getType()))
      extents[value] = llvm::to_vector(type.getShape());
  };
  llvm::for_each(body.getArguments(), add);
  for (Operation &op : body)
    llvm::for_each(op.getResults(), add);
  auto shapes = [&](StringRef name) {
    return kernel->getAttrOfType<ArrayAttr>(name)
        .getAsValueRange<AffineMapAttr>();
  };
  unsigned numInputs = 0;
  for (AffineMap shape : shapes("input_shapes"))
    learn(body.getArgument(numInputs++), shape, sizes);
  for (auto [value, shape] : llvm::zip_equal(
           body.getTerminator()->getOperands(), shapes("result_shapes")))
    learn(value, shape, sizes);
  for (auto empty : body.getOps<tensor::EmptyOp>()) {
    unsigned next = 0;
    for (auto [dim, extent] : llvm::enumerate(empty.getType().getShape()))
      if (ShapedType::isDynamic(extent))
        if (auto size =
                dyn_cast<BlockArgument>(empty.getDynamicSizes()[next++]))
          if (size.getArgNumber() - numInputs < sizes.size())
            learn(empty, dim, sizes[size.getArgNumber() - numInputs]);
  }
  do {
    changed = false;
    for (Operation &op : body)
      if (auto generic = dyn_cast<linalg::GenericOp>(op))
        learn(generic);
      else if (auto fill = dyn_cast<linalg::FillOp>(op))
        for (auto [dim, extent] :
             llvm::enumerate(SmallVector<int64_t>(of(fill.getOutputs()[0]))))
          learn(fill.getResult(0), dim, extent);
  } while (changed);
}

static int64_t bytesPer(Value tensor) {
  Type element = cast<RankedTensorType>(tensor.getType()).getElementType();
  return bytesPerElement(element).value_or(1);
}

/// Floating-point operations of one execution of a scalar body.
static int64_t scalarFlops(linalg::GenericOp generic) {
  int64_t count = 0;
  for (Operation &op : generic.getBody()->without_terminator())
    if (op.getNumResults() == 1 && isa<FloatType>(op.getResult(0).getType()) &&
        isa<arith::ArithDialect, math::MathDialect>(op.getDialect()) &&
        !isa<arith::ConstantOp, arith::SelectOp>(op))
      ++count;
  return count;
}

/// Nothing where an extent that counts is not known.
static std::optional<int64_t> flopsOf(Operation *op, Extents &extents) {
  if (auto generic = dyn_cast<linalg::GenericOp>(op)) {
    SmallVector<int64_t> ranges = extents.loops(generic);
    if (ShapedType::isDynamicShape(ranges))
      return std::nullopt;
    return llvm::product_of(ranges, scalarFlops(generic));
  }
  auto root = dyn_cast<kernel::RootInterface>(op);
  if (!root)
    return 0;
  for (Value value : llvm::concat<Value>(SmallVector<Value>(op->getOperands()),
                                         SmallVector<Value>(op->getResults())))
    if (isa<RankedTensorType>(value.getType()) && !extents.known(value))
      return std::nullopt;
  return root.countFlops([&](Value tensor) { return extents.of(tensor); });
}

std::optional<KernelCost> strait::computeKernelCost(Operation *kernel,
                                                    ArrayRef<int64_t> sizes) {
  Block &body = kernel->getRegion(0).front();
  Extents extents(kernel, sizes);
  KernelCost cost;
  auto addBytes = [&](Value value) {
    if (!isa<RankedTensorType>(value.getType()))
      return true;
    cost.bytes += bytesPer(value) * extents.elements(value);
    return extents.known(value);
  };
  if (!llvm::all_of(body.getArguments(), addBytes) ||
      !llvm::all_of(body.getTerminator()->getOperands(), addBytes))
    return std::nullopt;
  for (Operation &op : body) {
    std::optional<int64_t> flops = flopsOf(&op, extents);
    if (!flops)
      return std::nullopt;
    cost.flops += *flops;
  }
  return cost;
}
