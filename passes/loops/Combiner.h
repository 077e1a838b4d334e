// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How partial results of a reduction are combined: by the op that folds the
// accumulator, starting from its neutral element.
#ifndef STRAIT_PASSES_LOOPS_COMBINER_H
#define STRAIT_PASSES_LOOPS_COMBINER_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace strait {

/// The op by which a reduction folds its accumulator: yield(op(x, acc)), where
/// acc has no other use. Null for anything else, such as argmax.
mlir::Operation *findCombiner(mlir::linalg::GenericOp op);

/// The neutral element of `combiner` as a value of `type`, the computed type.
mlir::Value neutralElement(mlir::OpBuilder &b, mlir::Operation *combiner,
                           mlir::Type type);

mlir::Value combine(mlir::OpBuilder &b, mlir::Operation *combiner,
                    mlir::Value x, mlir::Value y);

} // namespace strait

#endif // STRAIT_PASSES_LOOPS_COMBINER_H
