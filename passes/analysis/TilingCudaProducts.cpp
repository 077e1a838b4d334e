// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tasks of products on a GPU: batch x blocks of rows x blocks of columns. A
// convolution's rows are the pixels of all images, its batch are its groups.
#include "passes/analysis/ProductTile.h"
#include "passes/analysis/TilingCuda.h"
#include "passes/analysis/Window.h"

using namespace mlir;
using namespace strait;

/// Products of so few rows are bound by reading their right operand. With more,
/// a thread's loads of the left one would outnumber those.
static constexpr int64_t fewRows = 8;
/// Threads of a block that splits sums, and the columns of one.
static constexpr int64_t splitThreads = 256, columnsPerThread = 4;

static LaunchShape launchOf(const RootShape &shape, const ProductTile &tile,
                            AffineExpr tasks) {
  return LaunchShape(shape.numSizes(),
                     {{"columns", tile.columns},
                      {"depth", tile.depth},
                      {"rows", tile.rows},
                      {"thread_columns", tile.threadColumns},
                      {"thread_rows", tile.threadRows},
                      {"threads", tile.threads()}},
                     tasks, shape.constant(tile.sharedBytes()));
}

FailureOr<LaunchShape> cuda::cutConv2D(kernel::Conv2DOp conv,
                                       const RootShape &shape,
                                       graph::TargetAttr target) {
  auto weights = cast<RankedTensorType>(conv.getWeights().getType());
  auto output = cast<RankedTensorType>(conv.getResult().getType());
  if (!weights.hasStaticShape() || weights.getRank() != 6 ||
      output.getRank() != 4 || output.isDynamicDim(3))
    return conv.emitOpError("expected static weights [G, panels, KH, KW, C, "
                            "16] and channels");
  if (failed(Window::check(conv)))
    return failure();
  ArrayRef<AffineExpr> result = shape.result();
  int64_t groups = std::max<int64_t>(1, weights.getDimSize(0));
  int64_t outputs = output.getDimSize(3) / groups;
  AffineExpr pixels = result[0] * result[1] * result[2];
  ProductTile tile = chooseProductTile(
      {constantExtent(pixels), outputs, groups}, target.getCores());
  int64_t blocks = groups * ceilDiv(outputs, tile.columns);
  return launchOf(shape, tile, pixels.ceilDiv(tile.rows) * blocks);
}

/// Of so few rows a block's threads share the sums: all rows by `columns`.
static LaunchShape cutFewRows(const RootShape &shape, int64_t rows,
                              graph::TargetAttr target) {
  ArrayRef<AffineExpr> result = shape.result();
  // Narrow blocks where there are few, but never less than whole sectors.
  int64_t columns = 32;
  int64_t batch = extentOr(result[0], 1), all = extentOr(result[2], 4096);
  while (columns > 8 && batch * ceilDiv(all, columns) < target.getCores())
    columns /= 2;
  int64_t split = splitThreads / (columns / columnsPerThread);
  return LaunchShape(shape.numSizes(),
                     {{"columns", columns},
                      {"rows", rows},
                      {"split", split},
                      {"threads", splitThreads}},
                     result[0] * result[2].ceilDiv(columns),
                     shape.constant(4 * split * rows * columns));
}

FailureOr<LaunchShape> cuda::cutMatmul(kernel::MatmulOp, const RootShape &shape,
                                       graph::TargetAttr target) {
  ArrayRef<AffineExpr> result = shape.result();
  auto rows = constantExtent(result[1]);
  if (rows && *rows > 0 && *rows <= fewRows &&
      !kernel::findPrologue(shape.root()))
    return cutFewRows(shape, *rows, target);
  ProductShape product{constantExtent(result[1]), constantExtent(result[2]),
                       std::max<int64_t>(1, extentOr(result[0], 1))};
  ProductTile tile = chooseProductTile(product, target.getCores());
  return launchOf(shape, tile,
                  result[0] * result[1].ceilDiv(tile.rows) *
                      result[2].ceilDiv(tile.columns));
}
