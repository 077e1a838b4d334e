// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pooling, concatenation, transposes and gathers against plain loops.
#include "test/passes/cpu/KernelOracle.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace strait::test;

static std::string poolText(const std::string &attributes) {
  return R"(
    kernel.func @pool inputs 1
        shapes([affine_map<()[s0, s1, s2, s3, s4] -> (2, s0, s1, s2)>] ->
               [affine_map<()[s0, s1, s2, s3, s4] -> (2, s3, s4, s2)>]) {
    ^bb0(%x: tensor<2x?x?x?xf32>, %h: index, %w: index, %c: index, %oh: index, %ow: index):
      %r = kernel.pool2d %x kernel [3, 2] strides [2, 1] pads [1, 1, 2, 0] dilations [1, 2] )" +
         attributes + R"( : tensor<2x?x?x?xf32> -> tensor<2x?x?x?xf32>
      kernel.yield %r : tensor<2x?x?x?xf32>
    })";
}

TEST(MovementTest, Pool2DOverRaggedChannels) {
  for (int kind : {0, 1, 2}) {
    const char *attributes[] = {"", "{average}",
                                "{average, count_include_pad}"};
    KernelOracle oracle(poolText(attributes[kind]));
    ASSERT_EQ(oracle.error(), "");
    for (int64_t c : {1, 3, 8, 13, 32, 67}) {
      int64_t h = 9, w = 7, oh = (h + 3 - 3) / 2 + 1, ow = (w + 1 - 3) + 1;
      auto x = randomFloats(2 * h * w * c, c);
      std::vector<float> y(2 * oh * ow * c, NAN);
      std::vector<double> expected(y.size());
      for (int64_t n = 0; n < 2; ++n)
        for (int64_t i = 0; i < oh; ++i)
          for (int64_t j = 0; j < ow; ++j)
            for (int64_t k = 0; k < c; ++k) {
              double sum = 0, max = -INFINITY;
              int count = 0, padded = 0;
              for (int64_t a = 0; a < 3; ++a)
                for (int64_t b = 0; b < 2; ++b) {
                  int64_t yy = i * 2 - 1 + a, xx = j - 1 + 2 * b;
                  padded += yy < h + 2 && xx < w + 0;
                  if (yy < 0 || yy >= h || xx < 0 || xx >= w)
                    continue;
                  double v = x[((n * h + yy) * w + xx) * c + k];
                  sum += v, max = std::max(max, v), ++count;
                }
              expected[((n * oh + i) * ow + j) * c + k] =
                  kind == 0 ? max : sum / (kind == 1 ? count : padded);
            }
      oracle.run("pool", {x.data(), y.data()}, {h, w, c, oh, ow});
      EXPECT_LE(largestDifference(y, expected), 1e-6) << kind << " " << c;
    }
  }
}

TEST(MovementTest, ConcatJoinsRows) {
  KernelOracle oracle(R"(
    kernel.func @concat inputs 3
        shapes([affine_map<()[s0, s1, s2, s3] -> (s0, s1)>,
                affine_map<()[s0, s1, s2, s3] -> (s0, s2)>,
                affine_map<()[s0, s1, s2, s3] -> (s0, 5)>] ->
               [affine_map<()[s0, s1, s2, s3] -> (s0, s3)>]) {
    ^bb0(%a: tensor<?x?xi8>, %b: tensor<?x?xi8>, %c: tensor<?x5xi8>,
         %r: index, %n: index, %m: index, %k: index):
      %y = kernel.concat %a, %b, %c : tensor<?x?xi8>, tensor<?x?xi8>, tensor<?x5xi8> -> tensor<?x?xi8>
      kernel.yield %y : tensor<?x?xi8>
    })");
  ASSERT_EQ(oracle.error(), "");
  for (int64_t rows : {1, 2, 70})
    for (int64_t n : {0, 1, 31, 40000})
      for (int64_t m : {0, 7, 64, 129}) {
        int64_t k = n + m + 5;
        std::vector<int8_t> a(rows * n), b(rows * m), c(rows * 5), y(rows * k),
            expected;
        for (auto *v : {&a, &b, &c})
          for (int8_t &x : *v)
            x = rand();
        for (int64_t r = 0; r < rows; ++r) {
          expected.insert(expected.end(), &a[r * n], &a[r * n] + n);
          expected.insert(expected.end(), &b[r * m], &b[r * m] + m);
          expected.insert(expected.end(), &c[r * 5], &c[r * 5] + 5);
        }
        oracle.run("concat", {a.data(), b.data(), c.data(), y.data()},
                   {rows, n, m, k});
        EXPECT_EQ(y, expected) << rows << " " << n << " " << m;
      }
}

