/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runtime/program/report.h"
#include "runtime/core/cpu.h"
#include "runtime/core/error.h"
#include "runtime/program/array.h"
#include "runtime/program/inputs.h"
#include "runtime/program/npz.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void json_string(FILE *file, const char *text) {
  putc('"', file);
  for (; text && *text; ++text) {
    unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\')
      fprintf(file, "\\%c", c);
    else if (c < 0x20)
      fprintf(file, "\\u%04x", c);
    else
      putc(c, file);
  }
  putc('"', file);
}

/* ----------------------------------------------------------------- info -- */

/* The newest version in link/libc.symbols; a test compares. */
#define LEAST_GLIBC "2.34"

static void print_tensor(const strait_tensor_desc *desc, const char *kind) {
  printf("  %-6s %-24s %-5s ", kind, desc->name,
         strait_dtype_name(desc->dtype));
  for (uint32_t i = 0; i < desc->rank; ++i) {
    const char *name = desc->dim_names ? desc->dim_names[i] : "";
    if (i)
      putchar('x');
    if (desc->dims[i] >= 0)
      printf("%" PRId64, desc->dims[i]);
    else
      printf("%s", name && *name ? name : "?");
  }
  puts(desc->rank ? "" : "scalar");
}

static void print_tensor_json(const strait_tensor_desc *desc) {
  fputs("{\"name\": ", stdout);
  json_string(stdout, desc->name);
  printf(", \"type\": \"%s\", \"dims\": [", strait_dtype_name(desc->dtype));
  for (uint32_t i = 0; i < desc->rank; ++i)
    printf("%s%" PRId64, i ? ", " : "", desc->dims[i]);
  fputs("]}", stdout);
}

/* A member that says where kernels run, if on a device. */
static void print_device_json(const char *device) {
  if (!device)
    return;
  fputs(", \"device\": ", stdout);
  json_string(stdout, device);
}

static void print_info_json(const strait_module *module) {
  fputs("{\"model\": ", stdout);
  json_string(stdout, strait_module_name(module));
  fputs(", \"producer\": ", stdout);
  json_string(stdout, strait_module_producer(module));
  printf(", \"abi\": %d, \"glibc\": \"" LEAST_GLIBC
         "\", \"weights_bytes\": %" PRIu64 ", \"code\": ",
         STRAIT_ABI_VERSION, strait_module_weights_bytes(module));
  json_string(stdout, strait_isa_name((int32_t)strait_module_isa(module)));
  fputs(", \"levels\": [", stdout);
  const char *separator = "";
  for (uint32_t isa = 0; isa < STRAIT_ISA_END; ++isa)
    if (strait_module_has_isa(module, isa)) {
      fputs(separator, stdout);
      json_string(stdout, strait_isa_name((int32_t)isa));
      separator = ", ";
    }
  fputs("]", stdout);
  fputs(", \"entries\": [", stdout);
  for (uint32_t e = 0; e < strait_num_entries(module); ++e) {
    fputs(e ? ", {\"name\": " : "{\"name\": ", stdout);
    json_string(stdout, strait_entry_name(module, e));
    fputs(", \"inputs\": [", stdout);
    for (uint32_t i = 0; i < strait_num_inputs(module, e); ++i) {
      fputs(i ? ", " : "", stdout);
      print_tensor_json(strait_input_desc(module, e, i));
    }
    fputs("], \"outputs\": [", stdout);
    for (uint32_t i = 0; i < strait_num_outputs(module, e); ++i) {
      fputs(i ? ", " : "", stdout);
      print_tensor_json(strait_output_desc(module, e, i));
    }
    fputs("]}", stdout);
  }
  puts("]}");
}

void report_info(const program_options *options, const strait_module *module) {
  if (options->json) {
    print_info_json(module);
    return;
  }
  printf("model    %s\n", strait_module_name(module));
  printf("producer %s (ABI %d)\n", strait_module_producer(module),
         STRAIT_ABI_VERSION);
  printf("weights  %" PRIu64 " bytes\n", strait_module_weights_bytes(module));
  puts("needs    glibc " LEAST_GLIBC " or later");
  if (strait_module_isa(module) >= STRAIT_ISA_COUNT)
    puts("         NVIDIA's driver for CUDA 12.0 or later");
  printf("code     %s\n", strait_isa_name((int32_t)strait_module_isa(module)));
  for (uint32_t isa = 0; isa < STRAIT_ISA_END; ++isa)
    if (isa != strait_module_isa(module) && strait_module_has_isa(module, isa))
      printf("also for %s\n", strait_isa_name((int32_t)isa));
  for (uint32_t e = 0; e < strait_num_entries(module); ++e) {
    printf("entry    %s\n", strait_entry_name(module, e));
    for (uint32_t i = 0; i < strait_num_inputs(module, e); ++i)
      print_tensor(strait_input_desc(module, e, i), "input");
    for (uint32_t i = 0; i < strait_num_outputs(module, e); ++i)
      print_tensor(strait_output_desc(module, e, i), "output");
  }
}

