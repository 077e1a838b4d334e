/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Runs one body on several threads. The job is offered, not assigned: threads
 * that are awake join it, and once the caller has found no more work the job is
 * closed and nobody is waited for who had not joined.
 */
#ifndef STRAIT_CORE_POOL_H
#define STRAIT_CORE_POOL_H

#include "strait/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { STRAIT_MOST_THREADS = 1024 };

/* Calls body(context, 0) on this thread and, at the same time, body(context, i)
 * for some of the i in [1, workers), each at most once. Returns when all have
 * returned. The body must therefore share out its work by itself, such that
 * worker 0 alone would do all of it. */
void strait_pool_run(strait_pool *pool, uint32_t workers,
                     void (*body)(void *context, uint32_t worker),
                     void *context);

#ifdef __cplusplus
}
#endif

#endif /* STRAIT_CORE_POOL_H */