TEST(MovementTest, TransposeWithBias) {
  KernelOracle oracle(R"(
    kernel.func @transpose inputs 2
        shapes([affine_map<()[s0, s1, s2] -> (s0, s1, s2)>,
                affine_map<()[s0, s1, s2] -> (s1)>] ->
               [affine_map<()[s0, s1, s2] -> (s0, s2, s1)>])
        attributes {row_rank = 3 : i64} {
    ^bb0(%x: tensor<?x?x?xf32>, %b: tensor<?xf32>, %n: index, %c: index, %h: index):
      %e = tensor.empty(%n, %h, %c) : tensor<?x?x?xf32>
      %r = linalg.generic {indexing_maps = [affine_map<(n, h, c) -> (n, c, h)>,
            affine_map<(n, h, c) -> (c)>, affine_map<(n, h, c) -> (n, h, c)>],
          iterator_types = ["parallel", "parallel", "parallel"]}
          ins(%x, %b : tensor<?x?x?xf32>, tensor<?xf32>) outs(%e : tensor<?x?x?xf32>) {
      ^bb0(%0: f32, %1: f32, %2: f32):
        %y = arith.addf %0, %1 : f32
        linalg.yield %y : f32
      } -> tensor<?x?x?xf32>
      kernel.yield %r : tensor<?x?x?xf32>
    })");
  ASSERT_EQ(oracle.error(), "");
  for (int64_t c : {0, 1, 3, 8, 9, 64, 77})
    for (int64_t h : {1, 5, 8, 49, 64, 100, 1000}) {
      auto x = randomFloats(2 * c * h, c), b = randomFloats(c, 2);
      std::vector<float> y(2 * c * h, NAN);
      std::vector<double> expected(y.size());
      for (int64_t n = 0; n < 2; ++n)
        for (int64_t i = 0; i < c; ++i)
          for (int64_t j = 0; j < h; ++j)
            expected[(n * h + j) * c + i] = x[(n * c + i) * h + j] + b[i];
      oracle.run("transpose", {x.data(), b.data(), y.data()}, {2, c, h});
      EXPECT_LE(largestDifference(y, expected), 1e-6) << c << "x" << h;
    }
}

/// Few channels, known: they are interleaved.
TEST(MovementTest, ChannelsOfAnImageMoveLast) {
  for (int64_t c : {2, 3, 4, 7}) {
    std::string text = R"(
    kernel.func @last inputs 3
        shapes([affine_map<()[s0, s1] -> (s0, CC, s1)>,
                affine_map<()[s0, s1] -> (CC)>,
                affine_map<()[s0, s1] -> (s0, s1, CC)>] ->
               [affine_map<()[s0, s1] -> (s0, s1, CC)>])
        attributes {row_rank = 3 : i64} {
    ^bb0(%x: tensor<?xCCx?xf32>, %b: tensor<CCxf32>, %r: tensor<?x?xCCxf32>, %n: index, %h: index):
      %e = tensor.empty(%n, %h) : tensor<?x?xCCxf32>
      %y = linalg.generic {indexing_maps = [affine_map<(n, h, c) -> (n, c, h)>,
            affine_map<(n, h, c) -> (c)>, affine_map<(n, h, c) -> (n, h, c)>,
            affine_map<(n, h, c) -> (n, h, c)>],
          iterator_types = ["parallel", "parallel", "parallel"]}
          ins(%x, %b, %r : tensor<?xCCx?xf32>, tensor<CCxf32>, tensor<?x?xCCxf32>)
          outs(%e : tensor<?x?xCCxf32>) {
      ^bb0(%0: f32, %1: f32, %2: f32, %3: f32):
        %s = arith.addf %0, %1 : f32
        %z = arith.addf %s, %2 : f32
        linalg.yield %z : f32
      } -> tensor<?x?xCCxf32>
      kernel.yield %y : tensor<?x?xCCxf32>
    })";
    for (size_t at; (at = text.find("CC")) != std::string::npos;)
      text.replace(at, 2, std::to_string(c));
    KernelOracle oracle(text);
    ASSERT_EQ(oracle.error(), "");
    for (int64_t h : {0, 1, 7, 8, 9, 100, 2500}) {
      auto x = randomFloats(2 * c * h, c), b = randomFloats(c, 2),
           r = randomFloats(2 * c * h, 3);
      std::vector<float> y(2 * c * h, NAN);
      std::vector<double> expected(y.size());
      for (int64_t n = 0; n < 2; ++n)
        for (int64_t i = 0; i < c; ++i)
          for (int64_t j = 0; j < h; ++j) {
            int64_t at = (n * h + j) * c + i;
            expected[at] = double(x[(n * c + i) * h + j]) + b[i] + r[at];
          }
      oracle.run("last", {x.data(), b.data(), r.data(), y.data()}, {2, h});
      EXPECT_LE(largestDifference(y, expected), 1e-6) << c << "x" << h;
    }
  }
}

