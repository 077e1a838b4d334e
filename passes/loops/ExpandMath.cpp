// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// math.exp, math.log, ... on f32 and f64 -> arith and math.fma, without calls.
// The flag afn asks for the cheaper e^x whose tiny results are 0.
#include "passes/loops/Passes.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/loops/MathBuilder.h"

namespace strait {
#define GEN_PASS_DEF_EXPANDMATHPASS
#include "passes/loops/Passes.h.inc"
} // namespace strait

using namespace mlir;
using namespace strait;

/// Is every lane of a value the same number, known not to be NaN?
static bool isKnownNumber(Value value) {
  if (auto broadcast = value.getDefiningOp<vector::BroadcastOp>())
    value = broadcast.getSource();
  Attribute attr;
  if (!matchPattern(value, m_Constant(&attr)))
    return false;
  if (auto splat = dyn_cast<SplatElementsAttr>(attr))
    attr = splat.getSplatValue<Attribute>();
  auto number = dyn_cast<FloatAttr>(attr);
  return number && !number.getValue().isNaN();
}

/// The larger (smaller) of two, NaN if one is. x86's instruction gives its
/// second operand if one is NaN: enough if the first one is a known number.
/// LLVM's own form orders -0 and +0 too, at twice the price.
static Value expandExtremum(const MathBuilder &m, Value x, Value y, bool isMax) {
  if (isKnownNumber(y))
    std::swap(x, y);
  Value wins = isMax ? m.greater(x, y) : m.less(x, y);
  Value extremum = m.select(wins, x, y);
  return isKnownNumber(x) ? extremum
                          : m.select(m.unequal(x, x), x, extremum);
}

/// The value of a math op on f32 or f64, or null if it has no expansion.
static Value expand(const MathBuilder &m, Operation *op) {
  Value x = op->getOperand(0);
  return TypeSwitch<Operation *, Value>(op)
      .Case([&](math::ExpOp exp) {
        bool isLoose = bitEnumContainsAny(exp.getFastmath(),
                                          arith::FastMathFlags::afn);
        return isLoose && !m.isF64() ? m.expLoose(x) : m.exp(x);
      })
      .Case([&](math::LogOp) { return m.log(x); })
      .Case([&](math::TanhOp) { return m.tanh(x); })
      .Case([&](math::ErfOp) { return m.erf(x); })
      .Case([&](math::ExpM1Op) { return m.expM1(x); })
      .Case([&](math::Log1pOp) { return m.log1P(x); })
      .Case([&](math::PowFOp) { return m.pow(x, op->getOperand(1)); })
      .Case([&](arith::RemFOp) { return m.remainder(x, op->getOperand(1)); })
      .Case([&](arith::MaximumFOp) {
        return expandExtremum(m, x, op->getOperand(1), true);
      })
      .Case([&](arith::MinimumFOp) {
        return expandExtremum(m, x, op->getOperand(1), false);
      })
      .Case([&](math::SinOp) { return m.sinCos(x).first; })
      .Case([&](math::CosOp) { return m.sinCos(x).second; })
      .Case([&](math::TanOp) {
        auto [sine, cosine] = m.sinCos(x);
        return m.div(sine, cosine);
      })
      .Case([&](math::SinhOp) { return m.sinh(x); })
      .Case([&](math::CoshOp) { return m.cosh(x); })
      .Case([&](math::AsinhOp) { return m.asinh(x); })
      .Case([&](math::AcoshOp) { return m.acosh(x); })
      .Case([&](math::AtanhOp) { return m.atanh(x); })
      .Case([&](math::AsinOp) { return m.isF64() ? Value() : m.asin(x); })
      .Case([&](math::AcosOp) { return m.isF64() ? Value() : m.acos(x); })
      .Case([&](math::AtanOp) { return m.isF64() ? Value() : m.atan(x); })
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
struct ExpandMath : strait::impl::ExpandMathPassBase<ExpandMath> {
  void runOnOperation() override {
    SmallVector<Operation *> functions;
    getOperation()->walk([&](Operation *op) {
      // x86 has no remainder of floats either: it would be a call to fmod.
      if (isa<arith::RemFOp, arith::MaximumFOp, arith::MinimumFOp>(op) ||
          (isa_and_nonnull<math::MathDialect>(op->getDialect()) &&
           !isInstruction(op)))
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
