/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A stream of the driver: copies and launches of one instance, in order.
 */
#ifndef STRAIT_CUDA_QUEUE_H
#define STRAIT_CUDA_QUEUE_H

#include "runtime/cuda/device.h"

/* The driver takes 4 KB of parameters. */
enum { STRAIT_CUDA_MOST_PARAMETERS = 512 };

/* As in runtime/core/backend.h. */
strait_code strait_cuda_queue_create(strait_device *device, void *stream,
                                     strait_queue **queue, strait_error *error);
void strait_cuda_queue_destroy(strait_queue *queue);
void *strait_cuda_allocate(void *queue, size_t bytes, size_t alignment);
void strait_cuda_release(void *queue, void *memory, size_t bytes);
strait_code strait_cuda_write(strait_queue *queue, void *target,
                              const void *source, size_t bytes,
                              strait_error *error);
strait_code strait_cuda_read(strait_queue *queue, void *target,
                             const void *source, size_t bytes,
                             strait_error *error);
strait_code strait_cuda_copy(strait_queue *queue, void *target,
                             const void *source, size_t bytes,
                             strait_error *error);
strait_code strait_cuda_clear(strait_queue *queue, void *target, size_t bytes,
                              strait_error *error);
strait_code strait_cuda_launch(strait_queue *queue,
                               const strait_device_launch *launch,
                               uint64_t *elapsed_ns, strait_error *error);
strait_code strait_cuda_wait(strait_queue *queue, strait_error *error);

#endif /* STRAIT_CUDA_QUEUE_H */
