// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/kernel/RegionBuilder.h"

#include "passes/analysis/ExprArithmetic.h"
#include "dialects/graph/SymbolicShape.h"

using namespace mlir;
using namespace strait;

Type strait::signlessType(Type element) {
  if (auto integer = dyn_cast<IntegerType>(element))
    return IntegerType::get(element.getContext(), integer.getWidth());
  return element;
}

bool strait::isAligned(AffineExpr count, Type element) {
  auto bytes = bytesPerElement(element);
  return bytes && (count * *bytes).isMultipleOf(operandAlignment);
}

RankedTensorType strait::typeOf(ArrayRef<AffineExpr> dims, Type elementType) {
  SmallVector<int64_t> shape;
  for (AffineExpr dim : dims)
    shape.push_back(constantExtent(dim).value_or(ShapedType::kDynamic));
  return RankedTensorType::get(shape, elementType);
}

AffineExpr strait::productOf(ArrayRef<AffineExpr> dims, MLIRContext *context) {
  return graph::multiply(dims, context);
}

Value SizeMaterializer::get(OpBuilder &builder, Location loc,
                            AffineExpr expr) const {
  auto known = [&](AffineExpr part) -> Value {
    if (auto sym = dyn_cast<AffineSymbolExpr>(part))
      return symbol(builder, loc, sym.getPosition());
    if (!part.isPureAffine() || isa<AffineConstantExpr>(part))
      return {};
    // Renumber the symbols that occur.
    SmallVector<Value> operands;
    DenseMap<AffineExpr, AffineExpr> renamed;
    part.walk([&](AffineExpr e) {
      auto sym = dyn_cast<AffineSymbolExpr>(e);
      if (!sym || renamed.contains(e))
        return;
      renamed[e] = getAffineSymbolExpr(operands.size(), part.getContext());
      operands.push_back(symbol(builder, loc, sym.getPosition()));
    });
    auto map = AffineMap::get(0, operands.size(), part.replace(renamed));
    return affine::AffineApplyOp::create(builder, loc, map, operands);
  };
  return emitExpr(builder, loc, expr, known, Division::ofAny);
}

RegionBuilder::RegionBuilder(OpBuilder &builder, Location loc,
                             const SizeMaterializer &sizes)
    : builder(builder), location(loc), sizes(sizes),
      bodyBuilder(builder.getContext()) {
  bodyBuilder.setInsertionPointToStart(&region.emplaceBlock());
}

Value RegionBuilder::input(const ShapedValue &tensor) {
  for (auto [index, entry] : llvm::enumerate(inputs))
    if (entry.first == tensor.value)
      return region.front().getArgument(index);
  inputs.insert({tensor.value, tensor});
  return region.front().insertArgument(inputs.size() - 1,
                                       tensor.value.getType(), location);
}

Value RegionBuilder::extent(AffineExpr expr) {
  if (auto constant = constantExtent(expr))
    return arith::ConstantIndexOp::create(bodyBuilder, location, *constant);
  for (auto [index, known] : llvm::enumerate(extents))
    if (known == expr)
      return region.front().getArgument(inputs.size() + index);
  extents.push_back(expr);
  return region.front().addArgument(builder.getIndexType(), location);
}

Value RegionBuilder::empty(ArrayRef<AffineExpr> dims, Type element) {
  SmallVector<Value> dynamic;
  for (AffineExpr dim : dims)
    if (!constantExtent(dim))
      dynamic.push_back(extent(dim));
  return tensor::EmptyOp::create(bodyBuilder, location, typeOf(dims, element),
                                 dynamic);
}

static Value buildGeneric(OpBuilder &builder, Location loc, Value init,
                          ValueRange operands, ArrayRef<AffineMap> maps,
                          ArrayRef<utils::IteratorType> iterators,
                          bool passAccumulator,
                          RegionBuilder::ScalarFn scalar) {
  return linalg::GenericOp::create(
             builder, loc, init.getType(), operands, init, maps, iterators,
             [&](OpBuilder &nested, Location nestedLoc, ValueRange arguments) {
               if (!passAccumulator)
                 arguments = arguments.drop_back();
               linalg::YieldOp::create(nested, nestedLoc,
                                       scalar(nested, nestedLoc, arguments));
             })
      .getResult(0);
}

Value RegionBuilder::map(ArrayRef<AffineExpr> loops, ValueRange operands,
                         ArrayRef<AffineMap> maps, Type element,
                         ScalarFn scalar) {
  SmallVector<AffineMap> allMaps(maps);
  allMaps.push_back(
      AffineMap::getMultiDimIdentityMap(loops.size(), builder.getContext()));
  SmallVector<utils::IteratorType> iterators(loops.size(),
                                             utils::IteratorType::parallel);
  return buildGeneric(bodyBuilder, location, empty(loops, element), operands,
                      allMaps, iterators, false, scalar);
}

