// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.pool2d on CPUs, vectors along the channels:
//
//   for task (block of result rows):
//     for row (image, y):  window rows [top, bottom) inside the input
//       for x:             window columns [left, right)
//         for channels step 32, then 8, then the rest masked:
//           accumulate over the window, average, epilogue, store
#include "passes/cpu/Generators.h"
#include "passes/cpu/VectorSweep.h"
#include "passes/loops/Epilogue.h"
#include "passes/loops/PoolWindow.h"
#include "passes/loops/TileAttributes.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

namespace {
struct PoolEmitter {
  const PoolWindow &window;
  const Epilogue &epilogue;
  int64_t lanes;
  Location loc;
  Value rows, columns, channels; // of the result

  LogicalResult emitRow(OpBuilder &b, Value row) {
    IndexMath math(b, loc);
    Value image = math.div(row, rows), y = math.rem(row, rows);
    PoolWindow::Span vertical = window.spanOf(b, y, PoolWindow::vertical);
    LogicalResult result = success();
    math.forEach(columns, [&](OpBuilder &inside, Value x) {
      PoolWindow::Span horizontal =
          window.spanOf(inside, x, PoolWindow::horizontal);
      result = sweepVectors(
          inside, loc, constantIndex(inside, loc, 0), channels, 4 * lanes,
          lanes, [&](OpBuilder &point, Value channel, int64_t count,
                     Value mask) {
            Value pooled = window.emit(point, image, vertical, horizontal,
                                       {channel, count, mask});
            return epilogue.store(point, pooled, {image, y, x, channel}, mask);
          });
    });
    return result;
  }
};
} // namespace

LogicalResult cpu::emitPool2D(KernelFunction &function, kernel::Pool2DOp op) {
  int64_t lanes = 0, rowBlock = 0;
  if (failed(TileAttributes(function.kernel())
                 .read({{"lanes", &lanes}, {"row_block", &rowBlock}})))
    return failure();
  FailureOr<PoolWindow> window = PoolWindow::create(function, op);
  if (failed(window))
    return failure();
  FailureOr<Epilogue> epilogue = Epilogue::create(function, op);
  if (failed(epilogue))
    return failure();
  ArrayRef<AffineExpr> out = function.resultShape(0);
  PoolEmitter emitter{*window,
                      *epilogue,
                      lanes,
                      function.loc(),
                      function.size(out[1]),
                      function.size(out[2]),
                      function.size(out[3])};
  Value allRows = function.size(out[0] * out[1]);
  LogicalResult result = success();
  function.forEachTask([&](OpBuilder &b, Value task) {
    IndexMath math(b, function.loc());
    Value first = math.mul(task, rowBlock);
    Value last = math.min(math.add(first, rowBlock), allRows);
    math.forEach(first, last, 1, [&](OpBuilder &inside, Value row) {
      result = emitter.emitRow(inside, row);
    });
  });
  return result;
}
