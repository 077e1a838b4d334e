/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "test/runtime/SmallModel.h"

#include <stddef.h>

enum { COLUMNS = 4 };

/* buffers: x, weights, result; one task per row; scratch: one row */
static void scale_rows(void *const *buffers, const int64_t *sizes,
                       void *scratch, int64_t begin, int64_t end) {
  (void)sizes;
  const float *x = buffers[0], *w = buffers[1];
  float *result = buffers[2], *row = scratch;
  for (int64_t i = begin; i < end; ++i) {
    for (int c = 0; c < COLUMNS; ++c)
      row[c] = x[i * COLUMNS + c] * w[c];
    for (int c = 0; c < COLUMNS; ++c)
      result[i * COLUMNS + c] = row[c];
  }
}

/* buffers: x, result; sizes: rows; one task per row */
static void add_one(void *const *buffers, const int64_t *sizes, void *scratch,
                    int64_t begin, int64_t end) {
  (void)sizes;
  (void)scratch;
  const float *x = buffers[0];
  float *result = buffers[1];
  for (int64_t i = begin * COLUMNS; i < end * COLUMNS; ++i)
    result[i] = x[i] + 1;
}

static int32_t run_main(const strait_services *services, strait_run_state *run,
                        const uint8_t *weights, const strait_binding *inputs,
                        strait_binding *outputs, int32_t query) {
  int64_t rows = inputs[0].dims[0];
  if (inputs[0].dims[1] != COLUMNS)
    return services->fail(run, "input 'x' axis 1: expected", COLUMNS, inputs[0].dims[1]);
  outputs[0].dims[0] = rows;
  outputs[0].dims[1] = COLUMNS;
  if (query)
    return 0;
  const int64_t sizes[2] = {rows * COLUMNS * (int64_t)sizeof(float), 64};
  const int32_t lifetimes[4] = {0, 1, 1, 1};
  const int64_t *offsets;
  void *base, *y;
  int32_t code = services->plan(run, 0, 2, sizes, lifetimes, &base, &offsets);
  if (code)
    return code;
  code = services->output(run, 0, &y);
  if (code)
    return code;
  char *scaled = (char *)base + offsets[0];
  void *const first[3] = {inputs[0].data, (void *)(uintptr_t)weights, scaled};
  code = services->launch(run, 0, first, &rows, rows, COLUMNS * sizeof(float));
  if (code)
    return code;
  void *const second[2] = {scaled, y};
  return services->launch(run, 1, second, &rows, rows, 0);
}

static int32_t run_count(const strait_services *services, strait_run_state *run,
                         const uint8_t *weights, const strait_binding *inputs,
                         strait_binding *outputs, int32_t query) {
  (void)weights;
  if (query) {
    outputs[0].dims[0] = -1;
    return 0;
  }
  const int64_t *values = inputs[0].data;
  int64_t count = 0;
  for (int64_t i = 0; i < inputs[0].dims[0]; ++i)
    count += values[i] > 0;
  outputs[0].dims[0] = count;
  void *positive;
  int32_t code = services->output(run, 0, &positive);
  if (code)
    return code;
  int64_t *next = positive;
  for (int64_t i = 0; i < inputs[0].dims[0]; ++i)
    if (values[i] > 0)
      *next++ = values[i];
  return 0;
}

static int32_t run_append(const strait_services *services,
                          strait_run_state *run, const uint8_t *weights,
                          const strait_binding *inputs, strait_binding *outputs,
                          int32_t query) {
  (void)weights;
  const int64_t length = inputs[0].dims[0], *past = inputs[0].data;
  outputs[0].dims[0] = length + 1;
  if (query)
    return 0;
  void *data;
  int32_t code = services->output(run, 0, &data);
  if (code)
    return code;
  int64_t *present = data;
  for (int64_t i = 0; i < length; ++i)
    present[i] = past[i];
  present[length] = length;
  return length == 100 ? services->fail(run, "length: expected", 99, length) : 0;
}

/* Carries an array that gets longer by one number in every iteration, and
 * collects the sums of all. */
