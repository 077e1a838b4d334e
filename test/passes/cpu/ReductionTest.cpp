// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Norms and reductions against plain loops, over ragged sizes and types.
#include "test/passes/cpu/KernelOracle.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

using namespace strait::test;

static std::string replaced(std::string text, const std::string &what,
                            const std::string &with) {
  for (size_t at; (at = text.find(what)) != std::string::npos;)
    text.replace(at, what.size(), with);
  return text;
}

/// Mean, variance and scale[c] over (c, w) per row: c and w do not merge.
TEST(ReductionTest, NormOverTwoLoopsWithAScale) {
  KernelOracle oracle(R"(
    kernel.func @norm inputs 2
        shapes([affine_map<()[s0, s1, s2] -> (s0, s1, s2)>, affine_map<()[s0, s1, s2] -> (s1)>] ->
               [affine_map<()[s0, s1, s2] -> (s0, s1, s2)>, affine_map<()[s0, s1, s2] -> (s0)>])
        attributes {row_rank = 1 : i64} {
    ^bb0(%x: tensor<?x?x?xf32>, %s: tensor<?xf32>, %n: index, %c: index, %w: index):
      %zero = arith.constant 0.0 : f32
      %cw = arith.muli %c, %w : index
      %cwi = arith.index_cast %cw : index to i64
      %count = arith.sitofp %cwi : i64 to f32
      %en = tensor.empty(%n) : tensor<?xf32>
      %e = tensor.empty(%n, %c, %w) : tensor<?x?x?xf32>
      %fn = linalg.fill ins(%zero : f32) outs(%en : tensor<?xf32>) -> tensor<?xf32>
      %sum = linalg.generic {indexing_maps = [affine_map<(n, c, w) -> (n, c, w)>, affine_map<(n, c, w) -> (n)>],
          iterator_types = ["parallel", "reduction", "reduction"]} ins(%x : tensor<?x?x?xf32>) outs(%fn : tensor<?xf32>) {
      ^bb0(%0: f32, %1: f32):
        %y = arith.addf %0, %1 : f32
        linalg.yield %y : f32
      } -> tensor<?xf32>
      %mean = linalg.generic {indexing_maps = [affine_map<(n) -> (n)>, affine_map<(n) -> (n)>],
          iterator_types = ["parallel"]} ins(%sum : tensor<?xf32>) outs(%en : tensor<?xf32>) {
      ^bb0(%0: f32, %1: f32):
        %y = arith.divf %0, %count : f32
        linalg.yield %y : f32
      } -> tensor<?xf32>
      %d = linalg.generic {indexing_maps = [affine_map<(n, c, w) -> (n, c, w)>, affine_map<(n, c, w) -> (n)>, affine_map<(n, c, w) -> (n, c, w)>],
          iterator_types = ["parallel", "parallel", "parallel"]} ins(%x, %mean : tensor<?x?x?xf32>, tensor<?xf32>) outs(%e : tensor<?x?x?xf32>) {
      ^bb0(%0: f32, %1: f32, %2: f32):
        %y = arith.subf %0, %1 : f32
        linalg.yield %y : f32
      } -> tensor<?x?x?xf32>
      %sq = linalg.generic {indexing_maps = [affine_map<(n, c, w) -> (n, c, w)>, affine_map<(n, c, w) -> (n)>],
          iterator_types = ["parallel", "reduction", "reduction"]} ins(%d : tensor<?x?x?xf32>) outs(%fn : tensor<?xf32>) {
      ^bb0(%0: f32, %1: f32):
        %p = arith.mulf %0, %0 : f32
        %y = arith.addf %p, %1 : f32
        linalg.yield %y : f32
      } -> tensor<?xf32>
      %inv = linalg.generic {indexing_maps = [affine_map<(n) -> (n)>, affine_map<(n) -> (n)>],
          iterator_types = ["parallel"]} ins(%sq : tensor<?xf32>) outs(%en : tensor<?xf32>) {
      ^bb0(%0: f32, %1: f32):
        %v = arith.divf %0, %count : f32
        %eps = arith.constant 1.0e-5 : f32
        %w1 = arith.addf %v, %eps : f32
        %q = math.sqrt %w1 : f32
        %one = arith.constant 1.0 : f32
        %y = arith.divf %one, %q : f32
        linalg.yield %y : f32
      } -> tensor<?xf32>
      %r = linalg.generic {indexing_maps = [affine_map<(n, c, w) -> (n, c, w)>, affine_map<(n, c, w) -> (n)>, affine_map<(n, c, w) -> (c)>, affine_map<(n, c, w) -> (n, c, w)>],
          iterator_types = ["parallel", "parallel", "parallel"]} ins(%d, %inv, %s : tensor<?x?x?xf32>, tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?x?x?xf32>) {
      ^bb0(%0: f32, %1: f32, %2: f32, %3: f32):
        %p = arith.mulf %0, %1 : f32
        %y = arith.mulf %p, %2 : f32
        linalg.yield %y : f32
      } -> tensor<?x?x?xf32>
      kernel.yield %r, %mean : tensor<?x?x?xf32>, tensor<?xf32>
    })");
  ASSERT_EQ(oracle.error(), "");
  for (int64_t c : {1, 3, 20})
    for (int64_t w : {1, 5, 8, 33, 100}) {
      int64_t n = 4;
      auto x = randomFloats(n * c * w, 1, 1, 5), s = randomFloats(c, 2);
      std::vector<float> y(x.size(), NAN), m(n, NAN);
      std::vector<double> expected(x.size()), means(n);
      for (int64_t i = 0; i < n; ++i) {
        double mean = 0, variance = 0;
        for (int64_t j = 0; j < c * w; ++j)
          mean += x[i * c * w + j] / double(c * w);
        for (int64_t j = 0; j < c * w; ++j)
          variance += std::pow(x[i * c * w + j] - mean, 2) / (c * w);
        means[i] = mean;
        for (int64_t j = 0; j < c * w; ++j)
          expected[i * c * w + j] = (x[i * c * w + j] - mean) /
                                    std::sqrt(variance + 1e-5) * s[j / w];
      }
      oracle.run("norm", {x.data(), s.data(), y.data(), m.data()}, {n, c, w});
      EXPECT_LE(largestDifference(y, expected), c * w == 1 ? 1e-3 : 2e-5)
          << c << " " << w;
      EXPECT_LE(largestDifference(m, means), 4e-6);
    }
}

