// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.concat on CPUs. A task is a run of the result's elements:
//
//   for row of the run:
//     for each input:
//       copy its part of the row that lies in the run, in vectors
#include "passes/loops/Epilogue.h"
#include "passes/cpu/Generators.h"
#include "passes/loops/TileAttributes.h"
#include "passes/cpu/VectorSweep.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

LogicalResult cpu::emitConcat(KernelFunction &function, kernel::ConcatOp op) {
  int64_t lanes = 0, block = 0;
  if (failed(TileAttributes(function.kernel())
                 .read({{"lanes", &lanes}, {"block", &block}})))
    return failure();
  FailureOr<Epilogue> epilogue = Epilogue::create(function, op);
  if (failed(epilogue))
    return failure();
  Location loc = function.loc();
  Type element =
      cast<RankedTensorType>(op.getResult().getType()).getElementType();
  int64_t bits = storageType(element).getIntOrFloatBitWidth();
  int64_t narrow = std::max<int64_t>(1, lanes * 32 / bits);

  struct Part {
    Value memory, begin, count;
  };
  SmallVector<Part> parts;
  AffineExpr offset = function.builder().getAffineConstantExpr(0);
  for (Value operand : op.getInputs()) {
    auto input = function.inputIndex(operand);
    if (!input)
      return op.emitOpError("expected to join inputs of the kernel");
    AffineExpr count = function.inputShape(*input)[1];
    parts.push_back({function.flatInput(*input), function.size(offset),
                     function.size(count)});
    offset = offset + count;
  }
  ArrayRef<AffineExpr> shape = function.resultShape(0);
  Value row = function.size(shape[1]);
  Value total = function.size(shape[0] * shape[1]);
  LogicalResult result = success();
  function.forEachTask([&](OpBuilder &b, Value task) {
    IndexMath math(b, loc);
    Value first = math.mul(task, block);
    Value last = math.min(math.add(first, block), total);
    Value zero = math.constant(0);
    Value firstRow = math.div(first, row);
    Value lastRow = math.add(math.div(math.sub(last, math.constant(1)), row), 1);
    math.forEach(firstRow, lastRow, 1, [&](OpBuilder &inside, Value r) {
      IndexMath in(inside, loc);
      Value start = in.mul(r, row);
      Value low = in.max(zero, in.sub(first, start));
      Value high = in.min(row, in.sub(last, start));
      for (const Part &part : parts) {
        Value from = in.max(zero, in.sub(low, part.begin));
        Value to = in.min(part.count, in.sub(high, part.begin));
        to = in.max(from, to);
        Value source = in.mul(r, part.count);
        if (failed(sweepVectors(
                inside, loc, from, to, 4 * narrow, narrow,
                [&](OpBuilder &point, Value at, int64_t count, Value mask) {
                  IndexMath m(point, loc);
                  Value loaded =
                      loadMasked(point, loc, part.memory, m.add(source, at),
                                 element, count, mask);
                  return epilogue->store(point, loaded,
                                         {r, m.add(part.begin, at)}, mask);
                })))
          result = failure();
      }
    });
  });
  return result;
}
