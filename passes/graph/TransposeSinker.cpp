// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/graph/TransposeSinker.h"

#include "passes/graph/ConstantTree.h"
#include "passes/graph/ReshapeGroups.h"

using namespace mlir;
using namespace strait::graph;

static Permutation inverse(ArrayRef<int64_t> perm) {
  Permutation result(perm.size());
  for (auto [i, dim] : llvm::enumerate(perm))
    result[dim] = i;
  return result;
}

static bool isIdentity(ArrayRef<int64_t> perm) {
  for (auto [i, dim] : llvm::enumerate(perm))
    if (dim != int64_t(i))
      return false;
  return true;
}

/// Whether dims other than 1 keep their order.
static bool movesOnesOnly(ArrayRef<AffineExpr> dims, ArrayRef<int64_t> perm) {
  int64_t previous = -1;
  for (int64_t dim : perm) {
    if (constantValue(dims[dim]) == 1)
      continue;
    if (dim < previous)
      return false;
    previous = dim;
  }
  return true;
}

static void makeUnranked(Operation *op) {
  for (Value result : op->getResults())
    result.setType(
        UnrankedTensorType::get(getElementTypeOrSelf(result.getType())));
}

Value TransposeSinker::makeList(ArrayRef<int64_t> entries, Location loc) {
  Value list = makeShape(rewriter, loc, entries);
  // Constants always fit their rule.
  if (failed(shapes.visit(list.getDefiningOp())))
    return nullptr;
  return list;
}

LogicalResult TransposeSinker::infer(Operation *op) {
  if (failed(shapes.visit(op)))
    return failure();
  shapes.refineTypes(op);
  return success();
}

Operation *TransposeSinker::cloneWith(Operation *op,
                                      ArrayRef<Value> operands) {
  rewriter.setInsertionPoint(op);
  Operation *inner = rewriter.clone(*op);
  inner->setOperands(operands);
  makeUnranked(inner);
  return inner;
}

LogicalResult TransposeSinker::finish(Operation *op, Operation *inner,
                                      ArrayRef<int64_t> perm) {
  if (failed(infer(inner)))
    return failure();
  for (auto [old, result] : llvm::zip(op->getResults(), inner->getResults())) {
    Value value = result;
    if (!isIdentity(perm)) {
      auto transpose = TransposeOp::create(rewriter, op->getLoc(),
                                           old.getType(), value, perm);
      if (failed(infer(transpose)))
        return failure();
      value = transpose;
    }
    rewriter.replaceAllUsesWith(old, value);
  }
  return success();
}

Value TransposeSinker::untransposed(Value value, ArrayRef<int64_t> perm,
                                    Operation *user) {
  if (auto transpose = value.getDefiningOp<TransposeOp>();
      transpose && transpose.getPerm() == perm)
    return transpose.getX();
  SmallVector<AffineExpr> dims(shapes.dims(value));
  if (dims.size() > perm.size())
    return nullptr;
  // One element broadcasts anywhere, as long as the rank does not decide.
  if (llvm::all_of(dims, [](AffineExpr dim) {
        return constantValue(dim) == 1;
      }))
    return value;
  Permutation back = inverse(perm);
  SmallVector<AffineExpr> full(perm.size() - dims.size(), shapes.constant(1));
  llvm::append_range(full, dims);
  bool isKnown = isConstant(value);
  if (!isKnown && !movesOnesOnly(full, back))
    return nullptr;
  rewriter.setInsertionPoint(user);
  Location loc = value.getLoc();
  if (full.size() != dims.size()) {
    std::optional<SmallVector<int64_t>> entries = reshapeEntries(dims, full);
    if (!entries)
      return nullptr;
    auto reshape = ReshapeOp::create(
        rewriter, loc,
        UnrankedTensorType::get(getElementTypeOrSelf(value.getType())), value,
        makeList(*entries, loc), false);
    if (failed(infer(reshape)))
      return nullptr;
    value = reshape;
  }
  auto transpose = TransposeOp::create(
      rewriter, loc,
      UnrankedTensorType::get(getElementTypeOrSelf(value.getType())), value,
      back);
  if (failed(infer(transpose)))
    return nullptr;
  return transpose;
}

