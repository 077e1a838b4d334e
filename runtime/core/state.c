/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runtime/core/state.h"
#include "runtime/core/error.h"
#include "runtime/core/instance.h"

#include <inttypes.h>
#include <string.h>

void strait_state_options_init(strait_state_options *options) {
  memset(options, 0, sizeof *options);
  options->size = sizeof *options;
}

strait_code strait_state_make(const strait_module *module, uint32_t dtype,
                              uint32_t rank,
                              const strait_state_options *options,
                              strait_state **result, strait_error *error) {
  strait_state_options chosen;
  strait_state_options_init(&chosen);
  if (options) {
    if (options->size != sizeof chosen)
      return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                         "state options: expected size %zu, got %zu",
                         sizeof chosen, options->size);
    chosen = *options;
  }
  if (!strait_allocator_complete(&chosen.allocator))
    return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                       "allocator has one of its two functions only");
  size_t bytes = sizeof(strait_state) + rank * sizeof(int64_t);
  strait_state *state = strait_allocate(&chosen.allocator, bytes);
  if (!state)
    return strait_fail(error, STRAIT_OUT_OF_MEMORY, "no memory for a state");
  state->allocator = chosen.allocator;
  state->bytes = bytes;
  state->dtype = dtype;
  state->rank = rank;
  state->dims = (int64_t *)(state + 1);
  strait_code code = strait_buffers_open(
      module, &state->allocator, /*stream=*/NULL, &state->buffers, error);
  if (code) {
    strait_release(&chosen.allocator, state, bytes);
    return code;
  }
  *result = state;
  return STRAIT_OK;
}

strait_code strait_state_create(const strait_module *module, uint32_t entry,
                                uint32_t input,
                                const strait_state_options *options,
                                strait_state **result, strait_error *error) {
  if (!module || !result)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT, "%s is null",
                       module ? "state" : "module");
  *result = NULL;
  const strait_tensor_desc *desc = strait_input_desc(module, entry, input);
  if (!desc)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                       "the model has no input %" PRIu32 " of entry %" PRIu32,
                       input, entry);
  return strait_state_make(module, desc->dtype, desc->rank, options, result,
                           error);
}

void strait_state_destroy(strait_state *state) {
  if (!state)
    return;
  strait_allocator allocator = state->allocator;
  strait_block_free(&state->buffers.allocator, &state->front);
  strait_block_free(&state->buffers.allocator, &state->back);
  strait_block_free(&allocator, &state->copy);
  strait_buffers_close(&state->buffers);
  strait_release(&allocator, state, state->bytes);
}

strait_code strait_state_reserve(strait_state *state, size_t bytes,
                                 strait_error *error) {
  if (!strait_block_grow(&state->buffers.allocator, &state->back, bytes))
    return strait_fail(error, STRAIT_OUT_OF_MEMORY,
                       "no memory%s for a state of %zu bytes",
                       strait_buffers_place(&state->buffers), bytes);
  return STRAIT_OK;
}

void strait_state_commit(strait_state *state, const int64_t *dims) {
  strait_block written = state->back;
  state->back = state->front;
  state->front = written;
  if (state->rank)
    memcpy(state->dims, dims, state->rank * sizeof *dims);
  state->set = 1;
}

