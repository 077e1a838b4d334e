/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The driver reports a failure of queued work with whatever is called next, so
 * texts name the last launch before it; STRAIT_CUDA_SYNC=1 in the environment
 * waits after each, and then that is the one.
 */
#include "runtime/cuda/queue.h"
#include "runtime/core/error.h"
#include "runtime/core/memory.h"

#include <inttypes.h>
#include <stdint.h>

struct strait_queue {
  strait_device *device;
  cu_stream stream;
  bool owned;                     /* not the caller's */
  cu_event start, end;            /* NULL until a time is asked for */
  const strait_launch_desc *last; /* launch since the last wait, or NULL */
};

static cu_pointer address(const void *memory) {
  return (cu_pointer)(uintptr_t)memory;
}

static const char *kernel_name(const strait_queue *queue,
                               const strait_launch_desc *launch) {
  return queue->device->model->kernels[launch->kernel].name;
}

/* A failure of a call that does `what`, or of work before it. */
static strait_code fail(strait_queue *queue, cu_result result, const char *what,
                        strait_error *error) {
  const strait_device *device = queue->device;
  const strait_launch_desc *last = queue->last;
  if (!last)
    return strait_driver_fail(&device->driver, result, error, "%s on '%s'",
                              what, device->name);
  if (device->waits)
    return strait_driver_fail(
        &device->driver, result, error, "kernel '%s' (%.120s) on '%s'",
        kernel_name(queue, last), last->origin, device->name);
  return strait_driver_fail(
      &device->driver, result, error,
      "%s on '%s', after kernel '%s' (%.80s) or one before it "
      "(STRAIT_CUDA_SYNC=1 tells which)",
      what, device->name, kernel_name(queue, last), last->origin);
}

/* ---------------------------------------------------------------- queues -- */

strait_code strait_cuda_queue_create(strait_device *device, void *stream,
                                     strait_queue **result,
                                     strait_error *error) {
  strait_queue *queue = strait_allocate(device->allocator, sizeof *queue);
  if (!queue)
    return strait_fail(error, STRAIT_OUT_OF_MEMORY, "no memory for a queue");
  queue->device = device;
  queue->stream = stream;
  queue->owned = !stream;
  cu_result code = queue->owned ? strait_cuda_enter(device) : 0;
  if (!code && queue->owned) {
    code = device->driver.stream_create(&queue->stream, CU_STREAM_NON_BLOCKING);
    strait_cuda_leave(device);
  }
  if (code) {
    strait_release(device->allocator, queue, sizeof *queue);
    return strait_driver_fail(&device->driver, code, error,
                              "cannot make a stream on '%s'", device->name);
  }
  *result = queue;
  return STRAIT_OK;
}

void strait_cuda_queue_destroy(strait_queue *queue) {
  strait_device *device = queue->device;
  const strait_driver *driver = &device->driver;
  if (!strait_cuda_enter(device)) {
    driver->stream_wait(queue->stream);
    if (queue->start)
      driver->event_destroy(queue->start);
    if (queue->end)
      driver->event_destroy(queue->end);
    if (queue->owned)
      driver->stream_destroy(queue->stream);
    strait_cuda_leave(device);
  }
  strait_release(device->allocator, queue, sizeof *queue);
}

strait_code strait_cuda_wait(strait_queue *queue, strait_error *error) {
  cu_result result = strait_cuda_enter(queue->device);
  if (!result) {
    result = queue->device->driver.stream_wait(queue->stream);
    strait_cuda_leave(queue->device);
  }
  strait_code code = result ? fail(queue, result, "waiting", error) : STRAIT_OK;
  queue->last = NULL;
  return code;
}

/* ---------------------------------------------------------------- memory -- */

/* The driver's own alignment is 256 bytes. */
void *strait_cuda_allocate(void *user, size_t bytes, size_t alignment) {
  const strait_queue *queue = user;
  cu_pointer pointer = 0;
  (void)alignment;
  if (strait_cuda_enter(queue->device))
    return NULL;
  if (queue->device->driver.allocate(&pointer, bytes))
    pointer = 0;
  strait_cuda_leave(queue->device);
  return (void *)(uintptr_t)pointer;
}

void strait_cuda_release(void *user, void *memory, size_t bytes) {
  const strait_queue *queue = user;
  const strait_driver *driver = &queue->device->driver;
  (void)bytes;
  if (strait_cuda_enter(queue->device))
    return;
  driver->stream_wait(queue->stream);
  driver->release(address(memory));
  strait_cuda_leave(queue->device);
}

strait_code strait_cuda_write(strait_queue *queue, void *target,
                              const void *source, size_t bytes,
                              strait_error *error) {
  cu_result result = strait_cuda_enter(queue->device);
  if (!result) {
    result = queue->device->driver.write(address(target), source, bytes,
                                         queue->stream);
    strait_cuda_leave(queue->device);
  }
  return result ? fail(queue, result, "copying to the GPU", error) : STRAIT_OK;
}

