/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Instances: one allocation holds the structure and all arrays whose size
 * follows from the model; blocks that depend on run-time sizes come later.
 */
#include "runtime/core/instance.h"
#include "runtime/core/error.h"
#include "runtime/core/pool.h"

#include <inttypes.h>
#include <string.h>

void strait_instance_options_init(strait_instance_options *options) {
  memset(options, 0, sizeof *options);
  options->size = sizeof *options;
}

/* Takes `bytes` bytes, 64-byte aligned, from the block at `base`; with a null
 * base it only counts. */
static void *carve(char *base, size_t *used, size_t bytes) {
  void *place = base ? base + *used : NULL;
  *used += (bytes + STRAIT_ALIGNMENT - 1) & ~(size_t)(STRAIT_ALIGNMENT - 1);
  return place;
}

static strait_binding *carve_bindings(char *base, size_t *used,
                                      const strait_tensor_desc *tensors,
                                      uint32_t count) {
  strait_binding *bindings = carve(base, used, count * sizeof *bindings);
  for (uint32_t i = 0; i < count; ++i) {
    size_t bytes = tensors[i].rank * sizeof(int64_t);
    int64_t *dims = carve(base, used, bytes);
    if (!base)
      continue;
    bindings[i].dims = dims;
    memcpy(dims, tensors[i].dims, bytes);
  }
  return bindings;
}

/* Lays the instance out at `base`, or counts its bytes when that is null. */
static size_t lay_out(char *base, const strait_module *module,
                      uint32_t workers) {
  const strait_model_desc *model = module->model;
  size_t used = 0;
  strait_instance *instance = carve(base, &used, sizeof *instance);
  strait_task_range *ranges = carve(base, &used, workers * sizeof *ranges);
  strait_state **states =
      carve(base, &used, model->num_states * sizeof *states);
  strait_entry_state *entries =
      carve(base, &used, model->num_entries * sizeof *entries);
  for (uint32_t e = 0; e < model->num_entries; ++e) {
    const strait_entry_desc *desc = &model->entries[e];
    strait_entry_state state = {0};
    state.inputs = carve_bindings(base, &used, desc->inputs, desc->num_inputs);
    state.outputs =
        carve_bindings(base, &used, desc->outputs, desc->num_outputs);
    state.input_states =
        carve(base, &used, desc->num_inputs * sizeof *state.input_states);
    state.output_states =
        carve(base, &used, desc->num_outputs * sizeof *state.output_states);
    state.plans = carve(base, &used, desc->num_plans * sizeof *state.plans);
    if (!base)
      continue;
    for (uint32_t p = 0; p < desc->num_plans; ++p)
      state.plans[p].count = -1;
    entries[e] = state;
  }
  if (instance) {
    instance->entries = entries;
    instance->ranges = ranges;
    instance->states = states;
  }
  return used;
}

static strait_code count_workers(const strait_instance_options *options,
                                 uint32_t *workers, strait_error *error) {
  *workers = 1;
  if (options->pool) {
    *workers = strait_pool_threads(options->pool);
  } else if (options->executor.parallel_for) {
    *workers = options->executor.workers;
    if (*workers < 1 || *workers > STRAIT_MOST_THREADS)
      return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                         "executor: expected 1 to %d workers, got %" PRIu32,
                         STRAIT_MOST_THREADS, *workers);
  }
  return STRAIT_OK;
}

strait_code strait_instance_create(const strait_module *module,
                                   const strait_instance_options *options,
                                   strait_instance **result,
                                   strait_error *error) {
  if (!module || !result)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT, "%s is null",
                       module ? "instance" : "module");
  *result = NULL;
  strait_instance_options chosen;
  strait_instance_options_init(&chosen);
  if (options) {
    if (options->size != sizeof chosen)
      return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                         "instance options: expected size %zu, got %zu",
                         sizeof chosen, options->size);
    chosen = *options;
  }
  if (!strait_allocator_complete(&chosen.allocator))
    return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                       "allocator has one of its two functions only");
  uint32_t workers;
  strait_code code = count_workers(&chosen, &workers, error);
  if (code)
    return code;
  size_t bytes = lay_out(NULL, module, workers);
  char *memory = strait_allocate(&chosen.allocator, bytes);
  if (!memory)
    return strait_fail(error, STRAIT_OUT_OF_MEMORY,
                       "no memory for an instance of %zu bytes", bytes);
  lay_out(memory, module, workers);
  strait_instance *instance = (strait_instance *)memory;
  instance->module = module;
  instance->options = chosen;
  instance->workers = workers;
  instance->bytes = bytes;
  code = strait_buffers_open(module, &instance->options.allocator,
                             chosen.device_stream, &instance->buffers, error);
  if (code) {
    strait_release(&chosen.allocator, memory, bytes);
    return code;
  }
  *result = instance;
  return STRAIT_OK;
}

