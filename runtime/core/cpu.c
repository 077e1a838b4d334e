/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runtime/core/cpu.h"
#include "strait/abi.h"

#include <stdbool.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <xmmintrin.h>

/* The register states that the operating system saves, or 0. */
static uint64_t saved_states(uint32_t ecx1) {
  if (!(ecx1 & bit_OSXSAVE))
    return 0;
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

int32_t strait_cpu_isa(void) {
  uint32_t eax, ebx, ecx, edx, ecx1;
  /* Without LZCNT its code runs, as another instruction. */
  const uint32_t extended = 0x80000001;
  if (!__get_cpuid(extended, &eax, &ebx, &ecx, &edx) || !(ecx & bit_LZCNT))
    return -1;
  if (!__get_cpuid(1, &eax, &ebx, &ecx1, &edx))
    return -1;
  if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx))
    return -1;
  const uint64_t ymm = 0x06, zmm = 0xe6;
  uint64_t saved = saved_states(ecx1);
  const uint32_t leaf1 = bit_FMA | bit_AVX | bit_F16C | bit_MOVBE;
  bool avx2 = (saved & ymm) == ymm && (ecx1 & leaf1) == leaf1 &&
              (ebx & bit_AVX2) && (ebx & bit_BMI) && (ebx & bit_BMI2);
  const uint32_t leaf7 =
      bit_AVX512F | bit_AVX512VL | bit_AVX512BW | bit_AVX512DQ;
  if (avx2 && (saved & zmm) == zmm && (ebx & leaf7) == leaf7)
    return STRAIT_ISA_AVX512;
  return avx2 ? STRAIT_ISA_AVX2 : -1;
}

uint32_t strait_float_mode_enter(void) {
  const uint32_t masked = 0x1f80, flush_to_zero = 0x8000,
                 denormals_are_zero = 0x0040;
  uint32_t mode = _mm_getcsr();
  _mm_setcsr(masked | flush_to_zero | denormals_are_zero);
  return mode;
}

void strait_float_mode_restore(uint32_t mode) { _mm_setcsr(mode); }
#else
int32_t strait_cpu_isa(void) { return -1; }
uint32_t strait_float_mode_enter(void) { return 0; }
void strait_float_mode_restore(uint32_t mode) { (void)mode; }
#endif

const char *strait_isa_name(int32_t isa) {
  switch (isa) {
  case STRAIT_ISA_AVX2:
    return "AVX2 with FMA, F16C and BMI2 (x86-64-v3)";
  case STRAIT_ISA_AVX512:
    return "AVX-512 F, VL, BW and DQ (x86-64-v4)";
  case STRAIT_ISA_SM80:
    return "sm_80 (NVIDIA GPUs from compute capability 8.0 on)";
  case STRAIT_ISA_SM90A:
    return "sm_90a (NVIDIA GPUs of compute capability 9.0)";
  default:
    return "neither AVX2 nor AVX-512";
  }
}
