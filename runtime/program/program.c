/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#define _DEFAULT_SOURCE
#include "runtime/program/program.h"
#include "runtime/core/error.h"
#include "runtime/program/inputs.h"
#include "runtime/program/npz.h"
#include "runtime/program/options.h"
#include "runtime/program/report.h"
#include "runtime/program/trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Everything that a run of the program holds. */
struct session {
  program_options options;
  strait_module *module;
  strait_pool *pool;
  strait_instance *instance;
  strait_state **states; /* those of the model, empty when the program starts */
  uint32_t entry;
  input_set inputs;
  trace trace;
  uint64_t load_ns;
  uint32_t differing;
};

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static strait_code choose_entry(struct session *session, strait_error *error) {
  const char *name = session->options.entry;
  if (!name) {
    session->entry = 0;
    return strait_num_entries(session->module)
               ? STRAIT_OK
               : strait_fail(error, STRAIT_BAD_ARTEFACT,
                             "the model has no entry");
  }
  int32_t entry = strait_find_entry(session->module, name);
  if (entry < 0)
    return strait_fail(error, STRAIT_INVALID_INPUT,
                       "the model has no entry '%s'; --info lists them", name);
  session->entry = (uint32_t)entry;
  return STRAIT_OK;
}

static strait_code make_instance(struct session *session, strait_error *error) {
  strait_pool_options pool_options;
  strait_pool_options_init(&pool_options);
  pool_options.threads = strait_module_device(session->module)
                             ? 1
                             : (uint32_t)session->options.threads;
  strait_code code = strait_pool_create(&pool_options, &session->pool, error);
  if (code)
    return code;
  strait_instance_options options;
  strait_instance_options_init(&options);
  options.pool = session->pool;
  if (session->options.profile) {
    options.on_launch = trace_launch;
    options.on_launch_user = &session->trace;
  }
  return strait_instance_create(session->module, &options, &session->instance,
                                error);
}

/* Gives the instance all states of the model. */
static strait_code make_states(struct session *session, strait_error *error) {
  uint32_t count = strait_num_states(session->module);
  session->states = calloc(count + 1, sizeof *session->states);
  if (!session->states)
    return strait_fail(error, STRAIT_OUT_OF_MEMORY, "no memory for states");
  strait_code code = STRAIT_OK;
  for (uint32_t i = 0; !code && i < count; ++i) {
    code =
        strait_state_open(session->module, i, NULL, &session->states[i], error);
    if (!code)
      code =
          strait_attach_state(session->instance, i, session->states[i], error);
  }
  return code;
}

static strait_code run_once(struct session *session, strait_error *error) {
  return strait_run(session->instance, session->entry, NULL, error);
}

/* Runs without --iterations go on for this long, within these bounds. */
static const uint64_t bench_ns = 2000000000u;
enum { LEAST_RUNS = 10, MOST_RUNS = 10000, WARM_UP_RUNS = 2 };

static strait_code bench(struct session *session, strait_error *error) {
  uint64_t start = now_ns();
  strait_code code = run_once(session, error);
  uint64_t first = now_ns() - start;
  for (int i = 0; !code && i < WARM_UP_RUNS; ++i)
    code = run_once(session, error);
  if (code)
    return code;
  int64_t asked = session->options.iterations;
  int64_t most = asked ? asked : MOST_RUNS, count = 0;
  uint64_t *times = calloc((size_t)most, sizeof *times);
  if (!times)
    return strait_fail(error, STRAIT_OUT_OF_MEMORY,
                       "no memory for the times of %" PRId64 " runs", most);
  trace_clear(&session->trace);
  uint64_t end = now_ns() + bench_ns;
  while (count < most && (asked || count < LEAST_RUNS || now_ns() < end)) {
    start = now_ns();
    code = run_once(session, error);
    times[count++] = now_ns() - start;
    if (code)
      break;
  }
  if (!code) {
    bench_result result = {
        .entry = strait_entry_name(session->module, session->entry),
        .device = strait_module_device(session->module),
        .isa = strait_module_isa(session->module),
        .threads = strait_pool_threads(session->pool),
        .count = count,
        .run_ns = times,
        .load_ns = session->load_ns,
        .first_run_ns = first};
    strait_instance_memory(session->instance, &result.memory);
    report_bench(&session->options, &result);
  }
  free(times);
  return code;
}

