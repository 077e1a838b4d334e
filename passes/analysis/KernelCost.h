// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arithmetic and traffic of a kernel, for reports, profiles and cost models.
#ifndef STRAIT_PASSES_ANALYSIS_KERNELCOST_H
#define STRAIT_PASSES_ANALYSIS_KERNELCOST_H

#include "dialects/kernel/KernelOps.h"

namespace strait {

/// Work of one launch.
struct KernelCost {
  /// Floating-point operations; a fused multiply-add counts as two, exp and the
  /// like as one.
  int64_t flops = 0;
  /// Bytes read and written once each: inputs and results.
  int64_t bytes = 0;
};

/// The cost of a kernel.region or kernel.func for values of its sizes;
/// std::nullopt where an extent follows neither from types nor from these.
std::optional<KernelCost> computeKernelCost(mlir::Operation *kernel,
                                            llvm::ArrayRef<int64_t> sizes = {});

} // namespace strait

#endif // STRAIT_PASSES_ANALYSIS_KERNELCOST_H
