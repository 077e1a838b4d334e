/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runtime/program/trace.h"
#include "runtime/core/error.h"
#include "runtime/program/output_file.h"
#include "runtime/program/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void trace_launch(void *user, const strait_launch_event *event) {
  trace *trace = user;
  if (trace->count == trace->room) {
    uint64_t room = trace->room ? 2 * trace->room : 1024;
    strait_launch_event *more =
        realloc(trace->events, room * sizeof *trace->events);
    if (!more) {
      ++trace->lost;
      return;
    }
    trace->events = more;
    trace->room = room;
  }
  trace->events[trace->count++] = *event;
}

void trace_clear(trace *trace) { trace->count = trace->lost = 0; }

strait_code trace_write(const trace *trace, const char *path,
                        strait_error *error) {
  output_file written;
  strait_code code = output_file_open(&written, path, error);
  if (code)
    return code;
  FILE *file = written.stream;
  uint64_t origin = trace->count ? trace->events[0].start_ns : 0;
  fputs("{\"displayTimeUnit\": \"ms\", \"traceEvents\": [", file);
  for (uint64_t i = 0; i < trace->count; ++i) {
    const strait_launch_event *event = &trace->events[i];
    uint64_t taken = event->end_ns - event->start_ns;
    /* The node is the title: that is what one looks for. */
    const char *title =
        event->origin && *event->origin ? event->origin : event->kernel;
    fprintf(file, "%s\n{\"ph\": \"X\", \"pid\": 1, \"tid\": 1, \"name\": ",
            i ? "," : "");
    json_string(file, title);
    fprintf(file, ", \"ts\": %.3f, \"dur\": %.3f, \"args\": {\"kernel\": ",
            (double)(event->start_ns - origin) * 1e-3, (double)taken * 1e-3);
    json_string(file, event->kernel);
    fputs(", \"nodes\": ", file);
    json_string(file, event->origin);
    fprintf(file, ", \"tasks\": %" PRId64, event->tasks);
    if (event->flops && taken)
      fprintf(file, ", \"flops\": %" PRIu64 ", \"gflops_per_s\": %.2f",
              event->flops, (double)event->flops / (double)taken);
    if (event->bytes && taken)
      fprintf(file, ", \"bytes\": %" PRIu64 ", \"gbytes_per_s\": %.2f",
              event->bytes, (double)event->bytes / (double)taken);
    fputs("}}", file);
  }
  fputs("\n]}\n", file);
  code = output_file_close(&written, error);
  if (code)
    return code;
  if (trace->lost)
    return strait_fail(error, STRAIT_OUT_OF_MEMORY,
                       "'%s' lacks %" PRIu64 " launches: no memory", path,
                       trace->lost);
  return STRAIT_OK;
}

void trace_free(trace *trace) {
  free(trace->events);
  memset(trace, 0, sizeof *trace);
}
