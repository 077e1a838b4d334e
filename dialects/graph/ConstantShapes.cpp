// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shape rule of constants: the elements of small ones are known.
#include "dialects/graph/GraphOps.h"
#include "dialects/graph/SymbolicShape.h"

using namespace mlir;
using namespace strait::graph;

/// Whole numbers as expressions; nullopt when a float has a fraction.
static std::optional<SmallVector<AffineExpr>>
wholeElements(DenseElementsAttr value, SymbolicShapeAnalysis &shapes) {
  SmallVector<AffineExpr> elements;
  Type type = value.getElementType();
  if (auto integer = dyn_cast<IntegerType>(type)) {
    if (integer.getWidth() > 64)
      return std::nullopt;
    bool isSigned = !integer.isUnsigned() && integer.getWidth() > 1;
    for (const APInt &element : value.getValues<APInt>())
      elements.push_back(shapes.constant(
          isSigned ? element.getSExtValue()
                   : int64_t(element.getZExtValue())));
    return elements;
  }
  if (!isa<FloatType>(type))
    return std::nullopt;
  for (const APFloat &element : value.getValues<APFloat>()) {
    APSInt whole(64, /*isUnsigned=*/false);
    bool isExact = false;
    if (element.convertToInteger(whole, APFloat::rmTowardZero, &isExact) !=
            APFloat::opOK ||
        !isExact)
      return std::nullopt;
    elements.push_back(shapes.constant(whole.getExtValue()));
  }
  return elements;
}

LogicalResult WeightOp::inferShapes(SymbolicShapeAnalysis &shapes) {
  SymbolicTensor shape;
  ShapedType type = getValue().getShapedType();
  for (int64_t size : type.getShape())
    shape.dims.push_back(shapes.constant(size));
  if (auto dense = dyn_cast<DenseElementsAttr>(getValue()))
    if (type.getNumElements() <= kMaxSymbolicElements)
      shape.elements = wholeElements(dense, shapes);
  return shapes.set(getOperation()->getResult(0), std::move(shape));
}
