// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Fragments as the PTX ISA lays them out ("Matrix multiply-accumulate operation
// using mma instruction"). With g = lane / 4, t = lane % 4, and e elements in a
// register, element j of register r of a lane is
//   A: row g + 8 (r % 2), column 4 e (r / 2) + e t + j
//   B: row 4 e r + e t + j, column g
//   C: row g + 8 (r / 2), column 2 t + r % 2; of f16: row g + 8 r, column 2 t + j
// Sums are of f32, in order of k; a GPU's order and rounding are its own.
#include "runtime/emulator/Matrices.h"

#include "runtime/emulator/Counters.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace strait::emulator;

uint32_t strait::emulator::encode(const MatrixForm &form) {
  return form.count | uint32_t(form.isTransposed) << 8;
}

static MatrixForm matrixForm(uint32_t code) {
  return {uint8_t(code), code >> 8 != 0};
}

uint32_t strait::emulator::encode(const ProductForm &form) {
  return form.depth | uint32_t(form.a) << 8 | uint32_t(form.b) << 12 |
         uint32_t(form.isHalf) << 16 | uint32_t(form.isSaturated) << 17;
}

static ProductForm productForm(uint32_t code) {
  return {uint8_t(code), ProductForm::Element(code >> 8 & 15),
          ProductForm::Element(code >> 12 & 15), (code >> 16 & 1) != 0,
          (code >> 17 & 1) != 0};
}

static float ofBits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static uint32_t bitsOf(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static float ofHalf(uint16_t bits) {
  _Float16 value;
  memcpy(&value, &bits, sizeof value);
  return float(value);
}

static uint16_t toHalf(float value) {
  _Float16 half = _Float16(value);
  uint16_t bits;
  memcpy(&bits, &half, sizeof bits);
  return bits;
}

/// A float of 8 bits with `mantissa` of them behind the point. e4m3 has no
/// infinity and one NaN.
static float ofByte(uint8_t bits, int mantissa) {
  int exponentBits = 7 - mantissa, bias = (1 << (exponentBits - 1)) - 1;
  int exponent = bits >> mantissa & ((1 << exponentBits) - 1);
  int fraction = bits & ((1 << mantissa) - 1);
  float sign = bits & 0x80 ? -1.0f : 1.0f;
  bool isLast = exponent == (1 << exponentBits) - 1;
  if (mantissa == 3 ? isLast && fraction == 7 : isLast && fraction)
    return std::numeric_limits<float>::quiet_NaN();
  if (mantissa == 2 && isLast)
    return sign * std::numeric_limits<float>::infinity();
  if (exponent == 0)
    return sign * std::ldexp(float(fraction), 1 - bias - mantissa);
  return sign *
         std::ldexp(float(fraction + (1 << mantissa)), exponent - bias - mantissa);
}

/// The elements of a register, as floats.
template <ProductForm::Element element>
static void unpack(uint32_t bits, float *values) {
  if constexpr (element == ProductForm::F16) {
    values[0] = ofHalf(uint16_t(bits));
    values[1] = ofHalf(uint16_t(bits >> 16));
  } else if constexpr (element == ProductForm::Bf16) {
    values[0] = ofBits(bits << 16);
    values[1] = ofBits(bits & 0xffff0000u);
  } else if constexpr (element == ProductForm::Tf32) {
    values[0] = ofBits(bits & 0xffffe000u); // the lower bits are not looked at
  } else {
    for (int j = 0; j < 4; ++j) {
      uint8_t byte = uint8_t(bits >> 8 * j);
      values[j] = element == ProductForm::S8     ? float(int8_t(byte))
                  : element == ProductForm::U8   ? float(byte)
                  : element == ProductForm::E4m3 ? ofByte(byte, 3)
                                                 : ofByte(byte, 2);
    }
  }
}

/// The sums of one product: D = A B + C, in Sum.
template <typename Sum>
static void multiply(const float (*a)[64], const float (*b)[8], unsigned depth,
                     Sum (*c)[8]) {
  for (unsigned i = 0; i < 16; ++i) {
    Sum row[8];
    memcpy(row, c[i], sizeof row);
    for (unsigned k = 0; k < depth; ++k)
      for (unsigned j = 0; j < 8; ++j)
        row[j] += Sum(a[i][k]) * Sum(b[k][j]);
    memcpy(c[i], row, sizeof row);
  }
}

using A = float (&)[16][64];
using B = float (&)[64][8];

template <ProductForm::Element element>
static void gatherA(const Thread *lanes, const ProductForm &form, A a) {
  unsigned e = form.elementsPerRegister();
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    const uint32_t *words = lanes[lane].request.words;
    unsigned g = lane / 4, t = lane % 4;
    for (unsigned r = 0; r < form.registersOfA(); ++r)
      unpack<element>(words[r], &a[g + 8 * (r % 2)][4 * e * (r / 2) + e * t]);
  }
}

template <ProductForm::Element element>
static void gatherB(const Thread *lanes, const ProductForm &form, B b) {
  unsigned e = form.elementsPerRegister();
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    const uint32_t *words = lanes[lane].request.words + form.registersOfA();
    unsigned g = lane / 4, t = lane % 4;
    for (unsigned r = 0; r < form.registersOfB(); ++r) {
      float values[4];
      unpack<element>(words[r], values);
      for (unsigned j = 0; j < e; ++j)
        b[4 * e * r + e * t + j][g] = values[j];
    }
  }
}

