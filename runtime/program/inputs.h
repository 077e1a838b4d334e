/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The inputs of a run, from files and random numbers.
 */
#ifndef STRAIT_PROGRAM_INPUTS_H
#define STRAIT_PROGRAM_INPUTS_H

#include "runtime/program/array.h"
#include "runtime/program/options.h"

/* A whole file in memory. Free `bytes` after use. */
strait_code file_read(const char *path, uint8_t **bytes, size_t *size,
                      strait_error *error);

/* Data of one input each, 64-byte aligned. */
typedef struct input_set {
  uint32_t count;
  struct input_value {
    void *data; /* NULL: not given yet */
    int64_t dims[ARRAY_MOST_DIMS];
  } * values;
} input_set;

/* Reads and makes all inputs of an entry and binds them to the instance; they
 * must stay until the last run. */
strait_code inputs_bind(const program_options *options,
                        const strait_module *module, uint32_t entry,
                        strait_instance *instance, input_set *set,
                        strait_error *error);
void inputs_free(input_set *set);

#endif /* STRAIT_PROGRAM_INPUTS_H */
