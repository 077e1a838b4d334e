// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifiers of the ops that move elements. Sizes are checked by the shape
// rules; here only what the op alone can tell.
#include "dialects/graph/GraphOps.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace strait::graph;

static int64_t rankOf(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type ? type.getRank() : -1;
}

/// An axis within [0, rank + extra) where the rank is known.
static LogicalResult verifyAxis(Operation *op, Value x, int64_t axis,
                                int64_t extra = 0) {
  int64_t rank = rankOf(x);
  if (axis < 0 || (rank >= 0 && axis >= rank + extra))
    return op->emitOpError() << "expected an axis within the operand's rank, "
                             << "got " << axis << " for " << x.getType();
  return success();
}

/// Distinct axes within the rank.
static LogicalResult verifyAxes(Operation *op, Value x,
                                ArrayRef<int64_t> axes) {
  for (auto [i, axis] : llvm::enumerate(axes)) {
    if (failed(verifyAxis(op, x, axis)))
      return failure();
    if (llvm::is_contained(axes.take_front(i), axis))
      return op->emitOpError() << "expected unique axes, got " << axis
                               << " twice";
  }
  return success();
}

/// Lists (of sizes, positions, pads) have rank 1 and `length` entries, where
/// known; -1 asks for no length.
static LogicalResult verifyList(Operation *op, Value list, int64_t length,
                                StringRef name) {
  auto type = dyn_cast<RankedTensorType>(list.getType());
  if (!type)
    return success();
  if (type.getRank() != 1)
    return op->emitOpError() << "expected " << name << " of rank 1, got "
                             << type;
  if (length >= 0 && !type.isDynamicDim(0) && type.getDimSize(0) != length)
    return op->emitOpError() << "expected " << name << " with " << length
                             << " entries, got " << type;
  return success();
}

static LogicalResult verifyScalar(Operation *op, Value value, StringRef name) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (type && type.hasStaticShape() && type.getNumElements() != 1)
    return op->emitOpError() << "expected " << name << " with one element, got "
                             << type;
  return success();
}

LogicalResult ReshapeOp::verify() {
  return verifyList(*this, getShape(), -1, "shape");
}

LogicalResult RequireDimOp::verify() {
  // Constraint 1.
  auto type = dyn_cast<RankedTensorType>(getX().getType());
  if (type && getAxis() >= uint64_t(type.getRank()))
    return emitOpError("expected an axis within [0, ")
           << type.getRank() << "), got " << getAxis();
  return success();
}

LogicalResult TransposeOp::verify() {
  int64_t rank = rankOf(getX());
  if (rank >= 0 && rank != int64_t(getPerm().size()))
    return emitOpError() << "expected a permutation of " << rank
                         << " dims, got " << getPerm().size();
  llvm::SmallBitVector seen(getPerm().size());
  for (int64_t dim : getPerm()) {
    if (dim < 0 || dim >= int64_t(getPerm().size()) || seen.test(dim))
      return emitOpError() << "expected a permutation, got [" << getPerm()
                           << "]";
    seen.set(dim);
  }
  return success();
}

LogicalResult ConcatOp::verify() {
  if (getInputs().empty())
    return emitOpError("expected at least one input, got none");
  int64_t rank = -1;
  for (Value input : getInputs()) {
    if (failed(verifyAxis(*this, input, getAxis())))
      return failure();
    if (rank >= 0 && rankOf(input) >= 0 && rank != rankOf(input))
      return emitOpError() << "expected inputs of one rank, got " << rank
                           << " and " << rankOf(input);
    rank = std::max(rank, rankOf(input));
    Type type = getElementTypeOrSelf(input);
    if (type != getElementTypeOrSelf(getResult()))
      return emitOpError() << "expected inputs of element type "
                           << getElementTypeOrSelf(getResult()) << ", got "
                           << type;
  }
  return success();
}

LogicalResult SliceOp::verify() {
  int64_t count = getAxes().size();
  if (failed(verifyAxes(*this, getX(), getAxes())) ||
      failed(verifyList(*this, getStarts(), count, "starts")) ||
      failed(verifyList(*this, getEnds(), count, "ends")) ||
      failed(verifyList(*this, getSteps(), count, "steps")))
    return failure();
  return success();
}

LogicalResult SplitOp::verify() {
  if (getSizes() && getSizes()->size() != getNumResults())
    return emitOpError() << "expected one size per result, got "
                         << getSizes()->size() << " for " << getNumResults();
  if (getNumResults() == 0)
    return emitOpError("expected at least one result, got none");
  return verifyAxis(*this, getX(), getAxis());
}