strait_code strait_state_set(strait_state *state, const strait_tensor *value,
                             strait_error *error) {
  if (!state || !value || (value->rank && !value->dims))
    return strait_fail(error, STRAIT_INVALID_ARGUMENT, "%s is null",
                       !state   ? "state"
                       : !value ? "tensor"
                                : "dims");
  if (state->desc)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                       "state '%s' belongs to the model, whose entries fill it",
                       state->desc->name);
  if (value->dtype != state->dtype || value->rank != state->rank)
    return strait_fail(error, STRAIT_INVALID_INPUT,
                       "state: expected type %s of rank %" PRIu32
                       ", got %s of rank %" PRIu32,
                       strait_dtype_name(state->dtype), state->rank,
                       strait_dtype_name(value->dtype), value->rank);
  int64_t bytes = strait_tensor_bytes(value->dtype, value->rank, value->dims);
  char text[STRAIT_DIMS_TEXT];
  if (bytes < 0)
    return strait_fail(error, STRAIT_INVALID_INPUT,
                       "state: a tensor cannot have the dimensions %s",
                       strait_dims_text(text, value->dims, value->rank));
  if (bytes && !value->data)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT, "data is null");
  strait_code code = strait_state_reserve(state, (size_t)bytes, error);
  if (code)
    return code;
  code = strait_buffers_write(&state->buffers, state->back.data, value->data,
                              (size_t)bytes, error);
  if (!code)
    code = strait_buffers_wait(&state->buffers, error);
  if (code)
    return code;
  strait_state_commit(state, value->dims);
  return STRAIT_OK;
}

strait_code strait_state_get(const strait_state *state, strait_tensor *value,
                             strait_error *error) {
  if (!state || !value)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT, "%s is null",
                       state ? "tensor" : "state");
  if (!state->set)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                       "the state has no value yet: set it first");
  void *data = state->front.data;
  if (state->buffers.backend) {
    /* The copy is no part of the state's value. */
    strait_block *copy = (strait_block *)(uintptr_t)&state->copy;
    size_t bytes =
        (size_t)strait_tensor_bytes(state->dtype, state->rank, state->dims);
    if (!strait_block_reserve(&state->allocator, copy, bytes))
      return strait_fail(error, STRAIT_OUT_OF_MEMORY,
                         "no memory for a copy of a state of %zu bytes", bytes);
    strait_code code =
        strait_buffers_read(&state->buffers, copy->data, data, bytes, error);
    if (code)
      return code;
    data = copy->data;
  }
  *value = (strait_tensor){.data = data,
                           .dtype = state->dtype,
                           .rank = state->rank,
                           .dims = state->dims};
  return STRAIT_OK;
}

/* Whether another input or output of the entry has the state already. */
static bool is_taken(const strait_entry_desc *desc,
                     const strait_entry_state *entry, uint32_t input,
                     uint32_t output, const strait_state *state) {
  for (uint32_t i = 0; i < desc->num_inputs; ++i)
    if (i != input && entry->input_states[i].state == state)
      return true;
  for (uint32_t i = 0; i < desc->num_outputs; ++i)
    if (i != output && entry->output_states[i].state == state)
      return true;
  return false;
}

strait_code strait_bind_state(strait_instance *instance, uint32_t entry,
                              uint32_t input, uint32_t output,
                              strait_state *state, strait_error *error) {
  const strait_module *module = instance->module;
  const strait_tensor_desc *in = strait_input_desc(module, entry, input);
  const strait_tensor_desc *out = strait_output_desc(module, entry, output);
  if (!in || !out)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                       "entry %" PRIu32 " has no %s %" PRIu32, entry,
                       in ? "output" : "input", in ? output : input);
  if (state && state->desc)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                       "state '%s' belongs to the model: attach it",
                       state->desc->name);
  const strait_tensor_desc *sides[2] = {in, out};
  for (int i = 0; state && i < 2; ++i)
    if (sides[i]->dtype != state->dtype || sides[i]->rank != state->rank)
      return strait_fail(error, STRAIT_INVALID_INPUT,
                         "state of '%s': expected type %s of rank %" PRIu32
                         ", got %s of rank %" PRIu32,
                         sides[i]->name, strait_dtype_name(sides[i]->dtype),
                         sides[i]->rank, strait_dtype_name(state->dtype),
                         state->rank);
  strait_entry_state *bound = &instance->entries[entry];
  if (state &&
      is_taken(&module->model->entries[entry], bound, input, output, state))
    return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                       "the state of '%s' is bound to another input or output "
                       "of the entry",
                       in->name);
  bound->input_states[input].state = state;
  bound->input_states[input].bound = state != NULL;
  bound->output_states[output].state = state;
  bound->outcome = OUTCOME_NONE;
  return STRAIT_OK;
}