/// The permutation of a full-rank transposed operand that is no constant.
static std::optional<Permutation> commonPerm(ValueRange operands,
                                             int64_t rank) {
  for (Value operand : operands)
    if (auto transpose = operand.getDefiningOp<TransposeOp>())
      if (int64_t(transpose.getPerm().size()) == rank && !isConstant(operand))
        return Permutation(transpose.getPerm());
  return std::nullopt;
}

/// Operands that are neither transposed alike nor cheap block an op; looked at
/// before anything is created.
static bool fitsPerm(Value value, ArrayRef<int64_t> perm,
                     SymbolicShapeAnalysis &shapes, bool mayBroadcast) {
  if (auto transpose = value.getDefiningOp<TransposeOp>();
      transpose && transpose.getPerm() == perm)
    return true;
  ArrayRef<AffineExpr> dims = shapes.dims(value);
  if (dims.size() > perm.size() || (!mayBroadcast && dims.size() < perm.size()))
    return false;
  if (isConstant(value))
    return true;
  SmallVector<AffineExpr> full(perm.size() - dims.size(), shapes.constant(1));
  llvm::append_range(full, dims);
  return movesOnesOnly(full, inverse(perm)) &&
         reshapeEntries(dims, full).has_value();
}

LogicalResult TransposeSinker::sinkThroughElementwise(Operation *op) {
  int64_t rank = shapes.dims(op->getResult(0)).size();
  std::optional<Permutation> perm = commonPerm(op->getOperands(), rank);
  if (!perm)
    return success();
  for (Value operand : op->getOperands())
    if (!fitsPerm(operand, *perm, shapes, /*mayBroadcast=*/true))
      return success();
  SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    operands.push_back(untransposed(operand, *perm, op));
    if (!operands.back())
      return op->emitOpError("expected an operand that transposes");
  }
  return finish(op, cloneWith(op, operands), *perm);
}

LogicalResult TransposeSinker::sinkThroughConcat(ConcatOp op) {
  int64_t rank = shapes.dims(op.getResult()).size();
  std::optional<Permutation> perm = commonPerm(op.getInputs(), rank);
  if (!perm)
    return success();
  for (Value operand : op.getInputs())
    if (!fitsPerm(operand, *perm, shapes, /*mayBroadcast=*/false))
      return success();
  SmallVector<Value> operands;
  for (Value operand : op.getInputs()) {
    // Without broadcasting, one element has to move, too.
    Value moved = untransposed(operand, *perm, op);
    if (!moved)
      return op->emitOpError("expected an operand that transposes");
    operands.push_back(moved);
  }
  auto inner = cast<ConcatOp>(cloneWith(op, operands));
  inner.setAxis((*perm)[op.getAxis()]);
  return finish(op, inner, *perm);
}

LogicalResult TransposeSinker::sinkThroughReshape(ReshapeOp op) {
  auto transpose = op.getX().getDefiningOp<TransposeOp>();
  if (!transpose || isConstant(op.getX()))
    return success();
  ArrayRef<int64_t> perm = transpose.getPerm();
  SmallVector<AffineExpr> x(shapes.dims(transpose.getX()));
  SmallVector<AffineExpr> y(shapes.dims(op.getX()));
  SmallVector<AffineExpr> z(shapes.dims(op.getResult()));
  if (y.empty() || z.empty())
    return success();
  std::optional<SmallVector<ReshapeGroup>> groups =
      groupDims(y, z, op.getContext());
  if (!groups)
    return success();
  // Dims of x other than 1 are numbered; a group must own a run of numbers.
  SmallVector<int64_t> number(x.size(), -1);
  int64_t count = 0;
  for (auto [i, dim] : llvm::enumerate(x))
    if (constantValue(dim) != 1)
      number[i] = count++;
  SmallVector<std::pair<int64_t, size_t>> order; // (position in x, group)
  for (auto [g, group] : llvm::enumerate(*groups)) {
    int64_t position = -1, previous = -1;
    for (size_t i = group.from; i < group.from + group.fromCount; ++i) {
      int64_t dim = perm[i];
      if (number[dim] < 0)
        continue;
      if (previous >= 0 && number[dim] != previous + 1)
        return success();
      previous = number[dim];
      if (position < 0)
        position = dim;
    }
    order.push_back({position < 0 ? perm[group.from] : position, g});
  }
  llvm::sort(order);
  SmallVector<AffineExpr> newDims;
  SmallVector<int64_t> from; // Dim of z that each new dim is.
  for (auto [position, g] : order)
    for (size_t j = 0; j < (*groups)[g].toCount; ++j) {
      from.push_back((*groups)[g].to + j);
      newDims.push_back(z[from.back()]);
    }
  Permutation back = inverse(from);
  if (back == Permutation(perm) && llvm::equal(newDims, x))
    return success(); // The reshape did nothing.
  rewriter.setInsertionPoint(op);
  Value shape;
  if (std::optional<SmallVector<int64_t>> entries =
          reshapeEntries(x, newDims)) {
    shape = makeList(*entries, op.getLoc());
  } else {
    // The same entries in another order, unless one says "copy".
    std::optional<SmallVector<AffineExpr>> old = shapes.elements(op.getShape());
    if (!old || llvm::any_of(*old, [](AffineExpr entry) {
          return constantValue(entry) == 0;
        }))
      return success();
    auto gather = GatherOp::create(rewriter, op.getLoc(),
                                   op.getShape().getType(), op.getShape(),
                                   makeList(from, op.getLoc()), 0);
    if (failed(infer(gather)))
      return failure();
    shape = gather;
  }
  auto inner = ReshapeOp::create(
      rewriter, op.getLoc(),
      UnrankedTensorType::get(getElementTypeOrSelf(op.getResult())),
      transpose.getX(), shape, false);
  return finish(op, inner, back);
}

