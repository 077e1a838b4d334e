// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The schedule dialect: host programs over the runtime's services.
#ifndef STRAIT_DIALECTS_SCHEDULE_SCHEDULEOPS_H
#define STRAIT_DIALECTS_SCHEDULE_SCHEDULEOPS_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/schedule/ScheduleDialect.h.inc"
#include "dialects/schedule/ScheduleEnums.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/schedule/ScheduleTypes.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/schedule/ScheduleAttrs.h.inc"
#define GET_OP_CLASSES
#include "dialects/schedule/ScheduleOps.h.inc"

#endif // STRAIT_DIALECTS_SCHEDULE_SCHEDULEOPS_H
