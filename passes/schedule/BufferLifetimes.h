// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// When the buffers of a program are in use.
#ifndef STRAIT_PASSES_SCHEDULE_BUFFERLIFETIMES_H
#define STRAIT_PASSES_SCHEDULE_BUFFERLIFETIMES_H

#include "dialects/schedule/ScheduleOps.h"

namespace strait {

/// Numbers the ops of a program in text order, regions after their op. A buffer
/// is alive from its definition to the last use of it or of what shows its
/// bytes; uses inside a loop count for the whole loop, unless the buffer is
/// defined inside it, too.
class BufferLifetimes {
public:
  explicit BufferLifetimes(schedule::ProgramOp program);
  struct Interval {
    int32_t first, last;
  };
  Interval of(mlir::Value buffer) const;
  int32_t position(mlir::Operation *op) const { return begins.lookup(op); }
  /// Says that `op` now stands where `position` is.
  void moveTo(mlir::Operation *op, int32_t position) { begins[op] = position; }

private:
  void number(mlir::Operation *op, int32_t &next);
  llvm::DenseMap<mlir::Operation *, int32_t> begins, ends;
};

} // namespace strait

#endif // STRAIT_PASSES_SCHEDULE_BUFFERLIFETIMES_H
