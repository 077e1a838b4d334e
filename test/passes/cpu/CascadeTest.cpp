// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Cascades against loops in double precision, over ragged sizes.
#include "test/passes/cpu/KernelOracle.h"

#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

using namespace strait::test;

namespace {
const float inf = INFINITY;

struct CascadeTest : testing::Test {
  static void expectClose(llvm::ArrayRef<float> got,
                          llvm::ArrayRef<double> expected, double tolerance,
                          const std::string &what) {
    double difference = largestDifference(got, expected);
    worst = std::max(worst, difference);
    EXPECT_LE(difference, tolerance) << what;
  }
  static void TearDownTestSuite() {
    printf("largest difference: %.3g\n", worst);
  }
  static inline double worst = 0;
};
} // namespace

/// y[i, j] = x[i, j] * s[j] + b[i], dynamic sizes.
TEST_F(CascadeTest, MapBroadcastsRowsAndColumns) {
  KernelOracle oracle(R"(
    kernel.func @map inputs 3
        shapes([affine_map<()[s0, s1] -> (s0, s1)>,
                affine_map<()[s0, s1] -> (s1)>,
                affine_map<()[s0, s1] -> (s0)>] ->
               [affine_map<()[s0, s1] -> (s0, s1)>])
        attributes {row_rank = 2 : i64} {
    ^bb0(%x: tensor<?x?xf32>, %s: tensor<?xf32>, %b: tensor<?xf32>,
         %n: index, %m: index):
      %e = tensor.empty(%n, %m) : tensor<?x?xf32>
      %r = linalg.generic {
          indexing_maps = [affine_map<(i, j) -> (i, j)>,
                           affine_map<(i, j) -> (j)>,
                           affine_map<(i, j) -> (i)>,
                           affine_map<(i, j) -> (i, j)>],
          iterator_types = ["parallel", "parallel"]}
          ins(%x, %s, %b : tensor<?x?xf32>, tensor<?xf32>, tensor<?xf32>)
          outs(%e : tensor<?x?xf32>) {
      ^bb0(%0: f32, %1: f32, %2: f32, %3: f32):
        %p = arith.mulf %0, %1 : f32
        %q = arith.addf %p, %2 : f32
        linalg.yield %q : f32
      } -> tensor<?x?xf32>
      kernel.yield %r : tensor<?x?xf32>
    })");
  ASSERT_EQ(oracle.error(), "");
  for (int64_t n : {0, 1, 3, 17, 400})
    for (int64_t m : {0, 1, 7, 8, 31, 33, 100, 1000}) {
      auto x = randomFloats(n * m, 1), s = randomFloats(m, 2),
           b = randomFloats(n, 3);
      std::vector<float> y(n * m, NAN);
      std::vector<double> expected(n * m);
      for (int64_t i = 0; i < n; ++i)
        for (int64_t j = 0; j < m; ++j)
          expected[i * m + j] = double(x[i * m + j]) * s[j] + b[i];
      oracle.run("map", {x.data(), s.data(), b.data(), y.data()}, {n, m});
      expectClose(y, expected, 1e-6,
                  std::to_string(n) + "x" + std::to_string(m));
    }
}