Value RegionBuilder::reduce(ArrayRef<AffineExpr> loops,
                            ArrayRef<int64_t> reduced, ValueRange operands,
                            ArrayRef<AffineMap> maps, TypedAttr init,
                            ScalarFn combine) {
  SmallVector<utils::IteratorType> iterators(loops.size(),
                                             utils::IteratorType::parallel);
  for (int64_t loop : reduced)
    iterators[loop] = utils::IteratorType::reduction;
  SmallVector<AffineExpr> resultDims, kept;
  for (auto [loop, extent] : llvm::enumerate(loops)) {
    if (iterators[loop] == utils::IteratorType::reduction)
      continue;
    resultDims.push_back(extent);
    kept.push_back(bodyBuilder.getAffineDimExpr(loop));
  }
  SmallVector<AffineMap> allMaps(maps);
  allMaps.push_back(
      AffineMap::get(loops.size(), 0, kept, builder.getContext()));
  Value neutral = arith::ConstantOp::create(bodyBuilder, location, init);
  Value filled =
      linalg::FillOp::create(bodyBuilder, location, neutral,
                             empty(resultDims, init.getType()))
          .getResult(0);
  return buildGeneric(bodyBuilder, location, filled, operands, allMaps,
                      iterators, true, combine);
}

AffineMap RegionBuilder::shapeMap(ArrayRef<AffineExpr> dims) {
  SmallVector<AffineExpr> results;
  for (AffineExpr dim : dims) {
    if (constantExtent(dim)) {
      results.push_back(dim);
      continue;
    }
    extent(dim);
    unsigned position = llvm::find(extents, dim) - extents.begin();
    results.push_back(builder.getAffineSymbolExpr(position));
  }
  // The number of symbols is not final yet: see finish().
  return AffineMap::get(0, extents.size(), results, builder.getContext());
}

SmallVector<ShapedValue>
RegionBuilder::finish(ArrayRef<ShapedValue> results,
                      std::optional<int64_t> rowRank) {
  SmallVector<AffineMap> inputMaps, resultMaps;
  for (auto &[value, shaped] : inputs)
    inputMaps.push_back(shapeMap(shaped.dims));
  SmallVector<Type> types;
  SmallVector<Value> yielded;
  for (const ShapedValue &result : results) {
    resultMaps.push_back(shapeMap(result.dims));
    types.push_back(result.value.getType());
    yielded.push_back(result.value);
  }
  auto widen = [&](SmallVector<AffineMap> &maps) {
    for (AffineMap &map : maps)
      map = AffineMap::get(0, extents.size(), map.getResults(),
                           builder.getContext());
  };
  widen(inputMaps);
  widen(resultMaps);
  kernel::YieldOp::create(bodyBuilder, location, yielded);

  SmallVector<Value> inputValues, sizeValues;
  for (auto &[value, shaped] : inputs)
    inputValues.push_back(value);
  for (AffineExpr expr : extents)
    sizeValues.push_back(sizes.get(builder, location, expr));
  auto op = kernel::RegionOp::create(
      builder, location, types, inputValues, sizeValues,
      builder.getAffineMapArrayAttr(inputMaps),
      builder.getAffineMapArrayAttr(resultMaps),
      rowRank ? builder.getI64IntegerAttr(*rowRank) : IntegerAttr(), nullptr,
      nullptr, nullptr, nullptr);
  op.getBody().takeBody(region);
  SmallVector<ShapedValue> shaped;
  for (auto [result, value] : llvm::zip(results, op.getResults()))
    shaped.push_back({value, result.dims});
  return shaped;
}

ShapedValue strait::reshapeTo(OpBuilder &builder, Location loc,
                              const SizeMaterializer &sizes,
                              ShapedValue source, ArrayRef<AffineExpr> dims,
                              Type element) {
  if (!element)
    element = source.elementType();
  if (source.elementType() == element && ArrayRef(source.dims) == dims)
    return source;
  Value operand = source.value;
  while (auto view = operand.getDefiningOp<kernel::ReshapeOp>())
    operand = view.getSource();
  RankedTensorType type = typeOf(dims, element);
  SmallVector<Value> dynamic;
  for (AffineExpr dim : dims)
    if (!constantExtent(dim))
      dynamic.push_back(sizes.get(builder, loc, dim));
  if (operand.getType() == type && type.hasStaticShape())
    return {operand, SmallVector<AffineExpr>(dims)};
  Value view =
      kernel::ReshapeOp::create(builder, loc, type, operand, dynamic);
  return {view, SmallVector<AffineExpr>(dims)};
}
