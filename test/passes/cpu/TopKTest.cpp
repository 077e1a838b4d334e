// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.top_k against a stable sort, kernel.non_zero against a loop.
#include "test/passes/cpu/KernelOracle.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>
#include <cmath>

using namespace strait::test;

static std::string topKText(const std::string &attributes) {
  return R"(
    kernel.func @sort inputs 1
        shapes([affine_map<()[s0, s1, s2] -> (s0, s1)>] ->
               [affine_map<()[s0, s1, s2] -> (s0, s2)>,
                affine_map<()[s0, s1, s2] -> (s0, s2)>]) {
    ^bb0(%x: tensor<?x?xf32>, %r: index, %n: index, %k: index):
      %v, %i = kernel.top_k %x )" +
         attributes + R"( : tensor<?x?xf32> -> tensor<?x?xf32>, tensor<?x?xi64>
      kernel.yield %v, %i : tensor<?x?xf32>, tensor<?x?xi64>
    })";
}

TEST(TopKTest, KeepsTheBestInOrder) {
  for (bool smallest : {false, true}) {
    KernelOracle oracle(topKText(smallest ? "{smallest}" : ""));
    ASSERT_EQ(oracle.error(), "");
    for (int64_t rows : {1, 3, 70})
      for (int64_t n : {1, 2, 17, 300})
        for (int64_t k : {int64_t(0), int64_t(1), n / 2, n}) {
          auto x = randomFloats(rows * n, n);
          // Equals, of which the first comes first.
          for (size_t i = 0; i < x.size(); i += 3)
            x[i] = 0.5f;
          std::vector<float> values(rows * k, NAN);
          std::vector<int64_t> positions(rows * k, -1);
          oracle.run("sort", {x.data(), values.data(), positions.data()},
                     {rows, n, k});
          for (int64_t r = 0; r < rows; ++r) {
            std::vector<int64_t> order(n);
            std::iota(order.begin(), order.end(), 0);
            const float *row = &x[r * n];
            // Of equal elements the first comes first.
            std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
              if (row[a] == row[b])
                return a < b;
              return smallest ? row[a] < row[b] : row[a] > row[b];
            });
            for (int64_t i = 0; i < k; ++i) {
              EXPECT_EQ(positions[r * k + i], order[i]);
              EXPECT_EQ(values[r * k + i], row[order[i]]);
            }
          }
        }
  }
}

// NaN is greater than any number, and hides none.
TEST(TopKTest, PlacesNaN) {
  const float nan = NAN, inf = INFINITY;
  std::vector<float> x = {nan, 1, inf, nan, -inf, 2};
  for (bool smallest : {false, true}) {
    KernelOracle oracle(topKText(smallest ? "{smallest}" : ""));
    ASSERT_EQ(oracle.error(), "");
    std::vector<float> values(6);
    std::vector<int64_t> positions(6, -1);
    oracle.run("sort", {x.data(), values.data(), positions.data()}, {1, 6, 6});
    EXPECT_EQ(positions, smallest
                             ? (std::vector<int64_t>{4, 1, 5, 2, 0, 3})
                             : (std::vector<int64_t>{0, 3, 2, 5, 1, 4}));
  }
}

TEST(NonZeroTest, ListsPositions) {
  KernelOracle oracle(R"(
    kernel.func @list inputs 1
        shapes([affine_map<()[s0] -> (s0)>] ->
               [affine_map<()[s0] -> (s0)>, affine_map<()[s0] -> (1)>]) {
    ^bb0(%x: tensor<?xf32>, %n: index):
      %p, %c = kernel.non_zero %x : tensor<?xf32> -> tensor<?xi64>, tensor<1xi64>
      kernel.yield %p, %c : tensor<?xi64>, tensor<1xi64>
    })");
  ASSERT_EQ(oracle.error(), "");
  for (int64_t n : {0, 1, 7, 1000})
    for (int64_t every : {1, 2, 5}) {
      std::vector<float> x(n, 0.0f);
      std::vector<int64_t> expected, positions(n, -1), count(1, -1);
      for (int64_t i = every - 1; i < n; i += every)
        x[i] = i % 4 ? -0.5f : NAN, expected.push_back(i);
      oracle.run("list", {x.data(), positions.data(), count.data()}, {n});
      ASSERT_EQ(count[0], int64_t(expected.size()));
      positions.resize(expected.size());
      EXPECT_EQ(positions, expected);
    }
}
