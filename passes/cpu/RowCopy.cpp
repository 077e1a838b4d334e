// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/cpu/RowCopy.h"

#include "passes/loops/IndexMath.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

/// Vectors first, then the elements that are left.
static void
emitRun(OpBuilder &builder, Location loc, Value count, int64_t lanes,
        llvm::function_ref<void(OpBuilder &, Value, int64_t)> emit) {
  IndexMath math(builder, loc);
  Value whole = math.mul(math.div(count, lanes), lanes);
  math.forEach(math.constant(0), whole, lanes,
               [&](OpBuilder &inside, Value i) { emit(inside, i, lanes); });
  if (auto known = IndexMath::known(count); known && *known % lanes == 0)
    return;
  math.forEach(whole, count, 1,
               [&](OpBuilder &inside, Value i) { emit(inside, i, 1); });
}

void strait::cpu::emitCopyRun(OpBuilder &builder, Location loc, Value from,
                              Value fromAt, Value to, Value toAt, Value count,
                              int64_t lanes) {
  emitRun(builder, loc, count, lanes,
          [&](OpBuilder &inside, Value i, int64_t width) {
            IndexMath math(inside, loc);
            Value source = math.add(fromAt, i), target = math.add(toAt, i);
            if (width == 1) {
              Value one = memref::LoadOp::create(inside, loc, from, source);
              memref::StoreOp::create(inside, loc, one, to, target);
              return;
            }
            auto type = VectorType::get({width}, inside.getF32Type());
            Value run = vector::LoadOp::create(inside, loc, type, from, source);
            vector::StoreOp::create(inside, loc, run, to, target);
          });
}

void strait::cpu::emitClearRun(OpBuilder &builder, Location loc, Value to,
                               Value at, Value count, int64_t lanes) {
  if (IndexMath::isKnown(count, 0))
    return;
  emitRun(builder, loc, count, lanes,
          [&](OpBuilder &inside, Value i, int64_t width) {
            IndexMath math(inside, loc);
            Value target = math.add(at, i);
            Type type = inside.getF32Type();
            if (width == 1) {
              Value zero = arith::ConstantOp::create(inside, loc,
                                                     inside.getZeroAttr(type));
              memref::StoreOp::create(inside, loc, zero, to, target);
              return;
            }
            Value zero = arith::ConstantOp::create(
                inside, loc, inside.getZeroAttr(VectorType::get({width}, type)));
            vector::StoreOp::create(inside, loc, zero, to, target);
          });
}
