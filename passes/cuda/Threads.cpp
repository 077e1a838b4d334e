// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/cuda/Threads.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "passes/loops/Combiner.h"

using namespace mlir;
using namespace strait;
using namespace strait::cuda;

static Value indexConstant(OpBuilder &b, Location loc, int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}

Threads::Threads(OpBuilder &entry, Location loc, int64_t count)
    : loc(loc), number(count) {
  Value id = NVVM::ThreadIdXOp::create(entry, loc, entry.getI32Type());
  thread = arith::IndexCastUIOp::create(entry, loc, entry.getIndexType(), id);
  first = arith::CmpIOp::create(entry, loc, arith::CmpIPredicate::eq, thread,
                                indexConstant(entry, loc, 0));
}

void Threads::barrier(OpBuilder &b) const {
  NVVM::Barrier0Op::create(b, loc);
}

/// The value as 64 bits, and back.
static Value toBits(OpBuilder &b, Location loc, Value value) {
  unsigned width = value.getType().getIntOrFloatBitWidth();
  if (isa<FloatType>(value.getType()))
    value = arith::BitcastOp::create(b, loc, b.getIntegerType(width), value);
  return width == 64 ? value
                     : arith::ExtUIOp::create(b, loc, b.getI64Type(), value)
                           .getResult();
}

static Value fromBits(OpBuilder &b, Location loc, Value bits, Type type) {
  unsigned width = type.getIntOrFloatBitWidth();
  if (width != 64)
    bits = arith::TruncIOp::create(b, loc, b.getIntegerType(width), bits);
  return isa<FloatType>(type)
             ? arith::BitcastOp::create(b, loc, type, bits).getResult()
             : bits;
}

Value Threads::shuffle(OpBuilder &b, Value value, int64_t mask) const {
  auto i32 = [&](int64_t number) -> Value {
    return arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(number));
  };
  auto exchange = [&](Value word) -> Value {
    return NVVM::ShflOp::create(b, loc, b.getI32Type(), i32(-1), word,
                                i32(mask), i32(warpSize - 1),
                                NVVM::ShflKind::bfly, UnitAttr());
  };
  Value bits = toBits(b, loc, value);
  auto word = [&](Value all) -> Value {
    return arith::TruncIOp::create(b, loc, b.getI32Type(), all);
  };
  Value low = arith::ExtUIOp::create(b, loc, b.getI64Type(),
                                     exchange(word(bits)));
  if (value.getType().getIntOrFloatBitWidth() <= 32)
    return fromBits(b, loc, low, value.getType());
  Value half = arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(32));
  Value high = arith::ExtUIOp::create(
      b, loc, b.getI64Type(),
      exchange(word(arith::ShRUIOp::create(b, loc, bits, half))));
  high = arith::ShLIOp::create(b, loc, high, half);
  return fromBits(b, loc, arith::OrIOp::create(b, loc, low, high),
                  value.getType());
}

Value Threads::combineAll(OpBuilder &b, Operation *combiner, Value value,
                          Value exchange) const {
  Type type = value.getType();
  for (int64_t mask = warpSize / 2; mask > 0; mask /= 2)
    value = combine(b, combiner, value, shuffle(b, value, mask));
  if (number == warpSize)
    return value;
  // One value per warp through shared memory.
  Value lanes = indexConstant(b, loc, warpSize);
  Value lane = arith::RemUIOp::create(b, loc, thread, lanes);
  Value isLane0 = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, lane,
                                        indexConstant(b, loc, 0));
  auto leader = scf::IfOp::create(b, loc, isLane0, /*withElse=*/false);
  OpBuilder inside = leader.getThenBodyBuilder();
  memref::StoreOp::create(
      inside, loc, toBits(inside, loc, value), exchange,
      ValueRange{arith::DivUIOp::create(inside, loc, thread, lanes)});
  barrier(b);
  Value sum;
  for (int64_t other = 0; other < number / warpSize; ++other) {
    Value bits = memref::LoadOp::create(
        b, loc, exchange, ValueRange{indexConstant(b, loc, other)});
    Value part = fromBits(b, loc, bits, type);
    sum = sum ? combine(b, combiner, sum, part) : part;
  }
  barrier(b);
  return sum;
}
