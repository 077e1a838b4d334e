// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ldmatrix, stmatrix and mma.sync of a warp.
#ifndef STRAIT_EMULATOR_MATRICES_H
#define STRAIT_EMULATOR_MATRICES_H

#include "runtime/emulator/Block.h"

namespace strait::emulator {

/// ldmatrix and stmatrix: 8x8 matrices of 16-bit elements.
struct MatrixForm {
  uint8_t count; // of matrices, a register for each
  bool isTransposed;
};

/// mma.sync.m16n8kK.row.col with accumulators in f32, f16 or s32.
struct ProductForm {
  enum Element : uint8_t { F16, Bf16, Tf32, S8, U8, E4m3, E5m2 };
  uint8_t depth; // K
  Element a, b;
  bool isHalf;     // accumulators are f16
  bool isSaturated; // s32 ones

  bool isInteger() const { return a == S8 || a == U8; }
  unsigned elementsPerRegister() const {
    return a == Tf32 ? 1 : a == F16 || a == Bf16 ? 2 : 4;
  }
  unsigned registersOfB() const { return depth / 4u / elementsPerRegister(); }
  unsigned registersOfA() const { return 2 * registersOfB(); }
  unsigned registersOfC() const { return isHalf ? 2 : 4; }
};

/// A form as the number that a request carries.
uint32_t encode(const MatrixForm &form);
uint32_t encode(const ProductForm &form);

/// Computes a request for matrices of a whole warp; what is wrong, or nothing.
std::string answerMatrices(Thread *lanes, uint32_t mask);

} // namespace strait::emulator

#endif // STRAIT_EMULATOR_MATRICES_H
