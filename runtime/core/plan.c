/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Greedy best fit with a short search. Buffers are taken one after another and
 * each goes into the smallest gap, between the buffers already placed that live
 * at the same time, that holds it. While the arena is larger than the lower
 * bound, the buffers that reach its end are moved to the front of the order and
 * all are placed again; the best of the tries is kept. Tries start from the
 * order of the buffers' births, then from that of their sizes. Nothing depends
 * on chance: the same sizes always give the same places.
 */
#include "runtime/core/plan.h"
#include "strait/abi.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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

enum start { BIRTHS_FIRST, LARGEST_FIRST, START_COUNT };

/* Whether buffer a is placed before buffer b at first. */
static bool goes_before(enum start start, int64_t a, int64_t b,
                        const int64_t *sizes, const int32_t *lifetimes) {
  if (start == BIRTHS_FIRST && lifetimes[2 * a] != lifetimes[2 * b])
    return lifetimes[2 * a] < lifetimes[2 * b];
  return sizes[a] != sizes[b] ? sizes[a] > sizes[b] : a < b;
}

static void sift_down(enum start start, int64_t *heap, int64_t root,
                      int64_t count, const int64_t *sizes,
                      const int32_t *lifetimes) {
  for (;;) {
    int64_t child = 2 * root + 1;
    if (child >= count)
      return;
    if (child + 1 < count &&
        goes_before(start, heap[child], heap[child + 1], sizes, lifetimes))
      ++child;
    if (!goes_before(start, heap[root], heap[child], sizes, lifetimes))
      return;
    int64_t held = heap[root];
    heap[root] = heap[child];
    heap[child] = held;
    root = child;
  }
}

/* Heap sort: no memory, and no bad case for the sizes of a hostile model. */
static void sort_buffers(enum start start, int64_t *order, int64_t count,
                         const int64_t *sizes, const int32_t *lifetimes) {
  for (int64_t i = 0; i < count; ++i)
    order[i] = i;
  for (int64_t i = count / 2 - 1; i >= 0; --i)
    sift_down(start, order, i, count, sizes, lifetimes);
  for (int64_t last = count - 1; last > 0; --last) {
    int64_t held = order[0];
    order[0] = order[last];
    order[last] = held;
    sift_down(start, order, 0, last, sizes, lifetimes);
  }
}

/* Places the buffers in an order. `placed` is filled with the buffers by rising
 * offset, so that gaps are found in one walk. Returns the arena's bytes. */
static int64_t place_in_order(const int64_t *order, int64_t count,
                              const int64_t *sizes, const int32_t *lifetimes,
                              int64_t *offsets, int64_t *placed) {
  int64_t total = 0;
  for (int64_t n = 0; n < count; ++n) {
    int64_t buffer = order[n];
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

/* Moves the buffers that reach the arena's end to the front of the order. */
static void move_top_to_front(int64_t *order, int64_t count,
                              const int64_t *sizes, const int64_t *offsets,
                              int64_t total, int64_t *work) {
  int64_t front = 0, back = 0;
  for (int64_t n = 0; n < count; ++n) {
    int64_t buffer = order[n];
    if (offsets[buffer] + align_size(sizes[buffer]) == total)
      order[front++] = buffer;
    else
      work[back++] = buffer;
  }
  memcpy(order + front, work, (size_t)back * sizeof *work);
}

/* Tries are bounded, and fewer for many buffers: a try compares all pairs. */
static int64_t count_tries(int64_t count) {
  const int64_t most = 32, most_pairs = 20000000;
  if (count > 4000)
    return 1;
  int64_t tries = most_pairs / (count * count + 1);
  return tries < 1 ? 1 : tries > most ? most : tries;
}

int64_t strait_plan_offsets_in(int64_t count, const int64_t *sizes,
                               const int32_t *lifetimes, int64_t *offsets,
                               int64_t *work) {
  if (count < 0 || !sizes_are_sane(count, sizes))
    return -1;
  if (count == 0)
    return 0;
  int64_t *order = work, *placed = work + count, *best = work + 2 * count;
  size_t order_bytes = (size_t)count * sizeof *order;
  int64_t bound = strait_plan_lower_bound(count, sizes, lifetimes);
  /* 2 % are not worth more tries. */
  int64_t good = bound + bound / 50;
  int64_t best_total = INT64_MAX, total = INT64_MAX;
  for (enum start start = BIRTHS_FIRST;
       start < START_COUNT && best_total > good; ++start) {
    sort_buffers(start, order, count, sizes, lifetimes);
    for (int64_t tries = count_tries(count); tries > 0; --tries) {
      total = place_in_order(order, count, sizes, lifetimes, offsets, placed);
      if (total < best_total) {
        best_total = total;
        memcpy(best, order, order_bytes);
      }
      if (total <= good)
        break;
      move_top_to_front(order, count, sizes, offsets, total, placed);
    }
  }
  if (total != best_total)
    place_in_order(best, count, sizes, lifetimes, offsets, placed);
  return best_total;
}

int64_t strait_plan_offsets(int64_t count, const int64_t *sizes,
                            const int32_t *lifetimes, int64_t *offsets) {
  if (count <= 0)
    return count < 0 ? -1 : 0;
  if ((uint64_t)count > SIZE_MAX / (STRAIT_PLAN_WORK * sizeof(int64_t)))
    return -1;
  int64_t *work = malloc((size_t)count * STRAIT_PLAN_WORK * sizeof(int64_t));
  if (!work)
    return -1;
  int64_t total =
      strait_plan_offsets_in(count, sizes, lifetimes, offsets, work);
  free(work);
  return total;
}
