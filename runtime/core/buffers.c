/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runtime/core/buffers.h"
#include "runtime/core/error.h"
#include "runtime/core/module.h"

#include <string.h>

strait_code strait_buffers_open(const strait_module *module,
                                const strait_allocator *own, void *stream,
                                strait_buffers *buffers, strait_error *error) {
  *buffers = (strait_buffers){.allocator = *own};
  if (module->describe_only)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                       "the module was opened to be described only");
  if (!module->device)
    return STRAIT_OK;
  const strait_backend *backend = module->model->backend;
  strait_queue *queue;
  strait_code code =
      backend->queue_create(module->device, stream, &queue, error);
  if (code)
    return code;
  buffers->allocator = (strait_allocator){.allocate = backend->allocate,
                                          .release = backend->release,
                                          .user = queue};
  buffers->backend = backend;
  buffers->queue = queue;
  return STRAIT_OK;
}

void strait_buffers_close(strait_buffers *buffers) {
  if (buffers->backend)
    buffers->backend->queue_destroy(buffers->queue);
  buffers->backend = NULL;
}

strait_code strait_buffers_copy(const strait_buffers *buffers, void *target,
                                const void *source, size_t bytes,
                                strait_error *error) {
  if (!bytes)
    return STRAIT_OK;
  if (buffers->backend)
    return buffers->backend->copy(buffers->queue, target, source, bytes, error);
  memcpy(target, source, bytes);
  return STRAIT_OK;
}

strait_code strait_buffers_move(const strait_buffers *buffers, void *target,
                                const void *source, size_t bytes,
                                const strait_buffers *memory,
                                strait_block *spare, strait_error *error) {
  uintptr_t to = (uintptr_t)target, from = (uintptr_t)source;
  if (!bytes)
    return STRAIT_OK;
  if (!buffers->backend) {
    memmove(target, source, bytes);
    return STRAIT_OK;
  }
  if (to + bytes <= from || from + bytes <= to)
    return strait_buffers_copy(buffers, target, source, bytes, error);
  strait_code code = STRAIT_OK;
  if (spare->bytes < bytes) {
    /* What is queued may use the block that is replaced. */
    code = strait_buffers_wait(buffers, error);
    if (!code && !strait_block_reserve(&memory->allocator, spare, bytes))
      code = strait_fail(error, STRAIT_OUT_OF_MEMORY,
                         "no memory%s for moving %zu bytes",
                         strait_buffers_place(buffers), bytes);
  }
  if (!code)
    code = strait_buffers_copy(buffers, spare->data, source, bytes, error);
  return code ? code
              : strait_buffers_copy(buffers, target, spare->data, bytes, error);
}

strait_code strait_buffers_read(const strait_buffers *buffers, void *target,
                                const void *source, size_t bytes,
                                strait_error *error) {
  if (bytes && buffers->backend)
    return buffers->backend->read(buffers->queue, target, source, bytes, error);
  return strait_buffers_copy(buffers, target, source, bytes, error);
}

strait_code strait_buffers_write(const strait_buffers *buffers, void *target,
                                 const void *source, size_t bytes,
                                 strait_error *error) {
  if (bytes && buffers->backend)
    return buffers->backend->write(buffers->queue, target, source, bytes,
                                   error);
  return strait_buffers_copy(buffers, target, source, bytes, error);
}

strait_code strait_buffers_clear(const strait_buffers *buffers, void *target,
                                 size_t bytes, strait_error *error) {
  if (!bytes)
    return STRAIT_OK;
  if (buffers->backend)
    return buffers->backend->clear(buffers->queue, target, bytes, error);
  memset(target, 0, bytes);
  return STRAIT_OK;
}

strait_code strait_buffers_wait(const strait_buffers *buffers,
                                strait_error *error) {
  return buffers->backend ? buffers->backend->wait(buffers->queue, error)
                          : STRAIT_OK;
}

const char *strait_buffers_place(const strait_buffers *buffers) {
  return buffers->backend ? " on the device" : "";
}
