// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.matmul on a GPU:
//
//   task = (batch, block of rows, block of columns):
//     sums over k (BlockProduct.h; of few rows, SplitProduct.h)
//     epilogue, store, where rows and columns exist
//
// The right-hand side is read as it lies: rows, columns or panels. A prologue
// is computed as its elements are loaded, again for each block of columns.
#include "passes/cuda/Generators.h"

#include "passes/analysis/Extents.h"
#include "passes/cuda/BlockProduct.h"
#include "passes/cuda/SplitProduct.h"
#include "passes/loops/Epilogue.h"
#include "passes/loops/IndexMath.h"

using namespace mlir;
using namespace strait;
using namespace strait::cuda;

namespace {
class MatmulEmitter {
public:
  MatmulEmitter(KernelFunction &function, kernel::MatmulOp op,
                const Product &product, const Epilogue &epilogue)
      : function(function), op(op), product(product), epilogue(epilogue),
        loc(op.getLoc()) {}
  LogicalResult emit();

private:
  LogicalResult findOperands();
  LogicalResult emitTask(OpBuilder &b, Value task);
  std::unique_ptr<OperandSource> rowsOf(OpBuilder &b, Value batch);
  std::unique_ptr<OperandSource> columnsOf(OpBuilder &b, Value batch);
  /// Elements that can be loaded together from a row of `extent`.
  static int64_t lanesOf(AffineExpr extent) {
    auto known = constantExtent(extent);
    return known && *known % vectorWidth == 0 ? vectorWidth : 1;
  }

  KernelFunction &function;
  kernel::MatmulOp op;
  const Product &product;
  const Epilogue &epilogue;
  Location loc;
  std::optional<unsigned> lhs, rhs; // inputs; no lhs: a prologue
  AffineExpr depth, columns;
  // Values of the entry block.
  Value a, b, m, n, k;
};
} // namespace

LogicalResult MatmulEmitter::findOperands() {
  lhs = function.inputIndex(op.getLhs());
  rhs = function.inputIndex(op.getRhs());
  if (!(lhs || kernel::findPrologue(op)) || !rhs)
    return op.emitOpError("expected its operands to be inputs of the kernel");
  ArrayRef<AffineExpr> right = function.inputShape(*rhs);
  ArrayRef<AffineExpr> result = function.resultShape(0);
  depth = right[op.getPanels() == kernel::PanelLayout::row_major ? 1 : 2];
  if (lhs) {
    depth = function.inputShape(*lhs)[2];
    a = function.flatInput(*lhs);
  }
  columns = result[2];
  b = function.flatInput(*rhs);
  m = function.size(result[1]);
  n = function.size(columns);
  k = function.size(depth);
  return success();
}

std::unique_ptr<OperandSource> MatmulEmitter::rowsOf(OpBuilder &builder,
                                                     Value batch) {
  IndexMath math(builder, loc);
  if (!lhs) {
    FusedMap map(function, kernel::findPrologue(op), /*isAligned=*/true);
    auto source = std::make_unique<FusedSource>(map);
    source->lanes = lanesOf(depth);
    source->batch = batch;
    source->count = m;
    return source;
  }
  auto source = std::make_unique<MatrixSource>();
  source->lanes = lanesOf(depth);
  source->memref = a;
  source->base = math.mul(batch, math.mul(m, k));
  source->count = m;
  source->positionStride = k;
  source->depthStride = math.constant(1);
  return source;
}

std::unique_ptr<OperandSource> MatmulEmitter::columnsOf(OpBuilder &builder,
                                                        Value batch) {
  IndexMath math(builder, loc);
  if (constantExtent(function.inputShape(*rhs)[0]) == 1)
    batch = math.constant(0); // shared by the whole batch
  if (op.getPanels() == kernel::PanelLayout::packed) {
    auto source = std::make_unique<PanelSource>();
    source->memref = b;
    source->panels = math.ceilDiv(n, panelWidth);
    source->base =
        math.mul(batch, math.mul(source->panels, math.mul(k, panelWidth)));
    source->depth = k;
    return source;
  }
  auto source = std::make_unique<MatrixSource>();
  source->alongDepth = op.getPanels() == kernel::PanelLayout::transposed;
  source->lanes = lanesOf(source->alongDepth ? depth : columns);
  source->memref = b;
  source->base = math.mul(batch, math.mul(k, n));
  source->count = n;
  source->positionStride = source->alongDepth ? k : math.constant(1);
  source->depthStride = source->alongDepth ? math.constant(1) : n;
  return source;
}

LogicalResult MatmulEmitter::emitTask(OpBuilder &builder, Value task) {
  IndexMath math(builder, loc);
  Value columnBlocks = function.size(columns.ceilDiv(product.columns()));
  Value rowBlocks =
      function.size(function.resultShape(0)[1].ceilDiv(product.rows()));
  Value outer = math.div(task, columnBlocks);
  Value batch = math.div(outer, rowBlocks);
  ProductBlock block;
  block.row = math.mul(math.rem(outer, rowBlocks), product.rows());
  block.column = math.mul(math.rem(task, columnBlocks), product.columns());
  block.rows = m;
  block.columns = n;
  block.depth = k;
  auto left = rowsOf(builder, batch), right = columnsOf(builder, batch);
  return product.emit(builder, *left, *right, block,
                      [&](OpBuilder &inside, Value row, Value column,
                          Value sums) -> LogicalResult {
                        Value position[] = {batch, row, column};
                        return epilogue.store(inside, sums, position, {});
                      });
}

LogicalResult MatmulEmitter::emit() {
  if (failed(findOperands()))
    return failure();
  LogicalResult result = success();
  function.forEachTask(
      [&](OpBuilder &inside, Value task) { result = emitTask(inside, task); });
  return result;
}

LogicalResult cuda::emitMatmul(KernelFunction &function, kernel::MatmulOp op,
                               int64_t threads) {
  if (failed(expectF32(op, op->getOperandTypes())))
    return failure();
  auto epilogue = Epilogue::create(function, op);
  if (failed(epilogue))
    return failure();
  epilogue->expectAligned();
  if (function.kernel().getTileAttr().contains("split")) {
    auto product = SplitProduct::create(function, threads);
    if (failed(product))
      return failure();
    return MatmulEmitter(function, op, *product, *epilogue).emit();
  }
  auto product = BlockProduct::create(function, threads);
  if (failed(product))
    return failure();
  // The largest tile's sums leave just enough registers for a second block.
  const ProductTile &tile = product->tile();
  if (tile.threadRows * tile.threadColumns >= 64 && !kernel::findPrologue(op))
    BlockProduct::setLeastBlocks(function, 2);
  return MatmulEmitter(function, op, *product, *epilogue).emit();
}
