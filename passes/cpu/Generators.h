// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The code generators of CPU kernels, one per root. Each writes the loops of
// `function` for its kernel's tasks [begin, end), as the kernel's `tile` says,
// or emits a diagnostic.
#ifndef STRAIT_PASSES_CPU_GENERATORS_H
#define STRAIT_PASSES_CPU_GENERATORS_H

#include "passes/analysis/RootTable.h"
#include "passes/loops/KernelFunction.h"

namespace strait::cpu {

using EmitFn = llvm::LogicalResult (*)(KernelFunction &function);
/// A row per root (LowerKernels.cpp).
const RootTable<EmitFn> &generators();

llvm::LogicalResult emitCascade(KernelFunction &function);

llvm::LogicalResult emitConcat(KernelFunction &function, kernel::ConcatOp op);
llvm::LogicalResult emitPool2D(KernelFunction &function, kernel::Pool2DOp op);
llvm::LogicalResult emitScatter(KernelFunction &function, kernel::ScatterOp op);
llvm::LogicalResult emitNonZero(KernelFunction &function, kernel::NonZeroOp op);
llvm::LogicalResult emitTopK(KernelFunction &function, kernel::TopKOp op);

llvm::LogicalResult emitAttention(KernelFunction &function,
                                  kernel::AttentionOp op);
llvm::LogicalResult emitConv2D(KernelFunction &function, kernel::Conv2DOp op);
llvm::LogicalResult emitDepthwiseConv2D(KernelFunction &function,
                                        kernel::DepthwiseConv2DOp op);
llvm::LogicalResult emitMatmul(KernelFunction &function, kernel::MatmulOp op);

llvm::LogicalResult emitRecurrence(KernelFunction &function,
                                   kernel::RecurrenceOp op);

} // namespace strait::cpu

#endif // STRAIT_PASSES_CPU_GENERATORS_H
