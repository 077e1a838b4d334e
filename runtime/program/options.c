/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runtime/program/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum value_kind { NO_VALUE, TEXT, PAIR, COUNT, SEED, REAL };

struct flag {
  const char *name;
  enum value_kind kind;
  size_t target; /* offset of the option that the value goes to */
};

#define TO(member) offsetof(program_options, member)

static const struct flag flags[] = {{"--input", PAIR, 0},
                                    {"--shape", PAIR, 0},
                                    {"--inputs", TEXT, TO(inputs)},
                                    {"--random", SEED, TO(seed)},
                                    {"--outputs", TEXT, TO(outputs)},
                                    {"--check", TEXT, TO(check)},
                                    {"--rtol", REAL, TO(rtol)},
                                    {"--atol", REAL, TO(atol)},
                                    {"--entry", TEXT, TO(entry)},
                                    {"--threads", COUNT, TO(threads)},
                                    {"--iterations", COUNT, TO(iterations)},
                                    {"--profile", TEXT, TO(profile)},
                                    {"--bench", NO_VALUE, TO(bench)},
                                    {"--json", NO_VALUE, TO(json)},
                                    {"--info", NO_VALUE, TO(info)},
                                    {"--help", NO_VALUE, TO(help)},
                                    {"-h", NO_VALUE, TO(help)}};
enum { FLAG_COUNT = sizeof flags / sizeof *flags };

/* The flag that `argument` spells, with or without "=value". */
static const struct flag *find_flag(const char *argument, const char **value) {
  size_t length = strcspn(argument, "=");
  for (int i = 0; i < FLAG_COUNT; ++i)
    if (strlen(flags[i].name) == length &&
        memcmp(flags[i].name, argument, length) == 0) {
      *value = argument[length] ? argument + length + 1 : NULL;
      return &flags[i];
    }
  return NULL;
}

static int complain(const program_options *options, const char *what,
                    const char *about) {
  fprintf(stderr, "%s: error: %s '%s'\n", options->program, what, about);
  fprintf(stderr, "%s: see --help\n", options->program);
  return EXIT_USAGE;
}

/* Stores a flag's value; false when it is not of the flag's kind. */
static bool take_value(program_options *options, const struct flag *flag,
                       const char *value) {
  char *target = (char *)options + flag->target, *end = NULL;
  errno = 0;
  switch (flag->kind) {
  case NO_VALUE: {
    bool on = true;
    memcpy(target, &on, sizeof on);
    return true;
  }
  case TEXT:
    memcpy(target, &value, sizeof value);
    return *value != 0;
  case PAIR: {
    const char *equals = strchr(value, '=');
    return equals && equals > value && equals[1];
  }
  case COUNT: {
    long long number = strtoll(value, &end, 10);
    int64_t count = number;
    memcpy(target, &count, sizeof count);
    return !errno && end > value && !*end && number >= 1 && number < 1 << 30;
  }
  case SEED: {
    unsigned long long number = strtoull(value, &end, 10);
    uint64_t seed = number;
    memcpy(target, &seed, sizeof seed);
    options->random = true;
    return !errno && end > value && !*end && *value != '-';
  }
  case REAL: {
    double number = strtod(value, &end);
    memcpy(target, &number, sizeof number);
    return end > value && !*end && number >= 0;
  }
  }
  return false;
}

int options_parse(int argc, char **argv, int first, program_options *options) {
  memset(options, 0, sizeof *options);
  options->program = argc ? argv[0] : "model";
  options->argc = argc;
  options->argv = argv;
  options->rtol = 1e-4;
  options->atol = 1e-6;
  for (int i = first; i < argc; ++i) {
    const char *value;
    const struct flag *flag = find_flag(argv[i], &value);
    if (!flag)
      return complain(options, "unknown option", argv[i]);
    if (flag->kind == NO_VALUE && value)
      return complain(options, "this option takes no value:", argv[i]);
    if (flag->kind != NO_VALUE && !value) {
      if (i + 1 == argc)
        return complain(options, "this option needs a value:", argv[i]);
      value = argv[++i];
    }
    if (!take_value(options, flag, value)) {
      fprintf(stderr, "%s: error: value '%s' does not fit option '%s'\n",
              options->program, value, flag->name);
      fprintf(stderr, "%s: see --help\n", options->program);
      return EXIT_USAGE;
    }
  }
  return EXIT_DONE;
}

const char *options_next(const program_options *options, const char *flag,
                         int *position) {
  for (int i = *position ? *position : 1; i < options->argc; ++i) {
    const char *value;
    const struct flag *found = find_flag(options->argv[i], &value);
    if (!found || found->kind == NO_VALUE)
      continue;
    if (!value && i + 1 < options->argc)
      value = options->argv[++i];
    if (strcmp(found->name, flag) == 0) {
      *position = i + 1;
      return value;
    }
  }
  return NULL;
}

void options_help(const program_options *options) {
  printf(
      "Runs a model that Strait compiled.\n"
      "\n"
      "usage: %s [options]\n"
      "\n"
      "What it needs and gives:\n"
      "  --info                  inputs, outputs, weights, code level\n"
      "\n"
      "Inputs (each input of the model once):\n"
      "  --input NAME=FILE       one input from .npy, or .pb (TensorProto)\n"
      "  --inputs FILE.npz       inputs by name, from numpy.savez\n"
      "  --random SEED           what is not given: floats in [-1, 1), "
      "integers\n"
      "                          0 or 1\n"
      "  --shape NAME=1x3x8x8    dimensions of a random input, where they are\n"
      "                          dynamic\n"
      "\n"
      "Outputs:\n"
      "  --outputs FILE.npz      all outputs by name; without it a summary is\n"
      "                          printed\n"
      "  --check FILE.npz        compares with the arrays of FILE: each "
      "output's\n"
      "                          largest difference must be at most\n"
      "                          A + R * largest magnitude in FILE\n"
      "  --rtol R, --atol A      1e-4 and 1e-6 unless given\n"
      "\n"
      "Running:\n"
      "  --entry NAME            entry of a model with several\n"
      "  --threads N             the calling one included; one per CPU unless\n"
      "                          given; on a GPU it changes nothing\n"
      "  --iterations N          runs N times\n"
      "  --bench                 times the runs: median, 90th percentile, "
      "least\n"
      "  --json                  --bench and --info as one JSON object\n"
      "  --profile TRACE.json    one line per kernel with its ONNX nodes, for\n"
      "                          chrome://tracing or ui.perfetto.dev\n"
      "\n"
      "Examples:\n"
      "  %s --random 1 --bench --threads 2\n"
      "  %s --inputs in.npz --outputs out.npz\n"
      "  %s --inputs in.npz --check expected.npz --rtol 1e-4\n"
      "\n"
      "Exit codes: 0 done, 1 an input or a comparison is at fault, 2 usage.\n",
      options->program, options->program, options->program, options->program);
}
