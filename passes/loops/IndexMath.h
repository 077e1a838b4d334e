// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Index arithmetic that folds constants as it is written, so that generators
// can treat static and dynamic extents alike.
#ifndef STRAIT_PASSES_LOOPS_INDEXMATH_H
#define STRAIT_PASSES_LOOPS_INDEXMATH_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"

namespace strait {

/// Arithmetic on non-negative positions and extents at one insertion point.
class IndexMath {
public:
  IndexMath(mlir::OpBuilder &builder, mlir::Location loc)
      : builder(builder), loc(loc) {}

  mlir::Value constant(int64_t value) {
    return mlir::arith::ConstantIndexOp::create(builder, loc, value);
  }
  mlir::Value add(mlir::Value a, mlir::Value b) {
    return binary<mlir::arith::AddIOp>(a, b);
  }
  mlir::Value add(mlir::Value a, int64_t b) {
    return b == 0 ? a : add(a, constant(b));
  }
  mlir::Value sub(mlir::Value a, mlir::Value b) {
    return binary<mlir::arith::SubIOp>(a, b);
  }
  mlir::Value mul(mlir::Value a, mlir::Value b) {
    return binary<mlir::arith::MulIOp>(a, b);
  }
  mlir::Value mul(mlir::Value a, int64_t b) {
    return b == 1 ? a : mul(a, constant(b));
  }
  mlir::Value div(mlir::Value a, mlir::Value b) {
    return binary<mlir::arith::DivUIOp>(a, b);
  }
  mlir::Value div(mlir::Value a, int64_t b) {
    return b == 1 ? a : div(a, constant(b));
  }
  mlir::Value ceilDiv(mlir::Value a, int64_t b) {
    return b == 1 ? a : div(add(a, b - 1), b);
  }
  mlir::Value rem(mlir::Value a, mlir::Value b) {
    return binary<mlir::arith::RemUIOp>(a, b);
  }
  mlir::Value rem(mlir::Value a, int64_t b) { return rem(a, constant(b)); }
  mlir::Value min(mlir::Value a, mlir::Value b) {
    return binary<mlir::arith::MinSIOp>(a, b);
  }
  mlir::Value min(mlir::Value a, int64_t b) { return min(a, constant(b)); }
  mlir::Value max(mlir::Value a, mlir::Value b) {
    return binary<mlir::arith::MaxSIOp>(a, b);
  }
  mlir::Value compare(mlir::arith::CmpIPredicate predicate, mlir::Value a,
                      mlir::Value b) {
    return builder.createOrFold<mlir::arith::CmpIOp>(loc, predicate, a, b);
  }
  mlir::Value less(mlir::Value a, mlir::Value b) {
    return compare(mlir::arith::CmpIPredicate::slt, a, b);
  }
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value b) {
    return builder.createOrFold<mlir::arith::SelectOp>(loc, condition, a, b);
  }

  static std::optional<int64_t> known(mlir::Value value) {
    return mlir::getConstantIntValue(value);
  }
  static bool isKnown(mlir::Value value, int64_t expected) {
    return known(value) == expected;
  }

  /// for i in [0, count): emit(i); straight code where count is 0 or 1.
  void forEach(mlir::Value begin, mlir::Value end, int64_t step,
               llvm::function_ref<void(mlir::OpBuilder &, mlir::Value)> emit) {
    auto first = known(begin), last = known(end);
    if (first && last && *first >= *last)
      return;
    if (first && last && *first + step >= *last) {
      emit(builder, begin);
      return;
    }
    auto loop = mlir::scf::ForOp::create(builder, loc, begin, end,
                                         constant(step));
    mlir::OpBuilder inside(loop.getBody()->getTerminator());
    emit(inside, loop.getInductionVar());
  }
  void forEach(mlir::Value count,
               llvm::function_ref<void(mlir::OpBuilder &, mlir::Value)> emit) {
    forEach(constant(0), count, 1, emit);
  }

private:
  template <typename Op>
  mlir::Value binary(mlir::Value a, mlir::Value b) {
    return builder.createOrFold<Op>(loc, a, b);
  }

  mlir::OpBuilder &builder;
  mlir::Location loc;
};

} // namespace strait

#endif // STRAIT_PASSES_LOOPS_INDEXMATH_H
