// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ONNX operators that work on each element alone.

#include "frontends/onnx/ElementTypes.h"
#include "frontends/onnx/OpTable.h"
#include "frontends/onnx/onnx-ml.pb.h"

using namespace mlir;
using onnx::TensorProto;

namespace strait::importer {

static llvm::APFloat f32(double value) { return llvm::APFloat(float(value)); }

template <typename OpTy> static LogicalResult importUnary(NodeContext &n) {
  n.setOutput(0, n.unary<OpTy>(n.input(0)));
  return success();
}

template <typename OpTy> static LogicalResult importTest(NodeContext &n) {
  n.setOutput(0, n.make<OpTy>(n.builder.getI1Type(), n.input(0)));
  return success();
}

/// A function with one parameter, whose default is `Thousandths` / 1000.
template <typename OpTy, int Thousandths>
static LogicalResult importAlpha(NodeContext &n) {
  double alpha = n.attributes.getFloat("alpha", Thousandths / 1000.0);
  n.setOutput(0, n.make<OpTy>(n.elementOf(n.input(0)), n.input(0), f32(alpha)));
  return success();
}

/// Before opset 7 the second operand was aligned at `axis` of the first, and
/// broadcast only when told to.
static FailureOr<Value> alignOldBroadcast(NodeContext &n) {
  Value a = n.input(0), b = n.input(1);
  bool broadcast = n.attributes.getBool("broadcast", false);
  int64_t axis =
      n.attributes.getInt("axis", n.rankOf(a) - n.rankOf(b));
  if (!broadcast || n.rankOf(b) >= n.rankOf(a))
    return b;
  if (axis < 0)
    axis += n.rankOf(a);
  int64_t trailing = n.rankOf(a) - axis - n.rankOf(b);
  if (axis < 0 || trailing < 0)
    return n.emitError() << "cannot align operands of rank " << n.rankOf(a)
                         << " and " << n.rankOf(b) << " at axis " << axis;
  SmallVector<int64_t> axes;
  for (int64_t i = 0; i < trailing; ++i)
    axes.push_back(n.rankOf(b) + i);
  return n.unsqueeze(b, axes);
}

static FailureOr<Value> secondOperand(NodeContext &n) {
  return n.version < 7 ? alignOldBroadcast(n) : FailureOr<Value>(n.input(1));
}

template <typename OpTy> static LogicalResult importBinary(NodeContext &n) {
  FailureOr<Value> b = secondOperand(n);
  if (failed(b))
    return failure();
  n.setOutput(0, n.binary<OpTy>(n.input(0), *b));
  return success();
}

template <graph::CompareKind Kind>
static LogicalResult importCompare(NodeContext &n) {
  FailureOr<Value> b = secondOperand(n);
  if (failed(b))
    return failure();
  n.setOutput(0, n.make<graph::CompareOp>(n.builder.getI1Type(), Kind,
                                          n.input(0), *b));
  return success();
}

template <typename OpTy> static Value fold(NodeContext &n) {
  Value all = n.input(0);
  for (Value next : llvm::drop_begin(n.inputs)) {
    if (!next) {
      n.emitError() << "has an operand without a name";
      return all;
    }
    all = n.binary<OpTy>(all, next);
  }
  return all;
}

template <typename OpTy> static LogicalResult importVariadic(NodeContext &n) {
  n.setOutput(0, fold<OpTy>(n));
  return success();
}

static LogicalResult importMean(NodeContext &n) {
  Value sum = fold<graph::AddOp>(n);
  Value count = n.scalar(n.elementOf(sum), double(n.inputs.size()));
  n.setOutput(0, n.binary<graph::DivOp>(sum, count));
  return success();
}

static LogicalResult importMod(NodeContext &n) {
  bool fmod = n.attributes.getBool("fmod", false);
  if (!fmod && isa<FloatType>(n.elementOf(n.input(0))))
    return n.emitError() << "of floats needs fmod = 1";
  n.setOutput(0, n.make<graph::ModOp>(n.elementOf(n.input(0)), n.input(0),
                                      n.input(1), fmod));
  return success();
}

static LogicalResult importBitShift(NodeContext &n) {
  std::string direction =
      n.attributes.getWord("direction", "", {"LEFT", "RIGHT"});
  auto kind = direction == "LEFT" ? graph::ShiftKind::Left
                                  : graph::ShiftKind::Right;
  n.setOutput(0, n.make<graph::ShiftOp>(n.elementOf(n.input(0)), kind,
                                        n.input(0), n.input(1)));
  return success();
}

static LogicalResult importWhere(NodeContext &n) {
  n.setOutput(0, n.make<graph::SelectOp>(n.elementOf(n.input(1)), n.input(0),
                                         n.input(1), n.input(2)));
  return success();
}

/// Clip -> min(max(x, low), high); the limits were attributes before opset 11.
static LogicalResult importClip(NodeContext &n) {
  Value x = n.input(0);
  Value low = n.input(1), high = n.input(2);
  if (n.version < 11) {
    if (n.attributes.has("min"))
      low = n.scalar(n.elementOf(x), n.attributes.getFloat("min", 0));
    if (n.attributes.has("max"))
      high = n.scalar(n.elementOf(x), n.attributes.getFloat("max", 0));
  }
  if (low)
    x = n.binary<graph::MaxOp>(x, low);
  if (high)
    x = n.binary<graph::MinOp>(x, high);
  n.setOutput(0, x);
  return success();
}

static LogicalResult importCast(NodeContext &n) {
  int64_t to = TensorProto::UNDEFINED;
  if (n.version < 6) {
    TensorProto::DataType named = TensorProto::UNDEFINED;
    std::string name = n.attributes.getString("to", "");
    if (TensorProto::DataType_Parse(name, &named))
      to = named;
  } else {
    to = n.attributes.requireInt("to");
  }
  if (!n.attributes.getBool("saturate", true))
    return n.unsupported("saturate = 0");
  if (n.attributes.getString("round_mode", "up") != "up")
    return n.unsupported("a round_mode other than up");
  if (n.attributes.failed())
    return failure();
  Type element = elementType(int32_t(to), n.builder.getContext());
  if (!element || isa<ComplexType>(element) || to != int32_t(to))
    return n.unsupported("cast to " + dataTypeName(int32_t(to)));
  n.setOutput(0, n.cast(n.input(0), element));
  return success();
}

static LogicalResult importCastLike(NodeContext &n) {
  if (!n.attributes.getBool("saturate", true))
    return n.unsupported("saturate = 0");
  n.attributes.ignore("round_mode");
  n.setOutput(0, n.cast(n.input(0), n.elementOf(n.input(1))));
  return success();
}

/// PRelu -> x < 0 ? slope x : x. Before opset 7 a slope of rank 1 belonged to
/// the channels.
static LogicalResult importPRelu(NodeContext &n) {
  Value x = n.input(0), slope = n.input(1);
  if (n.version < 7 && n.rankOf(slope) == 1 && n.rankOf(x) > 1 &&
      n.shapeOf(slope)[0] != 1) {
    SmallVector<int64_t> axes;
    for (int64_t axis = 1; axis < n.rankOf(x) - 1; ++axis)
      axes.push_back(axis);
    slope = n.unsqueeze(slope, axes);
  }
  Value negative = n.make<graph::CompareOp>(
      n.builder.getI1Type(), graph::CompareKind::Lt, x,
      n.scalar(n.elementOf(x), 0));
  Value scaled = n.binary<graph::MulOp>(x, slope);
  n.setOutput(0, n.make<graph::SelectOp>(n.elementOf(x), negative, scaled, x));
  return success();
}

static LogicalResult importSelu(NodeContext &n) {
  bool old = n.version < 6;
  double alpha = n.attributes.getFloat(
      "alpha", old ? 1.6732 : 1.67326319217681884765625);
  double gamma = n.attributes.getFloat(
      "gamma", old ? 1.0507 : 1.05070102214813232421875);
  n.setOutput(0, n.make<graph::SeluOp>(n.elementOf(n.input(0)), n.input(0),
                                       f32(alpha), f32(gamma)));
  return success();
}

static LogicalResult importHardSigmoid(NodeContext &n) {
  double alpha = n.attributes.getFloat("alpha", 0.2);
  double beta = n.attributes.getFloat("beta", 0.5);
  n.setOutput(0, n.make<graph::HardSigmoidOp>(n.elementOf(n.input(0)),
                                              n.input(0), f32(alpha),
                                              f32(beta)));
  return success();
}

static LogicalResult importGelu(NodeContext &n) {
  std::string form =
      n.attributes.getWord("approximate", "none", {"none", "tanh"});
  n.setOutput(0, n.make<graph::GeluOp>(n.elementOf(n.input(0)), n.input(0),
                                       form == "tanh"));
  return success();
}

/// Swish -> x sigmoid(alpha x).
static LogicalResult importSwish(NodeContext &n) {
  Value x = n.input(0);
  double alpha = n.attributes.getFloat("alpha", 1.0);
  if (alpha == 1.0) {
    n.setOutput(0, n.unary<graph::SiluOp>(x));
    return success();
  }
  Value scaled = n.binary<graph::MulOp>(x, n.scalar(n.elementOf(x), alpha));
  n.setOutput(0, n.binary<graph::MulOp>(x, n.unary<graph::SigmoidOp>(scaled)));
  return success();
}

static LogicalResult importIsInf(NodeContext &n) {
  bool positive = n.attributes.getBool("detect_positive", true);
  bool negative = n.attributes.getBool("detect_negative", true);
  n.setOutput(0, n.make<graph::IsInfOp>(n.builder.getI1Type(), n.input(0),
                                        positive, negative));
  return success();
}

/// Shrink -> x < -lambd ? x + bias : x > lambd ? x - bias : 0.
static LogicalResult importShrink(NodeContext &n) {
  Value x = n.input(0);
  Type element = n.elementOf(x);
  double lambd = n.attributes.getFloat("lambd", 0.5);
  Value bias = n.scalar(element, n.attributes.getFloat("bias", 0.0));
  auto compare = [&](graph::CompareKind kind, double limit) {
    return n.make<graph::CompareOp>(n.builder.getI1Type(), kind, x,
                                    n.scalar(element, limit));
  };
  Value above = n.make<graph::SelectOp>(
      element, compare(graph::CompareKind::Gt, lambd),
      n.binary<graph::SubOp>(x, bias), n.scalar(element, 0));
  n.setOutput(0, n.make<graph::SelectOp>(
                     element, compare(graph::CompareKind::Lt, -lambd),
                     n.binary<graph::AddOp>(x, bias), above));
  return success();
}

constexpr int kLast = kLatestOpset;
static const OpRow kRows[] = {
    {"Abs", 1, kLast, 1, 1, importUnary<graph::AbsOp>},
    {"Acos", 7, kLast, 1, 1, importUnary<graph::AcosOp>},
    {"Acosh", 9, kLast, 1, 1, importUnary<graph::AcoshOp>},
    {"Add", 1, kLast, 2, 2, importBinary<graph::AddOp>},
    {"And", 1, kLast, 2, 2, importBinary<graph::AndOp>},
    {"Asin", 7, kLast, 1, 1, importUnary<graph::AsinOp>},
    {"Asinh", 9, kLast, 1, 1, importUnary<graph::AsinhOp>},
    {"Atan", 7, kLast, 1, 1, importUnary<graph::AtanOp>},
    {"Atanh", 9, kLast, 1, 1, importUnary<graph::AtanhOp>},
    {"BitShift", 11, kLast, 2, 2, importBitShift},
    {"BitwiseAnd", 18, kLast, 2, 2, importBinary<graph::BitAndOp>},
    {"BitwiseNot", 18, kLast, 1, 1, importUnary<graph::BitNotOp>},
    {"BitwiseOr", 18, kLast, 2, 2, importBinary<graph::BitOrOp>},
    {"BitwiseXor", 18, kLast, 2, 2, importBinary<graph::BitXorOp>},
    {"Cast", 1, kLast, 1, 1, importCast},
    {"CastLike", 15, kLast, 2, 2, importCastLike},
    {"Ceil", 1, kLast, 1, 1, importUnary<graph::CeilOp>},
    {"Celu", 12, kLast, 1, 1, importAlpha<graph::CeluOp, 1000>},
    {"Clip", 1, 10, 1, 1, importClip},
    {"Clip", 11, kLast, 1, 3, importClip},
    {"Cos", 7, kLast, 1, 1, importUnary<graph::CosOp>},
    {"Cosh", 9, kLast, 1, 1, importUnary<graph::CoshOp>},
    {"Div", 1, kLast, 2, 2, importBinary<graph::DivOp>},
    {"Elu", 1, kLast, 1, 1, importAlpha<graph::EluOp, 1000>},
    {"Equal", 1, kLast, 2, 2, importCompare<graph::CompareKind::Eq>},
    {"Erf", 9, kLast, 1, 1, importUnary<graph::ErfOp>},
    {"Exp", 1, kLast, 1, 1, importUnary<graph::ExpOp>},
    {"Floor", 1, kLast, 1, 1, importUnary<graph::FloorOp>},
    {"Gelu", 20, kLast, 1, 1, importGelu},
    {"Greater", 1, kLast, 2, 2, importCompare<graph::CompareKind::Gt>},
    {"GreaterOrEqual", 12, kLast, 2, 2, importCompare<graph::CompareKind::Ge>},
    {"HardSigmoid", 1, kLast, 1, 1, importHardSigmoid},
    {"HardSwish", 14, kLast, 1, 1, importUnary<graph::HardSwishOp>},
    {"IsInf", 10, kLast, 1, 1, importIsInf},
    {"IsNaN", 9, kLast, 1, 1, importTest<graph::IsNanOp>},
    {"LeakyRelu", 1, kLast, 1, 1, importAlpha<graph::LeakyReluOp, 10>},
    {"Less", 1, kLast, 2, 2, importCompare<graph::CompareKind::Lt>},
    {"LessOrEqual", 12, kLast, 2, 2, importCompare<graph::CompareKind::Le>},
    {"Log", 1, kLast, 1, 1, importUnary<graph::LogOp>},
    {"Max", 1, kLast, 1, -1, importVariadic<graph::MaxOp>},
    {"Mean", 1, kLast, 1, -1, importMean},
    {"Min", 1, kLast, 1, -1, importVariadic<graph::MinOp>},
    {"Mish", 18, kLast, 1, 1, importUnary<graph::MishOp>},
    {"Mod", 10, kLast, 2, 2, importMod},
    {"Mul", 1, kLast, 2, 2, importBinary<graph::MulOp>},
    {"Neg", 1, kLast, 1, 1, importUnary<graph::NegOp>},
    {"Not", 1, kLast, 1, 1, importUnary<graph::NotOp>},
    {"Or", 1, kLast, 2, 2, importBinary<graph::OrOp>},
    {"PRelu", 1, kLast, 2, 2, importPRelu},
    {"Pow", 1, kLast, 2, 2, importBinary<graph::PowOp>},
    {"Reciprocal", 1, kLast, 1, 1, importUnary<graph::ReciprocalOp>},
    {"Relu", 1, kLast, 1, 1, importUnary<graph::ReluOp>},
    {"Round", 11, kLast, 1, 1, importUnary<graph::RoundOp>},
    {"Selu", 1, kLast, 1, 1, importSelu},
    {"Shrink", 9, kLast, 1, 1, importShrink},
    {"Sigmoid", 1, kLast, 1, 1, importUnary<graph::SigmoidOp>},
    {"Sign", 9, kLast, 1, 1, importUnary<graph::SignOp>},
    {"Sin", 7, kLast, 1, 1, importUnary<graph::SinOp>},
    {"Sinh", 9, kLast, 1, 1, importUnary<graph::SinhOp>},
    {"Softplus", 1, kLast, 1, 1, importUnary<graph::SoftplusOp>},
    {"Softsign", 1, kLast, 1, 1, importUnary<graph::SoftsignOp>},
    {"Sqrt", 1, kLast, 1, 1, importUnary<graph::SqrtOp>},
    {"Sub", 1, kLast, 2, 2, importBinary<graph::SubOp>},
    {"Sum", 1, kLast, 1, -1, importVariadic<graph::AddOp>},
    {"Swish", 24, kLast, 1, 1, importSwish},
    {"Tan", 7, kLast, 1, 1, importUnary<graph::TanOp>},
    {"Tanh", 1, kLast, 1, 1, importUnary<graph::TanhOp>},
    {"ThresholdedRelu", 10, kLast, 1, 1,
     importAlpha<graph::ThresholdedReluOp, 1000>},
    {"Where", 9, kLast, 3, 3, importWhere},
    {"Xor", 1, kLast, 2, 2, importBinary<graph::XorOp>},
};

ArrayRef<OpRow> elementwiseRows() { return kRows; }

} // namespace strait::importer
