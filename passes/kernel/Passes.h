// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes of the kernel level.
#ifndef STRAIT_PASSES_KERNEL_PASSES_H
#define STRAIT_PASSES_KERNEL_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace strait {
#define GEN_PASS_DECL
#include "passes/kernel/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "passes/kernel/Passes.h.inc"
} // namespace strait

#endif // STRAIT_PASSES_KERNEL_PASSES_H
