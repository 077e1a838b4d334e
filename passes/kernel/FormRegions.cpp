// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Graph IR -> kernel IR: every op of the strait dialect that computes becomes a
// kernel.region of its own (fusion comes after), reshapes become views, and
// sizes become explicit index values.
//
// Ops whose results are small integer tensors that follow from sizes (Shape,
// and what models compute from it) form no region: their contents live on as
// size expressions, and are built as a tensor only where data needs them.
#include "dialects/NodeNames.h"
#include "dialects/schedule/ScheduleOps.h"
#include "passes/kernel/GraphToKernel.h"
#include "passes/kernel/Passes.h"

namespace strait {
#define GEN_PASS_DEF_FORMREGIONSPASS
#include "passes/kernel/Passes.h.inc"
} // namespace strait

using namespace mlir;
using namespace strait;

SmallVector<AffineExpr> GraphToKernel::dimsOf(Value graphValue) {
  return shapes.lookup(graphValue)->dims;
}

std::optional<SmallVector<AffineExpr>>
GraphToKernel::elementsOf(Value graphValue) {
  return shapes.lookup(graphValue)->elements;
}

/// A tensor of size expressions: element i is expression i.
static ShapedValue buildSizesTensor(GraphToKernel &state, Location loc,
                                    ArrayRef<AffineExpr> dims,
                                    ArrayRef<AffineExpr> elements,
                                    Type element) {
  AffineExpr count = state.constant(elements.size());
  ShapedValue flat = state.pull(
      loc, count, element,
      [&](RegionBuilder &region, OpBuilder &b, Indices at) -> Value {
        Value picked = elements.empty() ? positionConstant(b, loc, 0)
                                        : region.extent(elements.back());
        for (int64_t i = int64_t(elements.size()) - 2; i >= 0; --i) {
          Value here = arith::CmpIOp::create(
              b, loc, arith::CmpIPredicate::eq, at[0],
              positionConstant(b, loc, i));
          picked = arith::SelectOp::create(b, loc, here,
                                           region.extent(elements[i]), picked);
        }
        if (element.isInteger(1))
          return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne,
                                       picked, positionConstant(b, loc, 0));
        if (!isa<FloatType>(element))
          return arith::IndexCastOp::create(b, loc, element, picked);
        Value whole =
            arith::IndexCastOp::create(b, loc, b.getI64Type(), picked);
        return arith::SIToFPOp::create(b, loc, element, whole);
      });
  return state.reshape(loc, flat, dims);
}

ShapedValue GraphToKernel::get(Value graphValue) {
  auto known = values.find(graphValue);
  if (known != values.end())
    return known->second;
  Type element = signlessType(
      cast<RankedTensorType>(graphValue.getType()).getElementType());
  auto elements = elementsOf(graphValue);
  assert(elements && "operands are formed before their users");
  ShapedValue built =
      buildSizesTensor(*this, graphValue.getLoc(), dimsOf(graphValue),
                       *elements, element);
  values[graphValue] = built;
  return built;
}

namespace {
class FormRegionsPass
    : public strait::impl::FormRegionsPassBase<FormRegionsPass> {
  void runOnOperation() override;
};
} // namespace

/// Forms the region of `op` unless it has none of its own.
static LogicalResult formRegion(Operation *op, GraphToKernel &state) {
  for (auto family :
       {formElementwiseRegion, formMovementRegion, formGatherRegion,
        formScatterRegion, formResizeRegion, formReductionRegion, formConvolutionRegion,
        formMatmulRegion, formAttentionRegion, formRecurrenceRegion})
    if (FormResult result = family(op, state))
      return *result;
  return op->emitOpError("has no form at the kernel level");
}

/// Whether all results live on as size expressions.
static bool isSizeArithmetic(Operation *op, GraphToKernel &state) {
  return op->getNumResults() > 0 &&
         llvm::all_of(op->getResults(), [&](Value result) {
           auto elements = state.elementsOf(result);
           return elements &&
                  llvm::none_of(*elements, [&](AffineExpr element) {
                    return state.shapes.dependsOnData(element);
                  });
         });
}

