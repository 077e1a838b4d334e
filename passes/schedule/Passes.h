// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes of the schedule level.
#ifndef STRAIT_PASSES_SCHEDULE_PASSES_H
#define STRAIT_PASSES_SCHEDULE_PASSES_H

#include "dialects/schedule/ScheduleOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace strait {
#define GEN_PASS_DECL
#include "passes/schedule/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "passes/schedule/Passes.h.inc"
} // namespace strait

#endif // STRAIT_PASSES_SCHEDULE_PASSES_H
