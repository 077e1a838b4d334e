// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/loops/Combiner.h"

using namespace mlir;
using namespace strait;

/// The x for which op(x, y) = y, if there is one.
static std::optional<TypedAttr> findNeutral(Operation *op) {
  // Upstream knows only some of the extrema of floats.
  auto infinity = [&](bool negative) {
    auto type = cast<FloatType>(op->getResult(0).getType());
    return FloatAttr::get(
        type, APFloat::getInf(type.getFloatSemantics(), negative));
  };
  if (isa<arith::MaximumFOp, arith::MaxNumFOp>(op))
    return infinity(true);
  if (isa<arith::MinimumFOp, arith::MinNumFOp>(op))
    return infinity(false);
  return arith::getNeutralElement(op);
}

Operation *strait::findCombiner(linalg::GenericOp op) {
  if (op.getNumDpsInits() != 1)
    return nullptr;
  Block *body = op.getBody();
  Value accumulator = body->getArguments().back();
  Value yielded = body->getTerminator()->getOperand(0);
  Operation *combiner = yielded.getDefiningOp();
  if (!combiner || combiner->getBlock() != body ||
      combiner->getNumOperands() != 2 || !accumulator.hasOneUse() ||
      *accumulator.user_begin() != combiner)
    return nullptr;
  return findNeutral(combiner) ? combiner : nullptr;
}

Value strait::neutralElement(OpBuilder &b, Operation *combiner, Type type) {
  TypedAttr attr = *findNeutral(combiner);
  if (auto number = dyn_cast<FloatAttr>(attr); number && attr.getType() != type)
    attr = b.getFloatAttr(type, number.getValueAsDouble());
  return arith::ConstantOp::create(b, combiner->getLoc(), attr);
}

Value strait::combine(OpBuilder &b, Operation *combiner, Value x, Value y) {
  OperationState state(combiner->getLoc(), combiner->getName(), {x, y},
                       x.getType());
  return b.create(state)->getResult(0);
}