LogicalResult TransposeSinker::sinkThroughReduce(Operation *op,
                                                 ArrayRef<int64_t> axes,
                                                 bool keepDims) {
  auto transpose = op->getOperand(0).getDefiningOp<TransposeOp>();
  if (!transpose || isConstant(op->getOperand(0)))
    return success();
  ArrayRef<int64_t> perm = transpose.getPerm();
  SmallVector<int64_t> newAxes;
  for (int64_t axis : axes)
    newAxes.push_back(perm[axis]);
  llvm::sort(newAxes);
  Permutation outer(perm);
  if (!keepDims) {
    // The dims that stay, numbered anew on both sides.
    outer.clear();
    for (auto [i, dim] : llvm::enumerate(perm))
      if (!llvm::is_contained(axes, int64_t(i)))
        outer.push_back(dim - llvm::count_if(newAxes, [&](int64_t axis) {
                          return axis < dim;
                        }));
  }
  SmallVector<Value> operands(op->getOperands());
  operands[0] = transpose.getX();
  Operation *inner = cloneWith(op, operands);
  if (auto reduce = dyn_cast<ReduceOp>(inner))
    reduce.setAxes(newAxes);
  else
    cast<ArgReduceOp>(inner).setAxis(newAxes.front());
  return finish(op, inner, outer);
}

LogicalResult TransposeSinker::sinkThroughPad(PadOp op) {
  auto transpose = op.getX().getDefiningOp<TransposeOp>();
  if (!transpose || isConstant(op.getX()))
    return success();
  Permutation back = inverse(transpose.getPerm());
  SmallVector<int64_t> positions(back);
  for (int64_t dim : back)
    positions.push_back(dim + back.size());
  rewriter.setInsertionPoint(op);
  auto pads =
      GatherOp::create(rewriter, op.getLoc(), op.getPads().getType(),
                       op.getPads(), makeList(positions, op.getLoc()), 0);
  if (failed(infer(pads)))
    return failure();
  SmallVector<Value> operands(op->getOperands());
  operands[0] = transpose.getX();
  operands[1] = pads;
  return finish(op, cloneWith(op, operands), transpose.getPerm());
}

LogicalResult TransposeSinker::mergeTransposes(TransposeOp op) {
  auto inner = op.getX().getDefiningOp<TransposeOp>();
  if (!inner)
    return success();
  Permutation perm;
  for (int64_t dim : op.getPerm())
    perm.push_back(inner.getPerm()[dim]);
  if (isIdentity(perm)) {
    rewriter.replaceAllUsesWith(op.getResult(), inner.getX());
    return success();
  }
  rewriter.setInsertionPoint(op);
  auto merged = TransposeOp::create(rewriter, op.getLoc(),
                                    op.getResult().getType(), inner.getX(),
                                    perm);
  if (failed(infer(merged)))
    return failure();
  rewriter.replaceAllUsesWith(op.getResult(), merged.getResult());
  return success();
}

