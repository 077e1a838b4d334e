// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tasks of products on a GPU: batch x blocks of rows x blocks of columns.
#include "passes/analysis/ProductTile.h"
#include "passes/analysis/TilingCuda.h"

using namespace mlir;
using namespace strait;

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

FailureOr<LaunchShape> cuda::cutMatmul(kernel::MatmulOp,
                                       const RootShape &shape,
                                       graph::TargetAttr target) {
  ArrayRef<AffineExpr> result = shape.result();
  ProductShape product{constantExtent(result[1]), constantExtent(result[2]),
                       std::max<int64_t>(1, extentOr(result[0], 1))};
  ProductTile tile = chooseProductTile(product, target.getCores());
  return launchOf(shape, tile,
                  result[0] * result[1].ceilDiv(tile.rows) *
                      result[2].ceilDiv(tile.columns));
}
