// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The code generators of GPU kernels, one per root. Each writes what a thread
// of a block does for the block's task, as the kernel's `tile` says, or emits a
// diagnostic.
#ifndef STRAIT_PASSES_CUDA_GENERATORS_H
#define STRAIT_PASSES_CUDA_GENERATORS_H

#include "passes/analysis/RootTable.h"
#include "passes/loops/KernelFunction.h"

namespace strait::cuda {

/// `threads`: of a block, as the tile says.
using EmitFn = llvm::LogicalResult (*)(KernelFunction &function,
                                       int64_t threads);
/// A row per root (LowerKernels.cpp).
const RootTable<EmitFn> &generators();

llvm::LogicalResult emitCascade(KernelFunction &function, int64_t threads);

llvm::LogicalResult emitAttention(KernelFunction &function,
                                  kernel::AttentionOp op, int64_t threads);
llvm::LogicalResult emitConv2D(KernelFunction &function, kernel::Conv2DOp op,
                               int64_t threads);
llvm::LogicalResult emitMatmul(KernelFunction &function, kernel::MatmulOp op,
                               int64_t threads);

llvm::LogicalResult emitConcat(KernelFunction &function, kernel::ConcatOp op,
                               int64_t threads);
llvm::LogicalResult emitPool2D(KernelFunction &function, kernel::Pool2DOp op,
                               int64_t threads);
llvm::LogicalResult emitDepthwiseConv2D(KernelFunction &function,
                                        kernel::DepthwiseConv2DOp op,
                                        int64_t threads);
llvm::LogicalResult emitScatter(KernelFunction &function, kernel::ScatterOp op,
                                int64_t threads);
llvm::LogicalResult emitNonZero(KernelFunction &function, kernel::NonZeroOp op,
                                int64_t threads);
llvm::LogicalResult emitTopK(KernelFunction &function, kernel::TopKOp op,
                             int64_t threads);
llvm::LogicalResult emitRecurrence(KernelFunction &function,
                                   kernel::RecurrenceOp op, int64_t threads);

} // namespace strait::cuda

#endif // STRAIT_PASSES_CUDA_GENERATORS_H
