// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.conv2d against loops in double precision, over ragged shapes.
#include "test/passes/cpu/ContractionText.h"
#include "test/passes/cpu/KernelOracle.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace strait::test;

namespace {
struct Conv {
  int64_t images, height, width, channels, outputs, kernelH, kernelW;
  int64_t stride = 1, dilation = 1;
  int64_t top = 0, left = 0, bottom = 0, right = 0;
  int64_t groups = 1;
  std::string epilogue = "";
  bool dynamic = false;
  bool depthwise = false; // groups channels, one of each per group

  int64_t outHeight() const {
    return (height + top + bottom - (kernelH - 1) * dilation - 1) / stride + 1;
  }
  int64_t outWidth() const {
    return (width + left + right - (kernelW - 1) * dilation - 1) / stride + 1;
  }
  std::string attributes() const {
    auto list = [](std::vector<int64_t> values) {
      std::string text = "[";
      for (size_t i = 0; i < values.size(); ++i)
        text += (i ? ", " : "") + std::to_string(values[i]);
      return text + "]";
    };
    return " strides " + list({stride, stride}) + " pads " +
           list({top, left, bottom, right}) + " dilations " +
           list({dilation, dilation}) +
           (depthwise ? "" : " groups " + std::to_string(groups));
  }
};

struct Conv2DTest : testing::Test {
  static void TearDownTestSuite() {
    printf("largest difference: %.3g\n", worst);
  }
  static inline double worst = 0;

  static void check(const Conv &c) {
    int64_t allC = c.groups * c.channels, allO = c.groups * c.outputs;
    int64_t panels = (c.outputs + 15) / 16;
    int64_t oh = c.outHeight(), ow = c.outWidth();
    KernelText text;
    text.input({{c.images, c.dynamic},
                {c.height, c.dynamic},
                {c.width, c.dynamic},
                {allC}});
    if (c.depthwise)
      text.input({{c.kernelH}, {c.kernelW}, {c.groups}});
    else
      text.input({{c.groups}, {panels}, {c.kernelH}, {c.kernelW}, {c.channels},
                  {16}});
    Shape result{{c.images, c.dynamic}, {oh, c.dynamic}, {ow, c.dynamic},
                 {allO}};
    std::string code =
        text.finish((c.depthwise ? "kernel.depthwise_conv2d %0, %1"
                                 : "kernel.conv2d %0, %1") +
                        c.attributes(),
                    result, c.epilogue);
    KernelOracle &oracle = KernelOracle::get(code);
    ASSERT_EQ(oracle.error(), "") << code;

    auto x = randomFloats(c.images * c.height * c.width * allC, 1);
    auto w = randomFloats(allO * c.kernelH * c.kernelW * c.channels, 2);
    auto e = randomFloats(c.epilogue == "bias" ? allO
                                               : c.images * oh * ow * allO, 3);
    std::vector<float> packed(c.groups * panels * c.kernelH * c.kernelW *
                              c.channels * 16);
    auto weight = [&](int64_t g, int64_t o, int64_t kh, int64_t kw,
                      int64_t ch) {
      return w[(((g * c.outputs + o) * c.kernelH + kh) * c.kernelW + kw) *
                   c.channels + ch];
    };
    for (int64_t g = 0; g < c.groups; ++g)
      for (int64_t o = 0; o < c.outputs; ++o)
        for (int64_t kh = 0; kh < c.kernelH; ++kh)
          for (int64_t kw = 0; kw < c.kernelW; ++kw)
            for (int64_t ch = 0; ch < c.channels; ++ch)
              packed[c.depthwise
                         ? (kh * c.kernelW + kw) * c.groups + g
                         : ((((g * panels + o / 16) * c.kernelH + kh) * c.kernelW +
                       kw) * c.channels + ch) * 16 + o % 16] =
                  weight(g, o, kh, kw, ch);
    std::vector<float> got(c.images * oh * ow * allO, NAN);
    std::vector<double> expected(got.size());
    for (int64_t n = 0; n < c.images; ++n)
      for (int64_t y = 0; y < oh; ++y)
        for (int64_t z = 0; z < ow; ++z)
          for (int64_t g = 0; g < c.groups; ++g)
            for (int64_t o = 0; o < c.outputs; ++o) {
              double sum = 0;
              for (int64_t kh = 0; kh < c.kernelH; ++kh)
                for (int64_t kw = 0; kw < c.kernelW; ++kw) {
                  int64_t ih = y * c.stride + kh * c.dilation - c.top;
                  int64_t iw = z * c.stride + kw * c.dilation - c.left;
                  if (ih < 0 || ih >= c.height || iw < 0 || iw >= c.width)
                    continue;
                  for (int64_t ch = 0; ch < c.channels; ++ch)
                    sum += double(x[((n * c.height + ih) * c.width + iw) * allC +
                                    g * c.channels + ch]) *
                           weight(g, o, kh, kw, ch);
                }
              int64_t column = g * c.outputs + o;
              int64_t at = ((n * oh + y) * ow + z) * allO + column;
              expected[at] =
                  applyEpilogue(c.epilogue, sum,
                                c.epilogue == "bias" ? e[column] : e[at]);
            }
    std::vector<void *> buffers{x.data(), packed.data()};
    if (c.epilogue == "bias" || c.epilogue == "residual")
      buffers.push_back(e.data());
    buffers.push_back(got.data());
    oracle.run("k", buffers, text.sizes());
    double difference = largestDifference(got, expected);
    worst = std::max(worst, difference);
    EXPECT_LE(difference, 3e-5) << code;
  }
};
} // namespace

