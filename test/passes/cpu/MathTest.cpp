// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Expanded math functions against the C library, as vectors and as scalars.
#include "test/passes/cpu/KernelOracle.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace strait::test;

namespace {
struct Function {
  const char *op;
  double (*reference)(double);
  float low, high;  // where relative accuracy is asked for
  double tolerance; // relative, f32
};

const Function functions[] = {
    {"exp", std::exp, -110, 90, 3e-7},
    {"log", std::log, 1e-42f, 1e38f, 3e-7},
    {"tanh", std::tanh, -12, 12, 6e-7},
    {"erf", std::erf, -6, 6, 6e-7},
    {"expm1", std::expm1, -20, 80, 6e-7},
    {"log1p", std::log1p, -0.99f, 1e6f, 6e-7},
    {"sin", std::sin, -1e4f, 1e4f, 1e-6},
    {"cos", std::cos, -1e4f, 1e4f, 1e-6},
    {"tan", std::tan, -100, 100, 1e-6},
    {"asin", std::asin, -1, 1, 6e-7},
    {"acos", std::acos, -1, 1, 6e-7},
    {"atan", std::atan, -100, 100, 6e-7},
    {"sinh", std::sinh, -85, 85, 1e-6},
    {"cosh", std::cosh, -85, 85, 1e-6},
    {"asinh", std::asinh, -1e4f, 1e4f, 1e-6},
    {"acosh", std::acosh, 1, 1e4f, 1e-6},
    {"atanh", std::atanh, -0.999f, 0.999f, 1e-6},
};

std::string kernelOf(const std::string &op, const std::string &type) {
  std::string text = R"(
    kernel.func @OP_TYPE inputs 1
        shapes([affine_map<()[s0] -> (s0)>] -> [affine_map<()[s0] -> (s0)>])
        attributes {row_rank = 1 : i64} {
    ^bb0(%x: tensor<?xTYPE>, %n: index):
      %e = tensor.empty(%n) : tensor<?xTYPE>
      %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
          iterator_types = ["parallel"]} ins(%x : tensor<?xTYPE>) outs(%e : tensor<?xTYPE>) {
      ^bb0(%0: TYPE, %1: TYPE):
        %y = math.OP %0 : TYPE
        linalg.yield %y : TYPE
      } -> tensor<?xTYPE>
      kernel.yield %r : tensor<?xTYPE>
    })";
  auto replace = [&](const std::string &what, const std::string &with) {
    for (size_t at; (at = text.find(what)) != std::string::npos;)
      text.replace(at, what.size(), with);
  };
  replace("OP", op);
  replace("TYPE", type);
  return text;
}
} // namespace

TEST(MathTest, F32MatchesTheCLibrary) {
  for (const Function &function : functions) {
    KernelOracle oracle(kernelOf(function.op, "f32"));
    ASSERT_EQ(oracle.error(), "");
    auto x = randomFloats(20001, 1, function.low, function.high);
    // Small numbers of both signs, and those without a value.
    for (int i = 0; i < 5000; ++i)
      x[i] *= std::ldexp(1.0f, -(i % 60));
    if (std::string(function.op) == "log")
      for (int i = 5000; i < 15000; ++i)
        x[i] = std::ldexp(x[i], -(i % 200));
    float special[] = {0.0f, -0.0f, INFINITY, -INFINITY, NAN, 1.0f, -1.0f,
                       1e-45f, -1e-40f, 3e38f, -3e38f, 88.7f, 88.8f, -103.9f,
                       2.0f};
    x.insert(x.end(), std::begin(special), std::end(special));
    std::vector<float> y(x.size());
    oracle.run(std::string(function.op) + "_f32", {x.data(), y.data()},
               {int64_t(x.size())});
    double worst = 0;
    bool circular = std::string("sin cos tan").find(function.op) !=
                    std::string::npos;
    for (size_t i = 0; i < x.size(); ++i) {
      if (circular && std::abs(x[i]) > 1e9 && std::isfinite(x[i]))
        continue;
      double expected = function.reference(x[i]);
      float rounded = float(expected);
      if (std::isnan(expected) ? std::isnan(y[i]) : y[i] == rounded)
        continue;
      // Denormal results have few bits; the last one may differ.
      double scale = std::max(std::abs(expected), 0x1p-126);
      double difference = std::abs(y[i] - expected) / scale;
      if (std::isinf(y[i]) && std::abs(expected) > 3.4028e38)
        continue;
      if (!(difference <= worst)) {
        worst = std::isnan(difference) ? INFINITY : difference;
        if (worst > function.tolerance)
          ADD_FAILURE() << function.op << "(" << x[i] << ") = " << y[i]
                        << ", expected " << expected;
      }
    }
    printf("%-6s f32: largest relative difference %.3g\n", function.op, worst);
  }
}