/// y[i, j] = table[ids[i], j] where mask[i], else -1; mask of bool, ids of i64.
TEST(MovementTest, GatherRowsUnderAMask) {
  KernelOracle oracle(R"(
    kernel.func @gather inputs 3
        shapes([affine_map<()[s0, s1, s2] -> (s0, s1)>,
                affine_map<()[s0, s1, s2] -> (s2)>,
                affine_map<()[s0, s1, s2] -> (s2)>] ->
               [affine_map<()[s0, s1, s2] -> (s2, s1)>])
        attributes {row_rank = 2 : i64} {
    ^bb0(%t: tensor<?x?xf32>, %ids: tensor<?xi64>, %mask: tensor<?xi1>, %v: index, %d: index, %n: index):
      %e = tensor.empty(%n, %d) : tensor<?x?xf32>
      %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
          iterator_types = ["parallel", "parallel"]}
          ins(%ids, %mask : tensor<?xi64>, tensor<?xi1>) outs(%e : tensor<?x?xf32>) {
      ^bb0(%0: i64, %1: i1, %2: f32):
        %j = linalg.index 1 : index
        %i = arith.index_cast %0 : i64 to index
        %low = arith.constant -1.0 : f32
        %x = tensor.extract %t[%i, %j] : tensor<?x?xf32>
        %y = arith.select %1, %x, %low : f32
        linalg.yield %y : f32
      } -> tensor<?x?xf32>
      kernel.yield %r : tensor<?x?xf32>
    })");
  ASSERT_EQ(oracle.error(), "");
  int64_t v = 50, n = 33;
  for (int64_t d : {1, 7, 64, 100}) {
    auto table = randomFloats(v * d, 1);
    std::vector<int64_t> ids(n);
    std::vector<uint8_t> mask(n);
    std::vector<float> y(n * d, NAN);
    std::vector<double> expected(n * d);
    for (int64_t i = 0; i < n; ++i) {
      ids[i] = (i * 17) % v, mask[i] = i % 3 != 0;
      for (int64_t j = 0; j < d; ++j)
        expected[i * d + j] = mask[i] ? table[ids[i] * d + j] : -1.0;
    }
    oracle.run("gather", {table.data(), ids.data(), mask.data(), y.data()},
               {v, d, n});
    EXPECT_LE(largestDifference(y, expected), 0) << d;
  }
}

/// y[i, j] = x[i, clamp(j * step - 1)], positions that differ in every lane.
TEST(MovementTest, ExtractAtClampedPositions) {
  for (int64_t step : {1, 2}) {
    KernelOracle oracle(R"(
    kernel.func @pad inputs 1
        shapes([affine_map<()[s0, s1, s2] -> (s0, s1)>] -> [affine_map<()[s0, s1, s2] -> (s0, s2)>])
        attributes {row_rank = 2 : i64} {
    ^bb0(%x: tensor<?x?xf32>, %n: index, %w: index, %m: index):
      %e = tensor.empty(%n, %m) : tensor<?x?xf32>
      %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>],
          iterator_types = ["parallel", "parallel"]} outs(%e : tensor<?x?xf32>) {
      ^bb0(%2: f32):
        %i = linalg.index 0 : index
        %j = linalg.index 1 : index
        %zero = arith.constant 0 : index
        %one = arith.constant 1 : index
        %step = arith.constant )" + std::to_string(step) + R"( : index
        %s = arith.muli %j, %step : index
        %k = arith.subi %s, %one : index
        %last = arith.subi %w, %one : index
        %a = arith.maxsi %k, %zero : index
        %p = arith.minsi %a, %last : index
        %y = tensor.extract %x[%i, %p] : tensor<?x?xf32>
        linalg.yield %y : f32
      } -> tensor<?x?xf32>
      kernel.yield %r : tensor<?x?xf32>
    })");
    ASSERT_EQ(oracle.error(), "");
    for (int64_t w : {1, 6, 40, 100}) {
      int64_t n = 5, m = w + 2;
      auto x = randomFloats(n * w, 1);
      std::vector<float> y(n * m, NAN);
      std::vector<double> expected(n * m);
      for (int64_t i = 0; i < n; ++i)
        for (int64_t j = 0; j < m; ++j)
          expected[i * m + j] =
              x[i * w +
                std::min(std::max<int64_t>(j * step - 1, 0), w - 1)];
      oracle.run("pad", {x.data(), y.data()}, {n, w, m});
      EXPECT_LE(largestDifference(y, expected), 0) << w;
    }
  }
}
