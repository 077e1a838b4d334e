// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/cpu/PaddedRows.h"

#include "passes/cpu/IndexMath.h"
#include "passes/cpu/RowCopy.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

WindowRows cpu::emitWindowRows(OpBuilder &builder, Location loc,
                               const Window &window, const ImageSource &source,
                               Value image, Value row, Value rowCount,
                               Value scratch) {
  IndexMath math(builder, loc);
  Value length = math.mul(source.width, source.channels);
  if (!window.hasPadding()) {
    Value first = math.add(math.mul(image, source.height),
                           math.mul(row, window.strideH));
    return {source.memref, math.mul(first, length), length};
  }
  Value pitch = math.mul(math.add(source.width, window.left + window.right),
                         source.channels);
  Value count = math.add(
      math.mul(math.sub(rowCount, math.constant(1)), window.strideH),
      (window.kernelH - 1) * window.dilationH + 1);
  Value first = math.sub(math.mul(row, window.strideH),
                         math.constant(window.top));
  math.forEach(count, [&](OpBuilder &outer, Value i) {
    IndexMath out(outer, loc);
    Value y = out.add(first, i); // negative above the image
    Value at = out.mul(i, pitch);
    Value exists =
        out.compare(arith::CmpIPredicate::ult, y, source.height);
    auto branch = scf::IfOp::create(outer, loc, exists, /*withElse=*/true);
    OpBuilder inside = branch.getThenBodyBuilder();
    IndexMath in(inside, loc);
    Value left = in.constant(window.left * source.channels);
    Value from = in.mul(in.add(in.mul(image, source.height), y), length);
    Value middle = in.add(at, left);
    emitClearRun(inside, loc, scratch, at, left, source.lanes);
    emitCopyRun(inside, loc, source.memref, from, scratch, middle, length,
                source.lanes);
    emitClearRun(inside, loc, scratch, in.add(middle, length),
                 in.constant(window.right * source.channels), source.lanes);
    OpBuilder otherwise = branch.getElseBodyBuilder();
    emitClearRun(otherwise, loc, scratch, at, pitch, source.lanes);
  });
  return {scratch, math.constant(0), pitch};
}