TEST(MathTest, LooseExpKeepsItsPromise) {
  std::string text = kernelOf("exp", "f32");
  text.replace(text.find("math.exp %0"), 11, "math.exp %0 fastmath<afn>");
  KernelOracle oracle(text);
  ASSERT_EQ(oracle.error(), "");
  auto x = randomFloats(20001, 1, -87.0f, 88.0f);
  for (int i = 0; i < 5000; ++i)
    x[i] *= std::ldexp(1.0f, -(i % 60));
  size_t count = x.size();
  for (float special : {-INFINITY, -200.0f, NAN, INFINITY, 89.0f, 0.0f, -0.0f})
    x.push_back(special);
  std::vector<float> y(x.size());
  oracle.run("exp_f32", {x.data(), y.data()}, {int64_t(x.size())});
  double worst = 0;
  for (size_t i = 0; i < count; ++i) {
    double expected = std::exp(double(x[i]));
    double difference = std::abs(y[i] - expected) / expected;
    worst = std::max(worst, difference);
    EXPECT_LE(difference, (2 + std::abs(x[i]) / 7) * 1e-7) << x[i];
  }
  printf("exp    f32 loose: largest relative difference %.3g\n", worst);
  EXPECT_EQ(y[count], 0);
  EXPECT_EQ(y[count + 1], 0);
  EXPECT_TRUE(std::isnan(y[count + 2]));
  for (size_t i : {count + 3, count + 4}) {
    EXPECT_GT(y[i], 1.7e38f);
    EXPECT_TRUE(std::isfinite(y[i]));
  }
  EXPECT_EQ(y[count + 5], 1);
  EXPECT_EQ(y[count + 6], 1);
}

TEST(MathTest, F64MatchesTheCLibrary) {
  for (const Function &function : functions) {
    std::string name = function.op;
    if (name[0] == 'a' && name.back() != 'h')
      continue; // f32 only
    KernelOracle oracle(kernelOf(name, "f64"));
    ASSERT_EQ(oracle.error(), "");
    auto floats = randomFloats(3001, 1, function.low, function.high);
    std::vector<double> x(floats.begin(), floats.end()), y(x.size());
    oracle.run(name + "_f64", {x.data(), y.data()}, {int64_t(x.size())});
    double worst = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      double expected = function.reference(x[i]);
      double difference = std::abs(y[i] - expected) / std::abs(expected);
      if (y[i] != expected && !(difference <= worst))
        worst = std::isnan(difference) ? INFINITY : difference;
    }
    printf("%-6s f64: largest relative difference %.3g\n", function.op, worst);
    EXPECT_LE(worst, 1e-11) << function.op;
  }
}

static std::string binaryKernel(const std::string &op) {
  std::string text = R"(
    kernel.func @binary inputs 2
        shapes([affine_map<()[s0] -> (s0)>, affine_map<()[s0] -> (s0)>] -> [affine_map<()[s0] -> (s0)>])
        attributes {row_rank = 1 : i64} {
    ^bb0(%x: tensor<?xf32>, %y: tensor<?xf32>, %n: index):
      %e = tensor.empty(%n) : tensor<?xf32>
      %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
          iterator_types = ["parallel"]} ins(%x, %y : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) {
      ^bb0(%0: f32, %1: f32, %2: f32):
        %z = OP %0, %1 : f32
        linalg.yield %z : f32
      } -> tensor<?xf32>
      kernel.yield %r : tensor<?xf32>
    })";
  return text.replace(text.find("OP"), 2, op);
}

/// All pairs of numbers with special roles and of random ones.
TEST(MathTest, PowersAndRemaindersMatchTheCLibrary) {
  std::vector<float> numbers = {0.0f, -0.0f, 1, -1, 2, -2, 0.5f, -0.5f, 3, -3,
                                10, 1e-3f, -1e-3f, 7.5f, -7.5f, 1e10f, 1e-10f,
                                INFINITY, -INFINITY, NAN};
  for (float value : randomFloats(60, 5, -20, 20))
    numbers.push_back(value);
  std::vector<float> x, y;
  for (float a : numbers)
    for (float b : numbers)
      x.push_back(a), y.push_back(b);
  for (bool isPower : {true, false}) {
    KernelOracle oracle(binaryKernel(isPower ? "math.powf" : "arith.remf"));
    ASSERT_EQ(oracle.error(), "");
    std::vector<float> z(x.size());
    oracle.run("binary", {x.data(), y.data(), z.data()}, {int64_t(x.size())});
    double worst = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      if (!isPower && std::abs(x[i] / y[i]) > 1e8)
        continue; // quotients beyond f64's exact integers
      float expected = isPower ? float(std::pow(double(x[i]), double(y[i])))
                               : std::fmod(x[i], y[i]);
      if (std::isnan(expected) ? std::isnan(z[i]) : z[i] == expected)
        continue;
      double scale = std::max<double>(std::abs(expected), 0x1p-126);
      double difference = std::abs(z[i] - double(expected)) / scale;
      worst = std::max(worst, std::isnan(difference) ? INFINITY : difference);
      EXPECT_LE(difference, 3e-7) << (isPower ? "pow " : "fmod ") << x[i] << " "
                                  << y[i] << " gave " << z[i] << ", expected "
                                  << expected;
    }
    printf("%s: largest relative difference %.3g\n", isPower ? "pow" : "fmod",
           worst);
  }
}
