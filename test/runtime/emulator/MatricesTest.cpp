// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mma.sync and ldmatrix against dense products. Where an element lies is said
// here as the tables of the PTX ISA say it, element by element.
#include "test/runtime/emulator/EmulatedDevice.h"

#include <cmath>
#include <cstdlib>
#include <functional>
#include <random>

namespace {
struct Kind {
  const char *name;
  int bits;
  /// A value for which sums are exact, and its code.
  std::function<uint32_t(int)> encode;
};

uint32_t halfBits(float value) {
  _Float16 half = _Float16(value);
  uint16_t word;
  memcpy(&word, &half, sizeof word);
  return word;
}
uint32_t floatBits(float value) {
  uint32_t word;
  memcpy(&word, &value, sizeof word);
  return word;
}
/// Whole numbers from -4 to 4 in e4m3 and e5m2.
uint32_t byteBits(int value, int mantissa, int bias) {
  if (value == 0)
    return 0;
  int size = std::abs(value), exponent = size >= 4 ? 2 : size >= 2 ? 1 : 0;
  int fraction = (size << mantissa >> exponent) - (1 << mantissa);
  return uint32_t((value < 0) << 7 | (exponent + bias) << mantissa | fraction);
}

const Kind f16 = {"f16", 16, [](int v) { return halfBits(float(v)); }};
const Kind bf16 = {"bf16", 16,
                   [](int v) { return floatBits(float(v)) >> 16; }};
const Kind tf32 = {"tf32", 32, [](int v) { return floatBits(float(v)); }};
const Kind s8 = {"s8", 8, [](int v) { return uint32_t(v) & 0xff; }};
const Kind e4m3 = {"e4m3", 8, [](int v) { return byteBits(v, 3, 7); }};
const Kind e5m2 = {"e5m2", 8, [](int v) { return byteBits(v, 2, 15); }};

struct Product {
  int depth;
  const Kind &a, &b;
  const char *sum; // "f32", "f16", "s32"
};

/// Row and column of element i of a lane's part of A.
void placeInA(const Product &p, int lane, int i, int &row, int &column) {
  int group = lane >> 2, inGroup = lane % 4;
  if (p.a.bits == 16) {
    row = i < 2 || (i >= 4 && i < 6) ? group : group + 8;
    column = inGroup * 2 + (i & 1) + (i >= 4 ? 8 : 0);
  } else if (p.a.bits == 8) {
    row = i < 4 || (i >= 8 && i < 12) ? group : group + 8;
    column = inGroup * 4 + (i & 3) + (i >= 8 ? 16 : 0);
  } else {
    row = i == 0 || i == 2 ? group : group + 8;
    column = i < 2 ? inGroup : inGroup + 4;
  }
}

void placeInB(const Product &p, int lane, int i, int &row, int &column) {
  int inGroup = lane % 4;
  column = lane >> 2;
  if (p.a.bits == 16)
    row = inGroup * 2 + (i & 1) + (i >= 2 ? 8 : 0);
  else if (p.a.bits == 8)
    row = inGroup * 4 + (i & 3) + (i >= 4 ? 16 : 0);
  else
    row = i == 0 ? inGroup : inGroup + 4;
}

void placeInC(int lane, int i, int &row, int &column) {
  row = i < 2 ? lane >> 2 : (lane >> 2) + 8;
  column = lane % 4 * 2 + (i & 1);
}

class Matrices : public EmulatedDevice {
protected:
  static void SetUpTestSuite() { setenv("STRAIT_CUDA_CHECK", "1", 1); }

