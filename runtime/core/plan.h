/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Places buffers in one arena. The compiler calls it for static sizes, the
 * runtime for dynamic ones, so both give the same places.
 */
#ifndef STRAIT_CORE_PLAN_H
#define STRAIT_CORE_PLAN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Gives each of `count` buffers of `sizes` bytes an offset that is a multiple
 * of STRAIT_ALIGNMENT, such that buffers whose lifetimes (pairs of first and
 * last step, inclusive: lifetimes[2 * i], lifetimes[2 * i + 1]) share a step
 * do not overlap. Returns the bytes of the arena; -1 for a negative size or a
 * sum that does not fit in int64_t, or when memory is out. */
int64_t strait_plan_offsets(int64_t count, const int64_t *sizes,
                            const int32_t *lifetimes, int64_t *offsets);

/* Numbers of work per buffer. */
enum { STRAIT_PLAN_WORK = 3 };

/* The same without allocation. `work` has room for STRAIT_PLAN_WORK * count
 * numbers. */
int64_t strait_plan_offsets_in(int64_t count, const int64_t *sizes,
                               const int32_t *lifetimes, int64_t *offsets,
                               int64_t *work);

/* The most bytes that are live at one step: no placement can do with less.
 * -1 as above. */
int64_t strait_plan_lower_bound(int64_t count, const int64_t *sizes,
                                const int32_t *lifetimes);

#ifdef __cplusplus
}
#endif

#endif /* STRAIT_CORE_PLAN_H */
