// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The kernel dialect: fused groups, their roots, outlined kernels.
#ifndef STRAIT_DIALECTS_KERNEL_KERNELOPS_H
#define STRAIT_DIALECTS_KERNEL_KERNELOPS_H

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include <optional>

namespace strait::kernel {
/// The extents of a tensor.
using ExtentsFn = llvm::function_ref<llvm::ArrayRef<int64_t>(mlir::Value)>;
} // namespace strait::kernel

#include "dialects/kernel/KernelDialect.h.inc"
#include "dialects/kernel/KernelEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/kernel/KernelAttrs.h.inc"
#include "dialects/kernel/RootInterface.h.inc"
#define GET_OP_CLASSES
#include "dialects/kernel/KernelOps.h.inc"

namespace strait {

namespace kernel {
/// The root of a kernel.region or kernel.func; null for a cascade.
RootInterface findRoot(mlir::Operation *group);
/// The map that computes an operand of `root` inside its group; null: none.
mlir::linalg::GenericOp findPrologue(RootInterface root);
/// What a group computes, for names and reports: its root, `map`, `cascade`.
llvm::StringRef kindOf(mlir::Operation *group);
} // namespace kernel

/// Where kernels expect their operands to start: a multiple of these bytes.
constexpr int64_t operandAlignment = 64;

/// Columns of a panel, in which the right-hand sides of products are packed.
constexpr int64_t panelWidth = 16;

/// Bytes of an element in memory (bool: 1, index: 8); nothing for types that
/// no buffer holds.
std::optional<int64_t> bytesPerElement(mlir::Type element);

} // namespace strait

#endif // STRAIT_DIALECTS_KERNEL_KERNELOPS_H