static std::string softmax(const char *reducedMap, const char *iterators) {
  std::string text = R"(
    kernel.func @softmax inputs 1
        shapes([affine_map<()[s0, s1, s2] -> (s0, s1, s2)>] ->
               [affine_map<()[s0, s1, s2] -> (s0, s1, s2)>])
        attributes {row_rank = 1 : i64} {
    ^bb0(%x: tensor<?x?x?xf32>, %a: index, %b: index, %c: index):
      %low = arith.constant 0xFF800000 : f32
      %zero = arith.constant 0.0 : f32
      %e1 = tensor.empty(%a, %SIZE) : tensor<?x?xf32>
      %f1 = linalg.fill ins(%low : f32) outs(%e1 : tensor<?x?xf32>) -> tensor<?x?xf32>
      %max = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, REDUCED],
          iterator_types = [ITERATORS]} ins(%x : tensor<?x?x?xf32>) outs(%f1 : tensor<?x?xf32>) {
      ^bb0(%0: f32, %1: f32):
        %m = arith.maximumf %0, %1 : f32
        linalg.yield %m : f32
      } -> tensor<?x?xf32>
      %e = tensor.empty(%a, %b, %c) : tensor<?x?x?xf32>
      %exp = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, REDUCED, affine_map<(i, j, k) -> (i, j, k)>],
          iterator_types = ["parallel", "parallel", "parallel"]} ins(%x, %max : tensor<?x?x?xf32>, tensor<?x?xf32>) outs(%e : tensor<?x?x?xf32>) {
      ^bb0(%0: f32, %1: f32, %2: f32):
        %d = arith.subf %0, %1 : f32
        %p = math.exp %d : f32
        linalg.yield %p : f32
      } -> tensor<?x?x?xf32>
      %f2 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<?x?xf32>) -> tensor<?x?xf32>
      %sum = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, REDUCED],
          iterator_types = [ITERATORS]} ins(%exp : tensor<?x?x?xf32>) outs(%f2 : tensor<?x?xf32>) {
      ^bb0(%0: f32, %1: f32):
        %m = arith.addf %0, %1 : f32
        linalg.yield %m : f32
      } -> tensor<?x?xf32>
      %inv = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
          iterator_types = ["parallel", "parallel"]} ins(%sum : tensor<?x?xf32>) outs(%e1 : tensor<?x?xf32>) {
      ^bb0(%0: f32, %1: f32):
        %one = arith.constant 1.0 : f32
        %d = arith.divf %one, %0 : f32
        linalg.yield %d : f32
      } -> tensor<?x?xf32>
      %r = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, REDUCED, affine_map<(i, j, k) -> (i, j, k)>],
          iterator_types = ["parallel", "parallel", "parallel"]} ins(%exp, %inv : tensor<?x?x?xf32>, tensor<?x?xf32>) outs(%e : tensor<?x?x?xf32>) {
      ^bb0(%0: f32, %1: f32, %2: f32):
        %d = arith.mulf %0, %1 : f32
        linalg.yield %d : f32
      } -> tensor<?x?x?xf32>
      kernel.yield %r : tensor<?x?x?xf32>
    })";
  auto replace = [&](const std::string &what, const std::string &with) {
    for (size_t at; (at = text.find(what)) != std::string::npos;)
      text.replace(at, what.size(), with);
  };
  bool last = std::string(reducedMap).find("(i, j)>") != std::string::npos;
  replace("%SIZE", last ? "%b" : "%c");
  replace("REDUCED", reducedMap);
  replace("ITERATORS", iterators);
  return text;
}

static void softmaxReference(const float *x, double *y, int64_t n,
                             int64_t stride) {
  double max = -inf, sum = 0;
  for (int64_t i = 0; i < n; ++i)
    max = std::isnan(x[i * stride]) ? NAN : std::max<double>(max, x[i * stride]);
  for (int64_t i = 0; i < n; ++i)
    sum += y[i * stride] = std::exp(x[i * stride] - max);
  for (int64_t i = 0; i < n; ++i)
    y[i * stride] /= sum;
}

TEST_F(CascadeTest, SoftmaxOverTheLastAxis) {
  KernelOracle oracle(softmax("affine_map<(i, j, k) -> (i, j)>",
                              R"("parallel", "parallel", "reduction")"));
  ASSERT_EQ(oracle.error(), "");
  for (int64_t c : {1, 2, 8, 15, 16, 17, 49, 197, 1000}) {
    int64_t a = 3, b = 5;
    auto x = randomFloats(a * b * c, c, -20, 20);
    x[0] = -inf;
    std::vector<float> y(a * b * c, NAN);
    std::vector<double> expected(a * b * c);
    for (int64_t i = 0; i < a * b; ++i)
      softmaxReference(&x[i * c], &expected[i * c], c, 1);
    oracle.run("softmax", {x.data(), y.data()}, {a, b, c});
    expectClose(y, expected, 1e-6, std::to_string(c));
  }
}

TEST_F(CascadeTest, SoftmaxOverAMiddleAxis) {
  KernelOracle oracle(softmax("affine_map<(i, j, k) -> (i, k)>",
                              R"("parallel", "reduction", "parallel")"));
  ASSERT_EQ(oracle.error(), "");
  for (int64_t c : {0, 1, 2, 8, 15, 16, 17, 49, 197, 1000}) {
    int64_t a = 3, b = 11;
    auto x = randomFloats(a * b * c, c, -20, 20);
    std::vector<float> y(a * b * c, NAN);
    std::vector<double> expected(a * b * c);
    for (int64_t i = 0; i < a; ++i)
      for (int64_t k = 0; k < c; ++k)
        softmaxReference(&x[i * b * c + k], &expected[i * b * c + k], b, c);
    oracle.run("softmax", {x.data(), y.data()}, {a, b, c});
    expectClose(y, expected, 1e-6, std::to_string(c));
  }
}
