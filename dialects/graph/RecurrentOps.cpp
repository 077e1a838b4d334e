// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifiers of the recurrent layers.
#include "dialects/graph/GraphOps.h"

using namespace mlir;
using namespace strait::graph;

/// Constraint 3 of the layers: `perDirection` known function names for every
/// direction; and ranks of the three main operands.
template <typename OpT>
static LogicalResult verifyLayer(OpT op, size_t perDirection) {
  size_t directions = op.getDirection() == Direction::Bidirectional ? 2 : 1;
  if (std::optional<ArrayAttr> names = op.getActivations()) {
    if (names->size() != perDirection * directions)
      return op.emitOpError() << "expected " << perDirection * directions
                              << " activations, got " << names->size();
    for (auto name : names->template getAsRange<StringAttr>())
      if (name != "sigmoid" && name != "tanh" && name != "relu")
        return op.emitOpError()
               << "expected activations of sigmoid, tanh and relu, got "
               << name;
  }
  for (Value value : {op.getX(), op.getW(), op.getR()}) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (type && type.getRank() != 3)
      return op.emitOpError() << "expected x, w and r of rank 3, got " << type;
  }
  if (op.getHiddenSize() < 1)
    return op.emitOpError() << "expected a positive hidden_size, got "
                            << op.getHiddenSize();
  return success();
}

LogicalResult LstmOp::verify() { return verifyLayer(*this, 3); }
LogicalResult GruOp::verify() {
  // Constraint 4.
  if (getHiddenBias() && !getLinearBeforeReset())
    return emitOpError("expected linear_before_reset beside a hidden_bias");
  return verifyLayer(*this, 2);
}
LogicalResult RnnOp::verify() { return verifyLayer(*this, 1); }
