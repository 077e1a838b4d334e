/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Where buffers lie: in the process's memory or in that of a device, whose work
 * is queued. Without a device every call is done when it returns and succeeds.
 */
#ifndef STRAIT_CORE_BUFFERS_H
#define STRAIT_CORE_BUFFERS_H

#include "runtime/core/backend.h"
#include "runtime/core/memory.h"

typedef struct strait_buffers {
  /* For blocks of buffers. */
  strait_allocator allocator;
  const strait_backend *backend; /* NULL: the process's memory */
  strait_queue *queue;
} strait_buffers;

/* Buffers for the code of a module; `own` is for the process's memory, `stream`
 * the caller's for a device's queue, or NULL. */
strait_code strait_buffers_open(const strait_module *module,
                                const strait_allocator *own, void *stream,
                                strait_buffers *buffers, strait_error *error);
/* After all blocks were freed. */
void strait_buffers_close(strait_buffers *buffers);

/* Between buffers that do not overlap. */
strait_code strait_buffers_copy(const strait_buffers *buffers, void *target,
                                const void *source, size_t bytes,
                                strait_error *error);
/* Between buffers that may; `spare` is a block of `memory` for what has to be
 * put aside. */
strait_code strait_buffers_move(const strait_buffers *buffers, void *target,
                                const void *source, size_t bytes,
                                const strait_buffers *memory,
                                strait_block *spare, strait_error *error);
/* From a buffer to the process's memory, done when the call returns. */
strait_code strait_buffers_read(const strait_buffers *buffers, void *target,
                                const void *source, size_t bytes,
                                strait_error *error);
/* The other way; the source may change after strait_buffers_wait. */
strait_code strait_buffers_write(const strait_buffers *buffers, void *target,
                                 const void *source, size_t bytes,
                                 strait_error *error);
strait_code strait_buffers_clear(const strait_buffers *buffers, void *target,
                                 size_t bytes, strait_error *error);
/* Waits for what is queued. */
strait_code strait_buffers_wait(const strait_buffers *buffers,
                                strait_error *error);

/* "" or " on the device": where memory was missing. */
const char *strait_buffers_place(const strait_buffers *buffers);

#endif /* STRAIT_CORE_BUFFERS_H */
