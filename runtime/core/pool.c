/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * All of the pool's state is one 64-bit ticket:
 *
 *   bits 63..32  number of the job
 *   bit  31      the job may still be joined
 *   bits 30..16  workers that the job wants, the caller included
 *   bits 15..0   helpers that have joined and not left
 *
 * The caller publishes a job by storing a ticket; a helper joins by adding 1
 * with a compare-and-swap, which fails once the job is closed, and leaves by
 * subtracting 1. The body and its context are written only while no ticket is
 * open and no helper inside.
 */
#define _GNU_SOURCE
#include "runtime/core/pool.h"
#include "runtime/core/clock.h"
#include "runtime/core/error.h"
#include "runtime/core/memory.h"

#include <pthread.h>
#include <sched.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

static const uint64_t ticket_open = (uint64_t)1 << 31;
static const uint64_t ticket_inside = 0xffff;

/* A helper without work sleeps after this time: longer than most kernels that
 * leave it without, as being woken takes some 50 microseconds. */
static const uint64_t spin_ns = 1000000;
/* The clock is read after so many looks at the ticket. */
enum { SPINS_BETWEEN_CLOCKS = 32, SPINS_BEFORE_YIELD = 200 };

typedef struct helper {
  strait_pool *pool;
  uint32_t index;
  pthread_t thread;
} helper;

struct strait_pool {
  strait_allocator allocator;
  size_t bytes;
  uint32_t workers; /* the caller included */
  uint32_t started; /* helpers whose thread runs */
  pthread_mutex_t lock;
  pthread_cond_t wake;
  void (*body)(void *context, uint32_t worker);
  void *context;
  alignas(64) _Atomic uint64_t ticket;
  alignas(64) atomic_uint sleepers;
  atomic_bool busy;
  atomic_bool stop;
  alignas(64) helper helpers[];
};

static uint32_t job_of(uint64_t ticket) { return (uint32_t)(ticket >> 32); }

static uint32_t wanted_of(uint64_t ticket) {
  return (uint32_t)(ticket >> 16) & 0x7fff;
}

static void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* Returns the ticket of a job other than `seen`, or any ticket when the pool
 * stops. */
static uint64_t await_job(strait_pool *pool, uint32_t seen) {
  uint64_t sleep_at = strait_now_ns() + spin_ns;
  do {
    for (int spin = 0; spin < SPINS_BETWEEN_CLOCKS; ++spin) {
      uint64_t ticket =
          atomic_load_explicit(&pool->ticket, memory_order_acquire);
      if (job_of(ticket) != seen || atomic_load(&pool->stop))
        return ticket;
      relax();
    }
  } while (strait_now_ns() < sleep_at);
  pthread_mutex_lock(&pool->lock);
  /* Counted before the ticket is looked at again: the caller looks at the
   * count after it has stored the ticket, so one of the two sees the other. */
  atomic_fetch_add(&pool->sleepers, 1);
  uint64_t ticket;
  while (job_of(ticket = atomic_load(&pool->ticket)) == seen &&
         !atomic_load(&pool->stop))
    pthread_cond_wait(&pool->wake, &pool->lock);
  atomic_fetch_sub(&pool->sleepers, 1);
  pthread_mutex_unlock(&pool->lock);
  return ticket;
}

static void *help(void *argument) {
  helper *self = argument;
  strait_pool *pool = self->pool;
  uint32_t seen = 0;
  for (;;) {
    uint64_t ticket = await_job(pool, seen);
    if (atomic_load(&pool->stop))
      return NULL;
    seen = job_of(ticket);
    while ((ticket & ticket_open) && job_of(ticket) == seen &&
           self->index < wanted_of(ticket)) {
      if (!atomic_compare_exchange_weak_explicit(
              &pool->ticket, &ticket, ticket + 1, memory_order_acq_rel,
              memory_order_acquire))
        continue;
      pool->body(pool->context, self->index);
      atomic_fetch_sub_explicit(&pool->ticket, 1, memory_order_release);
      break;
    }
  }
}

