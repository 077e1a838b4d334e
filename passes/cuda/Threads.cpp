// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/cuda/Threads.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "passes/analysis/TilingCuda.h"
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

Value Threads::lane(OpBuilder &b) const {
  return arith::RemUIOp::create(b, loc, thread,
                                indexConstant(b, loc, warpSize));
}

Value Threads::warp(OpBuilder &b) const {
  return arith::DivUIOp::create(b, loc, thread,
                                indexConstant(b, loc, warpSize));
}

Value Threads::isLane0(OpBuilder &b) const {
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, lane(b),
                               indexConstant(b, loc, 0));
}

Value Threads::combineAll(OpBuilder &b, Operation *combiner, Value value,
                          Value exchange) const {
  auto combineOne = [&](OpBuilder &at, ArrayRef<Value> x, ArrayRef<Value> y) {
    return Tuple{combine(at, combiner, x[0], y[0])};
  };
  return combineAll(b, value, combineOne, exchange)[0];
}

Threads::Tuple Threads::combineAll(OpBuilder &b, ArrayRef<Value> values,
                                   CombineFn combine, Value exchange) const {
  Tuple all(values);
  for (int64_t mask = warpSize / 2; mask > 0; mask /= 2) {
    Tuple others;
    for (Value value : all)
      others.push_back(shuffle(b, value, mask));
    all = combine(b, all, others);
  }
  if (number == warpSize)
    return all;
  // One tuple per warp through shared memory.
  auto leader = scf::IfOp::create(b, loc, isLane0(b), /*withElse=*/false);
  OpBuilder inside = leader.getThenBodyBuilder();
  for (auto [index, value] : llvm::enumerate(all)) {
    Value at = arith::AddIOp::create(
        inside, loc, warp(inside),
        indexConstant(inside, loc, index * warpSize));
    memref::StoreOp::create(inside, loc, toBits(inside, loc, value), exchange,
                            at);
  }
  barrier(b);
  Tuple total;
  for (int64_t other = 0; other < number / warpSize; ++other) {
    Tuple part;
    for (auto [index, value] : llvm::enumerate(values)) {
      Value bits = memref::LoadOp::create(
          b, loc, exchange,
          indexConstant(b, loc, index * warpSize + other));
      part.push_back(fromBits(b, loc, bits, value.getType()));
    }
    total = other == 0 ? part : combine(b, total, part);
  }
  barrier(b);
  return total;
}

Threads::Count Threads::countFlags(OpBuilder &b, Value flag,
                                   Value exchange) const {
  auto i32 = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(value));
  };
  Type index = b.getIndexType();
  Value votes = NVVM::VoteSyncOp::create(b, loc, b.getI32Type(), i32(-1), flag,
                                         NVVM::VoteSyncKind::ballot);
  auto countBits = [&](Value bits) -> Value {
    Value count = math::CtPopOp::create(b, loc, bits);
    return arith::IndexCastUIOp::create(b, loc, index, count);
  };
  // The bits of the lanes before this one.
  Value own = arith::IndexCastUIOp::create(b, loc, b.getI32Type(), lane(b));
  Value earlier = arith::SubIOp::create(
      b, loc, arith::ShLIOp::create(b, loc, i32(1), own), i32(1));
  Count count{countBits(arith::AndIOp::create(b, loc, votes, earlier)),
              indexConstant(b, loc, 0)};
  auto leader = scf::IfOp::create(b, loc, isLane0(b), /*withElse=*/false);
  OpBuilder inside = leader.getThenBodyBuilder();
  memref::StoreOp::create(
      inside, loc,
      arith::ExtUIOp::create(inside, loc, inside.getI64Type(), votes), exchange,
      warp(inside));
  barrier(b);
  Value mine = warp(b);
  for (int64_t other = 0; other < number / warpSize; ++other) {
    Value at = indexConstant(b, loc, other);
    Value part = countBits(memref::LoadOp::create(b, loc, exchange, at));
    Value isBefore = arith::CmpIOp::create(
        b, loc, arith::CmpIPredicate::ult, at, mine);
    Value sum = arith::AddIOp::create(b, loc, count.before, part);
    count.before =
        arith::SelectOp::create(b, loc, isBefore, sum, count.before);
    count.all = arith::AddIOp::create(b, loc, count.all, part);
  }
  barrier(b);
  return count;
}

Value cuda::carveExchange(KernelFunction &function, int64_t values) {
  OpBuilder &b = function.builder();
  return function.carveScratch(
      b.getAffineConstantExpr(0),
      MemRefType::get({ShapedType::kDynamic}, b.getI64Type()),
      indexConstant(b, function.loc(), values * exchangeBytes / 8));
}
