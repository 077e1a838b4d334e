// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/cuda/StagedOperand.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/analysis/ProductTile.h"
#include "passes/loops/IndexMath.h"

using namespace mlir;
using namespace strait;
using namespace strait::cuda;

StagedOperand::StagedOperand(OpBuilder &b, const Threads &threads,
                             OperandSource &source, OperandStage stage,
                             Value first, Value depth)
    : loc(stage.shared.getLoc()), source(source), shape(stage), depth(depth) {
  IndexMath math(b, loc);
  int64_t elements = shape.width * shape.steps;
  source.lanes = std::min(source.lanes, elements / threads.count());
  // Vectors are counted along the direction in which they run, so that
  // neighbouring threads load what lies together.
  int64_t run = (source.alongDepth ? shape.steps : shape.width) / source.lanes;
  for (int64_t from = 0; from < elements / source.lanes;
       from += threads.count()) {
    Value number = math.add(threads.id(), from);
    Value along = math.mul(math.rem(number, run), source.lanes);
    Value across = math.div(number, run);
    Part part;
    part.k = source.alongDepth ? along : across;
    part.position = source.alongDepth ? across : along;
    part.located = source.locate(b, math.add(first, part.position));
    parts.push_back(std::move(part));
  }
}

FailureOr<SmallVector<Value>> StagedOperand::load(OpBuilder &b, Value k) {
  IndexMath math(b, loc);
  auto known = IndexMath::known(depth);
  bool isWhole = known && *known % shape.steps == 0;
  SmallVector<Value> loaded;
  for (Part &part : parts) {
    Value step = math.add(k, part.k), exists;
    if (!isWhole) {
      exists = math.less(step, depth);
      step = math.select(exists, step, math.constant(0));
    }
    FailureOr<Value> value = source.load(b, part.located, step);
    if (failed(value))
      return failure();
    if (exists) {
      Value zero =
          arith::ConstantOp::create(b, loc, b.getZeroAttr(value->getType()));
      value = arith::SelectOp::create(b, loc, exists, *value, zero).getResult();
    }
    loaded.push_back(*value);
  }
  return loaded;
}

Value StagedOperand::addressOf(OpBuilder &b, Value stage, Value k,
                               Value position) const {
  IndexMath math(b, loc);
  Value row = math.mul(k, ProductTile::stride(shape.width));
  return math.add(stage, math.add(math.add(row, shape.begin), position));
}

void StagedOperand::store(OpBuilder &b, ValueRange loaded, Value stage) {
  IndexMath math(b, loc);
  for (auto [part, value] : llvm::zip(parts, loaded)) {
    if (!source.alongDepth || source.lanes == 1) {
      storeVector(b, loc, value, shape.shared,
                  addressOf(b, stage, part.k, part.position));
      continue;
    }
    for (int64_t lane = 0; lane < source.lanes; ++lane)
      memref::StoreOp::create(
          b, loc, vector::ExtractOp::create(b, loc, value, lane), shape.shared,
          addressOf(b, stage, math.add(part.k, lane), part.position));
  }
}

Value StagedOperand::read(OpBuilder &b, const StageStep &at, Value position,
                          int64_t lanes) const {
  Value step = IndexMath(b, loc).constant(at.step);
  return loadVector(b, loc, shape.shared,
                    addressOf(b, at.stage, step, position), lanes);
}

Value ResidentOperand::read(OpBuilder &b, const StageStep &at, Value position,
                            int64_t lanes) const {
  Location loc = shared.getLoc();
  IndexMath math(b, loc);
  int64_t stride = ProductTile::stride(width);
  Value row =
      math.add(math.mul(math.sub(at.k, first), stride), at.step * stride);
  return loadVector(b, loc, shared, math.add(row, position), lanes);
}