LogicalResult TransposeSinker::sinkThrough(Operation *op) {
  if (isa<ElementwiseOpInterface>(op))
    return sinkThroughElementwise(op);
  if (auto concat = dyn_cast<ConcatOp>(op))
    return sinkThroughConcat(concat);
  if (auto reshape = dyn_cast<ReshapeOp>(op))
    return sinkThroughReshape(reshape);
  if (auto transpose = dyn_cast<TransposeOp>(op))
    return mergeTransposes(transpose);
  if (auto reduce = dyn_cast<ReduceOp>(op))
    return sinkThroughReduce(op, reduce.getAxes(), reduce.getKeepDims());
  if (auto arg = dyn_cast<ArgReduceOp>(op))
    return sinkThroughReduce(op, {int64_t(arg.getAxis())}, arg.getKeepDims());
  if (auto pad = dyn_cast<PadOp>(op))
    return sinkThroughPad(pad);

  // Ops that name their dims by attribute only.
  if (op->getNumOperands() == 0)
    return success();
  auto transpose = op->getOperand(0).getDefiningOp<TransposeOp>();
  if (!transpose || isConstant(op->getOperand(0)))
    return success();
  Permutation perm(transpose.getPerm());
  int64_t rank = perm.size();
  auto replaced = [&] {
    SmallVector<Value> operands(op->getOperands());
    operands[0] = transpose.getX();
    return cloneWith(op, operands);
  };
  auto mapped = [&](ArrayRef<int64_t> axes) {
    SmallVector<int64_t> result;
    for (int64_t axis : axes)
      result.push_back(perm[axis]);
    return result;
  };
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<SliceOp, ResizeOp>([&](auto typed) {
        auto inner = cast<decltype(typed)>(replaced());
        inner.setAxes(mapped(typed.getAxes()));
        return finish(op, inner, perm);
      })
      .Case<SplitOp, CumSumOp>([&](auto typed) {
        auto inner = cast<decltype(typed)>(replaced());
        inner.setAxis(perm[typed.getAxis()]);
        return finish(op, inner, perm);
      })
      .Case<SoftmaxOp, LogSoftmaxOp>([&](auto typed) {
        // The last axis is the fast one; never move away from it.
        if (int64_t(typed.getAxis()) == rank - 1 && perm[rank - 1] != rank - 1)
          return success();
        auto inner = cast<decltype(typed)>(replaced());
        inner.setAxis(perm[typed.getAxis()]);
        return finish(op, inner, perm);
      })
      .Case<LayerNormOp, RmsNormOp>([&](auto typed) {
        // Only where the normalised dims stay in place.
        for (int64_t i = typed.getAxis(); i < rank; ++i)
          if (perm[i] != i)
            return success();
        return finish(op, replaced(), perm);
      })
      .Case([&](InstanceNormOp norm) {
        // Only where the channels are last before the transpose.
        if (norm.getLayout() == Layout::ChannelsLast || perm[0] != 0 ||
            perm[1] != rank - 1 || !llvm::is_sorted(ArrayRef(perm).drop_front(2)))
          return success();
        auto inner = cast<InstanceNormOp>(replaced());
        inner.setLayout(Layout::ChannelsLast);
        return finish(op, inner, perm);
      })
      .Default([](Operation *) { return success(); });
}

LogicalResult TransposeSinker::turnIntoReshape(TransposeOp op) {
  SmallVector<AffineExpr> x(shapes.dims(op.getX()));
  SmallVector<AffineExpr> y(shapes.dims(op.getResult()));
  if (!movesOnesOnly(x, op.getPerm()) || isIdentity(op.getPerm()))
    return success();
  std::optional<SmallVector<int64_t>> entries = reshapeEntries(x, y);
  if (!entries)
    return success();
  rewriter.setInsertionPoint(op);
  auto reshape =
      ReshapeOp::create(rewriter, op.getLoc(), op.getResult().getType(),
                        op.getX(), makeList(*entries, op.getLoc()), false);
  if (failed(infer(reshape)))
    return failure();
  rewriter.replaceAllUsesWith(op.getResult(), reshape.getResult());
  return success();
}
