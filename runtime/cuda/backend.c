/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The table by which models for NVIDIA's GPUs reach this folder.
 */
#include "runtime/core/backend.h"
#include "runtime/cuda/queue.h"

static const char *name(const strait_device *device) { return device->name; }

static uint32_t isa(const strait_device *device) { return device->image->isa; }

static const uint8_t *weights(const strait_device *device) {
  return (const uint8_t *)(uintptr_t)device->weights;
}

extern const strait_backend strait_cuda_backend;
const strait_backend strait_cuda_backend = {
    .open = strait_cuda_open,
    .close = strait_cuda_close,
    .name = name,
    .isa = isa,
    .weights = weights,
    .queue_create = strait_cuda_queue_create,
    .queue_destroy = strait_cuda_queue_destroy,
    .allocate = strait_cuda_allocate,
    .release = strait_cuda_release,
    .write = strait_cuda_write,
    .read = strait_cuda_read,
    .copy = strait_cuda_copy,
    .clear = strait_cuda_clear,
    .launch = strait_cuda_launch,
    .wait = strait_cuda_wait};
