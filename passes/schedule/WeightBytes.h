// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The bytes of constant tensors as kernels read them.
#ifndef STRAIT_PASSES_SCHEDULE_WEIGHTBYTES_H
#define STRAIT_PASSES_SCHEDULE_WEIGHTBYTES_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <array>

namespace strait {

/// Row-major elements of `value` in the machine's byte order, booleans as bytes.
/// `storage` holds them where they do not lie so in memory already. Fails,
/// without a diagnostic, for element types that no buffer holds.
mlir::FailureOr<llvm::ArrayRef<char>>
weightBytes(mlir::ElementsAttr value, llvm::SmallVectorImpl<char> &storage);

struct WeightsBlock {
  uint64_t bytes = 0;
  std::array<uint8_t, 16> hash{}; // first bytes of the BLAKE3 hash
};

/// Gives the whole weights block of `module` (its schedule.blobs at their
/// offsets, zeros between) piece by piece to `sink`.
mlir::LogicalResult
writeWeights(mlir::ModuleOp module,
             llvm::function_ref<void(llvm::ArrayRef<char>)> sink);

/// Size and hash of that block, computed the first time and then kept on the
/// module as `strait.weights_block`: a hash reads all weights.
mlir::FailureOr<WeightsBlock> weightsBlock(mlir::ModuleOp module);

} // namespace strait

#endif // STRAIT_PASSES_SCHEDULE_WEIGHTBYTES_H