strait_code strait_cuda_read(strait_queue *queue, void *target,
                             const void *source, size_t bytes,
                             strait_error *error) {
  const strait_driver *driver = &queue->device->driver;
  cu_result result = strait_cuda_enter(queue->device);
  if (!result) {
    result = driver->read(target, address(source), bytes, queue->stream);
    if (!result)
      result = driver->stream_wait(queue->stream);
    strait_cuda_leave(queue->device);
  }
  if (result)
    return fail(queue, result, "copying from the GPU", error);
  queue->last = NULL;
  return STRAIT_OK;
}

strait_code strait_cuda_copy(strait_queue *queue, void *target,
                             const void *source, size_t bytes,
                             strait_error *error) {
  cu_result result = strait_cuda_enter(queue->device);
  if (!result) {
    result = queue->device->driver.copy(address(target), address(source), bytes,
                                        queue->stream);
    strait_cuda_leave(queue->device);
  }
  return result ? fail(queue, result, "copying", error) : STRAIT_OK;
}

strait_code strait_cuda_clear(strait_queue *queue, void *target, size_t bytes,
                              strait_error *error) {
  cu_result result = strait_cuda_enter(queue->device);
  if (!result) {
    result =
        queue->device->driver.fill(address(target), 0, bytes, queue->stream);
    strait_cuda_leave(queue->device);
  }
  return result ? fail(queue, result, "clearing", error) : STRAIT_OK;
}

/* -------------------------------------------------------------- launches -- */

static cu_result record(const strait_driver *driver, cu_event *event,
                        cu_stream stream) {
  if (!*event) {
    cu_result result = driver->event_create(event, 0);
    if (result) {
      *event = NULL;
      return result;
    }
  }
  return driver->event_record(*event, stream);
}

static cu_result elapsed(const strait_queue *queue, uint64_t *ns) {
  const strait_driver *driver = &queue->device->driver;
  float milliseconds = 0;
  cu_result result = driver->event_wait(queue->end);
  if (!result)
    result = driver->event_elapsed(&milliseconds, queue->start, queue->end);
  *ns = (uint64_t)((double)milliseconds * 1e6);
  return result;
}

/* With the context current. */
static cu_result enqueue(strait_queue *queue,
                         const strait_device_launch *launch,
                         uint64_t *elapsed_ns) {
  const strait_device *device = queue->device;
  const strait_driver *driver = &device->driver;
  uint32_t number = device->model->launches[launch->launch].kernel;
  const strait_kernel_desc *kernel = &device->model->kernels[number];
  /* The driver reads through these; it does not write. */
  void *parameters[STRAIT_CUDA_MOST_PARAMETERS];
  uint32_t count = 0;
  for (uint32_t i = 0; i < kernel->num_buffers; ++i)
    parameters[count++] = (void *)(uintptr_t)&launch->buffers[i];
  for (uint32_t i = 0; i < kernel->num_sizes; ++i)
    parameters[count++] = (void *)(uintptr_t)&launch->sizes[i];
  cu_result result =
      elapsed_ns ? record(driver, &queue->start, queue->stream) : 0;
  if (!result)
    result = driver->launch(device->functions[number], (unsigned)launch->tasks,
                            1, 1, device->image->threads[number], 1, 1,
                            (unsigned)launch->scratch_bytes, queue->stream,
                            parameters, NULL);
  if (!result && elapsed_ns)
    result = record(driver, &queue->end, queue->stream);
  if (!result && elapsed_ns)
    result = elapsed(queue, elapsed_ns);
  else if (!result && device->waits)
    result = driver->stream_wait(queue->stream);
  return result;
}

strait_code strait_cuda_launch(strait_queue *queue,
                               const strait_device_launch *launch,
                               uint64_t *elapsed_ns, strait_error *error) {
  const strait_device *device = queue->device;
  const strait_launch_desc *desc = &device->model->launches[launch->launch];
  if (launch->tasks > INT32_MAX)
    return strait_fail(error, STRAIT_INVALID_INPUT,
                       "kernel '%s' (%.120s): expected at most %d blocks, got "
                       "%" PRId64,
                       kernel_name(queue, desc), desc->origin, INT32_MAX,
                       launch->tasks);
  if (launch->scratch_bytes > device->most_shared)
    return strait_fail(error, STRAIT_DEVICE,
                       "kernel '%s' (%.120s): a block needs %" PRId64
                       " bytes of shared memory, '%s' has %d",
                       kernel_name(queue, desc), desc->origin,
                       launch->scratch_bytes, device->name,
                       device->most_shared);
  queue->last = desc;
  cu_result result = strait_cuda_enter(device);
  if (!result) {
    result = enqueue(queue, launch, elapsed_ns);
    strait_cuda_leave(device);
  }
  return result ? fail(queue, result, "launching", error) : STRAIT_OK;
}
