// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/cuda/OperandSource.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/loops/IndexMath.h"

using namespace mlir;
using namespace strait;
using namespace strait::cuda;

Value cuda::loadVector(OpBuilder &b, Location loc, Value memref, Value at,
                       int64_t lanes) {
  if (lanes == 1)
    return memref::LoadOp::create(b, loc, memref, at);
  return vector::LoadOp::create(
      b, loc, VectorType::get({lanes}, b.getF32Type()), memref, at,
      /*nontemporal=*/false, llvm::Align(4 * lanes));
}

void cuda::storeVector(OpBuilder &b, Location loc, Value value, Value memref,
                       Value at) {
  auto type = dyn_cast<VectorType>(value.getType());
  if (!type)
    memref::StoreOp::create(b, loc, value, memref, at);
  else
    vector::StoreOp::create(b, loc, value, memref, at, /*nontemporal=*/false,
                            llvm::Align(4 * type.getNumElements()));
}

/// `position`, or the last one whose `lanes` elements all exist.
static Value clamp(OpBuilder &b, Location loc, Value position, Value count,
                   int64_t lanes) {
  IndexMath math(b, loc);
  return math.min(position, math.sub(count, math.constant(lanes)));
}

SmallVector<Value> MatrixSource::locate(OpBuilder &b, Value position) {
  Location loc = memref.getLoc();
  IndexMath math(b, loc);
  position = clamp(b, loc, position, count, alongDepth ? 1 : lanes);
  return {math.add(base, math.mul(position, positionStride))};
}

FailureOr<Value> MatrixSource::load(OpBuilder &b, ValueRange located, Value k) {
  Location loc = memref.getLoc();
  IndexMath math(b, loc);
  Value at = math.add(located[0], math.mul(k, depthStride));
  return loadVector(b, loc, memref, at, lanes);
}

SmallVector<Value> PanelSource::locate(OpBuilder &b, Value position) {
  Location loc = memref.getLoc();
  IndexMath math(b, loc);
  Value panel = clamp(b, loc, math.div(position, panelWidth), panels, 1);
  Value at = math.mul(panel, math.mul(depth, panelWidth));
  return {math.add(base, math.add(at, math.rem(position, panelWidth)))};
}

FailureOr<Value> PanelSource::load(OpBuilder &b, ValueRange located, Value k) {
  Location loc = memref.getLoc();
  IndexMath math(b, loc);
  return loadVector(b, loc, memref,
                    math.add(located[0], math.mul(k, panelWidth)), lanes);
}

SmallVector<Value> FusedSource::locate(OpBuilder &b, Value position) {
  return {clamp(b, count.getLoc(), position, count, 1)};
}

FailureOr<Value> FusedSource::load(OpBuilder &b, ValueRange located, Value k) {
  Value position[] = {batch, located[0], k};
  auto values = map.evaluate(b, position, /*mask=*/{}, lanes);
  if (failed(values))
    return failure();
  return toVector(b, count.getLoc(), values->front(), lanes);
}