static strait_code write_outputs(struct session *session, strait_error *error) {
  uint32_t count = strait_num_outputs(session->module, session->entry);
  const char **names = calloc(count + 1, sizeof *names);
  strait_tensor *tensors = calloc(count + 1, sizeof *tensors);
  strait_code code = STRAIT_OK;
  if (!names || !tensors)
    code = strait_fail(error, STRAIT_OUT_OF_MEMORY, "no memory for --outputs");
  for (uint32_t i = 0; !code && i < count; ++i) {
    names[i] = strait_output_desc(session->module, session->entry, i)->name;
    code = strait_get_output(session->instance, session->entry, i, &tensors[i],
                             error);
  }
  if (!code)
    code = npz_write(session->options.outputs, count, names, tensors, error);
  free(names);
  free(tensors);
  return code;
}

static strait_code run_and_report(struct session *session,
                                  strait_error *error) {
  const program_options *options = &session->options;
  strait_code code = STRAIT_OK;
  if (options->bench) {
    code = bench(session, error);
  } else {
    int64_t count = options->iterations ? options->iterations : 1;
    for (int64_t i = 0; !code && i < count; ++i)
      code = run_once(session, error);
  }
  if (!code && options->outputs)
    code = write_outputs(session, error);
  if (!code && options->check)
    code = report_check(options, session->module, session->entry,
                        session->instance, &session->differing, error);
  if (!code && options->profile)
    code = trace_write(&session->trace, options->profile, error);
  if (!code && !options->outputs && !options->check && !options->bench)
    code = report_outputs(session->module, session->entry, session->instance,
                          error);
  return code;
}

static strait_code serve(struct session *session,
                         const strait_model_desc *model, const char *path,
                         strait_error *error) {
  uint64_t start = now_ns();
  strait_module_options options;
  strait_module_options_init(&options);
  options.describe_only = session->options.info;
  strait_code code =
      model ? strait_module_open(model, &options, &session->module, error)
            : strait_module_open_file(path, &options, &session->module, error);
  if (code)
    return code;
  if (session->options.info) {
    report_info(&session->options, session->module);
    return STRAIT_OK;
  }
  code = choose_entry(session, error);
  if (!code)
    code = make_instance(session, error);
  if (!code)
    code = make_states(session, error);
  session->load_ns = now_ns() - start;
  if (!code)
    code = inputs_bind(&session->options, session->module, session->entry,
                       session->instance, &session->inputs, error);
  return code ? code : run_and_report(session, error);
}

int program_run(const strait_model_desc *model, const char *path, int argc,
                char **argv, int first) {
  struct session session;
  memset(&session, 0, sizeof session);
  int status = options_parse(argc, argv, first, &session.options);
  if (status != EXIT_DONE)
    return status;
  if (session.options.help) {
    options_help(&session.options);
    return EXIT_DONE;
  }
  strait_error error = {.code = STRAIT_OK};
  strait_code code = serve(&session, model, path, &error);
  if (code)
    fprintf(stderr, "%s: error: %s\n", session.options.program, error.text);
  strait_instance_destroy(session.instance);
  for (uint32_t i = 0; session.states && session.states[i]; ++i)
    strait_state_destroy(session.states[i]);
  free(session.states);
  strait_pool_destroy(session.pool);
  strait_module_close(session.module);
  inputs_free(&session.inputs);
  trace_free(&session.trace);
  if (!code && (fflush(stdout) != 0 || ferror(stdout))) {
    fprintf(stderr, "%s: error: cannot write the output\n",
            session.options.program);
    return EXIT_INPUT;
  }
  return code || session.differing ? EXIT_INPUT : EXIT_DONE;
}
