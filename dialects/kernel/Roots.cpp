// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the roots answer to Kernel_RootInterface.
#include "dialects/kernel/KernelOps.h"

using namespace mlir;
using namespace strait;
using namespace strait::kernel;

#include "dialects/kernel/RootInterface.cpp.inc"

RootInterface kernel::findRoot(Operation *group) {
  for (Operation &op : group->getRegion(0).front())
    if (auto root = dyn_cast<RootInterface>(op))
      return root;
  return {};
}

linalg::GenericOp kernel::findPrologue(RootInterface root) {
  Value operand = root ? root.getPrologueOperand() : Value();
  return operand ? operand.getDefiningOp<linalg::GenericOp>()
                 : linalg::GenericOp();
}

StringRef kernel::kindOf(Operation *group) {
  if (RootInterface root = findRoot(group))
    return root->getName().stripDialect();
  auto generics = group->getRegion(0).front().getOps<linalg::GenericOp>();
  return llvm::hasSingleElement(generics) ? "map" : "cascade";
}

static int64_t elementsOf(ArrayRef<int64_t> extents) {
  return llvm::product_of(extents, int64_t(1));
}

Value MatmulOp::getPrologueOperand() { return getLhs(); }

int64_t MatmulOp::countFlops(ExtentsFn extents) {
  return 2 * elementsOf(extents(getResult())) * extents(getLhs())[2];
}

int64_t Conv2DOp::countFlops(ExtentsFn extents) {
  ArrayRef<int64_t> taps = extents(getWeights()).slice(2, 3); // KH, KW, C
  return 2 * elementsOf(taps) * elementsOf(extents(getResult()));
}

int64_t DepthwiseConv2DOp::countFlops(ExtentsFn extents) {
  ArrayRef<int64_t> taps = extents(getWeights()).take_front(2);
  return 2 * elementsOf(taps) * elementsOf(extents(getResult()));
}

int64_t Pool2DOp::countFlops(ExtentsFn extents) {
  return elementsOf(getKernel()) * elementsOf(extents(getResult()));
}

/// q k^T and p v; softmax is counted by its exponentials.
int64_t AttentionOp::countFlops(ExtentsFn extents) {
  auto extent = [&](Value tensor, ArrayRef<int64_t> order, int64_t dim) {
    return extents(tensor)[llvm::find(order, dim) - order.begin()];
  };
  int64_t keys = extent(getK(), getKOrder(), 2);
  int64_t depth = extent(getQ(), getQOrder(), 3);
  int64_t queries = elementsOf(extents(getQ()));
  return 2 * keys * (queries + elementsOf(extents(getResult()))) +
         (depth ? queries / depth * keys : 0);
}

int64_t RecurrenceOp::countFlops(ExtentsFn extents) {
  return 2 * extents(getRecurrent())[2] * elementsOf(extents(getInputs()));
}

// These store their results themselves, out of order.
bool RecurrenceOp::takesEpilogue() { return false; }
bool ScatterOp::takesEpilogue() { return false; }
bool TopKOp::takesEpilogue() { return false; }
bool NonZeroOp::takesEpilogue() { return false; }
