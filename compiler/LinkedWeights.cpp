// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/LinkedWeights.h"

#include "passes/schedule/WeightBytes.h"

using namespace mlir;
using namespace strait;

FailureOr<LinkedWeights> strait::weightsToLink(ModuleOp module) {
  FailureOr<WeightsBlock> block = weightsBlock(module);
  if (failed(block))
    return failure();
  LinkedWeights weights;
  weights.bytes = block->bytes;
  weights.hash = block->hash;
  weights.write = [module](llvm::raw_ostream &stream) {
    return succeeded(writeWeights(module, [&](ArrayRef<char> bytes) {
      stream.write(bytes.data(), bytes.size());
    }));
  };
  return weights;
}