LogicalResult PadOp::verify() {
  int64_t rank = rankOf(getX());
  if (failed(verifyList(*this, getPads(), rank < 0 ? -1 : 2 * rank, "pads")))
    return failure();
  return getValue() ? verifyScalar(*this, getValue(), "value") : success();
}

LogicalResult GatherOp::verify() {
  return verifyAxis(*this, getX(), getAxis());
}

LogicalResult GatherElementsOp::verify() {
  if (rankOf(getX()) >= 0 && rankOf(getIndices()) >= 0 &&
      rankOf(getX()) != rankOf(getIndices()))
    return emitOpError() << "expected indices of rank " << rankOf(getX())
                         << ", got " << rankOf(getIndices());
  return verifyAxis(*this, getX(), getAxis());
}

/// The last dim of `indices` is static and within `limit`.
static LogicalResult verifyTuples(Operation *op, Value indices,
                                  int64_t limit) {
  auto type = dyn_cast<RankedTensorType>(indices.getType());
  if (!type)
    return success();
  if (type.getRank() == 0 || type.isDynamicDim(type.getRank() - 1))
    return op->emitOpError() << "expected indices with a static last dim, got "
                             << type;
  int64_t length = type.getShape().back();
  if (limit >= 0 && length > limit)
    return op->emitOpError() << "expected index tuples of at most " << limit
                             << " entries, got " << length;
  return success();
}

LogicalResult GatherNdOp::verify() {
  if (getBatchDims() < 0 ||
      (rankOf(getX()) >= 0 && int64_t(getBatchDims()) > rankOf(getX())))
    return emitOpError() << "expected batch_dims within the operand's rank, "
                         << "got " << getBatchDims();
  return verifyTuples(*this, getIndices(),
                      rankOf(getX()) < 0 ? -1
                                         : rankOf(getX()) - getBatchDims());
}

LogicalResult ScatterElementsOp::verify() {
  if (rankOf(getX()) >= 0 && rankOf(getIndices()) >= 0 &&
      rankOf(getX()) != rankOf(getIndices()))
    return emitOpError() << "expected indices of rank " << rankOf(getX())
                         << ", got " << rankOf(getIndices());
  return verifyAxis(*this, getX(), getAxis());
}

LogicalResult ScatterNdOp::verify() {
  return verifyTuples(*this, getIndices(), rankOf(getX()));
}

LogicalResult ExpandOp::verify() {
  return verifyList(*this, getShape(), -1, "shape");
}

LogicalResult TileOp::verify() {
  return verifyList(*this, getRepeats(), rankOf(getX()), "repeats");
}

LogicalResult ResizeOp::verify() {
  if (!getSizes() == !getScales())
    return emitOpError("expected either sizes or scales, got ")
           << (getSizes() ? "both" : "neither");
  if (failed(verifyAxes(*this, getX(), getAxes())))
    return failure();
  return verifyList(*this, getSizes() ? getSizes() : getScales(),
                    getAxes().size(), getSizes() ? "sizes" : "scales");
}

LogicalResult ShapeOp::verify() {
  int64_t rank = rankOf(getX());
  if (getStart() > getEnd() || (rank >= 0 && getEnd() > uint64_t(rank)))
    return emitOpError() << "expected a range of dims within the rank, got "
                         << getStart() << " to " << getEnd() << " for "
                         << getX().getType();
  return success();
}

LogicalResult SizeOp::verify() {
  return verifyScalar(*this, getResult(), "result");
}

LogicalResult RangeOp::verify() {
  for (Value operand : getOperands())
    if (failed(verifyScalar(*this, operand, "operands")))
      return failure();
  Type element = getElementTypeOrSelf(getResult());
  for (Value operand : getOperands())
    if (getElementTypeOrSelf(operand) != element)
      return emitOpError() << "expected operands of the result's element type "
                           << element << ", got " << operand.getType();
  return success();
}

LogicalResult TriluOp::verify() {
  if (rankOf(getX()) >= 0 && rankOf(getX()) < 2)
    return emitOpError() << "expected an operand of rank 2 or more, got "
                         << getX().getType();
  return getK() ? verifyScalar(*this, getK(), "k") : success();
}

LogicalResult OneHotOp::verify() {
  if (failed(verifyScalar(*this, getDepth(), "depth")) ||
      failed(verifyList(*this, getValues(), 2, "values")))
    return failure();
  return verifyAxis(*this, getIndices(), getAxis(), 1);
}

LogicalResult NonZeroOp::verify() { return success(); }

LogicalResult EyeLikeOp::verify() {
  if (rankOf(getX()) >= 0 && rankOf(getX()) != 2)
    return emitOpError() << "expected an operand of rank 2, got "
                         << getX().getType();
  return success();
}