void GraphToKernel::checkAssumptions(Operation *op, bool isFormed) {
  for (const graph::SymbolicAssumption &assumed : shapes.assumptionsOf(op)) {
    bool ofResults = false;
    for (AffineExpr side : {assumed.got, assumed.expected})
      shapes.walkOrigins(side, [&](const graph::SymbolOrigin &origin) {
        ofResults |= origin.value && Value(origin.value).getDefiningOp() == op;
      });
    if (ofResults != isFormed ||
        !checked.insert({assumed.relation, assumed.got, assumed.expected})
             .second)
      continue;
    static constexpr schedule::CheckRelation relations[] = {
        schedule::CheckRelation::equals, schedule::CheckRelation::at_least,
        schedule::CheckRelation::one_or};
    Location loc = op->getLoc();
    Value got = sizes.get(builder, loc, assumed.got);
    Value expected = sizes.get(builder, loc, assumed.expected);
    schedule::CheckOp::create(
        builder, loc, got, relations[assumed.relation], expected,
        "node '" + llvm::join(nodeNames(loc), ";") + "', " + assumed.what);
  }
}

/// A value that stays, under the type that its elements are stored as.
static void setStored(Value value, GraphToKernel &state) {
  Type element = cast<RankedTensorType>(value.getType()).getElementType();
  ShapedValue shaped{value, state.dimsOf(value)};
  state.set(value, reshapeTo(state.builder, value.getLoc(), state.sizes, shaped,
                             shaped.dims, signlessType(element)));
}

static LogicalResult formBlock(Block &block, GraphToKernel &state,
                               SmallVectorImpl<Operation *> &formed);

/// `if` and `loop` stay, with the kernel level inside: operands, arguments,
/// yielded values and results are tensors as they are stored.
static LogicalResult formControlFlow(Operation *op, GraphToKernel &state,
                                     SmallVectorImpl<Operation *> &formed) {
  auto store = [](Value value) {
    auto type = cast<RankedTensorType>(value.getType());
    value.setType(type.clone(signlessType(type.getElementType())));
  };
  for (OpOperand &operand : op->getOpOperands())
    operand.set(state.get(operand.get()).value);
  for (Region &region : op->getRegions()) {
    GraphToKernel::Scope scope(state);
    Block &block = region.front();
    for (BlockArgument argument : block.getArguments()) {
      ShapedValue shaped{argument, state.shapes.get(argument).dims};
      store(argument);
      state.set(argument, shaped);
    }
    if (failed(formBlock(block, state, formed)))
      return failure();
    Operation *terminator = block.getTerminator();
    state.builder.setInsertionPoint(terminator);
    for (OpOperand &operand : terminator->getOpOperands())
      operand.set(state.get(operand.get()).value);
  }
  for (Value result : op->getResults()) {
    ShapedValue shaped{result, state.dimsOf(result)};
    store(result);
    state.set(result, shaped);
  }
  return success();
}

/// Forms the regions of a block's ops; `formed` collects what they replace.
static LogicalResult formBlock(Block &block, GraphToKernel &state,
                               SmallVectorImpl<Operation *> &formed) {
  for (Operation &op : llvm::make_early_inc_range(block.without_terminator())) {
    if (!isa<graph::GraphDialect>(op.getDialect()))
      continue;
    state.builder.setInsertionPoint(&op);
    if (auto weight = dyn_cast<graph::WeightOp>(op)) {
      state.builder.setInsertionPointAfter(&op);
      setStored(weight.getResult(), state);
      continue;
    }
    if (isa<graph::IfOp, graph::LoopOp>(op)) {
      state.checkAssumptions(&op, /*isFormed=*/false);
      if (failed(formControlFlow(&op, state, formed)))
        return failure();
      state.builder.setInsertionPointAfter(&op);
      state.checkAssumptions(&op, /*isFormed=*/true);
      continue;
    }
    formed.push_back(&op);
    state.checkAssumptions(&op, /*isFormed=*/false);
    if (!isSizeArithmetic(&op, state) &&
        !llvm::all_of(op.getResults(),
                      [&](Value result) { return state.isSet(result); }) &&
        failed(formRegion(&op, state)))
      return failure();
    state.checkAssumptions(&op, /*isFormed=*/true);
  }
  return success();
}

