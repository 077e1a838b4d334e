/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A compiled model written by hand.
 *
 *   entry "main"   x f32 [?, 4] -> y f32 [?, 4]: y = (x * w) + 1, in two
 *                  launches through one intermediate buffer; one task per row
 *   entry "count"  values i64 [3] -> positive i64 [?]: those above 0, a size
 *                  that depends on data
 *   entry "append" past i64 [?] -> present i64 [?]: past and, behind it, its
 *                  length; fails when that is 100
 *   entry "loop"   values i64 [3] -> sums i64 [?]: values[0] iterations, of
 *                  which number i appends i to an array and gives the array's
 *                  sum; number values[1] fails
 *
 * The weights are the floats 1, 2, 3, 4.
 */
#ifndef STRAIT_TEST_RUNTIME_SMALL_MODEL_H
#define STRAIT_TEST_RUNTIME_SMALL_MODEL_H

#include "strait/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const strait_model_desc strait_model;

#ifdef __cplusplus
}
#endif

#endif /* STRAIT_TEST_RUNTIME_SMALL_MODEL_H */