void strait_instance_destroy(strait_instance *instance) {
  if (!instance)
    return;
  const strait_allocator allocator = instance->options.allocator;
  const strait_allocator *buffers = &instance->buffers.allocator;
  const strait_model_desc *model = instance->module->model;
  for (uint32_t e = 0; e < model->num_entries; ++e) {
    const strait_entry_desc *desc = &model->entries[e];
    strait_entry_state *state = &instance->entries[e];
    for (uint32_t i = 0; i < desc->num_inputs; ++i)
      strait_block_free(buffers, &state->input_states[i].aligned);
    for (uint32_t i = 0; i < desc->num_outputs; ++i) {
      strait_block_free(buffers, &state->output_states[i].own);
      strait_block_free(&allocator, &state->output_states[i].copy);
    }
    for (uint32_t i = 0; i < desc->num_plans; ++i) {
      strait_block_free(buffers, &state->plans[i].slab);
      strait_block_free(buffers, &state->plans[i].last);
      strait_block_free(&allocator, &state->plans[i].numbers);
    }
  }
  strait_block_free(&allocator, &instance->scratch);
  strait_buffers_close(&instance->buffers);
  strait_release(&allocator, instance, instance->bytes);
}

/* The state of an entry, after checking the indices of a binding call. */
static strait_code find_state(const strait_instance *instance, uint32_t entry,
                              uint32_t index, bool input,
                              strait_entry_state **state, strait_error *error) {
  const strait_model_desc *model = instance->module->model;
  if (entry >= model->num_entries)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                       "expected an entry below %" PRIu32 ", got %" PRIu32,
                       model->num_entries, entry);
  const strait_entry_desc *desc = &model->entries[entry];
  uint32_t count = input ? desc->num_inputs : desc->num_outputs;
  if (index >= count)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                       "entry '%s': expected an %s below %" PRIu32
                       ", got %" PRIu32,
                       desc->name, input ? "input" : "output", count, index);
  *state = &instance->entries[entry];
  return STRAIT_OK;
}

int64_t strait_tensor_bytes(uint32_t dtype, uint32_t rank,
                            const int64_t *dims) {
  int64_t bytes = (int64_t)strait_dtype_bytes(dtype);
  for (uint32_t i = 0; i < rank; ++i)
    if (dims[i] < 0 || __builtin_mul_overflow(bytes, dims[i], &bytes))
      return -1;
  return bytes;
}

bool strait_dims_fit(const strait_tensor_desc *desc, uint32_t rank,
                     const int64_t *dims) {
  if (rank != desc->rank)
    return false;
  for (uint32_t i = 0; i < rank; ++i)
    if (dims[i] < 0 || (desc->dims[i] >= 0 && dims[i] != desc->dims[i]))
      return false;
  return true;
}

/* Whether data can be bound as memory of the device. */
static strait_code check_address(const strait_instance *instance,
                                 const void *data, strait_error *error) {
  if (!instance->buffers.backend)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                       "model '%s' was compiled for CPUs: it takes no memory "
                       "of a GPU",
                       instance->module->model->name);
  if ((uintptr_t)data % STRAIT_ALIGNMENT != 0)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                       "expected an address on the GPU that is aligned to %d "
                       "bytes, got %p",
                       STRAIT_ALIGNMENT, data);
  return STRAIT_OK;
}

static strait_code bind_input(strait_instance *instance, uint32_t entry,
                              uint32_t index, const strait_tensor *tensor,
                              bool on_device, strait_error *error) {
  strait_entry_state *state;
  strait_code code = find_state(instance, entry, index, true, &state, error);
  if (code)
    return code;
  if (!tensor || (tensor->rank && !tensor->dims))
    return strait_fail(error, STRAIT_INVALID_ARGUMENT, "%s is null",
                       tensor ? "dims" : "tensor");
  const strait_tensor_desc *desc =
      &instance->module->model->entries[entry].inputs[index];
  if (tensor->dtype != desc->dtype)
    return strait_fail(error, STRAIT_INVALID_INPUT,
                       "input '%s': expected type %s, got %s", desc->name,
                       strait_dtype_name(desc->dtype),
                       strait_dtype_name(tensor->dtype));
  if (!strait_dims_fit(desc, tensor->rank, tensor->dims)) {
    char expected[STRAIT_DIMS_TEXT], got[STRAIT_DIMS_TEXT];
    return strait_fail(error, STRAIT_INVALID_INPUT,
                       "input '%s': expected dimensions %s, got %s", desc->name,
                       strait_dims_text(expected, desc->dims, desc->rank),
                       strait_dims_text(got, tensor->dims, tensor->rank));
  }
  if (desc->rank)
    memcpy(state->inputs[index].dims, tensor->dims,
           desc->rank * sizeof *tensor->dims);
  state->input_states[index].data = tensor->data;
  state->input_states[index].state = NULL;
  state->input_states[index].bound = true;
  state->input_states[index].on_device = on_device;
  state->outcome = OUTCOME_NONE;
  return STRAIT_OK;
}

