// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// strait.add, strait.exp, ... -> kernel.region of one all-parallel
// linalg.generic with numpy broadcasting in its maps.
#include "passes/kernel/GraphToKernel.h"

using namespace mlir;
using namespace strait;

std::optional<AffineMap> strait::broadcastMap(ArrayRef<AffineExpr> dims,
                                              ArrayRef<AffineExpr> loops) {
  MLIRContext *context =
      loops.empty() ? nullptr : loops.front().getContext();
  SmallVector<AffineExpr> results;
  for (auto [axis, dim] : llvm::enumerate(dims)) {
    unsigned loop = loops.size() - dims.size() + axis;
    if (dim == loops[loop])
      results.push_back(getAffineDimExpr(loop, context));
    else if (isOne(dim))
      results.push_back(getAffineConstantExpr(0, context));
    else
      return std::nullopt;
  }
  if (!context)
    context = dims.empty() ? nullptr : dims.front().getContext();
  if (!context)
    return AffineMap();
  return AffineMap::get(loops.size(), 0, results, context);
}

Value strait::positionConstant(OpBuilder &b, Location loc, int64_t v) {
  return arith::ConstantIndexOp::create(b, loc, v);
}

Value strait::clampIndex(OpBuilder &b, Location loc, Value index,
                         Value extent) {
  Value zero = positionConstant(b, loc, 0);
  Value last =
      arith::SubIOp::create(b, loc, extent, positionConstant(b, loc, 1));
  Value low = arith::MaxSIOp::create(b, loc, index, zero);
  return arith::MinSIOp::create(b, loc, low, last);
}

Value strait::inBounds(OpBuilder &b, Location loc, Value index, Value extent) {
  // One unsigned comparison: negative positions are huge.
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, index,
                               extent);
}

ShapedValue GraphToKernel::elementwise(Location loc,
                                       ArrayRef<ShapedValue> operands,
                                       ArrayRef<AffineExpr> dims, Type element,
                                       RegionBuilder::ScalarFn scalar) {
  RegionBuilder region(builder, loc, sizes);
  SmallVector<Value> mapped;
  SmallVector<AffineMap> maps;
  // Operands whose extent may turn out to be one at run time are read at
  // position 0 along it in that case, which no affine map can say.
  SmallVector<std::pair<Value, const ShapedValue *>> extracted;
  SmallVector<int> place;
  for (const ShapedValue &operand : operands) {
    auto map = broadcastMap(operand.dims, dims);
    Value argument = region.input(operand);
    if (map) {
      place.push_back(mapped.size());
      mapped.push_back(argument);
      maps.push_back(*map ? *map : AffineMap::get(builder.getContext()));
    } else {
      place.push_back(-1 - int(extracted.size()));
      extracted.push_back({argument, &operand});
    }
  }
  SmallVector<SmallVector<Value>> extents;
  for (auto &[argument, operand] : extracted) {
    auto &list = extents.emplace_back();
    for (AffineExpr dim : operand->dims)
      list.push_back(region.extent(dim));
  }
  Value result = region.map(
      dims, mapped, maps, element,
      [&](OpBuilder &b, Location l, ValueRange arguments) {
        SmallVector<Value> scalars;
        for (int p : place) {
          if (p >= 0) {
            scalars.push_back(arguments[p]);
            continue;
          }
          auto &[argument, operand] = extracted[-1 - p];
          SmallVector<Value> indices;
          for (auto [axis, dim] : llvm::enumerate(operand->dims)) {
            unsigned loop = dims.size() - operand->dims.size() + axis;
            Value index = linalg::IndexOp::create(b, l, loop);
            indices.push_back(
                clampIndex(b, l, index, extents[-1 - p][axis]));
          }
          scalars.push_back(
              tensor::ExtractOp::create(b, l, argument, indices));
        }
        return scalar(b, l, scalars);
      });
  return region.finish({{result, SmallVector<AffineExpr>(dims)}}, dims.size())
      .front();
}

FormResult strait::formElementwiseRegion(Operation *op, GraphToKernel &state) {
  auto elementwise = dyn_cast<graph::ElementwiseOpInterface>(op);
  if (!elementwise)
    return std::nullopt;
  SmallVector<ShapedValue> operands;
  for (Value operand : op->getOperands())
    operands.push_back(state.get(operand));
  Value result = op->getResult(0);
  SmallVector<AffineExpr> dims = state.dimsOf(result);
  Type element = signlessType(
      cast<RankedTensorType>(result.getType()).getElementType());
  // Signed and unsigned lie alike.
  if (isa<graph::CastOp>(op) && operands[0].elementType() == element) {
    state.set(result, operands[0]);
    return success();
  }
  state.set(result, state.elementwise(
                        op->getLoc(), operands, dims, element,
                        [&](OpBuilder &b, Location loc, ValueRange scalars) -> Value {
                          return elementwise.buildScalar(b, loc, scalars);
                        }));
  return success();
}
