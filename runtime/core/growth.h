/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Memory for what changes its size within a run: values that loops carry, and
 * what they collect.
 */
#ifndef STRAIT_CORE_GROWTH_H
#define STRAIT_CORE_GROWTH_H

#include "runtime/core/instance.h"

/* Before a run of an entry, and after it, however it ended: frees the memory. */
void strait_growth_begin(strait_instance *instance, uint32_t entry);
void strait_growth_end(strait_instance *instance, uint32_t entry);

/* The service; see strait/abi.h. */
int32_t strait_growth_grow(strait_run_state *run, uint32_t plan, int64_t bytes,
                           int64_t kept, const char *what, void **data);

#endif /* STRAIT_CORE_GROWTH_H */
