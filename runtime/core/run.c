/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Runs an entry: the services that compiled code calls, and what happens before
 * and after it.
 */
#define _DEFAULT_SOURCE
#include "runtime/core/clock.h"
#include "runtime/core/cpu.h"
#include "runtime/core/edges.h"
#include "runtime/core/error.h"
#include "runtime/core/growth.h"
#include "runtime/core/instance.h"
#include "runtime/core/interruption.h"
#include "runtime/core/plan.h"
#include "runtime/core/pool.h"
#include "runtime/core/rows.h"
#include "runtime/core/state.h"

#include <inttypes.h>
#include <string.h>

static const strait_entry_desc *entry_of(const strait_run_state *run) {
  return &run->instance->module->model->entries[run->entry];
}

static strait_entry_state *state_of(const strait_run_state *run) {
  return &run->instance->entries[run->entry];
}

/* --------------------------------------------------------------- launch -- */

struct job {
  strait_kernel_fn code;
  void *const *buffers;
  const int64_t *sizes;
  strait_task_range *ranges;
  uint32_t workers;
  int64_t chunk;
  char *scratch;
  size_t scratch_stride;
};

/* Does the worker's own tasks first, so that the same data stays in the same
 * core's cache from kernel to kernel, then what is left of the others'. */
static void work(void *context, uint32_t worker) {
  const struct job *job = context;
  void *scratch =
      job->scratch ? job->scratch + worker * job->scratch_stride : NULL;
  uint32_t mode = strait_float_mode_enter();
  for (uint32_t turn = 0; turn < job->workers; ++turn) {
    uint32_t owner = worker + turn;
    if (owner >= job->workers)
      owner -= job->workers;
    strait_task_range *range = &job->ranges[owner];
    while (atomic_load_explicit(&range->next, memory_order_relaxed) <
           range->end) {
      int64_t begin = atomic_fetch_add_explicit(&range->next, job->chunk,
                                                memory_order_relaxed);
      if (begin >= range->end)
        break;
      int64_t end =
          range->end - begin < job->chunk ? range->end : begin + job->chunk;
      job->code(job->buffers, job->sizes, scratch, begin, end);
    }
  }
  strait_float_mode_restore(mode);
}

/* Each worker's share is taken in about this many bites: enough to even out
 * slow workers, few enough that a kernel's setup does not count. */
enum { CHUNKS_PER_WORKER = 4 };

static void share_out(strait_instance *instance, struct job *job,
                      int64_t tasks) {
  uint32_t workers = job->workers;
  int64_t each = tasks / workers, rest = tasks % workers, begin = 0;
  for (uint32_t i = 0; i < workers; ++i) {
    int64_t count = each + (i < rest);
    atomic_store_explicit(&instance->ranges[i].next, begin,
                          memory_order_relaxed);
    begin += count;
    instance->ranges[i].end = begin;
  }
  job->ranges = instance->ranges;
  job->chunk = (each + CHUNKS_PER_WORKER - 1) / CHUNKS_PER_WORKER;
  if (job->chunk < 1)
    job->chunk = 1;
}

static strait_code reserve_scratch(strait_run_state *run, int64_t bytes) {
  strait_instance *instance = run->instance;
  if (bytes <= 0 || (size_t)bytes <= instance->scratch_stride)
    return STRAIT_OK;
  size_t stride =
      ((size_t)bytes + STRAIT_ALIGNMENT - 1) & ~(size_t)(STRAIT_ALIGNMENT - 1);
  if (stride > SIZE_MAX / instance->workers ||
      !strait_block_reserve(&instance->options.allocator, &instance->scratch,
                            stride * instance->workers)) {
    instance->scratch_stride = 0;
    return strait_fail(run->error, STRAIT_OUT_OF_MEMORY,
                       "no memory for scratch areas of %" PRId64
                       " bytes for %" PRIu32 " threads",
                       bytes, instance->workers);
  }
  instance->scratch_stride = stride;
  return STRAIT_OK;
}

