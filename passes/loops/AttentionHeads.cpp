// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/loops/AttentionHeads.h"

#include "passes/loops/IndexMath.h"

using namespace mlir;
using namespace strait;

AttentionHeads::AttentionHeads(KernelFunction &function,
                               const AttentionShape &shape)
    : function(function), shape(shape), loc(function.loc()) {
  kernel::AttentionOp op = shape.op;
  q = function.flatInput(*function.inputIndex(op.getQ()));
  k = function.flatInput(*function.inputIndex(op.getK()));
  v = function.flatInput(*function.inputIndex(op.getV()));
  OpBuilder &builder = function.builder();
  IndexMath math(builder, loc);
  if (op.getBias()) {
    bias = function.flatInput(*function.inputIndex(op.getBias()));
    for (auto [extent, stride] :
         llvm::zip(shape.bias.extents, shape.bias.strides)) {
      if (constantExtent(extent) == 1)
        biasStrides.push_back(math.constant(0));
      else if (constantExtent(extent))
        biasStrides.push_back(function.size(stride));
      else
        biasStrides.push_back(
            math.select(math.compare(arith::CmpIPredicate::eq,
                                     function.size(extent), math.constant(1)),
                        math.constant(0), function.size(stride)));
    }
  }
}

Value AttentionHeads::positionOf(OpBuilder &builder, const HeadTensor &tensor,
                                 Value batch, Value head) {
  IndexMath math(builder, loc);
  return math.add(math.mul(batch, function.size(tensor.strides[0])),
                  math.mul(head, function.size(tensor.strides[1])));
}

HeadPosition AttentionHeads::headAt(OpBuilder &builder, Value number) {
  IndexMath math(builder, loc);
  Value heads = function.size(shape.q.extents[1]);
  Value keyHeads = function.size(shape.k.extents[1]);
  HeadPosition position;
  position.batch = math.div(number, heads);
  position.head = math.rem(number, heads);
  // Groups of heads share keys: h / (H / H').
  Value shared = shape.q.extents[1] == shape.k.extents[1]
                     ? position.head
                     : math.div(math.mul(position.head, keyHeads), heads);
  position.q = positionOf(builder, shape.q, position.batch, position.head);
  position.k = positionOf(builder, shape.k, position.batch, shared);
  position.v = positionOf(builder, shape.v, position.batch, shared);
  if (bias)
    position.bias = math.add(math.mul(position.batch, biasStrides[0]),
                             math.mul(position.head, biasStrides[1]));
  return position;
}

Value AttentionHeads::keysSeen(OpBuilder &builder, Value query) {
  IndexMath math(builder, loc);
  Value keyRows = function.size(shape.keyRows());
  Value queryRows = function.size(shape.queryRows());
  Value seen = math.sub(math.add(math.add(query, 1), keyRows), queryRows);
  return math.max(math.constant(0), math.min(seen, keyRows));
}
