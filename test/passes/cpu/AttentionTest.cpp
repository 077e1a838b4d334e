// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.attention against loops in double precision.
#include "test/passes/cpu/ContractionText.h"
#include "test/passes/cpu/KernelOracle.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace strait::test;

namespace {
struct Attention {
  int64_t batch, heads, keyHeads, s, t, d, e;
  bool swapped = false;            // q, v, result as [B, S, H, D]
  bool keysTransposed = false;     // k as [B, H, D, T]
  std::vector<int64_t> bias = {};  // extents: 0 is full, 1 is shared
  bool causal = false, zeroMasked = false, maskRow = false, dynamic = false;
};

struct AttentionTest : testing::Test {
  static void TearDownTestSuite() {
    printf("largest difference: %.3g\n", worst);
  }
  static inline double worst = 0;

  static void check(const Attention &a) {
    Extent b{a.batch, a.dynamic}, s{a.s, a.dynamic}, t{a.t, a.dynamic};
    auto shape = [&](int64_t heads, Extent rows, int64_t columns) -> Shape {
      if (a.swapped)
        return {b, rows, {heads}, {columns}};
      return {b, {heads}, rows, {columns}};
    };
    std::string order = a.swapped ? "array<i64: 0, 2, 1, 3>"
                                  : "array<i64: 0, 1, 2, 3>";
    KernelText text;
    text.input(shape(a.heads, s, a.d));
    text.input(a.keysTransposed ? Shape{b, {a.keyHeads}, {a.d}, t}
                                : shape(a.keyHeads, t, a.d));
    text.input(shape(a.keyHeads, t, a.e));
    std::vector<int64_t> biasExtents{a.batch, a.heads, a.s, a.t};
    if (!a.bias.empty()) {
      Shape full{b, {a.heads}, s, t};
      for (int i = 0; i < 4; ++i)
        if (a.bias[i] == 1) {
          full[i] = {1};
          biasExtents[i] = 1;
        }
      text.input(full);
    }
    float scale = 0.3f;
    std::string code = text.finish(
        std::string("kernel.attention %0, %1, %2") +
            (a.bias.empty() ? "" : " bias %3") +
            " {scale = 0.3 : f32, q_order = " + order + ", k_order = " +
            (a.keysTransposed ? "array<i64: 0, 1, 3, 2>" : order) +
            ", v_order = " + order + ", result_order = " + order +
            (a.causal ? ", causal" : "") +
            (a.zeroMasked ? ", zero_masked_rows" : "") + "}",
        shape(a.heads, s, a.e), "");
    KernelOracle &oracle = KernelOracle::get(code);
    ASSERT_EQ(oracle.error(), "") << code;
    auto q = randomFloats(a.batch * a.heads * a.s * a.d, 1, -3, 3);
    auto k = randomFloats(a.batch * a.keyHeads * a.t * a.d, 2, -3, 3);
    auto v = randomFloats(a.batch * a.keyHeads * a.t * a.e, 3);
    auto bias = randomFloats(biasExtents[0] * biasExtents[1] * biasExtents[2] *
                                 biasExtents[3], 4, -2, 2);
    auto biasAt = [&](int64_t n, int64_t h, int64_t i, int64_t j) {
      int64_t index[] = {n, h, i, j}, at = 0;
      for (int x = 0; x < 4; ++x)
        at = at * biasExtents[x] + (biasExtents[x] == 1 ? 0 : index[x]);
      return at;
    };
    if (a.maskRow)
      for (int64_t j = 0; j < a.t; ++j)
        bias[biasAt(0, 0, a.s / 2, j)] = -INFINITY;
    auto at = [&](int64_t n, int64_t h, int64_t heads, int64_t i, int64_t rows,
                  int64_t c, int64_t columns) {
      return a.swapped ? ((n * rows + i) * heads + h) * columns + c
                       : ((n * heads + h) * rows + i) * columns + c;
    };
    std::vector<float> got(a.batch * a.heads * a.s * a.e, NAN);
    std::vector<double> expected(got.size());
    for (int64_t n = 0; n < a.batch; ++n)
      for (int64_t h = 0; h < a.heads; ++h)
        for (int64_t i = 0; i < a.s; ++i) {
          int64_t g = h / (a.heads / a.keyHeads);
          std::vector<double> p(a.t);
          double most = -INFINITY, sum = 0;
          for (int64_t j = 0; j < a.t; ++j) {
            double dot = 0;
            for (int64_t c = 0; c < a.d; ++c)
              dot += double(q[at(n, h, a.heads, i, a.s, c, a.d)]) *
                     (a.keysTransposed
                          ? k[((n * a.keyHeads + g) * a.d + c) * a.t + j]
                          : k[at(n, g, a.keyHeads, j, a.t, c, a.d)]);
            p[j] = dot * scale;
            if (!a.bias.empty())
              p[j] += bias[biasAt(n, h, i, j)];
            if (a.causal && j > i + a.t - a.s)
              p[j] = -INFINITY;
            most = std::max(most, p[j]);
          }
          for (double &x : p)
            sum += x = std::exp(x - most);
          for (int64_t c = 0; c < a.e; ++c) {
            double x = 0;
            for (int64_t j = 0; j < a.t; ++j)
              x += p[j] / sum * v[at(n, g, a.keyHeads, j, a.t, c, a.e)];
            if (a.zeroMasked && most == -INFINITY)
              x = 0;
            expected[at(n, h, a.heads, i, a.s, c, a.e)] = x;
          }
        }
    std::vector<void *> buffers{q.data(), k.data(), v.data()};
    if (!a.bias.empty())
      buffers.push_back(bias.data());
    buffers.push_back(got.data());
    oracle.run("k", buffers, text.sizes());
    double difference = largestDifference(got, expected);
    worst = std::max(worst, difference);
    EXPECT_LE(difference, 1e-5) << code;
  }
};
} // namespace

TEST_F(AttentionTest, Plain) {
  check({1, 2, 2, 16, 32, 16, 16});
  check({2, 3, 3, 50, 50, 32, 32, true});
  check({1, 2, 2, 13, 21, 10, 20, false, true});
  check({1, 1, 1, 197, 197, 64, 64, true});
}

TEST_F(AttentionTest, MasksAndGroups) {
  check({1, 4, 2, 20, 20, 8, 24, false, false, {}, true});
  check({2, 4, 1, 7, 30, 8, 8, true, false, {0, 1, 1, 0}});
  check({2, 2, 2, 9, 17, 8, 8, false, false, {0, 0, 0, 0}, true});
  check({1, 2, 2, 9, 17, 8, 8, false, false, {1, 1, 0, 1}});
  check({1, 1, 1, 9, 17, 8, 8, false, false, {1, 1, 0, 0}, false, false, true});
  check({1, 1, 1, 9, 17, 8, 8, false, false, {1, 1, 0, 0}, false, true, true});
  check({1, 1, 1, 9, 4, 8, 8, false, false, {}, true, true});
}

TEST_F(AttentionTest, Dynamic) {
  for (auto [s, t] : {std::pair{1, 9}, {8, 40}, {70, 33}, {200, 129}}) {
    check({3, 2, 2, s, t, 16, 16, true, false, {0, 1, 1, 0}, false, false, false,
           true});
    check({3, 2, 2, s, t, 16, 16, false, true, {}, s <= t, false, false, true});
  }
}
