/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#define _DEFAULT_SOURCE
#include "runtime/program/inputs.h"
#include "runtime/core/error.h"
#include "runtime/program/npy.h"
#include "runtime/program/npz.h"
#include "runtime/program/tensor_proto.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

strait_code file_read(const char *path, uint8_t **bytes, size_t *size,
                      strait_error *error) {
  *bytes = NULL;
  *size = 0;
  FILE *file = fopen(path, "rb");
  if (!file)
    return strait_fail(error, STRAIT_IO, "cannot open '%s': %s", path,
                       strerror(errno));
  strait_code code = STRAIT_OK;
  size_t room = 0;
  for (;;) {
    if (*size == room) {
      room = room ? 2 * room : (size_t)1 << 16;
      uint8_t *more = realloc(*bytes, room);
      if (!more) {
        code = strait_fail(error, STRAIT_OUT_OF_MEMORY, "no memory for '%s'",
                           path);
        break;
      }
      *bytes = more;
    }
    size_t got = fread(*bytes + *size, 1, room - *size, file);
    *size += got;
    if (got == 0)
      break;
  }
  if (!code && ferror(file))
    code = strait_fail(error, STRAIT_IO, "cannot read '%s': %s", path,
                       strerror(errno));
  fclose(file);
  if (code) {
    free(*bytes);
    *bytes = NULL;
  }
  return code;
}

struct binder {
  const strait_module *module;
  uint32_t entry;
  strait_instance *instance;
  input_set *set;
  const char *path;
};

static strait_code give_memory(struct input_value *value, size_t bytes,
                               const char *name, strait_error *error) {
  if (posix_memalign(&value->data, STRAIT_ALIGNMENT,
                     bytes < STRAIT_ALIGNMENT ? STRAIT_ALIGNMENT : bytes) == 0)
    return STRAIT_OK;
  value->data = NULL;
  return strait_fail(error, STRAIT_OUT_OF_MEMORY, "no memory for input '%s'",
                     name);
}

static strait_code bind(const struct binder *binder, uint32_t index,
                        uint32_t dtype, uint32_t rank, strait_error *error) {
  struct input_value *value = &binder->set->values[index];
  strait_tensor tensor = {
      .data = value->data, .dtype = dtype, .rank = rank, .dims = value->dims};
  return strait_set_input(binder->instance, binder->entry, index, &tensor,
                          error);
}

static strait_code take_array(const struct binder *binder, uint32_t index,
                              const array *found, strait_error *error) {
  const strait_tensor_desc *desc =
      strait_input_desc(binder->module, binder->entry, index);
  struct input_value *value = &binder->set->values[index];
  if (value->data)
    return strait_fail(error, STRAIT_INVALID_INPUT, "input '%s' is given twice",
                       desc->name);
  strait_code code = give_memory(value, found->bytes, desc->name, error);
  if (code)
    return code;
  if (found->bytes)
    memcpy(value->data, found->data, found->bytes);
  memcpy(value->dims, found->dims, sizeof found->dims);
  return bind(binder, index, found->dtype, found->rank, error);
}

/* Says which names there are, as far as they fit. */
static strait_code unknown_input(const struct binder *binder, const char *name,
                                 strait_error *error) {
  char names[300];
  size_t used = 0;
  uint32_t count = strait_num_inputs(binder->module, binder->entry);
  names[0] = 0;
  for (uint32_t i = 0; i < count && used < sizeof names - 1; ++i)
    used += (size_t)snprintf(
        names + used, sizeof names - used, "%s'%s'", i ? ", " : "",
        strait_input_desc(binder->module, binder->entry, i)->name);
  return strait_fail(error, STRAIT_INVALID_INPUT,
                     "the model has no input '%s'; it has %s", name, names);
}

static strait_code take_member(void *user, const char *name, const array *found,
                               strait_error *error) {
  const struct binder *binder = user;
  int32_t index = strait_find_input(binder->module, binder->entry, name);
  if (index < 0)
    return unknown_input(binder, name, error);
  return take_array(binder, (uint32_t)index, found, error);
}

