/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Greedy best fit: buffers are taken one after another in a fixed order and
 * each goes into the smallest gap, between the buffers already placed that live
 * at the same time, that holds it. Two orders are tried (largest first; longest
 * lifetime times size first) and the smaller arena is kept. Ties are broken by
 * the buffer's number: the same sizes always give the same places.
 */
#include "runtime/core/plan.h"
#include "strait/abi.h"

#include <stdbool.h>
#include <stdlib.h>

enum { UNPLACED = -1 };

static int64_t align_size(int64_t bytes) {
  return (bytes + STRAIT_ALIGNMENT - 1) & -(int64_t)STRAIT_ALIGNMENT;
}

static bool sizes_are_sane(int64_t count, const int64_t *sizes) {
  int64_t sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    if (sizes[i] < 0 || sizes[i] > INT64_MAX / 2 ||
        sum > INT64_MAX / 2 - align_size(sizes[i]))
      return false;
    sum += align_size(sizes[i]);
  }
  return true;
}

static bool live_together(const int32_t *lifetimes, int64_t a, int64_t b) {
  return lifetimes[2 * a] <= lifetimes[2 * b + 1] &&
         lifetimes[2 * b] <= lifetimes[2 * a + 1];
}

int64_t strait_plan_lower_bound(int64_t count, const int64_t *sizes,
                                const int32_t *lifetimes) {
  if (count < 0 || !sizes_are_sane(count, sizes))
    return -1;
  /* The maximum is reached at the first step of some buffer. */
  int64_t most = 0;
  for (int64_t i = 0; i < count; ++i) {
    int32_t step = lifetimes[2 * i];
    int64_t live = 0;
    for (int64_t j = 0; j < count; ++j)
      if (lifetimes[2 * j] <= step && step <= lifetimes[2 * j + 1])
        live += align_size(sizes[j]);
    if (live > most)
      most = live;
  }
  return most;
}

/* The orders, as the weight by which buffers are sorted, heaviest first. */
enum order { LARGEST_FIRST, LARGEST_AREA_FIRST, ORDER_COUNT };

static double weight_of(enum order order, int64_t i, const int64_t *sizes,
                        const int32_t *lifetimes) {
  double size = (double)sizes[i];
  if (order == LARGEST_FIRST)
    return size;
  return size * ((double)lifetimes[2 * i + 1] - lifetimes[2 * i] + 1);
}

/* Whether buffer a is placed before buffer b. */
static bool goes_before(enum order order, int64_t a, int64_t b,
                        const int64_t *sizes, const int32_t *lifetimes) {
  double wa = weight_of(order, a, sizes, lifetimes);
  double wb = weight_of(order, b, sizes, lifetimes);
  return wa != wb ? wa > wb : a < b;
}

static void sift_down(enum order order, int64_t *heap, int64_t root,
                      int64_t count, const int64_t *sizes,
                      const int32_t *lifetimes) {
  for (;;) {
    int64_t child = 2 * root + 1;
    if (child >= count)
      return;
    if (child + 1 < count && goes_before(order, heap[child], heap[child + 1],
                                         sizes, lifetimes))
      ++child;
    if (!goes_before(order, heap[root], heap[child], sizes, lifetimes))
      return;
    int64_t held = heap[root];
    heap[root] = heap[child];
    heap[child] = held;
    root = child;
  }
}

/* Heap sort: no memory, and no bad case for the sizes of a hostile model. */
static void sort_buffers(enum order order, int64_t *sorted, int64_t count,
                         const int64_t *sizes, const int32_t *lifetimes) {
  for (int64_t i = 0; i < count; ++i)
    sorted[i] = i;
  for (int64_t i = count / 2 - 1; i >= 0; --i)
    sift_down(order, sorted, i, count, sizes, lifetimes);
  for (int64_t last = count - 1; last > 0; --last) {
    int64_t held = sorted[0];
    sorted[0] = sorted[last];
    sorted[last] = held;
    sift_down(order, sorted, 0, last, sizes, lifetimes);
  }
}

/* Places the buffers in one order. `placed` is filled with the buffers by
 * rising offset, so that gaps are found in one walk. */
static int64_t place_in_order(enum order order, int64_t count,
                              const int64_t *sizes, const int32_t *lifetimes,
                              int64_t *offsets, int64_t *sorted,
                              int64_t *placed) {
  sort_buffers(order, sorted, count, sizes, lifetimes);
  int64_t total = 0;
  for (int64_t n = 0; n < count; ++n) {
    int64_t buffer = sorted[n];
    int64_t bytes = align_size(sizes[buffer]);
    int64_t best = UNPLACED, best_gap = INT64_MAX, end = 0;
    for (int64_t p = 0; p < n; ++p) {
      int64_t other = placed[p];
      if (!live_together(lifetimes, buffer, other))
        continue;
      int64_t gap = offsets[other] - end;
      if (gap >= bytes && gap < best_gap) {
        best = end;
        best_gap = gap;
      }
      int64_t other_end = offsets[other] + align_size(sizes[other]);
      if (other_end > end)
        end = other_end;
    }
    if (best == UNPLACED)
      best = end;
    offsets[buffer] = best;
    if (best + bytes > total)
      total = best + bytes;
    int64_t p = n;
    for (; p > 0 && offsets[placed[p - 1]] > best; --p)
      placed[p] = placed[p - 1];
    placed[p] = buffer;
  }
  return total;
}

int64_t strait_plan_offsets_in(int64_t count, const int64_t *sizes,
                               const int32_t *lifetimes, int64_t *offsets,
                               int64_t *work) {
  if (count < 0 || !sizes_are_sane(count, sizes))
    return -1;
  int64_t *sorted = work, *placed = work + count;
  int64_t bound = strait_plan_lower_bound(count, sizes, lifetimes);
  int64_t best_total = INT64_MAX;
  enum order best = LARGEST_FIRST, last = LARGEST_FIRST;
  for (enum order order = LARGEST_FIRST; order < ORDER_COUNT; ++order) {
    int64_t total = place_in_order(order, count, sizes, lifetimes, offsets,
                                   sorted, placed);
    last = order;
    if (total < best_total) {
      best_total = total;
      best = order;
    }
    if (best_total == bound)
      break;
  }
  if (best != last)
    place_in_order(best, count, sizes, lifetimes, offsets, sorted, placed);
  return best_total;
}

int64_t strait_plan_offsets(int64_t count, const int64_t *sizes,
                            const int32_t *lifetimes, int64_t *offsets) {
  if (count <= 0)
    return count < 0 ? -1 : 0;
  if ((uint64_t)count > SIZE_MAX / (2 * sizeof(int64_t)))
    return -1;
  int64_t *work = malloc((size_t)count * 2 * sizeof(int64_t));
  if (!work)
    return -1;
  int64_t total =
      strait_plan_offsets_in(count, sizes, lifetimes, offsets, work);
  free(work);
  return total;
}
