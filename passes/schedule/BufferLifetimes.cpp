// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/schedule/BufferLifetimes.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace strait;

BufferLifetimes::BufferLifetimes(schedule::ProgramOp program) {
  int32_t next = 0;
  number(program, next);
}

void BufferLifetimes::number(Operation *op, int32_t &next) {
  begins[op] = next++;
  for (Region &region : op->getRegions())
    for (Block &block : region)
      for (Operation &inner : block)
        number(&inner, next);
  ends[op] = next - 1;
}

/// Values that show the same bytes as `use`'s, by way of its owner.
static void collectAliases(OpOperand &use, SmallVectorImpl<Value> &aliases) {
  Operation *owner = use.getOwner();
  unsigned number = use.getOperandNumber();
  if (auto view = dyn_cast<schedule::ViewOp>(owner)) {
    aliases.push_back(view.getResult());
  } else if (auto loop = dyn_cast<schedule::LoopOp>(owner)) {
    unsigned carried = number - 2; // after the trips and the condition
    aliases.push_back(loop.getBody().getArgument(carried + 1));
    aliases.push_back(loop.getResult(carried));
  } else if (isa<schedule::YieldOp>(owner)) {
    Operation *parent = owner->getParentOp();
    if (auto loop = dyn_cast<schedule::LoopOp>(parent)) {
      aliases.push_back(loop.getBody().getArgument(number));
      aliases.push_back(loop.getResult(number - 1));
    } else {
      aliases.push_back(parent->getResult(number));
    }
  }
}

BufferLifetimes::Interval BufferLifetimes::of(Value buffer) const {
  Operation *definition = buffer.getDefiningOp();
  Interval interval{begins.lookup(definition), begins.lookup(definition)};
  Region *home = definition->getParentRegion();
  SmallVector<Value> worklist = {buffer};
  llvm::SmallDenseSet<Value> seen = {buffer};
  while (!worklist.empty()) {
    for (OpOperand &use : worklist.pop_back_val().getUses()) {
      Operation *owner = use.getOwner();
      interval.last = std::max(interval.last, begins.lookup(owner));
      for (Operation *op = owner; op->getParentRegion() != home;) {
        op = op->getParentOp();
        if (!op)
          break;
        if (isa<schedule::LoopOp>(op)) {
          interval.first = std::min(interval.first, begins.lookup(op));
          interval.last = std::max(interval.last, ends.lookup(op));
        }
      }
      SmallVector<Value> aliases;
      collectAliases(use, aliases);
      for (Value alias : aliases)
        if (seen.insert(alias).second)
          worklist.push_back(alias);
    }
  }
  return interval;
}
