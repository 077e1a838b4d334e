// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Copies 16 columns of a right-hand side into a panel [depth][16] in scratch,
// padded with zeros, for right-hand sides that are activations.
#ifndef STRAIT_PASSES_CPU_PANELPACKING_H
#define STRAIT_PASSES_CPU_PANELPACKING_H

#include "mlir/IR/Builders.h"

namespace strait::cpu {

/// Where a panel's columns come from: element (k, n) lies at
/// `base + k * depthStride + n * columnStride` of `memref`, one of the strides
/// being 1.
struct PanelSource {
  mlir::Value memref;
  mlir::Value base;
  mlir::Value depth;
  mlir::Value depthStride, columnStride;
  bool transposed; // k contiguous: columnStride is not 1
};

/// Packs a panel whose 16 columns all exist, or of which `columns` exist (null:
/// all) into `panel` from position `at` on.
void emitPackPanel(mlir::OpBuilder &builder, mlir::Location loc,
                   const PanelSource &source, mlir::Value columns,
                   mlir::Value panel, mlir::Value at);

} // namespace strait::cpu

#endif // STRAIT_PASSES_CPU_PANELPACKING_H
