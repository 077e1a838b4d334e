/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * What code this machine can run.
 */
#ifndef STRAIT_CORE_CPU_H
#define STRAIT_CORE_CPU_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The highest STRAIT_ISA_... level of the CPU whose registers the operating
 * system also saves; -1 if there is none. */
int32_t strait_cpu_isa(void);

/* The floating-point mode that kernels run in, on every thread: round to
 * nearest, no traps, denormal numbers read and written as zero (trained weights
 * hold some, and each makes an instruction 100 times as slow). Returns the
 * calling thread's own mode, for strait_float_mode_restore. */
uint32_t strait_float_mode_enter(void);
void strait_float_mode_restore(uint32_t mode);

/* "AVX2", "AVX-512 (F, VL, BW, DQ)", or "neither ..." for -1. */
const char *strait_isa_name(int32_t isa);

#ifdef __cplusplus
}
#endif

#endif /* STRAIT_CORE_CPU_H */
