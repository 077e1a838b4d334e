// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/cuda/ThreadPoints.h"

#include "passes/loops/IndexMath.h"

using namespace mlir;
using namespace strait;
using namespace strait::cuda;

LogicalResult cuda::emitThreadPoint(OpBuilder &b, Location loc,
                                    const Threads &threads, Value task,
                                    Value points, EmitPointFn emit) {
  IndexMath math(b, loc);
  Value point = math.add(math.mul(task, threads.count()), threads.id());
  Value exists = math.less(point, points);
  auto branch = scf::IfOp::create(b, loc, exists, /*withElse=*/false);
  OpBuilder inside = branch.getThenBodyBuilder();
  return emit(inside, point);
}

LogicalResult cuda::forEachPoint(KernelFunction &function, int64_t threads,
                                 AffineExpr points, EmitPointFn emit) {
  Location loc = function.loc();
  Threads block(function.builder(), loc, threads);
  Value count = function.size(points);
  LogicalResult result = success();
  function.forEachTask([&](OpBuilder &b, Value task) {
    result = emitThreadPoint(b, loc, block, task, count, emit);
  });
  return result;
}

SmallVector<Value> cuda::positionOf(OpBuilder &b, Location loc, Value point,
                                    ArrayRef<Value> extents) {
  IndexMath math(b, loc);
  SmallVector<Value> position(extents.size());
  for (size_t axis = extents.size(); axis-- > 1;) {
    position[axis] = math.rem(point, extents[axis]);
    point = math.div(point, extents[axis]);
  }
  if (!extents.empty())
    position[0] = point;
  return position;
}

Value cuda::testIf(OpBuilder &b, Location loc, Value exists,
                   llvm::function_ref<Value(OpBuilder &)> test) {
  auto branch =
      scf::IfOp::create(b, loc, b.getI1Type(), exists, /*withElse=*/true);
  OpBuilder inside = branch.getThenBodyBuilder();
  scf::YieldOp::create(inside, loc, test(inside));
  OpBuilder outside = branch.getElseBodyBuilder();
  Value no =
      arith::ConstantOp::create(outside, loc, outside.getBoolAttr(false));
  scf::YieldOp::create(outside, loc, no);
  return branch.getResult(0);
}
