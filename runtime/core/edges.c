/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runtime/core/edges.h"
#include "runtime/core/error.h"
#include "runtime/core/state.h"

#include <inttypes.h>
#include <string.h>

static const strait_entry_desc *entry_of(const strait_run_state *run) {
  return &run->instance->module->model->entries[run->entry];
}

static strait_entry_state *state_of(const strait_run_state *run) {
  return &run->instance->entries[run->entry];
}

static int64_t bytes_of(const strait_tensor_desc *desc, const int64_t *dims) {
  return strait_tensor_bytes(desc->dtype, desc->rank, dims);
}

/* Hands a state's value to the entry. */
static strait_code place_state(strait_run_state *run, uint32_t index) {
  const strait_tensor_desc *desc = &entry_of(run)->inputs[index];
  strait_binding *binding = &state_of(run)->inputs[index];
  const strait_state *state = state_of(run)->input_states[index].state;
  char expected[STRAIT_DIMS_TEXT], got[STRAIT_DIMS_TEXT];
  if (!state->set)
    return strait_fail(run->error, STRAIT_INVALID_INPUT,
                       "the state of input '%s' has no value: set it first",
                       desc->name);
  if (!strait_dims_fit(desc, state->rank, state->dims))
    return strait_fail(run->error, STRAIT_INVALID_INPUT,
                       "state of input '%s': expected dimensions %s, got %s",
                       desc->name,
                       strait_dims_text(expected, desc->dims, desc->rank),
                       strait_dims_text(got, state->dims, state->rank));
  if (state->rank)
    memcpy(binding->dims, state->dims, state->rank * sizeof *state->dims);
  binding->data = state->front.data;
  return STRAIT_OK;
}

/* What is wrong with a binding, if anything. */
static strait_code check_input(const strait_run_state *run, uint32_t index) {
  const strait_tensor_desc *tensor = &entry_of(run)->inputs[index];
  const strait_input_state *input = &state_of(run)->input_states[index];
  const int64_t *dims = state_of(run)->inputs[index].dims;
  char text[STRAIT_DIMS_TEXT];
  if (!input->bound)
    return strait_fail(run->error, STRAIT_INVALID_INPUT,
                       "input '%s' (%s, %s) of entry '%s' is not set",
                       tensor->name, strait_dtype_name(tensor->dtype),
                       strait_dims_text(text, tensor->dims, tensor->rank),
                       entry_of(run)->name);
  if (bytes_of(tensor, dims) < 0)
    return strait_fail(run->error, STRAIT_INVALID_INPUT,
                       "input '%s' cannot have the dimensions %s", tensor->name,
                       strait_dims_text(text, dims, tensor->rank));
  return STRAIT_OK;
}

/* Puts an input where the entry can use it: it stays if that is aligned and in
 * the memory of buffers. */
static strait_code place_input(strait_run_state *run, uint32_t index) {
  const strait_tensor_desc *tensor = &entry_of(run)->inputs[index];
  strait_input_state *input = &state_of(run)->input_states[index];
  strait_binding *binding = &state_of(run)->inputs[index];
  const strait_buffers *buffers = &run->instance->buffers;
  size_t bytes = (size_t)bytes_of(tensor, binding->dims);
  if (!input->data && bytes)
    return strait_fail(run->error, STRAIT_INVALID_INPUT,
                       "input '%s' has no data", tensor->name);
  if (input->on_device || (input->data && !buffers->backend &&
                           (uintptr_t)input->data % STRAIT_ALIGNMENT == 0)) {
    /* Compiled code reads inputs only; its type for them is not const. */
    binding->data = (void *)(uintptr_t)input->data;
    return STRAIT_OK;
  }
  if (!strait_block_reserve(&buffers->allocator, &input->aligned, bytes))
    return strait_fail(run->error, STRAIT_OUT_OF_MEMORY,
                       "no memory%s for a copy of input '%s'",
                       strait_buffers_place(buffers), tensor->name);
  binding->data = input->aligned.data;
  return strait_buffers_write(buffers, binding->data, input->data, bytes,
                              run->error);
}

strait_code strait_place_inputs(strait_run_state *run, bool query) {
  const strait_entry_state *state = state_of(run);
  strait_code code = STRAIT_OK;
  for (uint32_t i = 0; !code && i < entry_of(run)->num_inputs; ++i) {
    if (state->input_states[i].state) {
      code = place_state(run, i);
      continue;
    }
    code = check_input(run, i);
    if (!code && !query)
      code = place_input(run, i);
  }
  return code;
}

/* Copies an output from where it was written to where the caller looks for
 * it. */
static strait_code deliver(strait_run_state *run, uint32_t index) {
  const strait_tensor_desc *desc = &entry_of(run)->outputs[index];
  strait_output_state *output = &state_of(run)->output_states[index];
  strait_binding *binding = &state_of(run)->outputs[index];
  const strait_buffers *buffers = &run->instance->buffers;
  if (binding->data == output->data || (!buffers->backend && !output->data))
    return STRAIT_OK;
  size_t bytes = (size_t)bytes_of(desc, binding->dims);
  void *target = output->data;
  if (!target) {
    if (!strait_block_reserve(&run->instance->options.allocator, &output->copy,
                              bytes))
      return strait_fail(run->error, STRAIT_OUT_OF_MEMORY,
                         "no memory for %zu bytes of output '%s'", bytes,
                         desc->name);
    target = output->copy.data;
  }
  strait_code code =
      strait_buffers_read(buffers, target, binding->data, bytes, run->error);
  if (buffers->backend)
    binding->data = target;
  return code;
}

strait_code strait_deliver_outputs(strait_run_state *run) {
  const strait_entry_desc *desc = entry_of(run);
  strait_entry_state *state = state_of(run);
  for (uint32_t i = 0; i < desc->num_outputs; ++i) {
    strait_output_state *output = &state->output_states[i];
    if (!output->placed)
      return strait_fail(run->error, STRAIT_BAD_ARTEFACT,
                         "entry '%s' did not write its output '%s'", desc->name,
                         desc->outputs[i].name);
    strait_code code = output->state ? STRAIT_OK : deliver(run, i);
    if (code)
      return code;
  }
  /* States count only if all work for them went well. */
  strait_code code = strait_buffers_wait(&run->instance->buffers, run->error);
  if (code)
    return code;
  for (uint32_t i = 0; i < desc->num_outputs; ++i) {
    if (!state->output_states[i].state)
      continue;
    strait_state_commit(state->output_states[i].state, state->outputs[i].dims);
    if (run->instance->buffers.backend)
      state->outputs[i].data = NULL; /* no address of this process */
  }
  return STRAIT_OK;
}
