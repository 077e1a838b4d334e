/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * What a compiled model does as a program.
 */
#ifndef STRAIT_PROGRAM_PROGRAM_H
#define STRAIT_PROGRAM_PROGRAM_H

#include "strait/runtime.h"

/* Runs the command line from argv[first] on, for the model that is linked in,
 * or with `model` NULL for the shared library at `path`. Returns the exit
 * code. */
int program_run(const strait_model_desc *model, const char *path, int argc,
                char **argv, int first);

#endif /* STRAIT_PROGRAM_PROGRAM_H */
