/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * What a compiled model prints about itself and its outputs.
 */
#ifndef STRAIT_PROGRAM_REPORT_H
#define STRAIT_PROGRAM_REPORT_H

#include "runtime/program/options.h"
#include "strait/runtime.h"

#include <stdio.h>

/* Writes `text` as a JSON string, quotes included. */
void json_string(FILE *file, const char *text);

/* --info */
void report_info(const program_options *options, const strait_module *module);

/* One line per output: type, dimensions, range, first values. */
strait_code report_outputs(const strait_module *module, uint32_t entry,
                           const strait_instance *instance,
                           strait_error *error);

/* --check: prints one line per output; `*differing` counts those that differ
 * by more than the tolerance. */
strait_code report_check(const program_options *options,
                         const strait_module *module, uint32_t entry,
                         const strait_instance *instance, uint32_t *differing,
                         strait_error *error);

/* --bench: the times of `count` runs, which it sorts. */
typedef struct bench_result {
  const char *entry;
  const char *device; /* NULL: CPUs */
  uint32_t isa;
  uint32_t threads;
  int64_t count;
  uint64_t *run_ns;
  uint64_t load_ns, first_run_ns;
  strait_memory memory;
} bench_result;

void report_bench(const program_options *options, bench_result *result);

#endif /* STRAIT_PROGRAM_REPORT_H */