/* -------------------------------------------------------------- outputs -- */

static int64_t count_of(const strait_tensor *tensor) {
  size_t width = strait_dtype_bytes(tensor->dtype);
  int64_t bytes = array_bytes(tensor->dtype, tensor->rank, tensor->dims);
  return width ? bytes / (int64_t)width : 0;
}

strait_code report_outputs(const strait_module *module, uint32_t entry,
                           const strait_instance *instance,
                           strait_error *error) {
  for (uint32_t i = 0; i < strait_num_outputs(module, entry); ++i) {
    strait_tensor tensor;
    strait_code code = strait_get_output(instance, entry, i, &tensor, error);
    if (code)
      return code;
    char text[STRAIT_DIMS_TEXT];
    printf("%s %s %s", strait_output_desc(module, entry, i)->name,
           strait_dtype_name(tensor.dtype),
           strait_dims_text(text, tensor.dims, tensor.rank));
    int64_t count = count_of(&tensor);
    double least = 0, most = 0, sum = 0;
    for (int64_t k = 0; k < count; ++k) {
      double value = array_value(tensor.dtype, tensor.data, k);
      least = k == 0 || value < least ? value : least;
      most = k == 0 || value > most ? value : most;
      sum += value;
    }
    if (count)
      printf(" min %.6g max %.6g mean %.6g:", least, most, sum / (double)count);
    for (int64_t k = 0; k < count && k < 8; ++k)
      printf(" %.6g", array_value(tensor.dtype, tensor.data, k));
    puts(count > 8 ? " ..." : "");
  }
  return STRAIT_OK;
}

/* ---------------------------------------------------------------- check -- */

struct checker {
  const program_options *options;
  const strait_module *module;
  uint32_t entry;
  const strait_instance *instance;
  uint32_t differing;
  bool *seen;
};

/* Largest |a - b| and largest |b|; NaN where only one of the two is, or where
 * infinities differ. */
static double largest_difference(const strait_tensor *got,
                                 const array *expected, int64_t count,
                                 double *magnitude) {
  double largest = 0;
  *magnitude = 0;
  for (int64_t i = 0; i < count; ++i) {
    double a = array_value(got->dtype, got->data, i);
    double b = array_value(expected->dtype, expected->data, i);
    if (a == b || (a != a && b != b))
      a = b = a == a && a - a == 0 ? a : 0; /* equal, perhaps not finite */
    double difference = a > b ? a - b : b - a;
    double size = b < 0 ? -b : b;
    if (difference - difference != 0)
      return difference - difference; /* NaN */
    largest = difference > largest ? difference : largest;
    *magnitude = size > *magnitude ? size : *magnitude;
  }
  return largest;
}

static strait_code check_member(void *user, const char *name,
                                const array *expected, strait_error *error) {
  struct checker *checker = user;
  int32_t index = strait_find_output(checker->module, checker->entry, name);
  /* The file may hold the inputs too. */
  if (index < 0)
    return STRAIT_OK;
  strait_tensor got;
  strait_code code = strait_get_output(checker->instance, checker->entry,
                                       (uint32_t)index, &got, error);
  if (code)
    return code;
  checker->seen[index] = true;
  char got_dims[STRAIT_DIMS_TEXT], expected_dims[STRAIT_DIMS_TEXT];
  if (got.dtype != expected->dtype || got.rank != expected->rank ||
      (got.rank &&
       memcmp(got.dims, expected->dims, got.rank * sizeof *got.dims) != 0)) {
    ++checker->differing;
    printf("%s: expected %s %s, got %s %s: DIFFERS\n", name,
           strait_dtype_name(expected->dtype),
           strait_dims_text(expected_dims, expected->dims, expected->rank),
           strait_dtype_name(got.dtype),
           strait_dims_text(got_dims, got.dims, got.rank));
    return STRAIT_OK;
  }
  double magnitude;
  double difference =
      largest_difference(&got, expected, count_of(&got), &magnitude);
  double allowed = checker->options->atol + checker->options->rtol * magnitude;
  bool same = difference <= allowed;
  checker->differing += !same;
  printf("%s: largest difference %.3g, allowed %.3g: %s\n", name, difference,
         allowed, same ? "ok" : "DIFFERS");
  return STRAIT_OK;
}

