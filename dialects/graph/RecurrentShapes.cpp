// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shape rules of the recurrent layers.
#include "dialects/graph/GraphOps.h"
#include "dialects/graph/SymbolicShape.h"

using namespace mlir;
using namespace strait::graph;

/// `gates` rows of w and r, and entries of bias, per hidden unit.
template <typename OpT>
static LogicalResult inferLayer(OpT op, int64_t gates,
                                SymbolicShapeAnalysis &shapes) {
  ArrayRef<AffineExpr> x = shapes.dims(op.getX());
  if (x.size() != 3)
    return op.emitOpError("expected x of rank 3, got ") << x.size();
  int64_t count = op.getDirection() == Direction::Bidirectional ? 2 : 1;
  int64_t units = op.getHiddenSize();
  AffineExpr directions = shapes.constant(count);
  AffineExpr hidden = shapes.constant(units);
  AffineExpr time = x[op.getBatchFirst() ? 1 : 0];
  AffineExpr batch = x[op.getBatchFirst() ? 0 : 1];
  AffineExpr rows = shapes.constant(gates * units);

  SmallVector<AffineExpr> state = {directions, batch, hidden};
  if (op.getBatchFirst())
    std::swap(state[0], state[1]);
  auto check = [&](Value value, ArrayRef<AffineExpr> expected,
                   StringRef name) -> LogicalResult {
    if (!value)
      return success();
    ArrayRef<AffineExpr> dims = shapes.dims(value);
    bool fits = dims.size() == expected.size();
    for (size_t i = 0; fits && i < dims.size(); ++i)
      fits = bool(shapes.unify(dims[i], expected[i], "a size of " + name));
    if (fits)
      return success();
    InFlightDiagnostic error = op.emitOpError("expected ") << name << " [";
    llvm::interleaveComma(expected, error,
                          [&](AffineExpr dim) { error << toString(dim); });
    return error << "], got " << value.getType();
  };
  if (failed(check(op.getW(), {directions, rows, x[2]}, "w")) ||
      failed(check(op.getR(), {directions, rows, hidden}, "r")) ||
      failed(check(op.getBias(), {directions, rows}, "bias")) ||
      failed(check(op.getSequenceLens(), {batch}, "sequence_lens")) ||
      failed(check(op.getInitialH(), state, "initial_h")))
    return failure();
  if constexpr (std::is_same_v<OpT, GruOp>)
    if (failed(check(op.getHiddenBias(), {directions, hidden}, "hidden_bias")))
      return failure();
  if constexpr (std::is_same_v<OpT, LstmOp>)
    if (failed(check(op.getInitialC(), state, "initial_c")) ||
        failed(check(op.getPeepholes(),
                     {directions, shapes.constant(3 * units)}, "peepholes")))
      return failure();

  SmallVector<AffineExpr> all = {time, directions, batch, hidden};
  if (op.getBatchFirst())
    all = {batch, time, directions, hidden};
  if (failed(shapes.set(op->getResult(0), all)))
    return failure();
  for (OpResult result : op->getResults().drop_front())
    if (failed(shapes.set(result, state)))
      return failure();
  return success();
}

LogicalResult LstmOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  return inferLayer(*this, 4, shapes);
}
LogicalResult GruOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  return inferLayer(*this, 3, shapes);
}
LogicalResult RnnOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  return inferLayer(*this, 1, shapes);
}
