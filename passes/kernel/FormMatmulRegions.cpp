// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// strait.matmul -> kernel.matmul over [B, M, K] x panels. The batch of a shared
// right-hand side joins the rows; constants are packed now; a transposed
// right-hand side is read as it lies.
#include "passes/kernel/PackWeights.h"

using namespace mlir;
using namespace strait;

/// Broadcasts the batch dims of `tensor` (all but the last two) to `batch`.
static ShapedValue expandBatch(GraphToKernel &state, Location loc,
                               ShapedValue tensor,
                               ArrayRef<AffineExpr> batch) {
  SmallVector<AffineExpr> dims(batch);
  llvm::append_range(dims, ArrayRef(tensor.dims).take_back(2));
  if (ArrayRef(tensor.dims) == ArrayRef(dims))
    return tensor;
  return state.elementwise(
      loc, tensor, dims, tensor.elementType(),
      [](OpBuilder &, Location, ValueRange v) { return v[0]; });
}

/// Any element type: a cascade of one reduction over the last loop.
static ShapedValue plainProduct(GraphToKernel &state, Location loc,
                                ShapedValue lhs, ShapedValue rhs) {
  MLIRContext *context = state.builder.getContext();
  SmallVector<AffineExpr> loops = {lhs.dims[0], lhs.dims[1], rhs.dims[2],
                                   lhs.dims[2]};
  auto dim = [&](unsigned i) { return getAffineDimExpr(i, context); };
  AffineExpr zero = getAffineConstantExpr(0, context);
  AffineExpr rhsBatch = isOne(rhs.dims[0]) && !isOne(lhs.dims[0]) ? zero
                                                                  : dim(0);
  RegionBuilder region(state.builder, loc, state.sizes);
  SmallVector<AffineMap> maps = {
      AffineMap::get(4, 0, {dim(0), dim(1), dim(3)}, context),
      AffineMap::get(4, 0, {rhsBatch, dim(3), dim(2)}, context)};
  Type element = lhs.elementType();
  SmallVector<Value> operands = {region.input(lhs), region.input(rhs)};
  Value product = region.reduce(
      loops, {3}, operands, maps,
      cast<TypedAttr>(state.builder.getZeroAttr(element)),
      [&](OpBuilder &b, Location l, ValueRange v) -> Value {
        if (isa<FloatType>(element))
          return arith::AddFOp::create(
              b, l, v[2], arith::MulFOp::create(b, l, v[0], v[1]));
        return arith::AddIOp::create(
            b, l, v[2], arith::MulIOp::create(b, l, v[0], v[1]));
      });
  return region
      .finish({{product, {loops[0], loops[1], loops[2]}}}, 2)
      .front();
}

FormResult strait::formMatmulRegion(Operation *op, GraphToKernel &state) {
  auto matmul = dyn_cast<graph::MatmulOp>(op);
  if (!matmul)
    return std::nullopt;
  Location loc = op->getLoc();
  MLIRContext *context = op->getContext();
  SmallVector<AffineExpr> dims = state.dimsOf(matmul.getResult());
  ArrayRef<AffineExpr> batch = ArrayRef(dims).drop_back(2);
  AffineExpr n = dims.back();
  ShapedValue lhs = state.get(matmul.getA());

  // A right-hand side that only swaps its last dims is read as it lies.
  bool transposed = false;
  Value b = matmul.getB();
  if (auto transpose = b.getDefiningOp<graph::TransposeOp>()) {
    SmallVector<int64_t> swap =
        llvm::to_vector(llvm::seq<int64_t>(0, transpose.getPerm().size()));
    std::swap(swap[swap.size() - 1], swap[swap.size() - 2]);
    if (transpose.getPerm() == ArrayRef(swap)) {
      transposed = true;
      b = transpose.getX();
    }
  }
  ShapedValue rhs = state.get(b);
  AffineExpr k = lhs.dims.back();
  auto collapse = [&](ShapedValue tensor, ArrayRef<AffineExpr> outer) {
    SmallVector<AffineExpr> flat = {productOf(outer, context)};
    llvm::append_range(flat, ArrayRef(tensor.dims).take_back(2));
    return state.reshape(loc, tensor, flat);
  };
  bool shared = llvm::all_of(ArrayRef(rhs.dims).drop_back(2), isOne);
  if (shared) {
    // [..., M, K] x [K, N]: one product with all rows.
    SmallVector<AffineExpr> rows(lhs.dims.begin(), lhs.dims.end() - 1);
    if (ArrayRef(lhs.dims).drop_back(2).size() != batch.size() ||
        productOf(ArrayRef(lhs.dims).drop_back(2), context) !=
            productOf(batch, context)) {
      lhs = expandBatch(state, loc, lhs, batch);
      rows.assign(lhs.dims.begin(), lhs.dims.end() - 1);
    }
    lhs = state.reshape(loc, lhs,
                        {state.constant(1), productOf(rows, context), k});
    SmallVector<AffineExpr> one = {state.constant(1)};
    rhs = collapse(rhs, one);
  } else {
    lhs = collapse(expandBatch(state, loc, lhs, batch), batch);
    rhs = collapse(expandBatch(state, loc, rhs, batch), batch);
  }

  ShapedValue result;
  if (!lhs.elementType().isF32()) {
    if (transposed)
      rhs = state.transpose(loc, rhs, {0, 2, 1});
    result = plainProduct(state, loc, lhs, rhs);
  } else {
    auto panels = transposed ? kernel::PanelLayout::transposed
                             : kernel::PanelLayout::row_major;
    if (isConstant(rhs)) {
      rhs = packMatrix(state, loc, rhs, transposed);
      panels = kernel::PanelLayout::packed;
    }
    SmallVector<AffineExpr> product = {lhs.dims[0], lhs.dims[1], n};
    RegionBuilder region(state.builder, loc, state.sizes);
    Value left = region.input(lhs), right = region.input(rhs);
    Value value = kernel::MatmulOp::create(
        region.body(), loc, typeOf(product, lhs.elementType()), left, right,
        panels);
    result = region.finish({{value, product}}).front();
  }
  state.set(matmul.getResult(), state.reshape(loc, result, dims));
  return success();
}
