/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * What drives a device with memory of its own: the runtime's core asks for
 * memory, copies and launches through this table and knows no driver. A model
 * for devices refers to the table, so that its program carries the driver's
 * side (runtime/cuda) and others do not.
 *
 *   strait_device  what the instances of a module share: code and weights
 *   strait_queue   where an instance's copies and launches happen in order
 *
 * A queue is used by one thread at a time, different ones by any. Calls on a
 * queue return before the work is done, except for `wait` and `read`. The first
 * failure of work that was queued is what these, or a later call, return.
 */
#ifndef STRAIT_CORE_BACKEND_H
#define STRAIT_CORE_BACKEND_H

#include "strait/runtime.h"

typedef struct strait_device strait_device;
typedef struct strait_queue strait_queue;

/* One launch of a kernel. */
typedef struct strait_device_launch {
  uint32_t launch; /* its number in the model */
  void *const *buffers;
  const int64_t *sizes;
  int64_t tasks;
  int64_t scratch_bytes; /* of a block of threads */
} strait_device_launch;

struct strait_backend {
  /* Gives a device the model's code and weights, as the options say; these are
   * needed during the call only, model and allocator outlive the device. */
  strait_code (*open)(const strait_model_desc *model,
                      const strait_allocator *allocator, const void *weights,
                      const strait_module_options *options,
                      strait_device **device, strait_error *error);
  void (*close)(strait_device *device);
  /* What the device is called, and the code level chosen for it. */
  const char *(*name)(const strait_device *device);
  uint32_t (*isa)(const strait_device *device);
  const uint8_t *(*weights)(const strait_device *device);

  /* On a stream of the caller's, or on one of its own if that is NULL. */
  strait_code (*queue_create)(strait_device *device, void *stream,
                              strait_queue **queue, strait_error *error);
  /* Waits for what is queued. */
  void (*queue_destroy)(strait_queue *queue);

  /* Memory of the device; the functions of a strait_allocator whose user is the
   * queue. `release` waits for what is queued. */
  void *(*allocate)(void *queue, size_t bytes, size_t alignment);
  void (*release)(void *queue, void *memory, size_t bytes);

  /* From the process's memory, which must not change before the queue was
   * waited for; to it, when the call returns; within the device, where the
   * two must not overlap. */
  strait_code (*write)(strait_queue *queue, void *target, const void *source,
                       size_t bytes, strait_error *error);
  strait_code (*read)(strait_queue *queue, void *target, const void *source,
                      size_t bytes, strait_error *error);
  strait_code (*copy)(strait_queue *queue, void *target, const void *source,
                      size_t bytes, strait_error *error);
  strait_code (*clear)(strait_queue *queue, void *target, size_t bytes,
                       strait_error *error);
  /* `elapsed_ns`, if not NULL: waits for the kernel and gives its time. */
  strait_code (*launch)(strait_queue *queue, const strait_device_launch *launch,
                        uint64_t *elapsed_ns, strait_error *error);
  strait_code (*wait)(strait_queue *queue, strait_error *error);
};

#endif /* STRAIT_CORE_BACKEND_H */