static void report_launch(strait_instance *instance, uint32_t launch,
                          int64_t tasks, uint64_t start, uint64_t end) {
  const strait_model_desc *model = instance->module->model;
  const strait_launch_desc *desc = &model->launches[launch];
  strait_launch_event event = {.kernel = model->kernels[desc->kernel].name,
                               .origin = desc->origin,
                               .start_ns = start,
                               .end_ns = end,
                               .tasks = tasks,
                               .flops = desc->flops,
                               .bytes = desc->bytes};
  instance->options.on_launch(instance->options.on_launch_user, &event);
}

static strait_code launch_on_device(strait_run_state *run,
                                    const strait_device_launch *launch) {
  strait_instance *instance = run->instance;
  const strait_buffers *buffers = &instance->buffers;
  bool timed = instance->options.on_launch != NULL;
  uint64_t start = timed ? strait_now_ns() : 0, elapsed = 0;
  strait_code code = buffers->backend->launch(
      buffers->queue, launch, timed ? &elapsed : NULL, run->error);
  if (!code && timed)
    report_launch(instance, launch->launch, launch->tasks, start,
                  start + elapsed);
  return code;
}

static int32_t launch_service(strait_run_state *run, uint32_t launch,
                              void *const *buffers, const int64_t *sizes,
                              int64_t tasks, int64_t scratch_bytes) {
  strait_instance *instance = run->instance;
  strait_code code = strait_check_interruption(run);
  if (code || tasks <= 0)
    return code;
  if (instance->buffers.backend)
    return launch_on_device(run, &(strait_device_launch){launch, buffers, sizes,
                                                         tasks, scratch_bytes});
  code = reserve_scratch(run, scratch_bytes);
  if (code)
    return code;
  const strait_module *module = instance->module;
  strait_kernel_fn kernel =
      module->kernels[module->model->launches[launch].kernel];
  const strait_instance_options *options = &instance->options;
  uint64_t start = options->on_launch ? strait_now_ns() : 0;
  uint32_t workers = instance->workers;
  if ((uint64_t)tasks < workers)
    workers = (uint32_t)tasks;
  if (workers == 1) {
    uint32_t mode = strait_float_mode_enter();
    kernel(buffers, sizes, instance->scratch.data, 0, tasks);
    strait_float_mode_restore(mode);
  } else {
    struct job job = {.code = kernel,
                      .buffers = buffers,
                      .sizes = sizes,
                      .workers = workers,
                      .scratch = instance->scratch.data,
                      .scratch_stride = instance->scratch_stride};
    share_out(instance, &job, tasks);
    if (options->pool)
      strait_pool_run(options->pool, workers, work, &job);
    else
      options->executor.parallel_for(options->executor.user, workers, work,
                                     &job);
  }
  if (options->on_launch)
    report_launch(instance, launch, tasks, start, strait_now_ns());
  return STRAIT_OK;
}

/* --------------------------------------------------------------- memory -- */

static strait_code reserve_slab(strait_run_state *run, uint32_t plan,
                                int64_t bytes) {
  strait_plan_state *state = &state_of(run)->plans[plan];
  /* Asked again in one run, it stands in a loop whose sizes may grow. */
  bool again = state->asked;
  state->asked = true;
  const strait_buffers *buffers = &run->instance->buffers;
  if (bytes < 0 || !(again ? strait_block_grow : strait_block_reserve)(
                       &buffers->allocator, &state->slab, (size_t)bytes))
    return strait_fail(run->error, STRAIT_OUT_OF_MEMORY,
                       "no memory%s for %" PRId64 " bytes of intermediate "
                       "buffers of entry '%s'",
                       strait_buffers_place(buffers), bytes,
                       entry_of(run)->name);
  return STRAIT_OK;
}

static int32_t slab_service(strait_run_state *run, uint32_t plan, int64_t bytes,
                            void **base) {
  strait_code code = reserve_slab(run, plan, bytes);
  *base = state_of(run)->plans[plan].slab.data;
  return code;
}

