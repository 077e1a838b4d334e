// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// math.exp, math.log, ... on f32 and f64 -> arith and math.fma, without calls.
#include "passes/cpu/Passes.h"

#include "passes/cpu/MathBuilder.h"

namespace strait::cpu {
#define GEN_PASS_DEF_EXPANDMATHPASS
#include "passes/cpu/Passes.h.inc"
} // namespace strait::cpu

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

/// The value of a math op on f32 or f64, or null if it has no expansion.
static Value expand(const MathBuilder &m, Operation *op) {
  Value x = op->getOperand(0);
  return TypeSwitch<Operation *, Value>(op)
      .Case([&](math::ExpOp) { return m.exp(x); })
      .Case([&](math::LogOp) { return m.log(x); })
      .Case([&](math::TanhOp) { return m.tanh(x); })
      .Case([&](math::ErfOp) { return m.erf(x); })
      .Case([&](math::RsqrtOp) {
        return m.div(m.constant(1.0), m.sqrt(x));
      })
      .Default([](Operation *) { return Value(); });
}

/// Ops that are instructions of every CPU we compile for.
static bool isInstruction(Operation *op) {
  return isa<math::AbsFOp, math::AbsIOp, math::FmaOp, math::SqrtOp,
             math::FloorOp, math::CeilOp, math::RoundEvenOp, math::TruncOp,
             math::CopySignOp, math::CountLeadingZerosOp,
             math::CountTrailingZerosOp, math::CtPopOp>(op);
}

namespace {
struct ExpandMath : cpu::impl::ExpandMathPassBase<ExpandMath> {
  void runOnOperation() override {
    SmallVector<Operation *> functions;
    getOperation()->walk([&](Operation *op) {
      if (isa_and_nonnull<math::MathDialect>(op->getDialect()) &&
          !isInstruction(op))
        functions.push_back(op);
    });
    for (Operation *op : functions) {
      Type type = op->getResult(0).getType();
      Type element = getElementTypeOrSelf(type);
      OpBuilder builder(op);
      Value value;
      if (element.isF32() || element.isF64())
        value = expand(MathBuilder(builder, op->getLoc(), type), op);
      if (!value) {
        op->emitOpError("has no expansion for ") << element;
        return signalPassFailure();
      }
      op->getResult(0).replaceAllUsesWith(value);
      op->erase();
    }
  }
};
} // namespace
