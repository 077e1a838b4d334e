// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loop of the host program.
//
// A carried tensor that keeps its size lies in one buffer outside of the loop;
// an iteration ends by copying its results there. One that changes its size
// travels as a buffer and its open extents, and an iteration writes the next
// value into memory that grows, beside the one that it reads. For example, a
// row of 16 bytes appended in every iteration:
//
//   %n, %all, %m = schedule.loop %trips while %go carried(%c0, %x, %m0) {
//   ^bb0(%i: index, %count: index, %v: !schedule.buffer, %rows: index):
//     %next = schedule.grow 0 bytes ((%rows + 1) * 16) kept %c0, "..."
//     schedule.launch @concat ... reads(%v, %row) writes(%next)
//     schedule.yield %go, %count + 1, %next, %rows + 1
//
// Scan outputs are written slice by slice: into one buffer if the number of
// slices and their size are known before the loop, else into memory that grows.
//
// Which sizes change shows at the end of the body only: a loop is written for
// sizes that all stay, and again with those open that turned out not to.
#include "passes/schedule/ProgramBuilder.h"

#include "dialects/NodeNames.h"
#include "passes/schedule/SizeArithmetic.h"
#include "llvm/ADT/BitVector.h"

using namespace mlir;
using namespace strait;

struct ProgramBuilder::LoopState {
  Value trips, condition;
  PlacedTensor iteration, conditionTensor;
  std::string node;

  // What the tries so far found: open axes of carried values, and scan outputs
  // that grow. `isWrong` if the last one found more of them.
  SmallVector<llvm::BitVector> openAxes;
  llvm::BitVector growingScans;
  bool isWrong = false;

  // Of the last try. Scans have the extents of a slice.
  schedule::LoopOp loop;
  SmallVector<PlacedTensor> carried, scans;
};

static RankedTensorType rankedType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Whether two numbers come from the same arithmetic.
static bool isSameNumber(Value a, Value b) {
  auto x = constantIndexOf(a), y = constantIndexOf(b);
  if (a == b || (x && y && *x == *y))
    return true;
  Operation *p = a.getDefiningOp(), *q = b.getDefiningOp();
  return p && q && p->getName() == q->getName() &&
         isa<arith::ArithDialect>(p->getDialect()) &&
         p->getNumOperands() != 0 && p->getAttrs() == q->getAttrs() &&
         llvm::all_of(llvm::zip_equal(p->getOperands(), q->getOperands()),
                      [](auto pair) {
                        return isSameNumber(std::get<0>(pair),
                                            std::get<1>(pair));
                      });
}

/// Whether the trip count alone ends the loop.
static bool isCounted(graph::LoopOp op) {
  Block &body = op.getBody().front();
  Value next = body.getTerminator()->getOperand(0);
  while (auto reshape = next.getDefiningOp<kernel::ReshapeOp>())
    next = reshape.getSource();
  return op.getTripCount() && (next == body.getArgument(1) ||
                               next.getDefiningOp<graph::WeightOp>());
}

/// Evaluates the loop's limits.
LogicalResult ProgramBuilder::beginLoop(graph::LoopOp op, LoopState &state) {
  Location loc = op.getLoc();
  auto readScalar = [&](Value tensor, Type type) -> FailureOr<Value> {
    FailureOr<PlacedTensor> placed = lookup(tensor, op);
    if (failed(placed))
      return failure();
    return Value(schedule::ReadOp::create(run, loc, type, placed->buffer,
                                          constant(loc, 0)));
  };
  state.trips = constant(loc, std::numeric_limits<int64_t>::max());
  if (Value count = op.getTripCount()) {
    FailureOr<Value> trips = readScalar(count, run.getI64Type());
    if (failed(trips))
      return failure();
    state.trips =
        arith::IndexCastOp::create(run, loc, run.getIndexType(), *trips);
    state.trips = arith::MaxSIOp::create(run, loc, state.trips,
                                         constant(loc, 0));
  }
  state.condition = arith::ConstantIntOp::create(sizes, loc, 1, 1);
  if (Value cond = op.getCond()) {
    FailureOr<Value> condition = readScalar(cond, run.getI1Type());
    if (failed(condition))
      return failure();
    state.condition = *condition;
  }
  auto allocate = [&](int64_t bytes) -> Value {
    return schedule::AllocateOp::create(run, loc, constant(loc, bytes));
  };
  state.iteration.buffer = allocate(8);
  state.conditionTensor.buffer = allocate(1);
  state.node = "node '" + llvm::join(nodeNames(loc), ";") + "'";
  for (Value value : op.getCarried()) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type || !bytesPerElement(type.getElementType()))
      return op.emitOpError("expected carried tensors of whole-byte elements, "
                            "found ")
             << value.getType();
    state.openAxes.push_back(llvm::BitVector(type.getRank()));
  }
  unsigned scans = op.getNumResults() - op.getCarried().size();
  state.growingScans.resize(scans, !isCounted(op));
  return success();
}

