/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * --profile: launches as a Chrome trace.
 */
#ifndef STRAIT_PROGRAM_TRACE_H
#define STRAIT_PROGRAM_TRACE_H

#include "strait/runtime.h"

#include <stdint.h>

typedef struct trace {
  strait_launch_event *events;
  uint64_t count, room, lost;
} trace;

/* strait_instance_options.on_launch with a trace as its user. */
void trace_launch(void *user, const strait_launch_event *event);

/* Forgets what was recorded. */
void trace_clear(trace *trace);

/* Writes what was recorded; times are microseconds from the first launch. */
strait_code trace_write(const trace *trace, const char *path,
                        strait_error *error);
void trace_free(trace *trace);

#endif /* STRAIT_PROGRAM_TRACE_H */
