// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/KernelCost.h"

using namespace mlir;
using namespace strait;

static int64_t elementsOf(Type type) {
  return cast<RankedTensorType>(type).getNumElements();
}

static int64_t bytesOf(Type type) {
  auto ranked = cast<RankedTensorType>(type);
  int64_t width =
      std::max<int64_t>(8, ranked.getElementType().getIntOrFloatBitWidth());
  return ranked.getNumElements() * width / 8;
}

/// Floating-point operations of one execution of a scalar body.
static int64_t scalarFlops(linalg::GenericOp generic) {
  int64_t count = 0;
  for (Operation &op : generic.getBody()->without_terminator())
    if (op.getNumResults() == 1 && isa<FloatType>(op.getResult(0).getType()) &&
        isa<arith::ArithDialect, math::MathDialect>(op.getDialect()) &&
        !isa<arith::ConstantOp, arith::SelectOp>(op))
      ++count;
  return count;
}

static int64_t flopsOf(Operation *op) {
  return TypeSwitch<Operation *, int64_t>(op)
      .Case([](linalg::GenericOp generic) {
        int64_t trips = 1;
        for (int64_t extent : generic.getStaticLoopRanges())
          trips *= extent;
        return trips * scalarFlops(generic);
      })
      .Case([](kernel::MatmulOp matmul) {
        auto lhs = cast<RankedTensorType>(matmul.getLhs().getType());
        int64_t k = lhs.getDimSize(matmul.getTransposeLhs() ? 1 : 2);
        return 2 * k * elementsOf(matmul.getResult().getType());
      })
      .Case([](kernel::Conv2DOp conv) {
        auto w = cast<RankedTensorType>(conv.getWeights().getType());
        return 2 * w.getDimSize(2) * w.getDimSize(3) * w.getDimSize(4) *
               elementsOf(conv.getResult().getType());
      })
      .Case([](kernel::DepthwiseConv2DOp conv) {
        auto w = cast<RankedTensorType>(conv.getWeights().getType());
        return 2 * w.getDimSize(0) * w.getDimSize(1) *
               elementsOf(conv.getResult().getType());
      })
      .Case([](kernel::Pool2DOp pool) {
        return pool.getKernel()[0] * pool.getKernel()[1] *
               elementsOf(pool.getResult().getType());
      })
      .Case([](kernel::AttentionOp attention) {
        // q k^T and p v; softmax is counted by its exponentials.
        auto extent = [](Value tensor, ArrayRef<int64_t> order, int64_t dim) {
          auto type = cast<RankedTensorType>(tensor.getType());
          return type.getDimSize(llvm::find(order, dim) - order.begin());
        };
        int64_t keys = extent(attention.getK(), attention.getKOrder(), 2);
        int64_t depth = extent(attention.getQ(), attention.getQOrder(), 3);
        int64_t queries = elementsOf(attention.getQ().getType());
        return 2 * queries * keys +
               2 * keys * elementsOf(attention.getResult().getType()) +
               queries / depth * keys;
      })
      .Case([](kernel::RecurrenceOp recurrence) {
        auto in = cast<RankedTensorType>(recurrence.getInputs().getType());
        int64_t hidden = cast<RankedTensorType>(
                             recurrence.getRecurrent().getType())
                             .getDimSize(2);
        return 2 * hidden * in.getNumElements();
      })
      .Default([](Operation *) { return 0; });
}

std::optional<KernelCost> strait::computeKernelCost(Operation *kernel) {
  Block &body = kernel->getRegion(0).front();
  KernelCost cost;
  for (BlockArgument argument : body.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type)
      continue;
    if (!type.hasStaticShape())
      return std::nullopt;
    cost.bytes += bytesOf(type);
  }
  for (Value value : body.getTerminator()->getOperands()) {
    if (!cast<RankedTensorType>(value.getType()).hasStaticShape())
      return std::nullopt;
    cost.bytes += bytesOf(value.getType());
  }
  for (Operation &op : body)
    cost.flops += flopsOf(&op);
  return cost;
}

StringRef strait::kernelKind(Operation *kernel) {
  unsigned generics = 0, reductions = 0;
  for (Operation &op : kernel->getRegion(0).front()) {
    if (isa<kernel::KernelDialect>(op.getDialect()) &&
        !isa<kernel::YieldOp>(op))
      return op.getName().stripDialect();
    if (auto generic = dyn_cast<linalg::GenericOp>(op)) {
      ++generics;
      reductions += generic.getNumReductionLoops() != 0;
    }
  }
  if (reductions == 0 && generics == 1)
    return "map";
  return reductions == 1 ? "reduce" : "cascade";
}
