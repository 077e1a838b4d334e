// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// strait.lstm, gru, rnn -> one kernel.matmul for the inputs of all time steps
// and directions, whose bias holds all that may be added before the steps, and
// one kernel.recurrence over the steps.
#include "passes/kernel/PackWeights.h"

using namespace mlir;
using namespace strait;

namespace {
/// What the three cells have in common.
struct Layer {
  Operation *op;
  kernel::CellKind cell;
  Value x, w, r, bias, hiddenBias, initialH, initialC, lengths, peepholes;
  graph::Direction direction;
  int64_t hidden;
  int64_t gates;
  bool linearBeforeReset = false, batchFirst = false;

  int64_t directions() const {
    return direction == graph::Direction::Bidirectional ? 2 : 1;
  }
};
} // namespace

/// x w^T + bias for all steps, batch entries and directions at once:
/// [T, B, R, G * H].
static ShapedValue formInputProducts(const Layer &layer, GraphToKernel &state,
                                     ShapedValue x) {
  Location loc = layer.op->getLoc();
  MLIRContext *context = state.builder.getContext();
  ShapedValue w = state.get(layer.w);
  // Constant weights know the number of features where the input does not.
  AffineExpr features = constantExtent(w.dims[2]) ? w.dims[2] : x.dims[2];
  AffineExpr steps = x.dims[0], batch = x.dims[1];
  AffineExpr directions = state.constant(layer.directions());
  AffineExpr width = state.constant(layer.gates * layer.hidden);
  AffineExpr columns = productOf({directions, width}, context);
  AffineExpr one = state.constant(1);
  ShapedValue lhs = state.reshape(
      loc, x, {one, productOf({steps, batch}, context), features});
  ShapedValue rhs = state.reshape(loc, w, {one, columns, features});
  auto panels = kernel::PanelLayout::transposed;
  if (isConstant(rhs)) {
    rhs = packMatrix(state, loc, rhs, /*transposed=*/true);
    panels = kernel::PanelLayout::packed;
  }
  ShapedValue bias;
  if (layer.bias)
    bias = state.reshape(loc, state.get(layer.bias), {columns});
  SmallVector<AffineExpr> product = {one, lhs.dims[1], columns};
  RegionBuilder projection(state.builder, loc, state.sizes);
  Value a = projection.input(lhs), b = projection.input(rhs);
  Value value = kernel::MatmulOp::create(projection.body(), loc,
                                         typeOf(product, x.elementType()), a,
                                         b, panels);
  if (bias) {
    Value c = projection.input(bias);
    SmallVector<AffineMap> maps = {
        AffineMap::getMultiDimIdentityMap(3, context),
        AffineMap::get(3, 0, getAffineDimExpr(2, context), context)};
    value = projection.map(product, {value, c}, maps, x.elementType(),
                           [](OpBuilder &b, Location l, ValueRange v) {
                             return arith::AddFOp::create(b, l, v[0], v[1]);
                           });
  }
  ShapedValue inputs = projection.finish({{value, product}}).front();
  return state.reshape(loc, inputs, {steps, batch, directions, width});
}

/// The steps: all hidden states, the last one, the last cell state.
static SmallVector<ShapedValue> formSteps(const Layer &layer,
                                          GraphToKernel &state,
                                          const ShapedValue &inputs) {
  Location loc = layer.op->getLoc();
  AffineExpr steps = inputs.dims[0], batch = inputs.dims[1];
  AffineExpr directions = inputs.dims[2], width = inputs.dims[3];
  AffineExpr hidden = state.constant(layer.hidden);
  ShapedValue recurrent = packMatrix(
      state, loc,
      state.reshape(loc, state.get(layer.r), {directions, width, hidden}),
      /*transposed=*/true);
  RegionBuilder region(state.builder, loc, state.sizes);
  auto initial = [&](Value graphValue) -> Value {
    if (!graphValue)
      return {};
    ShapedValue shaped = state.get(graphValue);
    if (layer.batchFirst)
      shaped = state.transpose(loc, shaped, {1, 0, 2});
    return region.input(shaped);
  };
  auto plain = [&](Value graphValue) {
    return graphValue ? region.input(state.get(graphValue)) : Value();
  };
  Value in = region.input(inputs), rec = region.input(recurrent);
  Value hiddenBias = plain(layer.hiddenBias);
  Value h0 = initial(layer.initialH), c0 = initial(layer.initialC);
  Value lengths = plain(layer.lengths), peepholes = plain(layer.peepholes);
  SmallVector<AffineExpr> all = {steps, directions, batch, hidden};
  SmallVector<AffineExpr> last = {directions, batch, hidden};
  Type f = inputs.elementType();
  SmallVector<Type> types = {typeOf(all, f), typeOf(last, f)};
  if (layer.cell == kernel::CellKind::lstm)
    types.push_back(typeOf(last, f));
  int64_t reverse = layer.direction == graph::Direction::Forward   ? 0
                    : layer.direction == graph::Direction::Reverse ? 1
                                                                   : 2;
  auto root = kernel::RecurrenceOp::create(
      region.body(), loc, types, in, rec, hiddenBias, h0, c0, lengths,
      peepholes, layer.cell, reverse, layer.linearBeforeReset);
  SmallVector<ShapedValue> yielded = {{root.getResult(0), all}};
  for (unsigned i = 1; i < types.size(); ++i)
    yielded.push_back({root.getResult(i), last});
  return region.finish(yielded);
}

