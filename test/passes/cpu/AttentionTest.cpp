// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.attention against the definition, in double precision.
#include "test/passes/cpu/KernelOracle.h"

#include "gtest/gtest.h"
#include <array>
#include <cmath>
#include <limits>

using namespace strait::test;

namespace {
constexpr float infinity = std::numeric_limits<float>::infinity();
using Dims = std::array<int64_t, 4>;

struct Attention {
  int64_t batch, heads, keyHeads, queries, keys, depth, width;
  Dims qOrder = {0, 1, 2, 3}, kOrder = {0, 1, 2, 3}, vOrder = {0, 1, 2, 3},
       resultOrder = {0, 1, 2, 3};
  Dims biasExtents = {0, 0, 0, 0}; // no bias
  bool causal = false, zeroMaskedRows = false;
  bool isDynamic = false;     // batch, queries and keys
  bool isHeadDynamic = false; // depth and width too
  float scale = 0.3f;

  bool hasBias() const { return biasExtents[3] != 0; }
  Dims qDims() const { return {batch, heads, queries, depth}; }
  Dims kDims() const { return {batch, keyHeads, keys, depth}; }
  Dims vDims() const { return {batch, keyHeads, keys, width}; }
  Dims resultDims() const { return {batch, heads, queries, width}; }
};

/// Element numbers of a tensor of logical `dims` that lies in `order`.
struct Lying {
  Lying(Dims dims, Dims order) {
    int64_t stride = 1;
    for (int axis = 3; axis >= 0; --axis) {
      strides[order[axis]] = dims[order[axis]] == 1 ? 0 : stride;
      stride *= dims[order[axis]];
    }
    count = stride;
  }
  size_t at(int64_t a, int64_t b, int64_t c, int64_t d) const {
    return a * strides[0] + b * strides[1] + c * strides[2] + d * strides[3];
  }
  Dims strides;
  size_t count;
};

std::string list(Dims dims) {
  std::string text = "array<i64: ";
  for (int i = 0; i < 4; ++i)
    text += (i ? ", " : "") + std::to_string(dims[i]);
  return text + ">";
}

/// The type of a tensor and its shape map; `symbols` are the sizes that stand
/// for its dims, or -1.
void describe(Dims dims, Dims order, Dims symbols, bool isDynamic,
              std::string &type, std::string &map) {
  type = "tensor<";
  map = "affine_map<()[s0, s1, s2, s3, s4] -> (";
  for (int axis = 0; axis < 4; ++axis) {
    int64_t dim = order[axis];
    bool isSize = isDynamic && symbols[dim] >= 0 && dims[dim] != 1;
    type += (isSize ? "?" : std::to_string(dims[dim])) + "x";
    map += (axis ? ", " : "") + (isSize ? "s" + std::to_string(symbols[dim])
                                        : std::to_string(dims[dim]));
  }
  type += "f32>";
  map += ")>";
}

std::string kernelText(const Attention &c) {
  std::string types[5], maps[5];
  // A dynamic extent that happens to be 1 stays dynamic in q, k and v.
  auto dynamic = [&](Dims dims, Dims order, Dims symbols, int i) {
    Dims marked = dims;
    if (c.isDynamic)
      for (int d = 0; d < 4; ++d)
        if (symbols[d] >= 0)
          marked[d] = 99; // printed as a size
    describe(marked, order, symbols, c.isDynamic, types[i], maps[i]);
  };
  int64_t depth = c.isHeadDynamic ? 3 : -1, width = c.isHeadDynamic ? 4 : -1;
  dynamic(c.qDims(), c.qOrder, {0, -1, 1, depth}, 0);
  dynamic(c.kDims(), c.kOrder, {0, -1, 2, depth}, 1);
  dynamic(c.vDims(), c.vOrder, {0, -1, 2, width}, 2);
  dynamic(c.resultDims(), c.resultOrder, {0, -1, 1, width}, 4);
  if (c.hasBias())
    describe(c.biasExtents, {0, 1, 2, 3}, {0, -1, 1, 2}, c.isDynamic, types[3],
             maps[3]);
  std::string inputs = maps[0] + ", " + maps[1] + ", " + maps[2];
  std::string arguments =
      "%q: " + types[0] + ", %k: " + types[1] + ", %v: " + types[2];
  std::string operands = types[0] + ", " + types[1] + ", " + types[2];
  if (c.hasBias()) {
    inputs += ", " + maps[3];
    arguments += ", %b: " + types[3];
    operands += ", " + types[3];
  }
  std::string text = "kernel.func @k inputs ";
  text += std::to_string(3 + c.hasBias()) + " shapes([" + inputs + "] -> [" +
          maps[4] + "]) {\n^bb0(" + arguments +
          ", %s0: index, %s1: index, %s2: index, %s3: index, %s4: index):\n"
          "  %r = kernel.attention %q, %k, %v ";
  if (c.hasBias())
    text += "bias %b ";
  text += "{scale = " + std::to_string(c.scale) + " : f32, ";
  if (c.causal)
    text += "causal, ";
  if (c.zeroMaskedRows)
    text += "zero_masked_rows, ";
  text += "q_order = " + list(c.qOrder) + ", k_order = " + list(c.kOrder) +
          ", v_order = " + list(c.vOrder) +
          ", result_order = " + list(c.resultOrder) + "} : " + operands +
          " -> " + types[4] + "\n  kernel.yield %r : " + types[4] + "\n}\n";
  return text;
}

struct Data {
  explicit Data(const Attention &c)
      : q(randomFloats(Lying(c.qDims(), c.qOrder).count, 1)),
        k(randomFloats(Lying(c.kDims(), c.kOrder).count, 2)),
        v(randomFloats(Lying(c.vDims(), c.vOrder).count, 3)),
        result(Lying(c.resultDims(), c.resultOrder).count, 77.0f) {
    if (c.hasBias())
      bias = randomFloats(Lying(c.biasExtents, {0, 1, 2, 3}).count, 4, -3, 3);
  }
  std::vector<float> q, k, v, bias, result;
};

std::vector<double> reference(const Attention &c, const Data &data) {
  Lying q(c.qDims(), c.qOrder), k(c.kDims(), c.kOrder), v(c.vDims(), c.vOrder),
      bias(c.hasBias() ? c.biasExtents : Dims{1, 1, 1, 1}, {0, 1, 2, 3}),
      result(c.resultDims(), c.resultOrder);
  std::vector<double> out(result.count);
  std::vector<double> p(c.keys);
  for (int64_t b = 0; b < c.batch; ++b)
    for (int64_t h = 0; h < c.heads; ++h)
      for (int64_t s = 0; s < c.queries; ++s) {
        int64_t g = h / (c.heads / c.keyHeads);
        double largest = -infinity, sum = 0;
        for (int64_t t = 0; t < c.keys; ++t) {
          double score = 0;
          for (int64_t d = 0; d < c.depth; ++d)
            score +=
                double(data.q[q.at(b, h, s, d)]) * data.k[k.at(b, g, t, d)];
          score *= c.scale;
          if (c.hasBias())
            score += data.bias[bias.at(b, h, s, t)];
          if (c.causal && t > s + c.keys - c.queries)
            score = -infinity;
          p[t] = score;
          largest = std::max(largest, score);
        }
        bool isEmpty = largest == -infinity;
        for (int64_t t = 0; t < c.keys; ++t)
          sum += p[t] = std::exp(p[t] - largest);
        for (int64_t e = 0; e < c.width; ++e) {
          double mean = 0;
          for (int64_t t = 0; t < c.keys; ++t)
            mean += p[t] / sum * data.v[v.at(b, g, t, e)];
          if (isEmpty)
            mean = c.zeroMaskedRows ? 0 : std::nan("");
          out[result.at(b, h, s, e)] = mean;
        }
      }
  return out;
}

double largestError(const Attention &c, Data &data) {
  KernelOracle oracle(kernelText(c));
  EXPECT_EQ(oracle.error(), "") << kernelText(c);
  if (!oracle.error().empty())
    return infinity;
  std::vector<void *> buffers = {data.q.data(), data.k.data(), data.v.data()};
  if (c.hasBias())
    buffers.push_back(data.bias.data());
  buffers.push_back(data.result.data());
  oracle.run("k", buffers, {c.batch, c.queries, c.keys, c.depth, c.width});
  return largestDifference(data.result, reference(c, data));
}

void expectRight(const Attention &c, const char *what) {
  Data data(c);
  double error = largestError(c, data);
  printf("%-24s B%ld H%ld/%ld S%ld T%ld D%ld E%ld  largest difference %.1e\n",
         what, c.batch, c.heads, c.keyHeads, c.queries, c.keys, c.depth,
         c.width, error);
  EXPECT_LE(error, 1e-6) << what;
}
} // namespace