/// Creates the schedule.loop with what enters it, and binds the body's
/// arguments.
LogicalResult ProgramBuilder::enterLoop(graph::LoopOp op, LoopState &state) {
  Location loc = op.getLoc();
  Block &from = op.getBody().front();
  state.isWrong = false;
  state.carried.clear();
  state.scans.assign(state.growingScans.size(), {});
  // The first carried value counts the iterations that ran.
  SmallVector<Value> entering = {constant(loc, 0)};
  for (auto [value, open] : llvm::zip_equal(op.getCarried(), state.openAxes)) {
    FailureOr<PlacedTensor> placed = lookup(value, op);
    if (failed(placed))
      return failure();
    if (open.none()) {
      Value bytes =
          byteSize(loc, rankedType(value).getElementType(), placed->dims);
      Value buffer = schedule::AllocateOp::create(run, loc, bytes);
      schedule::CopyOp::create(run, loc, placed->buffer, buffer, bytes);
      placed->buffer = buffer;
    } else {
      entering.push_back(placed->buffer);
      for (unsigned axis : open.set_bits())
        entering.push_back(placed->dims[axis]);
    }
    state.carried.push_back(*placed);
  }
  for (unsigned i : state.growingScans.set_bits()) {
    // Nothing lies there before the first slice, which tells the extents.
    Value slice = from.getTerminator()->getOperand(1 + state.carried.size() + i);
    entering.push_back(
        schedule::AllocateOp::create(run, loc, constant(loc, 0)));
    entering.append(rankedType(slice).getNumDynamicDims(), constant(loc, 0));
    for (int64_t extent : rankedType(slice).getShape())
      state.scans[i].dims.push_back(
          ShapedType::isDynamic(extent) ? Value() : constant(loc, extent));
  }
  state.loop = schedule::LoopOp::create(run, loc, TypeRange(entering),
                                        state.trips, state.condition, entering);
  Block &body = state.loop.getBody().emplaceBlock();
  body.addArgument(run.getIndexType(), loc);
  for (Value value : entering)
    body.addArgument(value.getType(), loc);

  run.setInsertionPointToEnd(&body);
  Value number = arith::IndexCastOp::create(run, loc, run.getI64Type(),
                                            body.getArgument(0));
  schedule::WriteOp::create(run, loc, number, state.iteration.buffer,
                            constant(loc, 0));
  // The condition holds wherever the body can see it.
  Value holds = arith::ConstantIntOp::create(run, loc, 1, 1);
  schedule::WriteOp::create(run, loc, holds, state.conditionTensor.buffer,
                            constant(loc, 0));
  // The number and the condition may be written as tensors of one element.
  PlacedTensor leading[] = {state.iteration, state.conditionTensor};
  for (auto [index, argument] : llvm::enumerate(leading)) {
    argument.dims.append(rankedType(from.getArgument(index)).getRank(),
                         constant(loc, 1));
    tensors[from.getArgument(index)] = argument;
  }
  bindOpenValues(op, state, body.getArguments().drop_front(2));
  for (auto [argument, placed] :
       llvm::zip_equal(from.getArguments().drop_front(2), state.carried))
    tensors[argument] = placed;
  return success();
}

/// Puts `values`, arguments or results of the loop behind the count, where they
/// belong: into carried tensors of open extents and scan outputs that grow.
void ProgramBuilder::bindOpenValues(graph::LoopOp op, LoopState &state,
                                    ValueRange values) {
  auto next = values.begin();
  for (auto [placed, open] : llvm::zip_equal(state.carried, state.openAxes)) {
    if (open.none())
      continue;
    placed.buffer = *next++;
    for (unsigned axis : open.set_bits())
      placed.dims[axis] = *next++;
  }
  Operation *yield = op.getBody().front().getTerminator();
  for (unsigned i : state.growingScans.set_bits()) {
    auto type = rankedType(yield->getOperand(1 + state.carried.size() + i));
    state.scans[i].buffer = *next++;
    for (auto [axis, dim] : llvm::enumerate(state.scans[i].dims))
      if (type.isDynamicDim(axis))
        dim = *next++;
  }
}