static int ends_with(const char *text, const char *end) {
  size_t length = strlen(text), end_length = strlen(end);
  return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static strait_code take_file(const struct binder *binder, const char *pair,
                             strait_error *error) {
  const char *path = strchr(pair, '=') + 1;
  char name[256];
  size_t length = (size_t)(path - 1 - pair);
  if (length >= sizeof name)
    return strait_fail(error, STRAIT_INVALID_INPUT, "no such input: '%s'",
                       pair);
  memcpy(name, pair, length);
  name[length] = 0;
  int32_t index = strait_find_input(binder->module, binder->entry, name);
  if (index < 0)
    return unknown_input(binder, name, error);
  uint8_t *bytes;
  size_t size;
  strait_code code = file_read(path, &bytes, &size, error);
  if (code)
    return code;
  array found;
  void *owned = NULL;
  code = ends_with(path, ".pb")
             ? tensor_proto_read(bytes, size, path, &found, &owned, error)
             : npy_read(bytes, size, path, &found, error);
  if (!code)
    code = take_array(binder, (uint32_t)index, &found, error);
  free(owned);
  free(bytes);
  return code;
}

/* --------------------------------------------------------------- random -- */

/* splitmix64 */
static uint64_t next_random(uint64_t *state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

static double random_value(uint32_t dtype, uint64_t *state) {
  uint64_t bits = next_random(state);
  switch (dtype) {
  case STRAIT_F32:
  case STRAIT_F64:
  case STRAIT_F16:
  case STRAIT_BF16:
    return (double)(bits >> 40) * 0x1p-23 - 1;
  default:
    return (double)(bits >> 63);
  }
}

/* Whether "name=..." is about the input of that name. */
static int is_about(const char *pair, const strait_tensor_desc *desc) {
  size_t length = strlen(desc->name);
  return strncmp(pair, desc->name, length) == 0 && pair[length] == '=';
}

static strait_code check_shapes(const program_options *options,
                                const struct binder *binder,
                                strait_error *error) {
  uint32_t count = strait_num_inputs(binder->module, binder->entry);
  int position = 0;
  const char *pair;
  while ((pair = options_next(options, "--shape", &position))) {
    uint32_t i = 0;
    while (i < count && !is_about(pair, strait_input_desc(binder->module,
                                                          binder->entry, i)))
      ++i;
    if (i == count)
      return strait_fail(error, STRAIT_INVALID_INPUT,
                         "--shape: the model has no such input: '%s'", pair);
  }
  return STRAIT_OK;
}

/* Dimensions from --shape, if this input has one. */
static strait_code shape_of(const program_options *options,
                            const strait_tensor_desc *desc, int64_t *dims,
                            uint32_t *rank, strait_error *error) {
  int position = 0;
  const char *pair;
  while ((pair = options_next(options, "--shape", &position))) {
    if (!is_about(pair, desc))
      continue;
    *rank = 0;
    const char *at = pair + strlen(desc->name) + 1;
    for (;;) {
      char *end;
      errno = 0;
      long long dim = strtoll(at, &end, 10);
      if (end == at || dim < 0 || errno || *rank == ARRAY_MOST_DIMS ||
          (*end && *end != 'x'))
        return strait_fail(error, STRAIT_INVALID_INPUT,
                           "--shape: expected NAME=1x3x8x8, got '%s'", pair);
      dims[(*rank)++] = dim;
      if (!*end)
        return STRAIT_OK;
      at = end + 1;
    }
  }
  return STRAIT_OK;
}

static strait_code make_random(const program_options *options,
                               const struct binder *binder, uint32_t index,
                               strait_error *error) {
  const strait_tensor_desc *desc =
      strait_input_desc(binder->module, binder->entry, index);
  struct input_value *value = &binder->set->values[index];
  uint32_t rank = desc->rank;
  char text[STRAIT_DIMS_TEXT];
  if (rank > ARRAY_MOST_DIMS)
    return strait_fail(error, STRAIT_INVALID_INPUT,
                       "input '%s' has more than %d dimensions", desc->name,
                       ARRAY_MOST_DIMS);
  if (rank)
    memcpy(value->dims, desc->dims, rank * sizeof *value->dims);
  strait_code code = shape_of(options, desc, value->dims, &rank, error);
  if (code)
    return code;
  for (uint32_t i = 0; i < rank; ++i)
    if (value->dims[i] < 0)
      return strait_fail(error, STRAIT_INVALID_INPUT,
                         "input '%s' is %s: give the dimensions with --shape "
                         "%s=...",
                         desc->name,
                         strait_dims_text(text, desc->dims, desc->rank),
                         desc->name);
  /* Says what is wrong with dims that do not fit, before memory is asked for.
   */
  code = bind(binder, index, desc->dtype, rank, error);
  if (code)
    return code;
  int64_t bytes = array_bytes(desc->dtype, rank, value->dims);
  if (bytes < 0)
    return strait_fail(error, STRAIT_INVALID_INPUT,
                       "input '%s' cannot have the dimensions %s", desc->name,
                       strait_dims_text(text, value->dims, rank));
  code = give_memory(value, (size_t)bytes, desc->name, error);
  if (code)
    return code;
  uint64_t state = options->seed * 0x10001u + index;
  int64_t count = bytes / (int64_t)strait_dtype_bytes(desc->dtype);
  for (int64_t i = 0; i < count; ++i)
    array_store(desc->dtype, value->data, i, random_value(desc->dtype, &state));
  return bind(binder, index, desc->dtype, rank, error);
}

strait_code inputs_bind(const program_options *options,
                        const strait_module *module, uint32_t entry,
                        strait_instance *instance, input_set *set,
                        strait_error *error) {
  memset(set, 0, sizeof *set);
  set->count = strait_num_inputs(module, entry);
  set->values = calloc(set->count + 1, sizeof *set->values);
  if (!set->values)
    return strait_fail(error, STRAIT_OUT_OF_MEMORY, "no memory for inputs");
  struct binder binder = {module, entry, instance, set, options->inputs};
  strait_code code = check_shapes(options, &binder, error);
  int position = 0;
  const char *pair;
  while (!code && (pair = options_next(options, "--input", &position)))
    code = take_file(&binder, pair, error);
  if (!code && options->inputs) {
    uint8_t *bytes;
    size_t size;
    code = file_read(options->inputs, &bytes, &size, error);
    if (!code)
      code =
          npz_read(bytes, size, options->inputs, take_member, &binder, error);
    free(bytes);
  }
  /* A benchmark needs no particular inputs. */
  bool make = options->random || (options->bench && !options->inputs);
  for (uint32_t i = 0; !code && make && i < set->count; ++i)
    if (!set->values[i].data)
      code = make_random(options, &binder, i, error);
  for (uint32_t i = 0; !code && i < set->count; ++i) {
    const strait_tensor_desc *desc = strait_input_desc(module, entry, i);
    char text[STRAIT_DIMS_TEXT];
    if (!set->values[i].data)
      code = strait_fail(error, STRAIT_INVALID_INPUT,
                         "input '%s' (%s, %s) is not given: use --input, "
                         "--inputs or --random",
                         desc->name, strait_dtype_name(desc->dtype),
                         strait_dims_text(text, desc->dims, desc->rank));
  }
  return code;
}

void inputs_free(input_set *set) {
  for (uint32_t i = 0; set->values && i < set->count; ++i)
    free(set->values[i].data);
  free(set->values);
  memset(set, 0, sizeof *set);
}