  /// "{%r4, %r5}" and loads or stores of these registers.
  static std::string registers(int first, int count) {
    std::string text = "{";
    for (int i = 0; i < count; ++i)
      text += (i ? ", %r" : "%r") + std::to_string(first + i);
    return text + "}";
  }
  /// Each lane has `inputs` words from %r4 on, and gives `outputs` from there.
  std::vector<uint32_t> run(const std::string &code, int inputs, int outputs,
                            const std::vector<uint32_t> &words) {
    auto each = [](const char *base, int count) {
      return "mul.wide.u32 %d3, %r0, " + std::to_string(4 * count - 4) +
             ";\nadd.s64 %d3, %d3, " + base + ";\n";
    };
    std::string body = each("%d0", inputs);
    for (int i = 0; i < inputs; ++i)
      body += "ld.global.u32 %r" + std::to_string(4 + i) + ", [%d3+" +
              std::to_string(4 * i) + "];\n";
    body += code + each("%d1", outputs);
    for (int i = 0; i < outputs; ++i)
      body += "st.global.u32 [%d3+" + std::to_string(4 * i) + "], %r" +
              std::to_string(4 + i) + ";\n";
    EXPECT_EQ(load(kernel(body, ".shared .align 16 .b8 s[512];")), 0) << log;
    DeviceArray<uint32_t> in(words), out(size_t(32 * outputs));
    EXPECT_EQ(launch("k", 1, 1, 32, in.address, out.address), 0);
    return out.read();
  }
  void check(const Product &product);
  std::mt19937 random{3};
};

void Matrices::check(const Product &p) {
  int perWord = 32 / p.a.bits, K = p.depth;
  int nA = 16 * K / 32 / perWord, nB = nA / 2;
  bool isHalf = std::string(p.sum) == "f16", isInteger = p.sum[0] == 's';
  int nC = isHalf ? 2 : 4, inputs = nA + nB + nC;
  std::vector<int> A(size_t(16 * K)), B(size_t(8 * K)), C(128);
  for (auto *matrix : {&A, &B, &C})
    for (int &value : *matrix)
      value = int(random() % 9) - 4;
  std::vector<uint32_t> words(size_t(32 * inputs));
  int row = 0, column = 0;
  for (int lane = 0; lane < 32; ++lane) {
    uint32_t *own = words.data() + lane * inputs;
    for (int i = 0; i < nA * perWord; ++i) {
      placeInA(p, lane, i, row, column);
      own[i / perWord] |= p.a.encode(A[size_t(row * K + column)])
                          << i % perWord * p.a.bits;
    }
    for (int i = 0; i < nB * perWord; ++i) {
      placeInB(p, lane, i, row, column);
      own[nA + i / perWord] |= p.b.encode(B[size_t(row * 8 + column)])
                               << i % perWord * p.a.bits;
    }
    for (int i = 0; i < 4; ++i) {
      placeInC(lane, i, row, column);
      int value = C[size_t(row * 8 + column)];
      if (isHalf)
        own[nA + nB + i / 2] |= halfBits(float(value)) << i % 2 * 16;
      else
        own[nA + nB + i] =
            isInteger ? uint32_t(value) : floatBits(float(value));
    }
  }
  std::string name = "mma.sync.aligned.m16n8k" + std::to_string(K) +
                     ".row.col." + p.sum + "." + p.a.name + "." + p.b.name +
                     "." + p.sum;
  std::vector<uint32_t> results =
      run(name + " " + registers(4, nC) + ", " + registers(4, nA) + ", " +
              registers(4 + nA, nB) + ", " + registers(4 + nA + nB, nC) + ";\n",
          inputs, nC, words);
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < 4; ++i) {
      placeInC(lane, i, row, column);
      int sum = C[size_t(row * 8 + column)];
      for (int k = 0; k < K; ++k)
        sum += A[size_t(row * K + k)] * B[size_t(k * 8 + column)];
      const uint32_t *own = results.data() + lane * nC;
      uint32_t found = isHalf ? own[i / 2] >> i % 2 * 16 & 0xffff : own[i];
      EXPECT_EQ(found, isHalf      ? halfBits(float(sum))
                       : isInteger ? uint32_t(sum)
                                   : floatBits(float(sum)))
          << name << " lane " << lane << " element " << i;
    }
}

TEST_F(Matrices, Products) {
  for (const Product &product :
       {Product{16, f16, f16, "f32"}, Product{8, f16, f16, "f32"},
        Product{16, f16, f16, "f16"}, Product{16, bf16, bf16, "f32"},
        Product{8, bf16, bf16, "f32"}, Product{8, tf32, tf32, "f32"},
        Product{4, tf32, tf32, "f32"}, Product{32, s8, s8, "s32"},
        Product{16, s8, s8, "s32"}, Product{32, e4m3, e4m3, "f32"},
        Product{32, e5m2, e4m3, "f32"}})
    check(product);
}

/// Word w of shared memory is w; matrix m begins at byte 128 m, a row at 16 r.
TEST_F(Matrices, Loads) {
  const std::string fill = "shl.b32 %r1, %r0, 4;\nmov.u32 %r2, s;\n"
                           "add.s32 %r1, %r1, %r2;\n"
                           "st.shared.v4.u32 [%r1], {%r4, %r5, %r6, %r7};\n"
                           "bar.sync 0;\n";
  std::vector<uint32_t> words;
  for (uint32_t i = 0; i < 128; ++i)
    words.push_back(2 * i | (2 * i + 1) << 16); // 16-bit element i is i
  for (bool isTransposed : {false, true})
    for (int count : {1, 2, 4}) {
      std::vector<uint32_t> results =
          run(fill + "ldmatrix.sync.aligned.m8n8.x" + std::to_string(count) +
                  (isTransposed ? ".trans" : "") + ".shared.b16 " +
                  registers(4, count) + ", [%r1];\n",
              4, count, words);
      for (uint32_t lane = 0; lane < 32; ++lane)
        for (uint32_t m = 0; m < uint32_t(count); ++m)
          for (uint32_t i = 0; i < 2; ++i) {
            uint32_t row = lane / 4, column = lane % 4 * 2 + i;
            if (isTransposed)
              std::swap(row, column);
            EXPECT_EQ(results[lane * uint32_t(count) + m] >> 16 * i & 0xffff,
                      64 * m + 8 * row + column)
                << "lane " << lane << " matrix " << m;
          }
    }
}
} // namespace
