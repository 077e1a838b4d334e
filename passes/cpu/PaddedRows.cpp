// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/cpu/PaddedRows.h"

#include "passes/loops/IndexMath.h"
#include "passes/cpu/RowCopy.h"
#include "passes/loops/WindowSpan.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

/// Row `y` of the input, or zeros where it has none, at `at` of the scratch.
static void emitPaddedRow(OpBuilder &builder, Location loc,
                          const Window &window, const ImageSource &source,
                          Value image, Value y, Value scratch, Value at,
                          Value pitch) {
  IndexMath math(builder, loc);
  Value exists = math.compare(arith::CmpIPredicate::ult, y, source.height);
  auto branch = scf::IfOp::create(builder, loc, exists, /*withElse=*/true);
  OpBuilder inside = branch.getThenBodyBuilder();
  IndexMath in(inside, loc);
  Value length = in.mul(source.width, source.channels);
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
}

WindowRows cpu::emitWindowRows(OpBuilder &builder, Location loc,
                               const Window &window, const ImageSource &source,
                               const OutputRows &rows, Value scratch) {
  IndexMath math(builder, loc);
  WindowAxis axis{window.kernelH, window.strideH, window.dilationH, window.top,
                  source.height};
  Value first = axis.first(math, rows.row); // negative above the image
  Value lastRow = math.sub(math.add(rows.row, rows.count), math.constant(1));
  WindowRows result;
  result.begin = math.constant(0);
  result.end = math.constant(window.kernelH);
  if (window.dilationH > 1 && (window.top || window.bottom)) {
    result.begin =
        axis.below(math, axis.first(math, lastRow), math.constant(0));
    result.end = axis.below(math, first, source.height);
  }
  if (!window.hasPadding()) {
    result.memref = source.memref;
    result.pitch = math.mul(source.width, source.channels);
    result.windowPitch = math.mul(result.pitch, window.dilationH);
    result.at = math.mul(
        math.add(math.mul(rows.image, source.height), first), result.pitch);
    return result;
  }
  result.memref = scratch;
  result.at = math.constant(0);
  result.pitch = math.mul(math.add(source.width, window.left + window.right),
                          source.channels);
  Value count = math.add(
      math.mul(math.sub(rows.count, math.constant(1)), window.strideH), 1);
  auto copy = [&](OpBuilder &inside, Value y, Value to, Value rowsThere) {
    IndexMath(inside, loc).forEach(rowsThere, [&](OpBuilder &each, Value i) {
      IndexMath in(each, loc);
      emitPaddedRow(each, loc, window, source, rows.image, in.add(y, i),
                    scratch, in.add(to, in.mul(i, result.pitch)),
                    result.pitch);
    });
  };
  if (!window.hasBands(rows.most)) {
    result.windowPitch = math.mul(result.pitch, window.dilationH);
    copy(builder, first, result.at,
         math.add(count, (window.kernelH - 1) * window.dilationH));
    return result;
  }
  result.windowPitch = math.mul(result.pitch, window.bandRows(rows.most));
  math.forEach(result.begin, result.end, 1, [&](OpBuilder &inside, Value kh) {
    IndexMath in(inside, loc);
    copy(inside, in.add(first, in.mul(kh, window.dilationH)),
         in.mul(kh, result.windowPitch), count);
  });
  return result;
}
