/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Failures as values: a code and one line of text.
 */
#ifndef STRAIT_CORE_ERROR_H
#define STRAIT_CORE_ERROR_H

#include "strait/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes code and text to `error`, if any, and returns the code. */
strait_code strait_fail(strait_error *error, strait_code code,
                        const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Room for the text of any dims; longer ones end in "...". */
enum { STRAIT_DIMS_TEXT = 160 };

/* "1x3x?x48": -1 is printed as '?', rank 0 as "scalar". Returns `text`. */
const char *strait_dims_text(char text[STRAIT_DIMS_TEXT], const int64_t *dims,
                             uint32_t rank);

#ifdef __cplusplus
}
#endif

#endif /* STRAIT_CORE_ERROR_H */
