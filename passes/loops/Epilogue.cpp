// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/loops/Epilogue.h"

#include "passes/loops/IndexMath.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace strait;

LogicalResult strait::expectF32(Operation *root, TypeRange operands) {
  for (Type type :
       llvm::concat<const Type>(operands, root->getResultTypes()))
    if (!cast<RankedTensorType>(type).getElementType().isF32())
      return root->emitOpError("expected f32 tensors, found ") << type;
  return success();
}

FailureOr<Epilogue> Epilogue::create(KernelFunction &function,
                                     Operation *root) {
  Epilogue epilogue;
  epilogue.function = &function;
  epilogue.root = root->getResult(0);
  kernel::FuncOp kernel = function.kernel();
  Block &body = kernel.getBody().front();
  for (Operation &op : body.without_terminator()) {
    if (&op == root || isa<tensor::EmptyOp, arith::ConstantOp>(op) ||
        llvm::is_contained(op.getUsers(), root)) // a prologue
      continue;
    auto generic = dyn_cast<linalg::GenericOp>(op);
    if (!generic || epilogue.generic)
      return op.emitOpError("expected one epilogue beside ")
             << root->getName() << " in a kernel";
    if (generic.getNumParallelLoops() != generic.getNumLoops())
      return op.emitOpError("expected an epilogue without reduction loops");
    epilogue.generic = generic;
  }
  for (Value value : body.getTerminator()->getOperands())
    if (value.getDefiningOp() != root &&
        (!epilogue.generic || value.getDefiningOp() != epilogue.generic))
      return body.getTerminator()->emitOpError(
          "yields a value that the kernel does not compute");
  return epilogue;
}

/// Instructions that an elementary function takes, about.
static constexpr int64_t functionLength = 24;

int64_t Epilogue::length() const {
  linalg::GenericOp op = generic;
  if (!op)
    return 0;
  int64_t length = 0;
  for (Operation &inner : op.getBody()->without_terminator())
    length += isa<math::MathDialect>(inner.getDialect()) &&
                      !isa<math::FmaOp, math::AbsFOp, math::SqrtOp>(inner)
                  ? functionLength
                  : 1;
  return length;
}

int64_t Epilogue::rawResult() const {
  kernel::FuncOp kernel = function->kernel();
  Operation *yield = kernel.getBody().front().getTerminator();
  for (auto [index, value] : llvm::enumerate(yield->getOperands()))
    if (cast<RankedTensorType>(value.getType()).getElementType().isF32())
      return index;
  return -1;
}

void Epilogue::storeResult(OpBuilder &builder, unsigned result, Lanes value,
                           ArrayRef<Value> position, Value mask,
                           int64_t lanes) const {
  Location loc = function->loc();
  kernel::FuncOp kernel = function->kernel();
  Operation *yield = kernel.getBody().front().getTerminator();
  Type element = cast<RankedTensorType>(yield->getOperand(result).getType())
                     .getElementType();
  Value at = FusedMap::linearise(*function, builder, loc, position,
                                 function->resultShape(result));
  Value memref = function->flatResult(result);
  Value whole = toVector(builder, loc, value, lanes);
  if (!mask)
    return storeElements(
        builder, loc, whole, memref, at, element,
        isAligned &&
            FusedMap::hasAlignedRows(function->resultShape(result), lanes));
  vector::MaskedStoreOp::create(builder, loc, memref, at, mask,
                                toStorage(builder, loc, whole, element));
}

LogicalResult Epilogue::store(OpBuilder &builder, Value computed,
                              ArrayRef<Value> position, Value mask) const {
  auto vector = dyn_cast<VectorType>(computed.getType());
  int64_t lanes = vector ? vector.getNumElements() : 1;
  SmallVector<Lanes> yielded;
  if (generic) {
    auto values = FusedMap(*function, generic, isAligned)
                      .evaluate(builder, position, mask, lanes, root, computed);
    if (failed(values))
      return failure();
    yielded = std::move(*values);
  }
  kernel::FuncOp kernel = function->kernel();
  Operation *yield = kernel.getBody().front().getTerminator();
  for (auto [index, value] : llvm::enumerate(yield->getOperands())) {
    Lanes lanesOf = value == root
                        ? Lanes(computed)
                        : yielded[cast<OpResult>(value).getResultNumber()];
    storeResult(builder, index, lanesOf, position, mask, lanes);
  }
  return success();
}
