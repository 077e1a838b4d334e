/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A driver for tests of runtime/cuda: its device's memory is the process's, its
 * kernels are C functions registered by name. What is put on a stream happens
 * as late as allowed: when the stream or an event on it is waited for.
 */
#ifndef STRAIT_TEST_RECORDINGDRIVER_H
#define STRAIT_TEST_RECORDINGDRIVER_H

#include "strait/abi.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct recording {
  /* What the driver shows. */
  const char *name;
  int devices, version, major, minor;
  size_t memory;
  /* Results of the next call of each, then success again; a kernel's own
   * failure comes when its stream is waited for, and stays. */
  int load_result, launch_result, kernel_result;

  /* What was asked for. */
  int launches, writes, reads, copies, clears, waits;
  unsigned last_grid, last_block, last_shared;
  const char *last_image;
  /* What was not given back, and misuse: a call without the context, memory
   * freed while a stream needs it. */
  int live_memory, live_streams, live_events, live_modules, live_contexts;
  size_t live_bytes;
  int misuse;
} recording;

/* The state of the driver; all as at its start, kernels gone. */
recording *recording_reset(void);

/* A kernel of the runtime's signature for CPUs; each block does one task. */
void recording_kernel(const char *name, strait_kernel_fn code, int num_buffers,
                      int num_sizes);

#ifdef __cplusplus
}
#endif

#endif /* STRAIT_TEST_RECORDINGDRIVER_H */
