// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.recurrence against the equations of ONNX's LSTM, GRU and RNN.
#include "test/passes/cpu/KernelOracle.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace strait::test;

static double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

static std::string tensor(std::vector<std::string> dims) {
  std::string text = "tensor<";
  for (const std::string &dim : dims)
    text += dim + "x";
  return text + "f32>";
}

/// Sizes: time s0 and batch s1 where dynamic. `ragged`: batch entries of other
/// lengths, also 0.
static void check(const std::string &cell, int64_t time, int64_t batch,
                  int64_t directions, int64_t hidden, bool initial,
                  bool linearBeforeReset = false, bool dynamic = false,
                  bool ragged = false, bool peeping = false) {
  int64_t gates = cell == "lstm" ? 4 : cell == "gru" ? 3 : 1;
  int64_t panels = (gates * hidden + 15) / 16;
  auto number = [](int64_t value) { return std::to_string(value); };
  std::string T = dynamic ? "?" : number(time), B = dynamic ? "?" : number(batch);
  std::string t = dynamic ? "s0" : number(time), b = dynamic ? "s1" : number(batch);
  std::string R = number(directions), H = number(hidden),
              G = number(gates * hidden), P = number(panels);
  std::string x = tensor({T, B, R, G}), w = tensor({R, P, H, "16"}),
              hb = tensor({R, H}), state = tensor({R, B, H}),
              all = tensor({T, R, B, H});
  std::string sizes = dynamic ? "s0, s1" : "";
  auto map = [&](const std::string &dims) {
    return "affine_map<()[" + sizes + "] -> (" + dims + ")>";
  };
  std::string stateMap = map(R + ", " + b + ", " + H);
  bool lstm = cell == "lstm", bias = linearBeforeReset;
  std::string arguments = "%x: " + x + ", %w: " + w, types = x + ", " + w,
              maps = map(t + ", " + b + ", " + R + ", " + G) + ", " +
                     map(R + ", " + P + ", " + H + ", 16"),
              operands;
  int64_t inputs = 2;
  auto optional = [&](bool present, std::string name, std::string type, std::string shape) {
    if (!present)
      return;
    arguments += ", " + name + ": " + type;
    types += ", " + type;
    maps += ", " + shape;
    operands += ", " + name;
    ++inputs;
  };
  optional(bias, "%hb", hb, map(R + ", " + H));
  optional(initial, "%h", state, stateMap);
  optional(initial && lstm, "%c", state, stateMap);
  optional(ragged, "%n", "tensor<" + (dynamic ? "?" : number(batch)) + "xi32>",
           map(b));
  optional(peeping, "%p", "tensor<" + R + "x" + number(3 * hidden) + "xf32>",
           map(R + ", " + number(3 * hidden)));
  if (dynamic)
    arguments += ", %s0: index, %s1: index";
  std::string resultTypes = all + ", " + state + (lstm ? ", " + state : "");
  std::string code =
      "kernel.func @k inputs " + number(inputs) + " shapes([" + maps +
      "] -> [" + map(t + ", " + R + ", " + b + ", " + H) + ", " + stateMap +
      (lstm ? ", " + stateMap : "") + "]) {\n^bb0(" + arguments + "):\n  %r:" +
      (lstm ? "3" : "2") + " = \"kernel.recurrence\"(%x, %w" + operands +
      ") <{cell = #kernel.cell<" + cell + ">, reverse = " +
      number(directions == 2 ? 2 : 0) + " : i64, " +
      (linearBeforeReset ? "linear_before_reset, " : "") +
      "operandSegmentSizes = array<i32: 1, 1, " + (bias ? "1, " : "0, ") +
      (initial ? "1, " : "0, ") + (initial && lstm ? "1" : "0") +
      (ragged ? ", 1" : ", 0") + (peeping ? ", 1" : ", 0") + ">}> : (" +
      types + ") -> (" + resultTypes + ")\n  kernel.yield %r#0, %r#1" +
      (lstm ? ", %r#2" : "") + " : " + resultTypes + "\n}\n";
  KernelOracle &oracle = KernelOracle::get(code);
  ASSERT_EQ(oracle.error(), "") << code;

  auto xs = randomFloats(time * batch * directions * gates * hidden, 1, -2, 2);
  auto rs = randomFloats(directions * gates * hidden * hidden, 2, -0.5, 0.5);
  auto hbs = randomFloats(directions * hidden, 3);
  auto h0 = randomFloats(directions * batch * hidden, 4);
  auto c0 = randomFloats(directions * batch * hidden, 5);
  auto ps = randomFloats(directions * 3 * hidden, 6);
  std::vector<int32_t> lengths(batch, time);
  for (int64_t n = 0; n < batch && ragged; ++n)
    lengths[n] = n % (time + 1);
  std::vector<float> packed(directions * panels * hidden * 16);
  auto weight = [&](int64_t d, int64_t row, int64_t k) {
    return rs[(d * gates * hidden + row) * hidden + k];
  };
  for (int64_t d = 0; d < directions; ++d)
    for (int64_t row = 0; row < gates * hidden; ++row)
      for (int64_t k = 0; k < hidden; ++k)
        packed[((d * panels + row / 16) * hidden + k) * 16 + row % 16] =
            weight(d, row, k);
  std::vector<double> everyH(time * directions * batch * hidden),
      lastH(directions * batch * hidden), lastC(lastH.size());
  for (int64_t d = 0; d < directions; ++d)
    for (int64_t n = 0; n < batch; ++n) {
      std::vector<double> h(hidden), c(hidden);
      for (int64_t j = 0; j < hidden && initial; ++j) {
        h[j] = h0[(d * batch + n) * hidden + j];
        c[j] = c0[(d * batch + n) * hidden + j];
      }
      for (int64_t step = 0; step < time; ++step) {
        int64_t at = d == 1 ? time - 1 - step : step;
        // An entry whose steps are over gives zeros.
        if (at >= lengths[n])
          continue;
        auto in = [&](int64_t g, int64_t j) {
          return double(
              xs[((at * batch + n) * directions + d) * gates * hidden +
                 g * hidden + j]);
        };
        auto product = [&](int64_t g, int64_t j,
                           const std::vector<double> &of) {
          double sum = 0;
          for (int64_t k = 0; k < hidden; ++k)
            sum += of[k] * weight(d, g * hidden + j, k);
          return sum;
        };
        std::vector<double> next(hidden), reset(hidden), scaled(hidden);
        if (cell == "gru")
          for (int64_t j = 0; j < hidden; ++j) {
            reset[j] = sigmoid(in(1, j) + product(1, j, h));
            scaled[j] = reset[j] * h[j];
          }
        for (int64_t j = 0; j < hidden; ++j) {
          if (cell == "rnn") {
            next[j] = std::tanh(in(0, j) + product(0, j, h));
          } else if (cell == "lstm") {
            auto peep = [&](int64_t gate) {
              double weight = ps[(d * 3 + gate) * hidden + j];
              return peeping ? weight * c[j] : 0.0;
            };
            double i = sigmoid(in(0, j) + product(0, j, h) + peep(0));
            double f = sigmoid(in(2, j) + product(2, j, h) + peep(2));
            double g = std::tanh(in(3, j) + product(3, j, h));
            c[j] = f * c[j] + i * g;
            double o = sigmoid(in(1, j) + product(1, j, h) + peep(1));
            next[j] = o * std::tanh(c[j]);
          } else {
            double z = sigmoid(in(0, j) + product(0, j, h));
            double inner =
                linearBeforeReset
                    ? reset[j] * (product(2, j, h) + hbs[d * hidden + j])
                    : product(2, j, scaled);
            next[j] = (1 - z) * std::tanh(in(2, j) + inner) + z * h[j];
          }
        }
        h = next;
        for (int64_t j = 0; j < hidden; ++j)
          everyH[((at * directions + d) * batch + n) * hidden + j] = h[j];
      }
      for (int64_t j = 0; j < hidden; ++j) {
        lastH[(d * batch + n) * hidden + j] = h[j];
        lastC[(d * batch + n) * hidden + j] = c[j];
      }
    }
  std::vector<float> gotAll(everyH.size(), NAN), gotH(lastH.size(), NAN),
      gotC(lastC.size(), NAN);
  std::vector<void *> buffers{xs.data(), packed.data()};
  if (bias)
    buffers.push_back(hbs.data());
  if (initial)
    buffers.push_back(h0.data());
  if (initial && lstm)
    buffers.push_back(c0.data());
  if (ragged)
    buffers.push_back(lengths.data());
  if (peeping)
    buffers.push_back(ps.data());
  buffers.push_back(gotAll.data());
  buffers.push_back(gotH.data());
  if (lstm)
    buffers.push_back(gotC.data());
  std::vector<int64_t> values;
  if (dynamic)
    values = {time, batch};
  oracle.run("k", buffers, values);
  double difference = std::max(largestDifference(gotAll, everyH),
                               largestDifference(gotH, lastH));
  if (lstm)
    difference = std::max(difference, largestDifference(gotC, lastC));
  EXPECT_LE(difference, 1e-5) << code;
}

TEST(RecurrenceTest, Lstm) {
  check("lstm", 5, 1, 1, 16, false);
  check("lstm", 7, 3, 2, 20, true);
  check("lstm", 4, 8, 1, 13, true);
}

TEST(RecurrenceTest, Gru) {
  check("gru", 5, 1, 2, 16, false);
  check("gru", 5, 2, 1, 13, true);
  check("gru", 6, 7, 2, 20, true, true);
}

TEST(RecurrenceTest, LengthsAndPeepholes) {
  for (const char *cell : {"lstm", "gru", "rnn"})
    check(cell, 5, 7, 2, 20, true, false, true, true);
  check("gru", 5, 7, 2, 20, true, true, false, true);
  check("lstm", 4, 3, 2, 13, false, false, false, false, true);
  check("lstm", 4, 9, 2, 20, true, false, true, true, true);
}

TEST(RecurrenceTest, Rnn) { check("rnn", 6, 2, 2, 11, true); }

TEST(RecurrenceTest, DynamicTimeAndBatch) {
  for (auto [time, batch] : {std::pair{1, 1}, {9, 4}, {3, 15}})
    check("lstm", time, batch, 2, 24, true, false, true);
}
