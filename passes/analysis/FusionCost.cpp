// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/FusionCost.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace strait;

// Cycles per element.
static constexpr double kMove = 0.25;       // a load or store in L2
static constexpr double kBroadcast = 0.02;  // a load that stays in L1
static constexpr double kSimple = 0.07;     // add, multiply, compare
static constexpr double kDivision = 0.6;
static constexpr double kFunction = 1.5;    // exp and the like
static constexpr double kGather = 1.5;      // an element at a computed position
// Cycles.
static constexpr double kLaunch = 4000;

/// An extent that only the run tells.
static constexpr int64_t kTypicalExtent = 64;

static int64_t extentOf(int64_t extent) {
  return ShapedType::isDynamic(extent) ? kTypicalExtent : extent;
}

static double arithmeticOf(linalg::GenericOp generic) {
  double cycles = 0;
  for (Operation &op : generic.getBody()->without_terminator()) {
    if (isa<arith::ConstantOp>(op))
      continue;
    if (isa<math::MathDialect>(op.getDialect()))
      cycles += kFunction;
    else if (isa<arith::DivFOp, arith::DivSIOp, arith::DivUIOp, arith::RemFOp,
                 arith::RemSIOp, arith::RemUIOp>(op))
      cycles += kDivision;
    else if (isa<tensor::ExtractOp>(op))
      cycles += kGather;
    else
      cycles += kSimple;
  }
  return cycles;
}

/// Of the operands of `generic`, per element.
static double readsOf(linalg::GenericOp generic) {
  double cycles = 0;
  unsigned loops = generic.getNumLoops();
  for (OpOperand *operand : generic.getDpsInputOperands()) {
    AffineMap map = generic.getMatchingIndexingMap(operand);
    cycles += loops && map.isFunctionOfDim(loops - 1) ? kMove : kBroadcast;
  }
  return cycles;
}

bool strait::paysInPlace(linalg::GenericOp producer,
                         linalg::GenericOp consumer, AffineMap read) {
  double elements = 1, repeats = 1;
  for (int64_t extent : producer.getStaticLoopRanges())
    elements *= extentOf(extent);
  for (auto [loop, extent] : llvm::enumerate(consumer.getStaticLoopRanges()))
    if (!read.isFunctionOfDim(loop))
      repeats *= extentOf(extent);
  double saved = kLaunch + elements * (kMove + repeats * kMove);
  double again = elements * (repeats - 1) *
                 (arithmeticOf(producer) + readsOf(producer));
  return saved >= again;
}
