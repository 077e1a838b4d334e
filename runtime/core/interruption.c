/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#define _DEFAULT_SOURCE
#include "runtime/core/interruption.h"
#include "runtime/core/clock.h"
#include "runtime/core/error.h"

strait_code strait_check_interruption(strait_run_state *run) {
  strait_instance *instance = run->instance;
  if (atomic_load_explicit(&instance->cancelled, memory_order_relaxed)) {
    atomic_store_explicit(&instance->cancelled, false, memory_order_relaxed);
    return strait_fail(run->error, STRAIT_CANCELLED, "the run was cancelled");
  }
  if (run->deadline_ns && strait_now_ns() >= run->deadline_ns)
    return strait_fail(run->error, STRAIT_DEADLINE,
                       "the run's time was over before it ended");
  return STRAIT_OK;
}