static LogicalResult formLayer(const Layer &layer, GraphToKernel &state) {
  Location loc = layer.op->getLoc();
  ShapedValue x = state.get(layer.x);
  if (!x.elementType().isF32())
    return layer.op->emitOpError("expected f32, found ") << x.elementType();
  if (layer.batchFirst)
    x = state.transpose(loc, x, {1, 0, 2});
  SmallVector<ShapedValue> results =
      formSteps(layer, state, formInputProducts(layer, state, x));
  for (auto [i, result] : llvm::enumerate(layer.op->getResults())) {
    ShapedValue y = results[i];
    if (layer.batchFirst)
      y = i == 0 ? state.transpose(loc, y, {2, 0, 1, 3})
                 : state.transpose(loc, y, {1, 0, 2});
    state.set(result, y);
  }
  return success();
}

/// Features that the step does not have are refused, naming them.
static LogicalResult checkFeatures(Operation *op,
                                   std::optional<ArrayAttr> activations,
                                   ArrayRef<StringRef> expected,
                                   std::optional<APFloat> clip) {
  if (clip)
    return op->emitOpError("attribute clip is not supported");
  if (!activations)
    return success();
  for (auto [i, name] :
       llvm::enumerate(activations->getAsValueRange<StringAttr>()))
    if (!name.equals_insensitive(expected[i % expected.size()]))
      return op->emitOpError("expected activation ")
             << expected[i % expected.size()] << ", found " << name;
  return success();
}

FormResult strait::formRecurrenceRegion(Operation *op, GraphToKernel &state) {
  return TypeSwitch<Operation *, FormResult>(op)
      .Case([&](graph::LstmOp lstm) -> FormResult {
        if (failed(checkFeatures(op, lstm.getActivations(),
                                 {"sigmoid", "tanh", "tanh"}, lstm.getClip())))
          return failure();
        if (lstm.getInputForget())
          return LogicalResult(
              op->emitOpError("attribute input_forget is not supported"));
        return formLayer({op, kernel::CellKind::lstm, lstm.getX(), lstm.getW(),
                          lstm.getR(), lstm.getBias(), Value(), lstm.getInitialH(),
                          lstm.getInitialC(), lstm.getSequenceLens(),
                          lstm.getPeepholes(), lstm.getDirection(),
                          int64_t(lstm.getHiddenSize()), 4, false,
                          lstm.getBatchFirst()},
                         state);
      })
      .Case([&](graph::GruOp gru) -> FormResult {
        if (failed(checkFeatures(op, gru.getActivations(),
                                 {"sigmoid", "tanh"}, gru.getClip())))
          return failure();
        return formLayer({op, kernel::CellKind::gru, gru.getX(), gru.getW(),
                          gru.getR(), gru.getBias(), gru.getHiddenBias(), gru.getInitialH(),
                          Value(), gru.getSequenceLens(), Value(),
                          gru.getDirection(),
                          int64_t(gru.getHiddenSize()), 3,
                          gru.getLinearBeforeReset(), gru.getBatchFirst()},
                         state);
      })
      .Case([&](graph::RnnOp rnn) -> FormResult {
        if (failed(checkFeatures(op, rnn.getActivations(), {"tanh"},
                                 rnn.getClip())))
          return failure();
        return formLayer({op, kernel::CellKind::rnn, rnn.getX(), rnn.getW(),
                          rnn.getR(), rnn.getBias(), Value(), rnn.getInitialH(),
                          Value(), rnn.getSequenceLens(), Value(),
                          rnn.getDirection(),
                          int64_t(rnn.getHiddenSize()), 1, false,
                          rnn.getBatchFirst()},
                         state);
      })
      .Default([](Operation *) { return std::nullopt; });
}
