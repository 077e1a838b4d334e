/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Each call site owns two blocks: the slab that the last call gave, and the one
 * before it, whose place the next call takes. Blocks double, so that a loop of
 * n iterations allocates some log n times.
 */
#include "runtime/core/growth.h"
#include "runtime/core/error.h"
#include "runtime/core/interruption.h"

#include <inttypes.h>
#include <string.h>

static strait_plan_state *plan_of(const strait_run_state *run, uint32_t plan) {
  return &run->instance->entries[run->entry].plans[plan];
}

void strait_growth_begin(strait_instance *instance, uint32_t entry) {
  uint32_t count = instance->module->model->entries[entry].num_plans;
  for (uint32_t i = 0; i < count; ++i)
    instance->entries[entry].plans[i].asked = false;
}

void strait_growth_end(strait_instance *instance, uint32_t entry) {
  uint32_t count = instance->module->model->entries[entry].num_plans;
  for (uint32_t i = 0; i < count; ++i) {
    strait_plan_state *plan = &instance->entries[entry].plans[i];
    if (!plan->grows)
      continue;
    plan->grows = false;
    strait_block_free(&instance->buffers.allocator, &plan->slab);
    strait_block_free(&instance->buffers.allocator, &plan->last);
  }
}

int32_t strait_growth_grow(strait_run_state *run, uint32_t plan, int64_t bytes,
                           int64_t kept, const char *what, void **data) {
  const strait_buffers *buffers = &run->instance->buffers;
  const strait_allocator *allocator = &buffers->allocator;
  strait_plan_state *state = plan_of(run, plan);
  strait_code code = strait_check_interruption(run);
  if (code)
    return code;
  state->grows = true;
  if (kept > 0 && bytes >= 0 && (uint64_t)bytes <= state->slab.bytes) {
    *data = state->slab.data;
    return STRAIT_OK;
  }
  strait_block next = state->last;
  state->last = (strait_block){0};
  /* What is kept doubles the slab, not the block before it. */
  size_t twice = kept > 0 ? 2 * state->slab.bytes : 0;
  bool fits =
      bytes >= 0 && ((twice > (uint64_t)bytes &&
                      strait_block_reserve(allocator, &next, twice)) ||
                     strait_block_grow(allocator, &next, (size_t)bytes));
  if (!fits) {
    strait_block_free(allocator, &next);
    return strait_fail(run->error, STRAIT_OUT_OF_MEMORY,
                       "%s: no memory%s for %" PRId64 " bytes", what,
                       strait_buffers_place(buffers), bytes);
  }
  if (kept > 0) {
    code = strait_buffers_copy(buffers, next.data, state->slab.data,
                               (size_t)kept, run->error);
    if (code) {
      strait_block_free(allocator, &next);
      return code;
    }
    strait_block_free(allocator, &state->slab);
  }
  state->last = state->slab;
  state->slab = next;
  *data = next.data;
  return STRAIT_OK;
}
