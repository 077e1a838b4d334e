// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifier of attention.
#include "dialects/graph/GraphOps.h"

using namespace mlir;
using namespace strait::graph;

LogicalResult AttentionOp::verify() {
  auto q = dyn_cast<RankedTensorType>(getQ().getType());
  auto k = dyn_cast<RankedTensorType>(getK().getType());
  for (Value value : {getQ(), getK(), getV()}) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (type && type.getRank() != 4)
      return emitOpError() << "expected q, k and v of rank 4, got " << type;
  }
  // Constraint 1.
  if (q && k && !q.isDynamicDim(1) && !k.isDynamicDim(1) &&
      (k.getDimSize(1) == 0 || q.getDimSize(1) % k.getDimSize(1) != 0))
    return emitOpError() << "expected query heads to be a multiple of key "
                         << "heads, got " << q.getDimSize(1) << " and "
                         << k.getDimSize(1);
  return success();
}
