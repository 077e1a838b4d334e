/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The command line of a compiled model.
 */
#ifndef STRAIT_PROGRAM_OPTIONS_H
#define STRAIT_PROGRAM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* Exit codes of every tool of Strait. */
enum { EXIT_DONE = 0, EXIT_INPUT = 1, EXIT_USAGE = 2 };

typedef struct program_options {
  const char *program; /* argv[0] */
  int argc;
  char **argv; /* --input and --shape are looked up here */
  const char *inputs, *outputs, *check, *entry, *profile;
  double rtol, atol;
  uint64_t seed;
  int64_t threads;    /* 0: one per CPU */
  int64_t iterations; /* 0: not given */
  bool random, bench, json, info, help;
} program_options;

/* Reads argv[first] and what follows. Returns EXIT_DONE or, after saying what
 * is wrong, EXIT_USAGE. */
int options_parse(int argc, char **argv, int first, program_options *options);

void options_help(const program_options *options);

/* Goes through the values given with `flag` ("--input" or "--shape"): returns
 * the next after `*position`, which starts at 0, or NULL. */
const char *options_next(const program_options *options, const char *flag,
                         int *position);

#endif /* STRAIT_PROGRAM_OPTIONS_H */