TEST_F(Conv2DTest, Plain) {
  check({1, 7, 9, 5, 16, 3, 3});
  check({2, 8, 8, 16, 24, 3, 3, 1, 1, 1, 1, 1, 1, 1, "bias"});
  check({1, 14, 14, 8, 20, 1, 1, 1, 1, 0, 0, 0, 0, 1, "residual"});
  check({1, 5, 5, 3, 7, 5, 3, 1, 1, 2, 1, 2, 1});
  check({1, 1, 1, 40, 33, 1, 1});
}

TEST_F(Conv2DTest, ManyTasks) {
  check({1, 56, 56, 16, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1, "bias"});
  check({1, 7, 7, 64, 160, 3, 3, 1, 1, 1, 1, 1, 1, 1, "gelu"});
}

TEST_F(Conv2DTest, StridesDilationsPads) {
  check({1, 31, 29, 3, 16, 3, 3, 2, 1, 1, 1, 1, 1, 1, "bias"});
  check({1, 32, 32, 3, 16, 7, 7, 2, 1, 3, 3, 3, 3});
  check({1, 16, 17, 4, 12, 3, 3, 1, 2, 2, 2, 2, 2});
  check({1, 16, 17, 4, 12, 3, 2, 3, 2, 0, 1, 2, 3});
  check({1, 3, 3, 4, 12, 4, 4, 4, 1, 0, 0, 1, 1});
}

TEST_F(Conv2DTest, WideDilations) {
  // Rows of the window far apart, some of them in the padding.
  check({1, 20, 20, 8, 16, 3, 3, 1, 12, 12, 12, 12, 12, 1, "bias"});
  check({1, 20, 20, 5, 17, 3, 3, 1, 24, 24, 24, 24, 24});
  check({2, 31, 13, 4, 12, 3, 5, 2, 9, 9, 18, 9, 18, 1, "gelu"});
  check({1, 40, 9, 6, 16, 3, 1, 1, 11, 11, 0, 11, 0, 2});
  for (auto [h, w] : {std::pair{13, 10}, {21, 33}})
    check({2, h, w, 8, 20, 3, 3, 1, 7, 7, 7, 7, 7, 1, "bias", true});
}

TEST_F(Conv2DTest, Groups) {
  check({1, 9, 9, 4, 4, 3, 3, 1, 1, 1, 1, 1, 1, 8, "bias"});
  check({2, 9, 9, 3, 17, 3, 3, 2, 2, 1, 1, 1, 1, 2});
}

TEST_F(Conv2DTest, DynamicSizes) {
  // Distinct extents, so that each is a size of its own.
  for (auto [h, w] : {std::pair{13, 10}, {47, 33}, {6, 5}, {23, 70}}) {
    check({2, h, w, 8, 20, 3, 3, 2, 1, 1, 1, 1, 1, 1, "bias", true});
    check({2, h, w, 8, 20, 3, 1, 1, 1, 0, 0, 0, 0, 1, "residual", true});
  }
}

static Conv depthwise(int64_t images, int64_t height, int64_t width,
                      int64_t channels, int64_t kernel, int64_t stride,
                      int64_t pad, std::string epilogue, bool dynamic = false) {
  Conv conv{images, height, width, 1, 1, kernel, kernel, stride};
  conv.top = conv.left = conv.bottom = conv.right = pad;
  conv.groups = channels;
  conv.epilogue = epilogue;
  conv.dynamic = dynamic;
  conv.depthwise = true;
  return conv;
}

TEST_F(Conv2DTest, Depthwise) {
  check(depthwise(1, 9, 9, 16, 3, 1, 1, ""));
  check(depthwise(2, 14, 15, 24, 3, 1, 1, "bias"));
  check(depthwise(1, 17, 9, 36, 5, 2, 2, "residual"));
  check(depthwise(1, 7, 7, 67, 7, 1, 3, "gelu"));
  check(depthwise(1, 6, 5, 3, 3, 1, 0, ""));
  check(depthwise(1, 56, 56, 32, 3, 2, 1, "bias"));
  Conv dilated = depthwise(1, 12, 13, 20, 3, 1, 2, "bias");
  dilated.dilation = 2;
  check(dilated);
  for (auto [h, w] : {std::pair{13, 10}, {6, 5}, {47, 33}})
    check(depthwise(2, h, w, 40, 3, 2, 1, "bias", true));
}

TEST_F(Conv2DTest, DepthwiseEdges) {
  // More tiles at the edges than inside, and none inside at all.
  check(depthwise(1, 5, 40, 24, 31, 1, 15, "bias"));
  check(depthwise(1, 20, 20, 72, 5, 1, 2, "residual"));
  Conv wide = depthwise(1, 20, 20, 16, 3, 1, 12, "bias");
  wide.dilation = 12;
  check(wide);
  Conv uneven = depthwise(1, 11, 23, 19, 4, 3, 0, "gelu");
  uneven.left = 3;
  uneven.bottom = 2;
  check(uneven);
  // Channels in several blocks, the last one with a masked rest.
  check(depthwise(1, 9, 112, 61, 3, 1, 1, "bias"));
  check(depthwise(1, 10, 56, 200, 5, 2, 2, "gelu"));
  // Rows of unknown extent, shorter than a tile or not.
  for (auto [h, w] : {std::pair{4, 3}, {9, 8}, {7, 23}, {30, 64}}) {
    check(depthwise(2, h, w, 21, 3, 1, 1, "gelu", true));
    check(depthwise(1, h, w, 32, 5, 1, 2, "residual", true));
    check(depthwise(1, h, w, 48, 3, 2, 1, "", true));
  }
}
