/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * States that a model declares: rows that its entries append to, overwrite and
 * drop, in place.
 */
#ifndef STRAIT_CORE_ROWS_H
#define STRAIT_CORE_ROWS_H

#include "runtime/core/instance.h"
#include "runtime/core/state.h"

/* Before a run, and after it: what it did to the states counts if it
 * succeeded. */
void strait_rows_begin(strait_instance *instance);
void strait_rows_end(strait_instance *instance, strait_code code);

/* The services; see strait/abi.h. */
int32_t strait_rows_held(strait_run_state *run, uint32_t state, void **data,
                         int64_t *length);
int32_t strait_rows_write(strait_run_state *run, uint32_t state,
                          const void *rows, int64_t at, int64_t count);
int32_t strait_rows_rotate(strait_run_state *run, uint32_t state, int64_t by,
                           int64_t held, int64_t *length);

#endif /* STRAIT_CORE_ROWS_H */
