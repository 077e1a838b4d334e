/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runtime/program/array.h"

#include <string.h>

int64_t array_bytes(uint32_t dtype, uint32_t rank, const int64_t *dims) {
  int64_t bytes = (int64_t)strait_dtype_bytes(dtype);
  for (uint32_t i = 0; i < rank; ++i)
    if (dims[i] < 0 || __builtin_mul_overflow(bytes, dims[i], &bytes))
      return -1;
  return bytes;
}

static float float_of_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static uint32_t bits_of_float(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static float float_of_half(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000) << 16;
  uint32_t exponent = (half >> 10) & 0x1f, mantissa = half & 0x3ff;
  if (exponent == 0x1f)
    return float_of_bits(sign | 0x7f800000 | mantissa << 13);
  if (exponent == 0) {
    /* Zero and subnormals: mantissa * 2^-24, exact in f32. */
    float value = (float)mantissa * 0x1p-24f;
    return sign ? -value : value;
  }
  return float_of_bits(sign | (exponent + 112) << 23 | mantissa << 13);
}

/* Rounds to nearest, ties to even. */
static uint16_t half_of_float(float value) {
  uint32_t bits = bits_of_float(value);
  uint16_t sign = (uint16_t)(bits >> 16) & 0x8000;
  bits &= 0x7fffffff;
  if (bits > 0x7f800000)
    return sign | 0x7e00;
  if (bits >= 0x477ff000) /* rounds to 2^16 or more */
    return sign | 0x7c00;
  if (bits < 0x38800000) {
    /* Adding 1/2 makes the f32 unit in the last place that of a subnormal. */
    uint32_t shifted = bits_of_float(float_of_bits(bits) + 0.5f);
    return sign | (uint16_t)(shifted - 0x3f000000);
  }
  bits += 0xfff + (bits >> 13 & 1);
  return sign | (uint16_t)((bits - 0x38000000) >> 13);
}

static uint16_t bfloat_of_float(float value) {
  uint32_t bits = bits_of_float(value);
  if ((bits & 0x7fffffff) > 0x7f800000)
    return (uint16_t)(bits >> 16) | 0x40;
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

#define LOAD(type)                                                             \
  do {                                                                         \
    type element;                                                              \
    memcpy(&element, (const char *)data + index * (int64_t)sizeof element,     \
           sizeof element);                                                    \
    return (double)element;                                                    \
  } while (0)

double array_value(uint32_t dtype, const void *data, int64_t index) {
  uint16_t half;
  switch (dtype) {
  case STRAIT_F32:
    LOAD(float);
  case STRAIT_F64:
    LOAD(double);
  case STRAIT_U8:
  case STRAIT_BOOL:
    LOAD(uint8_t);
  case STRAIT_I8:
    LOAD(int8_t);
  case STRAIT_U16:
    LOAD(uint16_t);
  case STRAIT_I16:
    LOAD(int16_t);
  case STRAIT_U32:
    LOAD(uint32_t);
  case STRAIT_I32:
    LOAD(int32_t);
  case STRAIT_U64:
    LOAD(uint64_t);
  case STRAIT_I64:
    LOAD(int64_t);
  case STRAIT_F16:
  case STRAIT_BF16:
    memcpy(&half, (const char *)data + 2 * index, sizeof half);
    return dtype == STRAIT_F16 ? float_of_half(half)
                               : float_of_bits((uint32_t)half << 16);
  default:
    return 0;
  }
}

#define STORE(type)                                                            \
  do {                                                                         \
    type element = (type)value;                                                \
    memcpy((char *)data + index * (int64_t)sizeof element, &element,           \
           sizeof element);                                                    \
    return;                                                                    \
  } while (0)

void array_store(uint32_t dtype, void *data, int64_t index, double value) {
  uint16_t half;
  switch (dtype) {
  case STRAIT_F32:
    STORE(float);
  case STRAIT_F64:
    STORE(double);
  case STRAIT_U8:
  case STRAIT_BOOL:
    STORE(uint8_t);
  case STRAIT_I8:
    STORE(int8_t);
  case STRAIT_U16:
    STORE(uint16_t);
  case STRAIT_I16:
    STORE(int16_t);
  case STRAIT_U32:
    STORE(uint32_t);
  case STRAIT_I32:
    STORE(int32_t);
  case STRAIT_U64:
    STORE(uint64_t);
  case STRAIT_I64:
    STORE(int64_t);
  case STRAIT_F16:
  case STRAIT_BF16:
    half = dtype == STRAIT_F16 ? half_of_float((float)value)
                               : bfloat_of_float((float)value);
    memcpy((char *)data + 2 * index, &half, sizeof half);
    return;
  default:
    return;
  }
}
