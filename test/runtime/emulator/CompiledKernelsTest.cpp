// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels that nvcc compiled, against plain loops in double precision, with
// every access checked: right kernels make no report.
#include "test/runtime/emulator/EmulatedDevice.h"

#include <cmath>
#include <cstdlib>
#include <random>

namespace {
class CompiledKernels : public EmulatedDevice {
protected:
  static void SetUpTestSuite() { setenv("STRAIT_CUDA_CHECK", "1", 1); }

  std::vector<float> draw(size_t count, float low, float high) {
    std::uniform_real_distribution<float> distribution(low, high);
    std::vector<float> values(count);
    for (float &value : values)
      value = distribution(random);
    return values;
  }
  std::mt19937 random{7};
};

TEST_F(CompiledKernels, FunctionsOfLibdevice) {
  ASSERT_NO_FATAL_FAILURE(loadFile(PTX_FOLDER "/Functions.ptx"));
  int n = 1000;
  std::vector<float> x = draw(size_t(n), -3, 3);
  DeviceArray<float> in(x), out(x.size());
  ASSERT_EQ(launch("functions", 4, 1, 256, in.address, out.address, n), 0);
  std::vector<float> y = out.read();
  double most = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    double v = x[i];
    double expected = (i & 1 ? std::exp(v) : std::tanh(v)) + std::sin(v) +
                      std::pow(std::fabs(v), 1.7) + std::erf(v);
    most = std::max(most, std::fabs(expected - double(y[i])));
  }
  EXPECT_LT(most, 5e-6);
}

TEST_F(CompiledKernels, PairsOfHalves) {
  ASSERT_NO_FATAL_FAILURE(loadFile(PTX_FOLDER "/Functions.ptx"));
  int n = 300;
  std::vector<_Float16> x;
  for (float value : draw(size_t(2 * n), -3, 3))
    x.push_back(_Float16(value));
  DeviceArray<_Float16> in(x), out(x.size());
  ASSERT_EQ(launch("pairs", 2, 1, 256, in.address, out.address, n), 0);
  std::vector<_Float16> y = out.read();
  for (size_t i = 0; i < x.size(); ++i) {
    double v = double(x[i]);
    EXPECT_NEAR(double(y[i]), v * v + 2 * v, 0.01) << i;
  }
}

TEST_F(CompiledKernels, SumsOfRowsByShuffles) {
  ASSERT_NO_FATAL_FAILURE(loadFile(PTX_FOLDER "/Functions.ptx"));
  int n = 777, rows = 5;
  std::vector<float> x = draw(size_t(n * rows), -1, 1);
  DeviceArray<float> in(x), out(5);
  ASSERT_EQ(launch("rowSums", 5, 1, 256, in.address, out.address, n), 0);
  std::vector<float> y = out.read();
  for (size_t row = 0; row < size_t(rows); ++row) {
    double expected = 0;
    for (size_t i = 0; i < size_t(n); ++i)
      expected += double(x[row * size_t(n) + i]);
    EXPECT_NEAR(y[row], expected, 1e-5) << row;
  }
}

TEST_F(CompiledKernels, HistogramByAtomics) {
  ASSERT_NO_FATAL_FAILURE(loadFile(PTX_FOLDER "/Functions.ptx"));
  int n = 1000;
  std::vector<uint32_t> x;
  for (int i = 0; i < n; ++i)
    x.push_back(uint32_t(random()));
  std::vector<uint32_t> expected(16);
  for (uint32_t value : x)
    ++expected[value % 16];
  DeviceArray<uint32_t> in(x), counts(std::vector<uint32_t>(16));
  DeviceArray<float> sum(std::vector<float>(1));
  ASSERT_EQ(launch("histogram", 4, 1, 256, in.address, counts.address,
                   sum.address, n),
            0);
  EXPECT_EQ(counts.read(), expected);
  EXPECT_EQ(sum.read()[0], 1000.0f);
}

TEST_F(CompiledKernels, ProductByTensorCores) {
  ASSERT_NO_FATAL_FAILURE(loadFile(PTX_FOLDER "/Product.ptx"));
  int M = 128, N = 192, K = 96;
  auto halves = [&](int count) {
    std::vector<_Float16> values;
    for (float value : draw(size_t(count), -1, 1))
      values.push_back(_Float16(value));
    return values;
  };
  std::vector<_Float16> a = halves(M * K), b = halves(K * N);
  DeviceArray<_Float16> A(a), B(b);
  std::vector<float> unset(size_t(M * N));
  DeviceArray<float> C(unset.size());
  ASSERT_EQ(launch("product", unsigned(N / 64), unsigned(M / 64), 128,
                   A.address, B.address, C.address, K, N),
            0);
  std::vector<float> c = C.read();
  double most = 0;
  for (int i = 0; i < M; ++i)
    for (int j = 0; j < N; ++j) {
      double sum = 0;
      for (int k = 0; k < K; ++k)
        sum += double(a[size_t(i * K + k)]) * double(b[size_t(k * N + j)]);
      most = std::max(most, std::fabs(sum - double(c[size_t(i * N + j)])));
    }
  EXPECT_LT(most, 1e-5);
}
} // namespace