static int32_t plan_service(strait_run_state *run, uint32_t plan, int64_t count,
                            const int64_t *sizes, const int32_t *lifetimes,
                            void **base, const int64_t **offsets) {
  strait_plan_state *state = &state_of(run)->plans[plan];
  /* Sizes, offsets, the planner's work. */
  size_t bytes = (size_t)count * sizeof(int64_t);
  bool kept =
      state->count == count && memcmp(state->numbers.data, sizes, bytes) == 0;
  if (!kept) {
    state->count = -1;
    if (!strait_block_reserve(&run->instance->options.allocator,
                              &state->numbers, (2 + STRAIT_PLAN_WORK) * bytes))
      return strait_fail(run->error, STRAIT_OUT_OF_MEMORY,
                         "no memory for placing %" PRId64 " buffers", count);
    int64_t *kept_sizes = state->numbers.data;
    memcpy(kept_sizes, sizes, bytes);
    state->total =
        strait_plan_offsets_in(count, kept_sizes, lifetimes, kept_sizes + count,
                               kept_sizes + 2 * count);
    if (state->total < 0)
      return strait_fail(run->error, STRAIT_INVALID_INPUT,
                         "intermediate buffers of entry '%s' do not fit in "
                         "memory at these input dimensions",
                         entry_of(run)->name);
    state->count = count;
  }
  strait_code code = reserve_slab(run, plan, state->total);
  *base = state->slab.data;
  *offsets = (const int64_t *)state->numbers.data + count;
  return code;
}

static int64_t bytes_of(const strait_tensor_desc *desc, const int64_t *dims) {
  return strait_tensor_bytes(desc->dtype, desc->rank, dims);
}

static int32_t output_service(strait_run_state *run, uint32_t index,
                              void **data) {
  const strait_tensor_desc *desc = &entry_of(run)->outputs[index];
  strait_entry_state *state = state_of(run);
  strait_output_state *output = &state->output_states[index];
  const int64_t *dims = state->outputs[index].dims;
  int64_t bytes = bytes_of(desc, dims);
  char text[STRAIT_DIMS_TEXT];
  if (bytes < 0)
    return strait_fail(run->error, STRAIT_INVALID_INPUT,
                       "output '%s' cannot have the dimensions %s", desc->name,
                       strait_dims_text(text, dims, desc->rank));
  if (output->state) {
    strait_code code =
        strait_state_reserve(output->state, (size_t)bytes, run->error);
    if (code)
      return code;
    output->placed = true;
    state->outputs[index].data = *data = output->state->back.data;
    return STRAIT_OK;
  }
  if (output->data && (uint64_t)bytes > output->bytes)
    return strait_fail(
        run->error, STRAIT_INVALID_INPUT,
        "output '%s' (%s, %s): expected a buffer of %" PRId64 " bytes, got %zu",
        desc->name, strait_dtype_name(desc->dtype),
        strait_dims_text(text, dims, desc->rank), bytes, output->bytes);
  output->placed = true;
  const strait_buffers *buffers = &run->instance->buffers;
  if (output->data &&
      (buffers->backend ? output->on_device
                        : (uintptr_t)output->data % STRAIT_ALIGNMENT == 0)) {
    *data = output->data;
  } else {
    if (!strait_block_reserve(&buffers->allocator, &output->own, (size_t)bytes))
      return strait_fail(run->error, STRAIT_OUT_OF_MEMORY,
                         "no memory%s for %" PRId64 " bytes of output '%s'",
                         strait_buffers_place(buffers), bytes, desc->name);
    *data = output->own.data;
  }
  state->outputs[index].data = *data;
  return STRAIT_OK;
}

static int32_t fail_service(strait_run_state *run, const char *what,
                            int64_t expected, int64_t got) {
  return strait_fail(run->error, STRAIT_INVALID_INPUT,
                     "%s %" PRId64 ", got %" PRId64, what, expected, got);
}

/* A loop may copy and read without a launch, so these look for interruptions,
 * too. */
static int32_t copy_service(strait_run_state *run, void *target,
                            const void *source, int64_t bytes) {
  strait_code code = strait_check_interruption(run);
  if (code || bytes <= 0)
    return code;
  return strait_buffers_copy(&run->instance->buffers, target, source,
                             (size_t)bytes, run->error);
}

