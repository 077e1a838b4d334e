// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.pool2d on a GPU. A thread does one pixel of the result for one channel
// or a vector of them, its neighbours do the next channels:
//
//   (image, y, x, channels) = point:
//     accumulate over the window, average, epilogue, store
#include "passes/cuda/Generators.h"

#include "passes/cuda/ThreadPoints.h"
#include "passes/loops/Epilogue.h"
#include "passes/loops/IndexMath.h"
#include "passes/loops/PoolWindow.h"
#include "passes/loops/TileAttributes.h"

using namespace mlir;
using namespace strait;

LogicalResult cuda::emitPool2D(KernelFunction &function, kernel::Pool2DOp op,
                               int64_t threads) {
  int64_t lanes = 0;
  if (failed(TileAttributes(function.kernel()).read({{"lanes", &lanes}})))
    return failure();
  FailureOr<PoolWindow> window = PoolWindow::create(function, op);
  if (failed(window))
    return failure();
  FailureOr<Epilogue> epilogue = Epilogue::create(function, op);
  if (failed(epilogue))
    return failure();
  epilogue->expectAligned();
  Location loc = function.loc();
  ArrayRef<AffineExpr> out = function.resultShape(0);
  AffineExpr vectors = out[3].floorDiv(lanes);
  Value extents[] = {function.size(out[0]), function.size(out[1]),
                     function.size(out[2]), function.size(vectors)};
  return forEachPoint(
      function, threads, out[0] * out[1] * out[2] * vectors,
      [&](OpBuilder &b, Value point) {
        SmallVector<Value> at = positionOf(b, loc, point, extents);
        at[3] = IndexMath(b, loc).mul(at[3], lanes);
        PoolWindow::Span rows = window->spanOf(b, at[1], PoolWindow::vertical);
        PoolWindow::Span columns =
            window->spanOf(b, at[2], PoolWindow::horizontal);
        Value pooled = window->emit(b, at[0], rows, columns,
                                    {at[3], lanes, {}, /*isAligned=*/true});
        return epilogue->store(b, pooled, at, {});
      });
}
