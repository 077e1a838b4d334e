// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.concat on a GPU. A thread moves one element of the result, or a vector
// where all rows start at vectors:
//
//   (row, column) = point:
//     the element of the input in whose columns it lies: epilogue, store
#include "passes/cuda/Generators.h"

#include "passes/cuda/ThreadPoints.h"
#include "passes/loops/Epilogue.h"
#include "passes/loops/IndexMath.h"
#include "passes/loops/TileAttributes.h"

using namespace mlir;
using namespace strait;
using namespace strait::cuda;

namespace {
/// An input and the columns of the result that it fills.
struct Part {
  Value memory, begin, count;
};
} // namespace

static FailureOr<SmallVector<Part>> findParts(KernelFunction &function,
                                              kernel::ConcatOp op) {
  SmallVector<Part> parts;
  AffineExpr offset = function.builder().getAffineConstantExpr(0);
  for (Value operand : op.getInputs()) {
    auto input = function.inputIndex(operand);
    if (!input)
      return op.emitOpError("expected to join inputs of the kernel");
    AffineExpr count = function.inputShape(*input)[1];
    parts.push_back({function.flatInput(*input), function.size(offset),
                     function.size(count)});
    offset = offset + count;
  }
  return parts;
}

/// `lanes` elements from `column` of a row of the result. Parts are asked one
/// after the other: a warp lies in one of them, or in two.
static Value loadPoint(OpBuilder &b, Location loc, ArrayRef<Part> parts,
                       Type element, Value row, Value column, int64_t lanes) {
  IndexMath math(b, loc);
  Type type = computeType(element);
  if (lanes > 1)
    type = VectorType::get({lanes}, type);
  Value found = arith::ConstantOp::create(
      b, loc, cast<TypedAttr>(b.getZeroAttr(type)));
  for (const Part &part : parts) {
    // Unsigned: what lies before the part is huge.
    Value inside = math.sub(column, part.begin);
    Value isHere =
        math.compare(arith::CmpIPredicate::ult, inside, part.count);
    auto branch = scf::IfOp::create(b, loc, type, isHere, /*withElse=*/true);
    OpBuilder here = branch.getThenBodyBuilder();
    IndexMath in(here, loc);
    scf::YieldOp::create(
        here, loc,
        loadElements(here, loc, part.memory,
                     in.add(in.mul(row, part.count), inside), element, lanes,
                     /*isAligned=*/true));
    OpBuilder elsewhere = branch.getElseBodyBuilder();
    scf::YieldOp::create(elsewhere, loc, found);
    found = branch.getResult(0);
  }
  return found;
}

LogicalResult cuda::emitConcat(KernelFunction &function, kernel::ConcatOp op,
                               int64_t threads) {
  int64_t lanes = 0;
  if (failed(TileAttributes(function.kernel()).read({{"lanes", &lanes}})))
    return failure();
  FailureOr<Epilogue> epilogue = Epilogue::create(function, op);
  if (failed(epilogue))
    return failure();
  epilogue->expectAligned();
  auto parts = findParts(function, op);
  if (failed(parts))
    return failure();
  Location loc = function.loc();
  Type element = getElementTypeOrSelf(op.getResult().getType());
  ArrayRef<AffineExpr> shape = function.resultShape(0);
  AffineExpr vectors = shape[1].floorDiv(lanes);
  Value extents[] = {function.size(shape[0]), function.size(vectors)};
  return forEachPoint(
      function, threads, shape[0] * vectors, [&](OpBuilder &b, Value point) {
        SmallVector<Value> at = positionOf(b, loc, point, extents);
        at[1] = IndexMath(b, loc).mul(at[1], lanes);
        Value loaded =
            loadPoint(b, loc, *parts, element, at[0], at[1], lanes);
        return epilogue->store(b, loaded, at, {});
      });
}