/// Writes a slice behind those of the iterations before. `next` gets what the
/// loop carries of a scan output that grows.
void ProgramBuilder::emitScan(graph::LoopOp op, LoopState &state,
                              unsigned index, RankedTensorType type,
                              const PlacedTensor &slice,
                              SmallVectorImpl<Value> &next) {
  Location loc = op.getLoc();
  PlacedTensor &scan = state.scans[index];
  Value number = state.loop.getBody().getArgument(0);
  int64_t element = *bytesPerElement(type.getElementType());
  if (!state.growingScans.test(index)) {
    for (Value dim : slice.dims) {
      if (auto known = constantIndexOf(dim))
        dim = constant(loc, *known);
      else if (state.loop.getBody().isAncestor(dim.getParentRegion())) {
        state.growingScans.set(index);
        state.isWrong = true;
        return;
      }
      scan.dims.push_back(dim);
    }
    OpBuilder before(state.loop);
    Value bytes = emitProduct(before, loc, scan.dims, element);
    scan.buffer = schedule::AllocateOp::create(
        before, loc,
        before.createOrFold<arith::MulIOp>(loc, bytes, state.trips));
    Value offset = arith::MulIOp::create(run, loc, number, bytes);
    Value place = schedule::ViewOp::create(run, loc, scan.buffer, offset);
    schedule::CopyOp::create(run, loc, slice.buffer, place, bytes);
    return;
  }
  // All slices have the extents of the first.
  std::string what = state.node + ", scan output " + std::to_string(index);
  Value isFirst = arith::CmpIOp::create(run, loc, arith::CmpIPredicate::eq,
                                        number, constant(loc, 0));
  for (auto [axis, dim] : llvm::enumerate(slice.dims))
    if (type.isDynamicDim(axis))
      schedule::CheckOp::create(
          run, loc, dim, schedule::CheckRelation::equals,
          arith::SelectOp::create(run, loc, isFirst, dim, scan.dims[axis]),
          what + ", axis " + std::to_string(axis));
  Value bytes = emitProduct(run, loc, slice.dims, element);
  Value kept = run.createOrFold<arith::MulIOp>(loc, number, bytes);
  Value all = run.createOrFold<arith::AddIOp>(loc, kept, bytes);
  Value grown = schedule::GrowOp::create(run, loc, numGrown++, all, kept, what);
  Value place = schedule::ViewOp::create(run, loc, grown, kept);
  schedule::CopyOp::create(run, loc, slice.buffer, place, bytes);
  next.push_back(grown);
  for (auto [axis, dim] : llvm::enumerate(slice.dims))
    if (type.isDynamicDim(axis))
      next.push_back(dim);
}

/// Notes the axes along which a carried value did not keep its size.
LogicalResult ProgramBuilder::compareSizes(graph::LoopOp op, LoopState &state,
                                           unsigned index,
                                           const PlacedTensor &yielded) {
  PlacedTensor &carried = state.carried[index];
  if (yielded.dims.size() != carried.dims.size())
    return op.emitOpError("expected carried value ")
           << index << " to keep its rank " << carried.dims.size()
           << ", found " << yielded.dims.size();
  llvm::BitVector &open = state.openAxes[index];
  RankedTensorType result = rankedType(op.getResult(index));
  for (auto [axis, got, expected] :
       llvm::enumerate(yielded.dims, carried.dims)) {
    if (open.test(axis) || isSameNumber(got, expected))
      continue;
    if (result.isDynamicDim(axis)) {
      open.set(axis);
      state.isWrong = true;
      continue;
    }
    auto a = constantIndexOf(got), b = constantIndexOf(expected);
    if (a && b)
      return op.emitOpError("expected carried value ")
             << index << " to keep its size " << *b << " on axis " << axis
             << ", found " << *a;
    schedule::CheckOp::create(run, op.getLoc(), got,
                              schedule::CheckRelation::equals, expected,
                              state.node + ", carried value " +
                                  std::to_string(index) + ", axis " +
                                  std::to_string(axis));
  }
  return success();
}

/// The next value of a carried tensor whose size changes, in memory that grows:
/// where the body allocates it itself, it lies there from the beginning.
Value ProgramBuilder::growCarried(graph::LoopOp op, LoopState &state,
                                  unsigned index, const PlacedTensor &yielded) {
  Location loc = op.getLoc();
  if (yielded.buffer == state.carried[index].buffer)
    return yielded.buffer;
  std::string what = state.node + ", carried value " + std::to_string(index);
  auto own = yielded.buffer.getDefiningOp<schedule::AllocateOp>();
  if (own && own->getBlock() == &state.loop.getBody().front()) {
    OpBuilder before(own);
    Value grown = schedule::GrowOp::create(before, loc, numGrown++,
                                           own.getBytes(), constant(loc, 0),
                                           what);
    replaceBuffers({{own.getResult(), grown}});
    own.erase();
    return grown;
  }
  Type element = rankedType(op.getCarried()[index]).getElementType();
  Value bytes = byteSize(loc, element, yielded.dims);
  Value grown = schedule::GrowOp::create(run, loc, numGrown++, bytes,
                                         constant(loc, 0), what);
  schedule::CopyOp::create(run, loc, yielded.buffer, grown, bytes);
  return grown;
}