strait_code report_check(const program_options *options,
                         const strait_module *module, uint32_t entry,
                         const strait_instance *instance, uint32_t *differing,
                         strait_error *error) {
  *differing = 0;
  uint32_t count = strait_num_outputs(module, entry);
  uint8_t *bytes;
  size_t size;
  strait_code code = file_read(options->check, &bytes, &size, error);
  if (code)
    return code;
  struct checker checker = {options, module, entry, instance, 0, NULL};
  checker.seen = calloc(count + 1, sizeof *checker.seen);
  if (!checker.seen)
    code = strait_fail(error, STRAIT_OUT_OF_MEMORY, "no memory for --check");
  if (!code)
    code = npz_read(bytes, size, options->check, check_member, &checker, error);
  for (uint32_t i = 0; !code && i < count; ++i)
    if (!checker.seen[i])
      code = strait_fail(error, STRAIT_INVALID_INPUT,
                         "'%s' has no array for output '%s'", options->check,
                         strait_output_desc(module, entry, i)->name);
  free(checker.seen);
  free(bytes);
  *differing = checker.differing;
  return code;
}

/* ---------------------------------------------------------------- bench -- */

static int compare_times(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static double milliseconds(uint64_t ns) { return (double)ns * 1e-6; }

/* An emulator says so in its name. Its times say nothing about a GPU and are
 * not shown as if they did. */
static bool is_emulated(const char *device) {
  return device && strncmp(device, "emulated", strlen("emulated")) == 0;
}

/* Sorts the runs' times and prints their statistics. */
static void print_times(const program_options *options, bench_result *result) {
  int64_t count = result->count;
  uint64_t *times = result->run_ns;
  qsort(times, (size_t)count, sizeof *times, compare_times);
  double median =
      (milliseconds(times[count / 2]) + milliseconds(times[(count - 1) / 2])) /
      2;
  double p90 = milliseconds(times[(count * 9 + 9) / 10 - 1]);
  double least = milliseconds(times[0]);
  double load = milliseconds(result->load_ns);
  double first = milliseconds(result->first_run_ns);
  if (options->json) {
    printf(", \"threads\": %" PRIu32 ", \"iterations\": %" PRId64
           ", \"median_ms\": %.6f, \"p90_ms\": %.6f, \"min_ms\": %.6f"
           ", \"load_ms\": %.6f, \"first_run_ms\": %.6f",
           result->threads, count, median, p90, least, load, first);
    return;
  }
  printf("median %.3f ms, p90 %.3f ms, min %.3f ms over %" PRId64
         " runs, %" PRIu32 " thread%s\n",
         median, p90, least, count, result->threads,
         result->threads == 1 ? "" : "s");
  printf("load %.3f ms, first run %.3f ms\n", load, first);
}

void report_bench(const program_options *options, bench_result *result) {
  bool emulated = is_emulated(result->device);
  if (options->json) {
    fputs("{\"entry\": ", stdout);
    json_string(stdout, result->entry);
    print_device_json(result->device);
    if (emulated)
      printf(", \"emulated\": true, \"iterations\": %" PRId64, result->count);
    else
      print_times(options, result);
    printf(", \"arena_bytes\": %" PRIu64 ", \"scratch_bytes\": %" PRIu64
           ", \"io_bytes\": %" PRIu64 "}\n",
           result->memory.arena_bytes, result->memory.scratch_bytes,
           result->memory.io_bytes);
    return;
  }
  if (emulated)
    printf("emulated, which tells no times of a GPU: %" PRId64 " runs\n",
           result->count);
  else
    print_times(options, result);
  printf("arena %" PRIu64 " bytes, scratch %" PRIu64 " bytes\n",
         result->memory.arena_bytes, result->memory.scratch_bytes);
  if (result->device)
    printf("on %s, code for %s\n", result->device,
           strait_isa_name((int32_t)result->isa));
}