/// Combines by OP over the loop that ITERATORS says, in [a, b, c].
static std::string reduceText(const char *type, const char *op,
                              const char *fill, bool overLast) {
  std::string text = R"(
    kernel.func @reduce inputs 1
        shapes([affine_map<()[s0, s1, s2] -> (s0, s1, s2)>] -> [affine_map<()[s0, s1, s2] -> (KEPT)>])
        attributes {row_rank = ROWS : i64} {
    ^bb0(%x: tensor<?x?x?xTYPE>, %a: index, %b: index, %c: index):
      %start = arith.constant FILL : TYPE
      %e = tensor.empty(EXTENTS) : tensor<?x?xTYPE>
      %f = linalg.fill ins(%start : TYPE) outs(%e : tensor<?x?xTYPE>) -> tensor<?x?xTYPE>
      %r = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (MAP)>],
          iterator_types = [ITERATORS]} ins(%x : tensor<?x?x?xTYPE>) outs(%f : tensor<?x?xTYPE>) {
      ^bb0(%0: TYPE, %1: TYPE):
        %y = OP %0, %1 : TYPE
        linalg.yield %y : TYPE
      } -> tensor<?x?xTYPE>
      kernel.yield %r : tensor<?x?xTYPE>
    })";
  text = replaced(text, "KEPT", overLast ? "s0, s1" : "s1, s2");
  text = replaced(text, "ROWS", overLast ? "2" : "0");
  text = replaced(text, "EXTENTS", overLast ? "%a, %b" : "%b, %c");
  text = replaced(text, "MAP", overLast ? "i, j" : "j, k");
  text = replaced(text, "ITERATORS",
                  overLast ? R"("parallel", "parallel", "reduction")"
                           : R"("reduction", "parallel", "parallel")");
  text = replaced(text, "TYPE", type);
  text = replaced(text, "OP", op);
  return replaced(text, "FILL", fill);
}

template <typename T, typename Fold>
static void checkReduce(const char *type, const char *op, const char *fill,
                        T start, Fold fold) {
  for (bool overLast : {true, false}) {
    KernelOracle oracle(reduceText(type, op, fill, overLast));
    ASSERT_EQ(oracle.error(), "");
    for (int64_t c : {0, 1, 7, 8, 50, 131, 300}) {
      int64_t a = 5, b = 3;
      std::vector<T> x(a * b * c);
      for (T &value : x)
        value = std::is_same_v<T, uint8_t> ? rand() % 2 : rand() % 100;
      std::vector<T> y(overLast ? a * b : b * c, T(77)), expected(y.size(), start);
      for (int64_t i = 0; i < a * b * c; ++i) {
        T &sum = expected[overLast ? i / c : i % (b * c)];
        sum = fold(x[i], sum);
      }
      oracle.run("reduce", {x.data(), y.data()}, {a, b, c});
      EXPECT_EQ(y, expected) << type << " " << op << " " << c << overLast;
    }
  }
}

