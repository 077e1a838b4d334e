// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LSTM, GRU and RNN: operand for operand, except that what is added anyway, the
// biases of the input and of the recurrent product, is added up here.

#include "frontends/onnx/OpTable.h"

using namespace mlir;

namespace strait::importer {

namespace {
/// The attributes that the three layers share.
struct Layer {
  graph::Direction direction = graph::Direction::Forward;
  int64_t hiddenSize = 0;
  ArrayAttr activations;
  FloatAttr clip;
  bool batchFirst = false;
};
} // namespace

/// Activations as words; null when they are the layer's standard ones.
static FailureOr<ArrayAttr> readActivations(NodeContext &n,
                                            ArrayRef<StringRef> standard,
                                            int64_t directions) {
  SmallVector<std::string> given = n.attributes.getStrings("activations");
  SmallVector<double> alpha = n.attributes.getFloats("activation_alpha");
  SmallVector<double> beta = n.attributes.getFloats("activation_beta");
  if (given.empty())
    return ArrayAttr();
  int64_t count = directions * standard.size();
  if (int64_t(given.size()) != count)
    return n.attributes.emitError("activations")
           << "has the wrong length: expected " << count << ", found "
           << given.size();
  SmallVector<StringRef> words;
  bool isStandard = true;
  for (auto [index, name] : llvm::enumerate(given)) {
    std::string word = StringRef(name).lower();
    StringRef known = word == "sigmoid" ? "sigmoid"
                      : word == "tanh"  ? "tanh"
                      : word == "relu"  ? "relu"
                                        : "";
    if (known.empty())
      return n.unsupported("activation '" + name + "'");
    isStandard &= known == standard[index % standard.size()];
    words.push_back(known);
  }
  // Alpha and beta belong to functions that were refused above.
  return isStandard ? ArrayAttr() : n.builder.getStrArrayAttr(words);
}

static FailureOr<Layer> readLayer(NodeContext &n,
                                  ArrayRef<StringRef> standard) {
  Layer layer;
  std::string direction = n.attributes.getWord(
      "direction", "forward", {"forward", "reverse", "bidirectional"});
  if (direction == "reverse")
    layer.direction = graph::Direction::Reverse;
  if (direction == "bidirectional")
    layer.direction = graph::Direction::Bidirectional;
  int64_t directions = direction == "bidirectional" ? 2 : 1;
  FailureOr<ArrayAttr> activations = readActivations(n, standard, directions);
  if (failed(activations))
    return failure();
  layer.activations = *activations;
  if (n.attributes.has("clip"))
    layer.clip = n.builder.getF32FloatAttr(
        float(n.attributes.getFloat("clip", 0)));
  layer.batchFirst = n.version >= 14 && n.attributes.getBool("layout", false);
  n.attributes.ignore("output_sequence");
  for (size_t i = 0; i < 3; ++i)
    if (failed(n.requireRank(n.input(i), 3, 3, "an input, weight or recurrence")))
      return failure();
  int64_t fromWeights = n.shapeOf(n.input(2))[2];
  layer.hiddenSize = n.attributes.getInt("hidden_size", fromWeights);
  if (n.failed())
    return failure();
  if (layer.hiddenSize < 1 || layer.hiddenSize > INT32_MAX ||
      (!ShapedType::isDynamic(fromWeights) &&
       layer.hiddenSize != fromWeights))
    return n.attributes.emitError("hidden_size")
           << "does not fit the weights: expected " << fromWeights
           << ", found " << layer.hiddenSize;
  return layer;
}

/// bias [D, 2 G H] -> w's half + r's half, [D, G H].
static Value addHalves(NodeContext &n, Value bias, int64_t width) {
  if (!bias)
    return {};
  Type e = n.elementOf(bias);
  auto halves = n.makeWithResults<graph::SplitOp>(
      {e, e}, bias, 1, n.builder.getDenseI64ArrayAttr({width, width}));
  return n.binary<graph::AddOp>(halves.getResult(0), halves.getResult(1));
}

/// bias [D, 6 H] of a GRU whose reset gate comes after the product: the hidden
/// gate's recurrent part stays apart. Gives the sums [D, 3 H] and that part.
static std::pair<Value, Value> addButHidden(NodeContext &n, Value bias,
                                            int64_t hidden) {
  if (!bias)
    return {};
  Type e = n.elementOf(bias);
  auto parts = n.makeWithResults<graph::SplitOp>(
      {e, e, e, e}, bias, 1,
      n.builder.getDenseI64ArrayAttr(
          {2 * hidden, hidden, 2 * hidden, hidden}));
  Value gates =
      n.binary<graph::AddOp>(parts.getResult(0), parts.getResult(2));
  Value sums = n.make<graph::ConcatOp>(
      e, ValueRange{gates, parts.getResult(1)}, 1);
  return {sums, parts.getResult(3)};
}

static LogicalResult importLstm(NodeContext &n) {
  FailureOr<Layer> layer = readLayer(n, {"sigmoid", "tanh", "tanh"});
  bool inputForget = n.attributes.getBool("input_forget", false);
  if (failed(layer))
    return failure();
  if (n.input(3) && failed(n.requireRank(n.input(3), 2, 2, "a bias")))
    return failure();
  Value bias = addHalves(n, n.input(3), 4 * layer->hiddenSize);
  Type e = n.elementOf(n.input(0));
  auto unranked = UnrankedTensorType::get(e);
  auto lstm = graph::LstmOp::create(
      n.builder, n.loc, unranked, unranked, unranked, layer->direction,
      n.input(0), n.input(1), n.input(2), bias, n.input(4), n.input(5),
      n.input(6), n.input(7), layer->hiddenSize, layer->activations,
      layer->clip, inputForget, layer->batchFirst);
  n.inferTypes(lstm);
  n.setOutput(0, lstm.getY());
  n.setOutput(1, lstm.getYH());
  n.setOutput(2, lstm.getYC());
  return success();
}

static LogicalResult importGru(NodeContext &n) {
  FailureOr<Layer> layer = readLayer(n, {"sigmoid", "tanh"});
  bool linear = n.version >= 3 &&
                n.attributes.getBool("linear_before_reset", false);
  if (failed(layer))
    return failure();
  Value bias, hiddenBias;
  if (n.input(3) && failed(n.requireRank(n.input(3), 2, 2, "a bias")))
    return failure();
  if (linear)
    std::tie(bias, hiddenBias) =
        addButHidden(n, n.input(3), layer->hiddenSize);
  else
    bias = addHalves(n, n.input(3), 3 * layer->hiddenSize);
  auto unranked = UnrankedTensorType::get(n.elementOf(n.input(0)));
  auto gru = graph::GruOp::create(
      n.builder, n.loc, unranked, unranked, layer->direction, n.input(0),
      n.input(1), n.input(2), bias, hiddenBias, n.input(4), n.input(5),
      layer->hiddenSize, layer->activations, layer->clip, linear,
      layer->batchFirst);
  n.inferTypes(gru);
  n.setOutput(0, gru.getY());
  n.setOutput(1, gru.getYH());
  return success();
}

static LogicalResult importRnn(NodeContext &n) {
  FailureOr<Layer> layer = readLayer(n, {"tanh"});
  if (failed(layer))
    return failure();
  if (n.input(3) && failed(n.requireRank(n.input(3), 2, 2, "a bias")))
    return failure();
  Value bias = addHalves(n, n.input(3), layer->hiddenSize);
  auto unranked = UnrankedTensorType::get(n.elementOf(n.input(0)));
  auto rnn = graph::RnnOp::create(
      n.builder, n.loc, unranked, unranked, layer->direction, n.input(0),
      n.input(1), n.input(2), bias, n.input(4), n.input(5),
      layer->hiddenSize, layer->activations, layer->clip, layer->batchFirst);
  n.inferTypes(rnn);
  n.setOutput(0, rnn.getY());
  n.setOutput(1, rnn.getYH());
  return success();
}

constexpr int kLast = kLatestOpset;
static const OpRow kRows[] = {
    {"GRU", 1, kLast, 3, 6, importGru},
    {"LSTM", 1, kLast, 3, 8, importLstm},
    {"RNN", 1, kLast, 3, 6, importRnn},
};

ArrayRef<OpRow> recurrentRows() { return kRows; }

} // namespace strait::importer