void FormRegionsPass::runOnOperation() {
  func::FuncOp func = getOperation();
  graph::SymbolicShapeAnalysis shapes(func);
  if (failed(shapes.run()))
    return signalPassFailure();

  // Symbols are dims of arguments or of values, elements of small tensors, or
  // chosen from two expressions.
  GraphToKernel *active = nullptr;
  bool isUnknown = false;
  auto symbolValue = [&](OpBuilder &b, Location loc,
                         unsigned symbol) -> Value {
    if (Value known =
            active->boundTo(getAffineSymbolExpr(symbol, b.getContext())))
      return known;
    // A copy: forming more may add symbols.
    const graph::SymbolOrigin source = shapes.getSymbols()[symbol];
    if (source.a) {
      Value lhs = active->sizes.get(b, loc, source.a);
      Value rhs = active->sizes.get(b, loc, source.b);
      if (source.kind == graph::SymbolOrigin::Maximum)
        return arith::MaxSIOp::create(b, loc, lhs, rhs);
      if (source.kind == graph::SymbolOrigin::Minimum)
        return arith::MinSIOp::create(b, loc, lhs, rhs);
      Value isOne = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                          lhs, positionConstant(b, loc, 1));
      return arith::SelectOp::create(b, loc, isOne, rhs, lhs);
    }
    if (source.kind == graph::SymbolOrigin::Element) {
      Value tensor = active->get(source.value).value;
      auto type = cast<RankedTensorType>(tensor.getType());
      SmallVector<Value> at;
      int64_t rest = source.index;
      SmallVector<int64_t> coordinates(type.getRank());
      for (int64_t axis = type.getRank() - 1; axis >= 0; --axis) {
        coordinates[axis] = rest % type.getDimSize(axis);
        rest /= type.getDimSize(axis);
      }
      for (int64_t coordinate : coordinates)
        at.push_back(positionConstant(b, loc, coordinate));
      Value element = tensor::ExtractOp::create(b, loc, tensor, at);
      return arith::IndexCastOp::create(b, loc, b.getIndexType(), element);
    }
    if (active->isSet(source.value))
      return tensor::DimOp::create(b, loc, active->get(source.value).value,
                                   source.index);
    if (Operation *op = source.value.getDefiningOp(); op && !isUnknown)
      op->emitOpError("expected a size along axis ")
          << source.index << " that follows from sizes or integers, found one "
          << "that no rule tells";
    isUnknown = true;
    return positionConstant(b, loc, 0);
  };
  SizeMaterializer sizes(symbolValue);
  OpBuilder builder(&getContext());
  GraphToKernel state(builder, shapes, sizes);
  active = &state;

  Block &body = func.getBody().front();
  builder.setInsertionPointToStart(&body);
  for (BlockArgument argument : body.getArguments())
    setStored(argument, state);
  SmallVector<Operation *> formed;
  if (failed(formBlock(body, state, formed)))
    return signalPassFailure();
  Operation *terminator = body.getTerminator();
  builder.setInsertionPoint(terminator);
  for (OpOperand &operand : terminator->getOpOperands()) {
    ShapedValue value = state.get(operand.get());
    auto type = cast<RankedTensorType>(operand.get().getType());
    ShapedValue result =
        reshapeTo(builder, terminator->getLoc(), sizes, value,
                  state.dimsOf(operand.get()), type.getElementType());
    operand.set(result.value);
  }
  if (isUnknown)
    return signalPassFailure();
  for (Operation *op : llvm::reverse(formed))
    op->erase();
}
