/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A state with rows lies in memory as [outer, capacity, inner]: `outer` pieces
 * of `capacity` rows of `row_bytes` bytes. Rows come and go together in all
 * pieces. A state without rows is one piece of one row that is always held.
 *
 * During a run `next` is the length to be; what lies below `length` belongs to
 * earlier runs. A run that fails leaves both as they were, but if it has
 * changed rows below `length` the state is emptied: half of a change is worse
 * than none.
 */
#include "runtime/core/rows.h"
#include "runtime/core/error.h"

#include <inttypes.h>
#include <string.h>

static bool has_rows(const strait_state *state) {
  return state->desc->row_axis >= 0;
}

static strait_code empty(strait_state *state, strait_error *error) {
  state->length = has_rows(state) ? 0 : 1;
  if (has_rows(state))
    return STRAIT_OK;
  strait_code code = strait_buffers_clear(&state->buffers, state->front.data,
                                          (size_t)state->row_bytes, error);
  return code ? code : strait_buffers_wait(&state->buffers, error);
}

/* Finds outer, capacity and row_bytes; fails where they do not fit. */
static strait_code measure(strait_state *state, strait_error *error) {
  const strait_state_desc *desc = state->desc;
  int64_t bytes = strait_tensor_bytes(desc->dtype, desc->rank, desc->dims);
  if (bytes < 0 || desc->row_axis >= (int32_t)desc->rank)
    return strait_fail(error, STRAIT_BAD_ARTEFACT,
                       "state '%s' does not fit in memory", desc->name);
  state->outer = 1;
  state->capacity = 1;
  state->row_bytes = bytes;
  if (!has_rows(state))
    return STRAIT_OK;
  for (int32_t i = 0; i < desc->row_axis; ++i)
    state->outer *= desc->dims[i];
  state->capacity = desc->dims[desc->row_axis];
  int64_t rows = state->outer * state->capacity;
  state->row_bytes = rows ? bytes / rows : 0;
  return STRAIT_OK;
}

strait_code strait_state_open(const strait_module *module, uint32_t index,
                              const strait_state_options *options,
                              strait_state **result, strait_error *error) {
  if (!module || !result)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT, "%s is null",
                       module ? "state" : "module");
  *result = NULL;
  const strait_state_desc *desc = strait_find_state_desc(module, index);
  if (!desc)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                       "expected a state below %" PRIu32 ", got %" PRIu32,
                       module->model->num_states, index);
  strait_state *state;
  strait_code code = strait_state_make(module, desc->dtype, desc->rank, options,
                                       &state, error);
  if (code)
    return code;
  state->desc = desc;
  code = measure(state, error);
  size_t bytes = (size_t)(state->outer * state->capacity * state->row_bytes);
  if (!code &&
      !strait_block_reserve(&state->buffers.allocator, &state->front, bytes))
    code =
        strait_fail(error, STRAIT_OUT_OF_MEMORY,
                    "no memory%s for the %zu bytes of state '%s'",
                    strait_buffers_place(&state->buffers), bytes, desc->name);
  if (!code)
    code = empty(state, error);
  if (code) {
    strait_state_destroy(state);
    return code;
  }
  if (desc->rank)
    memcpy(state->dims, desc->dims, desc->rank * sizeof *desc->dims);
  state->set = 1;
  *result = state;
  return STRAIT_OK;
}

strait_code strait_attach_state(strait_instance *instance, uint32_t index,
                                strait_state *state, strait_error *error) {
  const strait_state_desc *desc =
      strait_find_state_desc(instance->module, index);
  if (!desc)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                       "expected a state below %" PRIu32 ", got %" PRIu32,
                       instance->module->model->num_states, index);
  if (state && state->desc != desc)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                       "state '%s': expected what strait_state_open made for "
                       "it, got another state",
                       desc->name);
  instance->states[index] = state;
  return STRAIT_OK;
}

int64_t strait_state_length(const strait_state *state) {
  return state && state->desc ? state->length : 0;
}

void strait_state_reset(strait_state *state) {
  if (state && state->desc)
    empty(state, NULL); /* where a device failed, the next run says so */
  else if (state)
    state->set = 0;
}

/* --------------------------------------------------------------- in runs -- */

void strait_rows_begin(strait_instance *instance) {
  for (uint32_t i = 0; i < instance->module->model->num_states; ++i) {
    strait_state *state = instance->states[i];
    if (!state)
      continue;
    state->next = state->length;
    state->changed = 0;
  }
}

void strait_rows_end(strait_instance *instance, strait_code code) {
  for (uint32_t i = 0; i < instance->module->model->num_states; ++i) {
    strait_state *state = instance->states[i];
    if (!state)
      continue;
    if (!code)
      state->length = state->next;
    else if (state->changed)
      empty(state, NULL);
  }
}

static strait_code find(strait_run_state *run, uint32_t index,
                        strait_state **state) {
  *state = run->instance->states[index];
  if (*state)
    return STRAIT_OK;
  return strait_fail(run->error, STRAIT_INVALID_INPUT,
                     "state '%s' is not attached to the instance",
                     run->instance->module->model->states[index].name);
}

int32_t strait_rows_held(strait_run_state *run, uint32_t index, void **data,
                         int64_t *length) {
  strait_state *state;
  strait_code code = find(run, index, &state);
  if (code)
    return code;
  *data = state->front.data;
  *length = state->length;
  return STRAIT_OK;
}

int32_t strait_rows_write(strait_run_state *run, uint32_t index,
                          const void *rows, int64_t at, int64_t count) {
  strait_state *state;
  strait_code code = find(run, index, &state);
  if (code)
    return code;
  if (at < 0 || count < 0 || at > state->capacity ||
      count > state->capacity - at || (!has_rows(state) && count != 1))
    return strait_fail(run->error, STRAIT_INVALID_INPUT,
                       "state '%s' has room for %" PRId64
                       " rows: cannot write %" PRId64 " from row %" PRId64,
                       state->desc->name, state->capacity, count, at);
  if (at < state->length)
    state->changed = 1;
  char *to = (char *)state->front.data + at * state->row_bytes;
  const char *from = rows;
  int64_t piece = count * state->row_bytes;
  for (int64_t i = 0; piece && !code && i < state->outer; ++i)
    code = strait_buffers_move(&run->instance->buffers,
                               to + i * state->capacity * state->row_bytes,
                               from + i * piece, (size_t)piece, &state->buffers,
                               &state->back, run->error);
  if (code)
    return code;
  state->next = at + count;
  return STRAIT_OK;
}

int32_t strait_rows_rotate(strait_run_state *run, uint32_t index, int64_t by,
                           int64_t held, int64_t *length) {
  strait_state *state;
  strait_code code = find(run, index, &state);
  if (code)
    return code;
  if (by < 0 || held < 0 || held > state->capacity)
    return strait_fail(run->error, STRAIT_INVALID_INPUT,
                       "state '%s' has room for %" PRId64
                       " rows: cannot drop %" PRId64 " of %" PRId64,
                       state->desc->name, state->capacity, by, held);
  int64_t stay = by < held ? held - by : 0;
  if (by && state->length)
    state->changed = 1;
  for (int64_t i = 0; by && stay && !code && i < state->outer; ++i) {
    char *piece =
        (char *)state->front.data + i * state->capacity * state->row_bytes;
    code = strait_buffers_move(&run->instance->buffers, piece,
                               piece + by * state->row_bytes,
                               (size_t)(stay * state->row_bytes),
                               &state->buffers, &state->back, run->error);
  }
  if (code)
    return code;
  state->next = stay;
  *length = stay;
  return STRAIT_OK;
}