TEST(ReductionTest, SumsMaximaAndBooleansOverFirstAndLastAxis) {
  // Whole numbers: sums are exact in every order.
  checkReduce<float>("f32", "arith.addf", "0.0", 0,
                     [](float x, float y) { return x + y; });
  checkReduce<float>("f32", "arith.maximumf", "-1.0", -1,
                     [](float x, float y) { return std::max(x, y); });
  checkReduce<double>("f64", "arith.minimumf", "50.0", 50,
                      [](double x, double y) { return std::min(x, y); });
  checkReduce<double>("f64", "arith.addf", "0.0", 0,
                      [](double x, double y) { return x + y; });
  checkReduce<int64_t>("i64", "arith.addi", "0", 0,
                       [](int64_t x, int64_t y) { return x + y; });
  checkReduce<int32_t>("i32", "arith.maxsi", "-2147483648", INT32_MIN,
                       [](int32_t x, int32_t y) { return std::max(x, y); });
  checkReduce<int8_t>("i8", "arith.minsi", "127", 127,
                      [](int8_t x, int8_t y) { return std::min(x, y); });
  checkReduce<uint8_t>("i1", "arith.ori", "0", 0,
                       [](uint8_t x, uint8_t y) { return uint8_t(x | y); });
}

/// Position of the first maximum: two results, no combiner to split by.
TEST(ReductionTest, ArgMaxStaysInOrder) {
  KernelOracle oracle(R"(
    kernel.func @argmax inputs 1
        shapes([affine_map<()[s0, s1] -> (s0, s1)>] -> [affine_map<()[s0, s1] -> (s0)>])
        attributes {row_rank = 1 : i64} {
    ^bb0(%x: tensor<?x?xf32>, %n: index, %m: index):
      %low = arith.constant 0xFF800000 : f32
      %zero = arith.constant 0 : i64
      %e = tensor.empty(%n) : tensor<?xf32>
      %ei = tensor.empty(%n) : tensor<?xi64>
      %f = linalg.fill ins(%low : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
      %fi = linalg.fill ins(%zero : i64) outs(%ei : tensor<?xi64>) -> tensor<?xi64>
      %r:2 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>],
          iterator_types = ["parallel", "reduction"]} ins(%x : tensor<?x?xf32>) outs(%f, %fi : tensor<?xf32>, tensor<?xi64>) {
      ^bb0(%0: f32, %1: f32, %2: i64):
        %j = linalg.index 1 : index
        %k = arith.index_cast %j : index to i64
        %g = arith.cmpf ogt, %0, %1 : f32
        %a = arith.select %g, %0, %1 : f32
        %b = arith.select %g, %k, %2 : i64
        linalg.yield %a, %b : f32, i64
      } -> (tensor<?xf32>, tensor<?xi64>)
      kernel.yield %r#1 : tensor<?xi64>
    })");
  ASSERT_EQ(oracle.error(), "");
  int64_t n = 6, m = 77;
  auto x = randomFloats(n * m, 3);
  x[5] = x[60] = 9; // a tie
  std::vector<int64_t> y(n, -1), expected(n);
  for (int64_t i = 0; i < n; ++i)
    expected[i] = std::max_element(&x[i * m], &x[i * m] + m) - &x[i * m];
  oracle.run("argmax", {x.data(), y.data()}, {n, m});
  EXPECT_EQ(y, expected);
}

/// y = x * x + 0.5 in a narrow type, computed in f32 and rounded once.
TEST(ReductionTest, NarrowFloatsRoundOnce) {
  for (std::string type : {"f16", "bf16"}) {
    KernelOracle oracle(replaced(R"(
    kernel.func @narrow inputs 1
        shapes([affine_map<()[s0] -> (s0)>] -> [affine_map<()[s0] -> (s0)>])
        attributes {row_rank = 1 : i64} {
    ^bb0(%x: tensor<?xTYPE>, %n: index):
      %e = tensor.empty(%n) : tensor<?xTYPE>
      %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
          iterator_types = ["parallel"]} ins(%x : tensor<?xTYPE>) outs(%e : tensor<?xTYPE>) {
      ^bb0(%0: TYPE, %1: TYPE):
        %h = arith.constant 0.5 : TYPE
        %p = arith.mulf %0, %0 : TYPE
        %q = arith.addf %p, %h : TYPE
        linalg.yield %q : TYPE
      } -> tensor<?xTYPE>
      kernel.yield %r : tensor<?xTYPE>
    })", "TYPE", type));
    ASSERT_EQ(oracle.error(), "");
    auto toFloat = [&](uint16_t bits) -> float {
      if (type == "bf16") {
        uint32_t wide = uint32_t(bits) << 16;
        float value;
        memcpy(&value, &wide, 4);
        return value;
      }
      _Float16 value;
      memcpy(&value, &bits, 2);
      return float(value);
    };
    // Numbers between -2 and 2 as both types' bit patterns allow.
    std::vector<uint16_t> x(1003), y(x.size());
    uint16_t two = type == "bf16" ? 0x4000 : 0x4000;
    for (size_t i = 0; i < x.size(); ++i)
      x[i] = (i * 37 % two) | (i % 2 ? 0x8000 : 0);
    oracle.run("narrow", {x.data(), y.data()}, {int64_t(x.size())});
    double unit = type == "bf16" ? 0x1p-8 : 0x1p-11;
    for (size_t i = 0; i < x.size(); ++i) {
      double value = toFloat(x[i]), exact = value * value + 0.5;
      EXPECT_LE(std::abs(toFloat(y[i]) - exact), exact * unit * 1.001)
          << type << " " << value;
    }
  }
}
