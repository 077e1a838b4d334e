// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.non_zero on CPUs, one task without branches:
//
//   for i in [0, N):  positions[count] = i; count += x[i] is not zero
#include "passes/cpu/Generators.h"
#include "passes/loops/IndexMath.h"
#include "passes/loops/NonZeroTest.h"
#include "passes/loops/ScalarBody.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

LogicalResult cpu::emitNonZero(KernelFunction &function,
                               kernel::NonZeroOp op) {
  auto input = function.inputIndex(op.getInput());
  SmallVector<unsigned> positions = function.resultIndices(op.getPositions());
  SmallVector<unsigned> counts = function.resultIndices(op.getCount());
  if (!input || positions.size() != 1 || counts.size() != 1)
    return op.emitOpError("expected to list an input of the kernel in its two "
                          "results");
  Location loc = function.loc();
  Type element =
      cast<RankedTensorType>(op.getInput().getType()).getElementType();
  Value source = function.flatInput(*input);
  Value list = function.flatResult(positions[0]);
  Value total = function.flatResult(counts[0]);
  Value size = function.size(function.inputShape(*input)[0]);
  function.forEachTask([&](OpBuilder &b, Value) {
    IndexMath math(b, loc);
    Value zero = math.constant(0);
    auto loop = scf::ForOp::create(b, loc, zero, size, math.constant(1), zero);
    OpBuilder inside = OpBuilder::atBlockEnd(loop.getBody());
    Value i = loop.getInductionVar(), count = loop.getRegionIterArg(0);
    Type i64 = inside.getI64Type();
    // The place exists: no more than i elements stand before it.
    memref::StoreOp::create(inside, loc,
                            arith::IndexCastOp::create(inside, loc, i64, i),
                            list, count);
    Value x = loadElements(inside, loc, source, i, element, 1);
    Value step = arith::IndexCastUIOp::create(
        inside, loc, inside.getIndexType(), isNonZero(inside, loc, x));
    scf::YieldOp::create(inside, loc,
                         IndexMath(inside, loc).add(count, step));
    Value all = arith::IndexCastOp::create(b, loc, b.getI64Type(),
                                           loop.getResult(0));
    memref::StoreOp::create(b, loc, all, total, zero);
  });
  return success();
}
