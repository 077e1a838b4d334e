/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * numpy's .npy format: a text header and the elements.
 */
#ifndef STRAIT_PROGRAM_NPY_H
#define STRAIT_PROGRAM_NPY_H

#include "runtime/program/array.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Reads an array whose data then points into `bytes`. `what` names it in the
 * text of a failure. Any bytes are safe. */
strait_code npy_read(const uint8_t *bytes, size_t size, const char *what,
                     array *result, strait_error *error);

enum { NPY_HEADER_ROOM = 1024 };

/* Writes the header of an array and returns its size, a multiple of 64. */
size_t npy_header(uint8_t header[NPY_HEADER_ROOM], uint32_t dtype,
                  uint32_t rank, const int64_t *dims);

#ifdef __cplusplus
}
#endif

#endif /* STRAIT_PROGRAM_NPY_H */
