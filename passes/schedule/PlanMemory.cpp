// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// schedule.allocate -> schedule.buffer at a place of a slab or plan.
#include "passes/schedule/Passes.h"

#include "passes/schedule/BufferLifetimes.h"
#include "passes/schedule/ModelSymbols.h"
#include "passes/schedule/SizeArithmetic.h"
#include "runtime/core/plan.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Iterators.h"
#include "llvm/ADT/MapVector.h"

namespace strait {
#define GEN_PASS_DEF_PLANMEMORYPASS
#include "passes/schedule/Passes.h.inc"
} // namespace strait

using namespace mlir;
using namespace strait;

/// Size arithmetic that may stand anywhere behind its operands.
static bool isMovable(Operation *op) {
  return isa<arith::ArithDialect>(op->getDialect()) && isMemoryEffectFree(op);
}

namespace {
/// Where the sizes of a group of buffers are all known: behind an op, or (null)
/// at the start of a block.
struct Anchor {
  Operation *op;
  Block *block;
  int32_t position;
};

class MemoryPlanner {
public:
  explicit MemoryPlanner(schedule::ProgramOp program)
      : program(program), beginRun(program.getBeginRun()), lifetimes(program),
        numPlans(countPlans(program)) {}
  LogicalResult run();

private:
  Anchor findAnchor(Value size, SmallVectorImpl<Operation *> &arithmetic);
  LogicalResult place(const Anchor &anchor,
                      MutableArrayRef<schedule::AllocateOp> buffers);

  schedule::ProgramOp program;
  schedule::BeginRunOp beginRun; // of the program: found once
  BufferLifetimes lifetimes;
  int64_t numPlans; // behind those of what grows
};
} // namespace

/// The latest op or block that `size` follows from by arithmetic alone, not
/// before schedule.begin_run, and that arithmetic. All of them dominate the
/// buffer, so they stand in a line and the latest number is the nearest.
Anchor MemoryPlanner::findAnchor(Value size,
                                 SmallVectorImpl<Operation *> &arithmetic) {
  int32_t begin = lifetimes.position(beginRun);
  Anchor anchor{beginRun, beginRun->getBlock(), begin};
  SmallVector<Value> worklist = {size};
  llvm::SmallDenseSet<Operation *> seen;
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      Block *block = argument.getOwner();
      int32_t position = lifetimes.position(block->getParentOp());
      if (position > anchor.position)
        anchor = {nullptr, block, position};
      continue;
    }
    Operation *op = value.getDefiningOp();
    if (lifetimes.position(op) <= begin || !seen.insert(op).second)
      continue;
    if (isMovable(op)) {
      arithmetic.push_back(op);
      llvm::append_range(worklist, op->getOperands());
    } else if (lifetimes.position(op) > anchor.position) {
      anchor = {op, op->getBlock(), lifetimes.position(op)};
    }
  }
  return anchor;
}

/// Plans the buffers of one anchor together.
LogicalResult MemoryPlanner::place(const Anchor &anchor,
                                   MutableArrayRef<schedule::AllocateOp> buffers) {
  OpBuilder builder(program.getContext());
  if (anchor.op)
    builder.setInsertionPointAfter(anchor.op);
  else
    builder.setInsertionPointToStart(anchor.block);

  SmallVector<Operation *> arithmetic;
  SmallVector<Value> sizes;
  SmallVector<int64_t> constants;
  SmallVector<int32_t> intervals;
  for (schedule::AllocateOp buffer : buffers) {
    findAnchor(buffer.getBytes(), arithmetic);
    auto interval = lifetimes.of(buffer.getResult());
    intervals.append({interval.first, interval.last});
    sizes.push_back(buffer.getBytes());
    if (auto constant = constantIndexOf(buffer.getBytes()))
      constants.push_back(*constant);
  }
  // The sizes' arithmetic comes up to the anchor, in its old order.
  llvm::sort(arithmetic, [&](Operation *a, Operation *b) {
    return lifetimes.position(a) < lifetimes.position(b);
  });
  arithmetic.erase(llvm::unique(arithmetic), arithmetic.end());
  for (Operation *op : arithmetic) {
    if (lifetimes.position(op) <= anchor.position)
      continue;
    // An op that stands here already stays, and the next ones follow it.
    if (Block::iterator(op) == builder.getInsertionPoint())
      builder.setInsertionPointAfter(op);
    else
      op->moveBefore(builder.getInsertionBlock(), builder.getInsertionPoint());
    lifetimes.moveTo(op, anchor.position);
  }

  Location loc = program.getLoc();
  int64_t number = numPlans++;
  Value base;
  SmallVector<Value> offsets;
  if (constants.size() == sizes.size()) {
    SmallVector<int64_t> places(sizes.size());
    int64_t total = strait_plan_offsets(sizes.size(), constants.data(),
                                        intervals.data(), places.data());
    if (total < 0)
      return program.emitError("expected intermediate tensors that fit in "
                               "memory: their sizes overflow");
    base = schedule::SlabOp::create(builder, loc, number,
                                    indexConstant(builder, loc, total));
    for (int64_t place : places)
      offsets.push_back(indexConstant(builder, loc, place));
  } else {
    SmallVector<Type> types(sizes.size(), builder.getIndexType());
    auto plan = schedule::PlanOp::create(
        builder, loc, builder.getType<schedule::BufferType>(), types,
        builder.getI64IntegerAttr(number), sizes,
        builder.getDenseI32ArrayAttr(intervals));
    base = plan.getBase();
    llvm::append_range(offsets, plan.getOffsets());
  }
  for (auto [buffer, offset] : llvm::zip_equal(buffers, offsets)) {
    builder.setInsertionPoint(buffer);
    auto placed = schedule::BufferOp::create(builder, buffer.getLoc(), base,
                                             offset, buffer.getBytes());
    buffer.getResult().replaceAllUsesWith(placed.getResult());
    buffer.erase();
  }
  return success();
}

LogicalResult MemoryPlanner::run() {
  llvm::MapVector<std::pair<Operation *, Block *>,
                  SmallVector<schedule::AllocateOp>>
      groups;
  llvm::DenseMap<std::pair<Operation *, Block *>, Anchor> anchors;
  program.walk([&](schedule::AllocateOp buffer) {
    SmallVector<Operation *> arithmetic;
    Anchor anchor = findAnchor(buffer.getBytes(), arithmetic);
    groups[{anchor.op, anchor.block}].push_back(buffer);
    anchors.try_emplace({anchor.op, anchor.block}, anchor);
  });
  for (auto &[key, buffers] : groups)
    if (failed(place(anchors.at(key), buffers)))
      return failure();
  // Sizes that were only computed for shapes that nothing asked for.
  program.walk<WalkOrder::PostOrder, ReverseIterator>([](Operation *op) {
    if (isOpTriviallyDead(op))
      op->erase();
  });
  return success();
}

namespace {
struct PlanMemoryPass : strait::impl::PlanMemoryPassBase<PlanMemoryPass> {
  void runOnOperation() override {
    if (failed(MemoryPlanner(getOperation()).run()))
      signalPassFailure();
  }
};
} // namespace