strait_code strait_set_input(strait_instance *instance, uint32_t entry,
                             uint32_t index, const strait_tensor *tensor,
                             strait_error *error) {
  return bind_input(instance, entry, index, tensor, false, error);
}

strait_code strait_set_device_input(strait_instance *instance, uint32_t entry,
                                    uint32_t index, const strait_tensor *tensor,
                                    strait_error *error) {
  strait_code code =
      check_address(instance, tensor ? tensor->data : NULL, error);
  return code ? code : bind_input(instance, entry, index, tensor, true, error);
}

static strait_code bind_output(strait_instance *instance, uint32_t entry,
                               uint32_t index, void *data, size_t bytes,
                               bool on_device, strait_error *error) {
  strait_entry_state *state;
  strait_code code = find_state(instance, entry, index, false, &state, error);
  if (code)
    return code;
  state->output_states[index].data = data;
  state->output_states[index].state = NULL;
  state->output_states[index].bytes = data ? bytes : 0;
  state->output_states[index].on_device = data && on_device;
  state->outcome = OUTCOME_NONE;
  return STRAIT_OK;
}

strait_code strait_set_output(strait_instance *instance, uint32_t entry,
                              uint32_t index, void *data, size_t bytes,
                              strait_error *error) {
  return bind_output(instance, entry, index, data, bytes, false, error);
}

strait_code strait_set_device_output(strait_instance *instance, uint32_t entry,
                                     uint32_t index, void *data, size_t bytes,
                                     strait_error *error) {
  strait_code code = check_address(instance, data, error);
  return code ? code
              : bind_output(instance, entry, index, data, bytes, true, error);
}

strait_code strait_get_output(const strait_instance *instance, uint32_t entry,
                              uint32_t index, strait_tensor *tensor,
                              strait_error *error) {
  strait_entry_state *state;
  strait_code code = find_state(instance, entry, index, false, &state, error);
  if (code)
    return code;
  if (!tensor)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT, "tensor is null");
  const strait_entry_desc *desc = &instance->module->model->entries[entry];
  if (state->outcome == OUTCOME_NONE)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                       "output '%s' of entry '%s' is not there: run or query "
                       "first",
                       desc->outputs[index].name, desc->name);
  tensor->dtype = desc->outputs[index].dtype;
  tensor->rank = desc->outputs[index].rank;
  tensor->dims = state->outputs[index].dims;
  tensor->data = NULL;
  const strait_output_state *output = &state->output_states[index];
  if (state->outcome == OUTCOME_DATA)
    tensor->data = output->data && !output->state ? output->data
                                                  : state->outputs[index].data;
  return STRAIT_OK;
}

void strait_instance_memory(const strait_instance *instance,
                            strait_memory *memory) {
  memset(memory, 0, sizeof *memory);
  memory->scratch_bytes = instance->scratch.bytes;
  memory->other_bytes = instance->bytes;
  const strait_model_desc *model = instance->module->model;
  for (uint32_t e = 0; e < model->num_entries; ++e) {
    const strait_entry_desc *desc = &model->entries[e];
    const strait_entry_state *state = &instance->entries[e];
    for (uint32_t i = 0; i < desc->num_inputs; ++i)
      memory->io_bytes += state->input_states[i].aligned.bytes;
    for (uint32_t i = 0; i < desc->num_outputs; ++i)
      memory->io_bytes += state->output_states[i].own.bytes +
                          state->output_states[i].copy.bytes;
    for (uint32_t i = 0; i < desc->num_plans; ++i) {
      memory->arena_bytes += state->plans[i].slab.bytes;
      memory->other_bytes += state->plans[i].numbers.bytes;
    }
  }
}