static int32_t read_service(strait_run_state *run, void *value,
                            const void *source, int64_t bytes) {
  strait_code code = strait_check_interruption(run);
  if (code || bytes <= 0)
    return code;
  return strait_buffers_read(&run->instance->buffers, value, source,
                             (size_t)bytes, run->error);
}

static int32_t write_service(strait_run_state *run, void *target,
                             const void *value, int64_t bytes) {
  const strait_buffers *buffers = &run->instance->buffers;
  strait_code code = strait_check_interruption(run);
  if (code || bytes <= 0)
    return code;
  code =
      strait_buffers_write(buffers, target, value, (size_t)bytes, run->error);
  /* The value is compiled code's and may change after this. */
  return code ? code : strait_buffers_wait(buffers, run->error);
}

static int32_t code_level_service(strait_run_state *run) {
  return (int32_t)run->instance->module->isa;
}

const strait_services strait_runtime_services = {
    .abi_version = STRAIT_ABI_VERSION,
    .bytes = sizeof(strait_services),
    .launch = launch_service,
    .slab = slab_service,
    .plan = plan_service,
    .grow = strait_growth_grow,
    .output = output_service,
    .fail = fail_service,
    .state = strait_rows_held,
    .write_rows = strait_rows_write,
    .rotate = strait_rows_rotate,
    .copy = copy_service,
    .read = read_service,
    .write = write_service,
    .code_level = code_level_service};

/* ----------------------------------------------------------------- runs -- */

/* Runs the entry, or with `query` set only its size functions. */
static strait_code run_entry(strait_instance *instance, uint32_t entry,
                             uint64_t timeout_ns, bool query,
                             strait_error *error) {
  const strait_module *module = instance->module;
  if (error)
    *error = (strait_error){.code = STRAIT_OK};
  if (entry >= module->model->num_entries)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                       "expected an entry below %" PRIu32 ", got %" PRIu32,
                       module->model->num_entries, entry);
  strait_run_state *run = &instance->run;
  uint64_t deadline_ns = 0;
  if (timeout_ns &&
      __builtin_add_overflow(strait_now_ns(), timeout_ns, &deadline_ns))
    deadline_ns = UINT64_MAX;
  *run = (strait_run_state){.instance = instance,
                            .entry = entry,
                            .deadline_ns = deadline_ns,
                            .error = error};
  const strait_entry_desc *desc = entry_of(run);
  strait_entry_state *state = state_of(run);
  state->outcome = OUTCOME_NONE;
  for (uint32_t i = 0; i < desc->num_outputs; ++i) {
    state->output_states[i].placed = false;
    state->outputs[i].data = NULL;
  }
  strait_rows_begin(instance);
  strait_growth_begin(instance, entry);
  strait_code code = strait_place_inputs(run, query);
  if (!code)
    code = desc->run(&strait_runtime_services, run, module->entry_weights,
                     state->inputs, state->outputs, query);
  if (!code && !query)
    code = strait_deliver_outputs(run);
  /* What a failed run has queued still reads what the caller may now change;
   * its own failure is known. */
  if (code)
    strait_buffers_wait(&instance->buffers, NULL);
  strait_growth_end(instance, entry);
  strait_rows_end(instance, code);
  if (code && error && error->code != code)
    strait_fail(error, code, "entry '%s' failed with code %" PRId32, desc->name,
                code);
  if (!code)
    state->outcome = query ? OUTCOME_DIMS : OUTCOME_DATA;
  return code;
}

void strait_run_options_init(strait_run_options *options) {
  memset(options, 0, sizeof *options);
  options->size = sizeof *options;
}

strait_code strait_run(strait_instance *instance, uint32_t entry,
                       const strait_run_options *options, strait_error *error) {
  if (options && options->size != sizeof *options)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                       "run options: expected size %zu, got %zu",
                       sizeof *options, options->size);
  return run_entry(instance, entry, options ? options->timeout_ns : 0, false,
                   error);
}

strait_code strait_query_outputs(strait_instance *instance, uint32_t entry,
                                 strait_error *error) {
  return run_entry(instance, entry, 0, true, error);
}

void strait_cancel(strait_instance *instance) {
  atomic_store_explicit(&instance->cancelled, true, memory_order_relaxed);
}