TEST(Attention, RaggedSizes) {
  for (Attention c : {Attention{1, 1, 1, 1, 1, 1, 1},
                      {2, 3, 3, 7, 5, 3, 2},
                      {1, 2, 2, 16, 16, 8, 16},
                      {1, 2, 2, 49, 49, 32, 32},
                      {2, 1, 1, 13, 33, 20, 24},
                      {1, 1, 1, 100, 17, 64, 40},
                      {1, 3, 3, 197, 197, 64, 64},
                      {1, 9, 9, 300, 31, 12, 8}})
    for (int dynamic : {0, 1, 2}) {
      c.isDynamic = dynamic > 0;
      c.isHeadDynamic = dynamic > 1;
      const char *names[] = {"static", "dynamic", "dynamic head size"};
      expectRight(c, names[dynamic]);
    }
}

TEST(Attention, Orders) {
  Attention c{2, 3, 3, 19, 21, 16, 20};
  c.qOrder = c.kOrder = c.vOrder = c.resultOrder = {0, 2, 1, 3};
  expectRight(c, "heads inside rows");
  c.isDynamic = true;
  expectRight(c, "the same, dynamic");
  c.kOrder = {0, 1, 3, 2};
  expectRight(c, "transposed keys");
  c.qOrder = {3, 0, 1, 2}, c.kOrder = {1, 0, 3, 2}, c.vOrder = {0, 1, 3, 2};
  c.resultOrder = {1, 0, 3, 2};
  expectRight(c, "columns apart");
}

