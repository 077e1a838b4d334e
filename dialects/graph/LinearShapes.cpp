// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shape rules of contractions, windows and attention.
#include "dialects/graph/WindowShapes.h"

using namespace mlir;
using namespace strait::graph;

LogicalResult MatmulOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  ArrayRef<AffineExpr> a = shapes.dims(getA()), b = shapes.dims(getB());
  if (a.size() < 2 || b.size() < 2)
    return emitOpError("expected operands of rank 2 or more, got ")
           << a.size() << " and " << b.size();
  // Constraint 1.
  if (!shapes.unify(a.back(), b[b.size() - 2], "the inner size"))
    return emitOpError("expected equal inner dims, got ")
           << toString(a.back()) << " and " << toString(b[b.size() - 2]);
  OpResult result = getOperation()->getResult(0);
  std::optional<SmallVector<AffineExpr>> dims =
      shapes.broadcast(result, {a.drop_back(2), b.drop_back(2)});
  if (!dims)
    return failure();
  dims->push_back(a[a.size() - 2]);
  dims->push_back(b.back());
  return shapes.set(result, *dims);
}

/// What the input and its padding have beyond one window.
static AffineExpr excessOf(const WindowAxis &axis) {
  AffineExpr extent = (axis.kernel - 1) * axis.dilation + 1;
  return subtract(axis.size + (axis.begin + axis.end), extent);
}

AffineExpr strait::graph::convolvedSize(const WindowAxis &axis) {
  if (axis.autoPad != AutoPad::Explicit)
    return axis.size.ceilDiv(axis.stride);
  return excessOf(axis).floorDiv(axis.stride) + 1;
}

AffineExpr strait::graph::pooledSize(const WindowAxis &axis, bool ceilMode,
                                     SymbolicShapeAnalysis &shapes) {
  AffineExpr windows = convolvedSize(axis);
  if (axis.autoPad != AutoPad::Explicit)
    return windows;
  AffineExpr excess = excessOf(axis);
  if (ceilMode)
    return shapes.minimum(add(excess, shapes.constant(axis.stride)),
                          axis.size + axis.begin)
        .ceilDiv(axis.stride);
  // Of an input with at least one element, since onnxruntime takes no other.
  std::optional<int64_t> least =
      shapes.lowerBound(subtract(excess, axis.size) + 1);
  if (least && *least >= 0)
    return windows;
  AffineExpr partial = shapes.constant(1);
  if (!least || *least <= -axis.stride)
    partial = shapes.minimum(excess.ceilDiv(axis.stride) + 1, partial);
  return shapes.maximum(windows, partial);
}

LogicalResult ConvOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  ArrayRef<AffineExpr> x = shapes.dims(getX()), w = shapes.dims(getW());
  bool last = getLayout() == Layout::ChannelsLast;
  size_t rank = getStrides().size() + 2;
  if (x.size() != rank || w.size() != rank)
    return emitOpError("expected operands of rank ")
           << rank << ", got " << x.size() << " and " << w.size();
  // Constraint 2.
  AffineExpr channels = x[last ? rank - 1 : 1];
  if (!shapes.unify(channels, w[1] * int64_t(getGroups()), "the channels"))
    return emitOpError("expected ")
           << toString(w[1] * int64_t(getGroups())) << " channels, got "
           << toString(channels);
  if (std::optional<int64_t> m = constantValue(w[0]);
      m && *m % int64_t(getGroups()) != 0)
    return emitOpError("expected a multiple of ")
           << getGroups() << " filters, got " << *m;
  // Constraint 3.
  if (getBias()) {
    ArrayRef<AffineExpr> bias = shapes.dims(getBias());
    if (bias.size() != 1 || !shapes.unify(bias[0], w[0], "the bias' size"))
      return emitOpError("expected a bias of shape [")
             << toString(w[0]) << "], got " << getBias().getType();
  }
  SmallVector<AffineExpr> dims(rank);
  dims[0] = x[0];
  dims[last ? rank - 1 : 1] = w[0];
  for (size_t i = 0; i < rank - 2; ++i) {
    size_t axis = i + (last ? 1 : 2);
    dims[axis] = convolvedSize({x[axis], w[i + 2], getStrides()[i],
                                getDilations()[i], getPads()[i],
                                getPads()[i + rank - 2], getAutoPad()});
  }
  return shapes.set(getOperation()->getResult(0), dims);
}

