/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Tensors as files hold them.
 */
#ifndef STRAIT_PROGRAM_ARRAY_H
#define STRAIT_PROGRAM_ARRAY_H

#include "strait/runtime.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { ARRAY_MOST_DIMS = 32 };

/* A dense row-major tensor; `data` points into memory of somebody else. */
typedef struct array {
  uint32_t dtype;
  uint32_t rank;
  int64_t dims[ARRAY_MOST_DIMS];
  const uint8_t *data;
  size_t bytes;
} array;

/* Bytes of a tensor; -1 if a dim is negative or they do not fit. */
int64_t array_bytes(uint32_t dtype, uint32_t rank, const int64_t *dims);

/* Element `index` as a double. */
double array_value(uint32_t dtype, const void *data, int64_t index);

/* Stores a double, rounded to the type. */
void array_store(uint32_t dtype, void *data, int64_t index, double value);

#ifdef __cplusplus
}
#endif

#endif /* STRAIT_PROGRAM_ARRAY_H */