TEST(Attention, Groups) {
  Attention c{2, 6, 2, 10, 20, 16, 16};
  expectRight(c, "3 heads share keys");
  c.keyHeads = 1;
  expectRight(c, "all heads share keys");
}

TEST(Attention, Bias) {
  Attention c{2, 3, 3, 10, 37, 16, 16};
  for (Dims extents : {Dims{2, 3, 10, 37},
                       {1, 3, 10, 37},
                       {2, 1, 1, 37},
                       {1, 1, 10, 37},
                       {1, 1, 10, 1},
                       {1, 1, 1, 1}})
    for (bool isDynamic : {false, true}) {
      c.biasExtents = extents;
      c.isDynamic = isDynamic;
      expectRight(c, isDynamic ? "dynamic bias" : "bias");
    }
}

TEST(Attention, Causal) {
  for (auto [queries, keys] : {std::pair<int64_t, int64_t>{9, 9},
                               {100, 100},
                               {5, 70},
                               {1, 40},
                               {20, 12}})
    for (bool isDynamic : {false, true}) {
      Attention c{1, 2, 2, queries, keys, 16, 16};
      c.causal = true;
      c.isDynamic = isDynamic;
      expectRight(c, "causal");
      c.zeroMaskedRows = true;
      expectRight(c, "causal, zeros");
    }
}

TEST(Attention, Everything) {
  for (auto [queries, keys] :
       {std::pair<int64_t, int64_t>{1, 9}, {20, 30}, {70, 133}, {200, 129}})
    for (bool isDynamic : {false, true}) {
      Attention c{3, 4, 2, queries, keys, 16, 24};
      c.qOrder = c.kOrder = c.vOrder = c.resultOrder = {0, 2, 1, 3};
      c.biasExtents = {1, 4, queries, keys};
      c.causal = true;
      c.isDynamic = isDynamic;
      expectRight(c, "all at once");
    }
}

TEST(Attention, Scales) {
  for (float scale : {0.125f, 1.0f, 0.0f, -0.5f, 40.0f}) {
    Attention c{1, 1, 1, 7, 20, 8, 8};
    c.scale = scale;
    expectRight(c, "scale");
  }
}

// Masks as exporters write them: -inf, or the lowest f32.
TEST(Attention, MaskedRows) {
  for (float lowest : {-infinity, std::numeric_limits<float>::lowest()})
    for (bool zero : {false, true}) {
      Attention c{1, 2, 2, 6, 20, 16, 16};
      c.biasExtents = {1, 1, 6, 20};
      c.zeroMaskedRows = zero;
      Data data(c);
      for (int64_t t = 0; t < 20; ++t) {
        data.bias[t] = lowest;                  // row 0: none
        data.bias[20 + t] = t < 7 ? 0 : lowest; // row 1: the first 7
        data.bias[40 + t] = t < 7 ? lowest : 0; // row 2: the others
      }
      EXPECT_LE(largestError(c, data), 1e-6);
    }
}

TEST(Attention, NotANumber) {
  Attention c{1, 1, 1, 8, 20, 16, 16};
  Data data(c);
  data.q[16 * 3 + 5] = std::nanf("");
  EXPECT_LE(largestError(c, data), 1e-6);
  for (int64_t e = 0; e < 16; ++e) {
    EXPECT_TRUE(std::isnan(data.result[16 * 3 + e]));
    EXPECT_FALSE(std::isnan(data.result[16 * 4 + e]));
  }
}