static void gatherOperands(const Thread *lanes, const ProductForm &form, A a,
                           B b) {
  using P = ProductForm;
  static constexpr void (*gathersA[])(const Thread *, const P &, A) = {
      gatherA<P::F16>, gatherA<P::Bf16>, gatherA<P::Tf32>, gatherA<P::S8>,
      gatherA<P::U8>,  gatherA<P::E4m3>, gatherA<P::E5m2>};
  static constexpr void (*gathersB[])(const Thread *, const P &, B) = {
      gatherB<P::F16>, gatherB<P::Bf16>, gatherB<P::Tf32>, gatherB<P::S8>,
      gatherB<P::U8>,  gatherB<P::E4m3>, gatherB<P::E5m2>};
  gathersA[form.a](lanes, form, a);
  gathersB[form.b](lanes, form, b);
}

static void multiplyFloats(Thread *lanes, const ProductForm &form) {
  float a[16][64], b[64][8], c[16][8];
  gatherOperands(lanes, form, a, b);
  unsigned first = form.registersOfA() + form.registersOfB();
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    const uint32_t *words = lanes[lane].request.words + first;
    unsigned g = lane / 4, t = lane % 4;
    for (unsigned i = 0; i < 4; ++i)
      c[g + 8 * (i / 2)][2 * t + i % 2] =
          form.isHalf ? ofHalf(uint16_t(words[i / 2] >> 16 * (i % 2)))
                      : ofBits(words[i]);
  }
  multiply(a, b, form.depth, c);
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    uint32_t *words = lanes[lane].request.words;
    unsigned g = lane / 4, t = lane % 4;
    for (unsigned r = 0; r < 4; r += 2) {
      const float *pair = &c[g + 4 * r][2 * t];
      if (form.isHalf) {
        words[r / 2] = toHalf(pair[0]) | uint32_t(toHalf(pair[1])) << 16;
      } else {
        words[r] = bitsOf(pair[0]);
        words[r + 1] = bitsOf(pair[1]);
      }
    }
  }
}

static void multiplyIntegers(Thread *lanes, const ProductForm &form) {
  float a[16][64], b[64][8];
  int64_t c[16][8];
  gatherOperands(lanes, form, a, b);
  unsigned first = form.registersOfA() + form.registersOfB();
  for (unsigned lane = 0; lane < warpSize; ++lane)
    for (unsigned i = 0; i < 4; ++i)
      c[lane / 4 + 8 * (i / 2)][2 * (lane % 4) + i % 2] =
          int32_t(lanes[lane].request.words[first + i]);
  multiply(a, b, form.depth, c);
  for (unsigned lane = 0; lane < warpSize; ++lane)
    for (unsigned i = 0; i < 4; ++i) {
      int64_t sum = c[lane / 4 + 8 * (i / 2)][2 * (lane % 4) + i % 2];
      if (form.isSaturated)
        sum = std::max<int64_t>(std::min<int64_t>(sum, INT32_MAX), INT32_MIN);
      lanes[lane].request.words[i] = uint32_t(sum);
    }
}

/// Lanes 8 m to 8 m + 7 give the rows of matrix m.
static std::string moveMatrices(Thread *lanes, bool isLoad) {
  MatrixForm form = matrixForm(lanes[0].request.value);
  uint32_t places[warpSize];
  for (unsigned lane = 0; lane < 8u * form.count; ++lane) {
    places[lane] = lanes[lane].request.words[0];
    if (places[lane] % 16)
      return "a row of ldmatrix or stmatrix begins at no multiple of 16 bytes";
    if (lanes[lane].block->launched().watched)
      lanes[lane].block->watch(lanes[lane], places[lane], 16,
                               isLoad ? readsMemory : writesMemory,
                               lanes[lane].line);
    if (countsAccesses())
      countAccess(lanes[lane], places[lane], 16, !isLoad, lanes[lane].line);
  }
  for (unsigned m = 0; m < form.count; ++m) {
    uint16_t rows[8][8];
    if (isLoad)
      for (unsigned i = 0; i < 8; ++i)
        memcpy(rows[i], reinterpret_cast<void *>(uint64_t(places[8 * m + i])),
               sizeof rows[i]);
    for (unsigned lane = 0; lane < warpSize; ++lane) {
      uint32_t *words = lanes[lane].request.words;
      for (unsigned j = 0; j < 2; ++j) {
        unsigned row = lane / 4, column = lane % 4 * 2 + j;
        uint16_t &place =
            form.isTransposed ? rows[column][row] : rows[row][column];
        if (!isLoad)
          place = uint16_t(words[1 + m] >> 16 * j);
        else if (j == 0)
          words[m] = place;
        else
          words[m] |= uint32_t(place) << 16;
      }
    }
    if (!isLoad)
      for (unsigned i = 0; i < 8; ++i)
        memcpy(reinterpret_cast<void *>(uint64_t(places[8 * m + i])), rows[i],
               sizeof rows[i]);
  }
  return "";
}

std::string strait::emulator::answerMatrices(Thread *lanes, uint32_t mask) {
  if (mask != ~0u)
    return "an operation on matrices needs all 32 lanes";
  const WarpRequest &request = lanes[0].request;
  for (unsigned lane = 1; lane < warpSize; ++lane)
    if (lanes[lane].request.value != request.value)
      return "lanes of a warp meet in different operations on matrices";
  if (request.kind != WarpRequest::MultiplyMatrices)
    return moveMatrices(lanes, request.kind == WarpRequest::LoadMatrix);
  ProductForm form = productForm(request.value);
  if (form.isInteger())
    multiplyIntegers(lanes, form);
  else
    multiplyFloats(lanes, form);
  return "";
}