/// Carried values of one size to their buffers. One may be yielded in another's
/// place: all that do not come fresh from this iteration are taken aside before
/// any is overwritten.
void ProgramBuilder::copyCarried(graph::LoopOp op, LoopState &state,
                                 ArrayRef<PlacedTensor> yielded) {
  Location loc = op.getLoc();
  struct Copy {
    Value source, target, bytes;
  };
  SmallVector<Copy> copies;
  for (auto [index, to] : llvm::enumerate(state.carried)) {
    Value source = yielded[index].buffer;
    if (state.openAxes[index].any() || source == to.buffer)
      continue;
    Value bytes = byteSize(
        loc, rankedType(op.getCarried()[index]).getElementType(), to.dims);
    Operation *producer = source.getDefiningOp();
    if (!isa_and_nonnull<schedule::AllocateOp, schedule::GrowOp>(producer) ||
        !state.loop->isAncestor(producer)) {
      Value aside = schedule::AllocateOp::create(run, loc, bytes);
      schedule::CopyOp::create(run, loc, source, aside, bytes);
      source = aside;
    }
    copies.push_back({source, to.buffer, bytes});
  }
  for (Copy &copy : copies)
    schedule::CopyOp::create(run, loc, copy.source, copy.target, copy.bytes);
}

/// Ends an iteration: slices to the scans, carried values to their places. What
/// is read from a buffer is read before the copies that may overwrite it.
LogicalResult ProgramBuilder::finishIteration(graph::LoopOp op,
                                              LoopState &state) {
  Location loc = op.getLoc();
  Operation *terminator = op.getBody().front().getTerminator();
  unsigned numCarried = state.carried.size();
  auto yielded = [&](unsigned index) {
    return lookup(terminator->getOperand(index), terminator);
  };
  for (unsigned i = 0; i < terminator->getNumOperands(); ++i)
    if (failed(yielded(i)))
      return failure();
  for (unsigned i = 0; i < numCarried; ++i)
    if (failed(compareSizes(op, state, i, *yielded(1 + i))))
      return failure();
  Value go = schedule::ReadOp::create(run, loc, run.getI1Type(),
                                      yielded(0)->buffer, constant(loc, 0));
  SmallVector<Value> scans;
  for (unsigned i = 0; i < state.scans.size(); ++i) {
    unsigned at = 1 + numCarried + i;
    emitScan(op, state, i, rankedType(terminator->getOperand(at)),
             *yielded(at), scans);
  }
  if (state.isWrong)
    return success();
  Value done = arith::AddIOp::create(
      run, loc, state.loop.getBody().getArgument(0), constant(loc, 1));
  SmallVector<Value> next = {go, done};
  for (auto [index, open] : llvm::enumerate(state.openAxes)) {
    if (open.none())
      continue;
    next.push_back(growCarried(op, state, index, *yielded(1 + index)));
    for (unsigned axis : open.set_bits())
      next.push_back(yielded(1 + index)->dims[axis]);
  }
  SmallVector<PlacedTensor> all;
  for (unsigned i = 0; i < numCarried; ++i)
    all.push_back(*yielded(1 + i));
  copyCarried(op, state, all);
  next.append(scans);
  schedule::YieldOp::create(run, loc, next);
  return success();
}

LogicalResult ProgramBuilder::emitLoop(graph::LoopOp op) {
  LoopState state;
  if (failed(beginLoop(op, state)))
    return failure();
  OpBuilder outer = run;
  // There is one: beginLoop created it.
  Operation *before = &*std::prev(run.getInsertionPoint());
  int64_t grown = numGrown;
  for (;;) {
    if (failed(enterLoop(op, state)) ||
        failed(emitBlock(op.getBody().front())) ||
        failed(finishIteration(op, state)))
      return failure();
    run = outer;
    if (!state.isWrong)
      break;
    while (&*std::prev(run.getInsertionPoint()) != before)
      std::prev(run.getInsertionPoint())->erase();
    numGrown = grown;
  }
  bindOpenValues(op, state, state.loop.getResults().drop_front());
  unsigned index = 0;
  for (PlacedTensor &placed : state.carried)
    tensors[op.getResult(index++)] = placed;
  for (PlacedTensor &scan : state.scans) {
    PlacedTensor placed{scan.buffer, {state.loop.getResult(0)}};
    placed.dims.append(scan.dims);
    tensors[op.getResult(index++)] = placed;
  }
  return success();
}