LogicalResult ConvTransposeOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  ArrayRef<AffineExpr> x = shapes.dims(getX()), w = shapes.dims(getW());
  bool last = getLayout() == Layout::ChannelsLast;
  size_t rank = getStrides().size() + 2;
  if (x.size() != rank || w.size() != rank)
    return emitOpError("expected operands of rank ")
           << rank << ", got " << x.size() << " and " << w.size();
  // Constraint 2.
  AffineExpr channels = x[last ? rank - 1 : 1];
  if (!shapes.unify(channels, w[0], "the channels"))
    return emitOpError("expected ")
           << toString(w[0]) << " channels, got " << toString(channels);
  AffineExpr filters = w[1] * int64_t(getGroups());
  // Constraint 3.
  if (getBias()) {
    ArrayRef<AffineExpr> bias = shapes.dims(getBias());
    if (bias.size() != 1 ||
        !shapes.unify(bias[0], filters, "the bias' size"))
      return emitOpError("expected a bias of shape [")
             << toString(filters) << "], got " << getBias().getType();
  }
  SmallVector<AffineExpr> dims(rank);
  dims[0] = x[0];
  dims[last ? rank - 1 : 1] = filters;
  for (size_t i = 0; i < rank - 2; ++i) {
    size_t axis = i + (last ? 1 : 2);
    int64_t stride = getStrides()[i];
    if (getAutoPad() != AutoPad::Explicit) {
      dims[axis] = multiply({x[axis], shapes.constant(stride)}, getContext());
      continue;
    }
    AffineExpr extent = (w[i + 2] - 1) * getDilations()[i] + 1;
    int64_t rest =
        getOutputPadding()[i] - getPads()[i] - getPads()[i + rank - 2];
    dims[axis] = add((x[axis] - 1) * stride, extent + rest);
  }
  return shapes.set(getOperation()->getResult(0), dims);
}

LogicalResult PoolOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  ArrayRef<AffineExpr> x = shapes.dims(getX());
  bool last = getLayout() == Layout::ChannelsLast;
  size_t rank = getKernel().size() + 2;
  if (x.size() != rank)
    return emitOpError("expected an operand of rank ")
           << rank << ", got " << x.size();
  SmallVector<AffineExpr> dims(x);
  for (size_t i = 0; i < rank - 2; ++i) {
    size_t axis = i + (last ? 1 : 2);
    shapes.assume(x[axis], SymbolicAssumption::AtLeast, shapes.constant(1),
                  "a spatial size");
    dims[axis] = pooledSize({x[axis], shapes.constant(getKernel()[i]),
                             getStrides()[i], getDilations()[i], getPads()[i],
                             getPads()[i + rank - 2], getAutoPad()},
                            getCeilMode(), shapes);
  }
  return shapes.set(getOperation()->getResult(0), dims);
}

LogicalResult AttentionOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  ArrayRef<AffineExpr> q = shapes.dims(getQ()), k = shapes.dims(getK()),
                       v = shapes.dims(getV());
  if (q.size() != 4 || k.size() != 4 || v.size() != 4)
    return emitOpError("expected q, k and v of rank 4, got ")
           << q.size() << ", " << k.size() << " and " << v.size();
  if (!shapes.unify(k[3], q[3], "the head size of k"))
    return emitOpError("expected equal head sizes of q and k, got ")
           << toString(q[3]) << " and " << toString(k[3]);
  for (int axis : {0, 1, 2})
    if (!shapes.unify(v[axis], k[axis], "the heads or length of v"))
      return emitOpError("expected equal heads and lengths of k and v, got ")
             << toString(k[axis]) << " and " << toString(v[axis]);
  if (!shapes.unify(k[0], q[0], "the batch size of k"))
    return emitOpError("expected equal batch sizes of q and k, got ")
           << toString(q[0]) << " and " << toString(k[0]);
  // Constraint 1.
  std::optional<int64_t> heads = constantValue(q[1]);
  std::optional<int64_t> keyHeads = constantValue(k[1]);
  bool isOpen = !heads || !keyHeads;
  if (isOpen && getGrouped() && keyHeads != 0)
    shapes.assume(q[1], SymbolicAssumption::Equal,
                  multiply({k[1], q[1].floorDiv(k[1])}, getContext()),
                  "the heads of q, a multiple of those of k");
  else if (isOpen ? !shapes.unify(k[1], q[1], "the heads of k")
                  : *keyHeads == 0 || *heads % *keyHeads != 0)
    return emitOpError("expected the heads of q to be a multiple of those of "
                       "k, got ")
           << toString(q[1]) << " and " << toString(k[1]);
  if (getBias()) { // Constraint 2. An open size is not one.
    AffineExpr scores[] = {q[0], q[1], q[2], k[2]};
    ArrayRef<AffineExpr> bias = shapes.dims(getBias());
    bool fits = bias.size() <= 4;
    for (size_t i = 0; fits && i < bias.size(); ++i)
      fits = constantValue(bias[i]) == 1 ||
             shapes.unify(bias[i], scores[4 - bias.size() + i],
                          "a size of the bias");
    if (!fits)
      return emitOpError("expected a bias that broadcasts to the scores, got ")
             << getBias().getType();
  }
  return shapes.set(getOperation()->getResult(0), {q[0], q[1], q[2], v[3]});
}
