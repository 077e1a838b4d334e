// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/loops/ScatterUpdate.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace strait;

Value strait::combineUpdate(OpBuilder &b, Location loc, kernel::ScatterOp op,
                            Value old, Value update) {
  Type type = getElementTypeOrSelf(old.getType());
  bool isFloat = isa<FloatType>(type);
  bool isUnsigned = op.getIsUnsigned() || type.isInteger(1);
  switch (op.getKind()) {
  case kernel::ScatterKind::assign:
    return update;
  case kernel::ScatterKind::add:
    if (isFloat)
      return arith::AddFOp::create(b, loc, old, update);
    return arith::AddIOp::create(b, loc, old, update);
  case kernel::ScatterKind::mul:
    if (isFloat)
      return arith::MulFOp::create(b, loc, old, update);
    return arith::MulIOp::create(b, loc, old, update);
  case kernel::ScatterKind::max:
    if (isFloat)
      return arith::MaximumFOp::create(b, loc, old, update);
    if (isUnsigned)
      return arith::MaxUIOp::create(b, loc, old, update);
    return arith::MaxSIOp::create(b, loc, old, update);
  case kernel::ScatterKind::min:
    if (isFloat)
      return arith::MinimumFOp::create(b, loc, old, update);
    if (isUnsigned)
      return arith::MinUIOp::create(b, loc, old, update);
    return arith::MinSIOp::create(b, loc, old, update);
  }
  llvm_unreachable("covered switch");
}