void strait_pool_run(strait_pool *pool, uint32_t workers,
                     void (*body)(void *context, uint32_t worker),
                     void *context) {
  if (workers > pool->workers)
    workers = pool->workers;
  bool was_busy = false;
  if (workers <= 1 ||
      !atomic_compare_exchange_strong(&pool->busy, &was_busy, true)) {
    body(context, 0);
    return;
  }
  pool->body = body;
  pool->context = context;
  uint64_t last = atomic_load_explicit(&pool->ticket, memory_order_relaxed);
  atomic_store(&pool->ticket, ((uint64_t)(job_of(last) + 1) << 32) |
                                  ticket_open | ((uint64_t)workers << 16));
  if (atomic_load(&pool->sleepers)) {
    pthread_mutex_lock(&pool->lock);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
  }
  body(context, 0);
  atomic_fetch_and_explicit(&pool->ticket, ~ticket_open, memory_order_acq_rel);
  int spins = 0;
  while (atomic_load_explicit(&pool->ticket, memory_order_acquire) &
         ticket_inside) {
    /* More threads than CPUs: let the helper finish. */
    if (spins == SPINS_BEFORE_YIELD) {
      sched_yield();
    } else {
      ++spins;
      relax();
    }
  }
  atomic_store_explicit(&pool->busy, false, memory_order_release);
}

static uint32_t usable_cpus(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0)
    return 1;
  int count = CPU_COUNT(&set);
  return count < 1                     ? 1
         : count > STRAIT_MOST_THREADS ? STRAIT_MOST_THREADS
                                       : (uint32_t)count;
}

void strait_pool_options_init(strait_pool_options *options) {
  memset(options, 0, sizeof *options);
  options->size = sizeof *options;
}

strait_code strait_pool_create(const strait_pool_options *options,
                               strait_pool **result, strait_error *error) {
  strait_pool_options chosen;
  strait_pool_options_init(&chosen);
  if (!result)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT, "pool is null");
  *result = NULL;
  if (options) {
    if (options->size != sizeof chosen)
      return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                         "pool options: expected size %zu, got %zu",
                         sizeof chosen, options->size);
    chosen = *options;
  }
  if (!strait_allocator_complete(&chosen.allocator))
    return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                       "allocator has one of its two functions only");
  if (chosen.threads > STRAIT_MOST_THREADS)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                       "expected at most %d threads, got %u",
                       STRAIT_MOST_THREADS, chosen.threads);
  uint32_t workers = chosen.threads ? chosen.threads : usable_cpus();
  size_t bytes = sizeof(strait_pool) + (workers - 1) * sizeof(helper);
  strait_pool *pool = strait_allocate(&chosen.allocator, bytes);
  if (!pool)
    return strait_fail(error, STRAIT_OUT_OF_MEMORY,
                       "no memory for a pool of %u threads", workers);
  pool->allocator = chosen.allocator;
  pool->bytes = bytes;
  pool->workers = workers;
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->wake, NULL);
  for (uint32_t i = 0; i + 1 < workers; ++i) {
    helper *self = &pool->helpers[i];
    self->pool = pool;
    self->index = i + 1;
    if (pthread_create(&self->thread, NULL, help, self) != 0) {
      strait_pool_destroy(pool);
      return strait_fail(error, STRAIT_OUT_OF_MEMORY,
                         "cannot start thread %u of %u", i + 2, workers);
    }
    ++pool->started;
  }
  *result = pool;
  return STRAIT_OK;
}

void strait_pool_destroy(strait_pool *pool) {
  if (!pool)
    return;
  pthread_mutex_lock(&pool->lock);
  atomic_store(&pool->stop, true);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->lock);
  for (uint32_t i = 0; i < pool->started; ++i)
    pthread_join(pool->helpers[i].thread, NULL);
  pthread_cond_destroy(&pool->wake);
  pthread_mutex_destroy(&pool->lock);
  strait_allocator allocator = pool->allocator;
  strait_release(&allocator, pool, pool->bytes);
}

uint32_t strait_pool_threads(const strait_pool *pool) {
  return pool ? pool->workers : 1;
}
