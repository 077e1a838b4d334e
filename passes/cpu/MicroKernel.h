// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How CPUs compute a kernel.ukernel, the block product in which all contractions
// meet:
//
//   acc[r][v] += sum over k of a[rows[r] + k] * b[panels[v] + 16 k + ...]
//
// A few rows of A times a few panels of B, each 16 columns wide, with all
// accumulators in vector registers. A is read element by element and
// broadcast; its rows may lie anywhere. k may run through several nested loops
// (the window of a convolution). Emitted for 6 rows x 1 panel of 8-lane vectors:
//
//   for k in 0..K step 4, carrying acc0..acc11:
//     4 times: b0, b1 = b[p + 16 k], b[p + 16 k + 8]
//              for each row: x = broadcast a[row + k]; two fma
//
// Registers decide: rows * vectors accumulators, min(rows, vectors) values of
// the shorter side held live, the longer side streamed one at a time. With the
// 4 vectors of a 3 x 32 tile held instead of its 3 broadcasts, LLVM spills and
// a quarter of the speed is gone.
#ifndef STRAIT_PASSES_CPU_MICROKERNEL_H
#define STRAIT_PASSES_CPU_MICROKERNEL_H

#include "dialects/kernel/KernelOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"

namespace strait::cpu {

struct BlockOperands {
  mlir::Value a;                        // memref<?xf32>
  llvm::SmallVector<mlir::Value> rows;  // where each row of the block starts
  mlir::Value b;                        // memref<?xf32>
  llvm::SmallVector<mlir::Value> panels; // where each panel starts
  // What of B comes next is brought closer meanwhile: `aheadRate` 1024ths of an
  // element from `ahead` on per step of the innermost loop. Null: nothing.
  mlir::Value ahead = {}, aheadRate = {};
};

/// One loop of the sum: how far A and B move per iteration, in elements.
struct ReductionLoop {
  mlir::Value count;
  mlir::Value aStep, bStep;
};

struct BlockTile {
  int64_t lanes = 8;
  int64_t vectors = 2;  // of columns; the last panel may be used in part
  int64_t unroll = 4;   // of the innermost loop
  int64_t prefetch = 0; // steps ahead that B is fetched; 0: not
};

/// Emits the product and returns the sums as [row * vectors + vector]. Loops are
/// outermost first.
llvm::SmallVector<mlir::Value>
emitBlockProduct(mlir::OpBuilder &builder, mlir::Location loc,
                 const BlockTile &tile, const BlockOperands &operands,
                 llvm::ArrayRef<ReductionLoop> loops);

} // namespace strait::cpu

#endif // STRAIT_PASSES_CPU_MICROKERNEL_H
