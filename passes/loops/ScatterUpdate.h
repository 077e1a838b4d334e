// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What an update of a scatter does to the element that it meets.
#ifndef STRAIT_PASSES_LOOPS_SCATTERUPDATE_H
#define STRAIT_PASSES_LOOPS_SCATTERUPDATE_H

#include "dialects/kernel/KernelOps.h"

namespace strait {

/// The element that stays where `update` meets `old`, both as computed with.
mlir::Value combineUpdate(mlir::OpBuilder &b, mlir::Location loc,
                          kernel::ScatterOp op, mlir::Value old,
                          mlir::Value update);

} // namespace strait

#endif // STRAIT_PASSES_LOOPS_SCATTERUPDATE_H
