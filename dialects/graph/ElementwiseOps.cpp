// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifiers of the elementwise ops.
#include "dialects/graph/GraphOps.h"

using namespace mlir;
using namespace strait::graph;

/// Constraint 1 of the broadcasting ops: one element type.
static LogicalResult verifyOneElementType(Operation *op, ValueRange values) {
  Type first = getElementTypeOrSelf(values.front());
  for (Value value : values)
    if (Type other = getElementTypeOrSelf(value); other != first)
      return op->emitOpError()
             << "expected one element type, got " << first << " and " << other;
  return success();
}

#define VERIFY_ONE_ELEMENT_TYPE(OP)                                            \
  LogicalResult OP::verify() {                                                 \
    return verifyOneElementType(*this, {getA(), getB(), getResult()});         \
  }
VERIFY_ONE_ELEMENT_TYPE(AddOp)
VERIFY_ONE_ELEMENT_TYPE(SubOp)
VERIFY_ONE_ELEMENT_TYPE(MulOp)
VERIFY_ONE_ELEMENT_TYPE(DivOp)
VERIFY_ONE_ELEMENT_TYPE(MinOp)
VERIFY_ONE_ELEMENT_TYPE(MaxOp)
VERIFY_ONE_ELEMENT_TYPE(AndOp)
VERIFY_ONE_ELEMENT_TYPE(OrOp)
VERIFY_ONE_ELEMENT_TYPE(XorOp)
VERIFY_ONE_ELEMENT_TYPE(BitAndOp)
VERIFY_ONE_ELEMENT_TYPE(BitOrOp)
VERIFY_ONE_ELEMENT_TYPE(BitXorOp)
VERIFY_ONE_ELEMENT_TYPE(SelectOp)
#undef VERIFY_ONE_ELEMENT_TYPE

LogicalResult PowOp::verify() {
  return verifyOneElementType(*this, {getA(), getResult()});
}

LogicalResult ModOp::verify() {
  if (isa<FloatType>(getElementTypeOrSelf(getA())) && !getFmod())
    return emitOpError("expected fmod for float elements");
  return verifyOneElementType(*this, {getA(), getB(), getResult()});
}

LogicalResult ShiftOp::verify() {
  Type type = getElementTypeOrSelf(getA());
  if (!type.isUnsignedInteger())
    return emitOpError() << "expected an unsigned integer element type, got "
                         << type;
  return verifyOneElementType(*this, {getA(), getB(), getResult()});
}

LogicalResult CompareOp::verify() {
  return verifyOneElementType(*this, {getA(), getB()});
}
