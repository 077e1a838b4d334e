// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.scatter against plain loops in double precision.
#include "test/passes/cpu/KernelOracle.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace strait::test;

static std::string scatterText(const std::string &kind) {
  return R"(
    kernel.func @scatter inputs 3
        shapes([affine_map<()[s0, s1, s2] -> (s0, s1)>,
                affine_map<()[s0, s1, s2] -> (s2)>,
                affine_map<()[s0, s1, s2] -> (s2, s1)>] ->
               [affine_map<()[s0, s1, s2] -> (s0, s1)>]) {
    ^bb0(%x: tensor<?x?xf32>, %r: tensor<?xi64>, %u: tensor<?x?xf32>,
         %h: index, %w: index, %n: index):
      %y = kernel.scatter <)" +
         kind + R"(> %u at %r into %x
          : tensor<?x?xf32>, tensor<?xi64>, tensor<?x?xf32> -> tensor<?x?xf32>
      kernel.yield %y : tensor<?x?xf32>
    })";
}

TEST(ScatterTest, CombinesInOrder) {
  const char *kinds[] = {"assign", "add", "mul", "max", "min"};
  double worst = 0;
  for (int kind = 0; kind < 5; ++kind) {
    KernelOracle oracle(scatterText(kinds[kind]));
    ASSERT_EQ(oracle.error(), "");
    for (int64_t h : {1, 5, 31})
      for (int64_t w : {1, 7, 16, 33, 700})
        for (int64_t n : {0, 1, 9, 40}) {
          auto x = randomFloats(h * w, 1), u = randomFloats(n * w, 2);
          std::vector<int64_t> rows(n);
          // Rows meet, and some do not exist.
          for (int64_t i = 0; i < n; ++i)
            rows[i] = (i * 7 + 3) % (h + 2) - 1;
          std::vector<float> y(h * w, NAN);
          std::vector<double> expected(x.begin(), x.end());
          for (int64_t i = 0; i < n; ++i)
            for (int64_t j = 0; j < w && rows[i] >= 0 && rows[i] < h; ++j) {
              double &old = expected[rows[i] * w + j], fresh = u[i * w + j];
              old = kind == 0   ? fresh
                    : kind == 1 ? old + fresh
                    : kind == 2 ? old * fresh
                    : kind == 3 ? std::max(old, fresh)
                                : std::min(old, fresh);
            }
          oracle.run("scatter", {x.data(), rows.data(), u.data(), y.data()},
                     {h, w, n});
          worst = std::max(worst, largestDifference(y, expected));
        }
  }
  printf("largest difference %.1e\n", worst);
  EXPECT_LE(worst, 1e-6);
}
