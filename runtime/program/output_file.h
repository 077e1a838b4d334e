/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A file that appears only when it is complete: it is written beside its place
 * and takes it at the end. Devices and pipes are written to as they are.
 */
#ifndef STRAIT_PROGRAM_OUTPUT_FILE_H
#define STRAIT_PROGRAM_OUTPUT_FILE_H

#include "strait/runtime.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { OUTPUT_FILE_SIGNALS = 3 };

typedef struct output_file {
  FILE *stream;
  const char *path;
  char *partial; /* NULL: written in its place */
  void (*handlers[OUTPUT_FILE_SIGNALS])(int);
} output_file;

/* `path` stays the caller's. One file at a time, as a signal that ends the
 * program (SIGHUP, SIGINT, SIGTERM) removes what is unfinished. */
strait_code output_file_open(output_file *file, const char *path,
                             strait_error *error);

/* Completes the file, or removes it after an error of its stream. */
strait_code output_file_close(output_file *file, strait_error *error);

#ifdef __cplusplus
}
#endif

#endif /* STRAIT_PROGRAM_OUTPUT_FILE_H */