static int32_t run_loop(const strait_services *services, strait_run_state *run,
                        const uint8_t *weights, const strait_binding *inputs,
                        strait_binding *outputs, int32_t query) {
  (void)weights;
  outputs[0].dims[0] = -1;
  if (query)
    return 0;
  const int64_t *values = inputs[0].data;
  const int64_t *carried = NULL;
  int64_t *sums = NULL;
  int64_t count = values[0], width = (int64_t)sizeof(int64_t);
  for (int64_t i = 0; i < count; ++i) {
    void *next, *all;
    int32_t code = services->grow(run, 0, (i + 1) * width, 0, "node 'loop'",
                                  &next);
    if (code)
      return code;
    int64_t *numbers = next, sum = 0;
    for (int64_t k = 0; k < i; ++k)
      sum += numbers[k] = carried[k];
    sum += numbers[i] = i;
    carried = numbers;
    code = services->grow(run, 1, (i + 1) * width, i * width, "node 'loop'",
                          &all);
    if (code)
      return code;
    sums = all;
    sums[i] = sum;
    if (i == values[1])
      return services->fail(run, "iteration: expected below", i, i);
  }
  outputs[0].dims[0] = count;
  void *result;
  int32_t code = services->output(run, 0, &result);
  for (int64_t i = 0; !code && i < count; ++i)
    ((int64_t *)result)[i] = sums[i];
  return code;
}

static const int64_t rows_dims[2] = {-1, COLUMNS};
static const char *const rows_names[2] = {"rows", ""};
static const int64_t values_dims[1] = {3}, positive_dims[1] = {-1};

static const strait_tensor_desc main_inputs[1] = {
    {"x", STRAIT_F32, 2, rows_dims, rows_names}};
static const strait_tensor_desc main_outputs[1] = {
    {"y", STRAIT_F32, 2, rows_dims, rows_names}};
static const strait_tensor_desc count_inputs[1] = {
    {"values", STRAIT_I64, 1, values_dims, NULL}};
static const strait_tensor_desc count_outputs[1] = {
    {"positive", STRAIT_I64, 1, positive_dims, NULL}};

static const strait_tensor_desc append_inputs[1] = {
    {"past", STRAIT_I64, 1, positive_dims, NULL}};
static const strait_tensor_desc append_outputs[1] = {
    {"present", STRAIT_I64, 1, positive_dims, NULL}};

static const strait_tensor_desc loop_outputs[1] = {
    {"sums", STRAIT_I64, 1, positive_dims, NULL}};

static const strait_entry_desc entries[4] = {
    {"main", run_main, 1, 1, main_inputs, main_outputs, 1, 0},
    {"count", run_count, 1, 1, count_inputs, count_outputs, 0, 0},
    {"append", run_append, 1, 1, append_inputs, append_outputs, 0, 0},
    {"loop", run_loop, 1, 1, count_inputs, loop_outputs, 2, 0}};

static const strait_kernel_desc kernels[2] = {
    {"scale_rows", {scale_rows, NULL}, 3, 1},
    {"add_one", {add_one, add_one}, 2, 1}};

static const strait_launch_desc launches[2] = {
    {0, 0, "/scale/Mul", 0, 0}, {1, 0, "/shift/Add;/shift/\"one\"", 0, 0}};

__attribute__((visibility("default"))) const strait_model_desc strait_model = {
    .abi_version = STRAIT_ABI_VERSION,
    .name = "small",
    .producer = "by hand",
    .weights_bytes = COLUMNS * sizeof(float),
    /* BLAKE3 of the floats 1, 2, 3, 4 */
    .weights_hash = {0x07, 0x37, 0x74, 0x33, 0x46, 0x69, 0xea, 0x44,
                     0x28, 0x64, 0xe2, 0xfe, 0xe8, 0xde, 0x79, 0x34},
    .num_entries = 4,
    .num_kernels = 2,
    .num_launches = 2,
    .entries = entries,
    .kernels = kernels,
    .launches = launches};
