// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.matmul against loops in double precision, over ragged sizes.
#include "test/passes/cpu/ContractionText.h"
#include "test/passes/cpu/KernelOracle.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace strait::test;

namespace {
struct Product {
  int64_t batch, m, n, k;
  std::string panels = "packed";
  std::string epilogue = "";
  bool dynamicRows = false, dynamicAll = false;
  bool sharedRhs = false;

  std::string name() const {
    return std::to_string(batch) + "x" + std::to_string(m) + "x" +
           std::to_string(n) + "x" + std::to_string(k) + " " + panels + " " +
           epilogue + (dynamicRows ? " rows?" : "") + (dynamicAll ? " all?" : "") +
           (sharedRhs ? " shared" : "");
  }
};

struct MatmulTest : testing::Test {
  static void TearDownTestSuite() {
    printf("largest difference: %.3g\n", worst);
  }
  static inline double worst = 0;

  static void check(const Product &p) {
    Extent batch{p.batch, p.dynamicAll}, m{p.m, p.dynamicRows || p.dynamicAll},
        n{p.n, p.dynamicAll}, k{p.k, p.dynamicAll};
    Extent rhsBatch = p.sharedRhs ? Extent{1} : batch;
    int64_t panels = (p.n + 15) / 16;
    KernelText text;
    text.input({batch, m, k});
    if (p.panels == "packed")
      text.input({rhsBatch, {panels}, k, {16}});
    else if (p.panels == "row_major")
      text.input({rhsBatch, k, n});
    else
      text.input({rhsBatch, n, k});
    std::string root = "kernel.matmul %0, %1 <" + p.panels + ">";
    KernelOracle &oracle =
        KernelOracle::get(text.finish(root, {batch, m, n}, p.epilogue));
    ASSERT_EQ(oracle.error(), "") << p.name();

    auto a = randomFloats(p.batch * p.m * p.k, 1);
    auto b = randomFloats(rhsBatch.value * p.k * p.n, 2);
    auto e = randomFloats(p.epilogue == "bias" ? p.n : p.batch * p.m * p.n, 3);
    std::vector<float> got(p.batch * p.m * p.n, NAN);
    std::vector<double> expected(got.size());
    std::vector<float> rhs;
    if (p.panels == "row_major") {
      rhs = b;
    } else if (p.panels == "transposed") {
      rhs.resize(b.size());
      for (int64_t s = 0; s < rhsBatch.value; ++s)
        for (int64_t i = 0; i < p.k; ++i)
          for (int64_t j = 0; j < p.n; ++j)
            rhs[(s * p.n + j) * p.k + i] = b[(s * p.k + i) * p.n + j];
    } else {
      rhs.resize(rhsBatch.value * panels * p.k * 16);
      for (int64_t s = 0; s < rhsBatch.value; ++s)
        for (int64_t i = 0; i < p.k; ++i)
          for (int64_t j = 0; j < p.n; ++j)
            rhs[((s * panels + j / 16) * p.k + i) * 16 + j % 16] =
                b[(s * p.k + i) * p.n + j];
    }
    for (int64_t s = 0; s < p.batch; ++s)
      for (int64_t i = 0; i < p.m; ++i)
        for (int64_t j = 0; j < p.n; ++j) {
          double sum = 0;
          for (int64_t l = 0; l < p.k; ++l)
            sum += double(a[(s * p.m + i) * p.k + l]) *
                   b[((p.sharedRhs ? 0 : s) * p.k + l) * p.n + j];
          int64_t at = (s * p.m + i) * p.n + j;
          expected[at] = applyEpilogue(
              p.epilogue, sum, p.epilogue == "bias" ? e[j] : e[at]);
        }
    std::vector<void *> buffers{a.data(), rhs.data()};
    if (p.epilogue == "bias" || p.epilogue == "residual")
      buffers.push_back(e.data());
    buffers.push_back(got.data());
    oracle.run("k", buffers, text.sizes());
    double difference = largestDifference(got, expected);
    worst = std::max(worst, difference);
    EXPECT_LE(difference, 3e-5) << p.name();
  }
};
} // namespace

TEST_F(MatmulTest, PackedRowsAndColumns) {
  for (int64_t m : {1, 2, 3, 4, 5, 6, 7, 8, 13, 31, 100})
    check({1, m, 48, 33});
  for (int64_t n : {1, 7, 8, 9, 16, 17, 24, 100, 130})
    check({1, 9, n, 40});
  for (int64_t n : {1, 8, 15, 100, 130, 1000})
    check({1, 1, n, 40});
  for (int64_t k : {0, 1, 2, 5, 12, 13, 64})
    check({1, 14, 20, k});
}

TEST_F(MatmulTest, ManyTasks) {
  check({1, 700, 72, 65});
  check({3, 130, 200, 513, "packed", "bias"});
  check({5, 17, 40, 9, "packed", "", false, false, true});
}

TEST_F(MatmulTest, Epilogues) {
  for (const char *epilogue : {"bias", "residual", "gelu"}) {
    check({1, 20, 44, 17, "packed", epilogue});
    check({2, 13, 32, 17, "packed", epilogue, true});
  }
}

TEST_F(MatmulTest, DynamicRows) {
  for (int64_t m : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 14, 19, 20, 137})
    check({2, m, 50, 30, "packed", "bias", true});
  // Few rows have groups of their own.
  for (int64_t m : {1, 2, 3})
    for (int64_t n : {16, 90, 96, 100, 200, 400})
      check({1, m, n, 30, "packed", "", true});
}

TEST_F(MatmulTest, WeightsFetchedAhead) {
  check({1, 130, 300, 700});
  check({1, 130, 300, 700, "packed", "", true});
}

TEST_F(MatmulTest, ActivationsOnTheRight) {
  for (const char *panels : {"row_major", "transposed"}) {
    check({2, 12, 32, 16, panels});
    check({2, 19, 37, 21, panels});
    check({3, 7, 5, 3, panels, "residual"});
    check({1, 1, 100, 50, panels});
    for (int64_t n : {1, 13, 16, 45})
      check({4, 18, n, 11, panels, "", false, true});
    check({4, 18, 29, 11, panels, "", false, true, true});
  }
}
