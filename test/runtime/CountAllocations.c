/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Counts what runs of a compiled model allocate once they have been through all
 * sizes: count-allocations MODEL.so [INPUT=AxBxC...]... Each further --sizes
 * begins another set of sizes; the runs take the sets in turn. Prints the
 * number of calls of the instance's allocator and of malloc.
 */
#define _GNU_SOURCE
#include "strait/runtime.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SETS = 8, MOST_RANK = 16, WARM_UP_ROUNDS = 2, ROUNDS = 5 };

static atomic_long allocator_calls, malloc_calls;

/* glibc's own names for what is counted here. */
extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *memory, size_t bytes);
extern void *__libc_memalign(size_t alignment, size_t bytes);

void *malloc(size_t bytes) {
  atomic_fetch_add(&malloc_calls, 1);
  return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes) {
  atomic_fetch_add(&malloc_calls, 1);
  return __libc_calloc(count, bytes);
}

void *realloc(void *memory, size_t bytes) {
  atomic_fetch_add(&malloc_calls, 1);
  return __libc_realloc(memory, bytes);
}

int posix_memalign(void **memory, size_t alignment, size_t bytes) {
  atomic_fetch_add(&malloc_calls, 1);
  *memory = __libc_memalign(alignment, bytes);
  return *memory ? 0 : 12;
}

void *aligned_alloc(size_t alignment, size_t bytes) {
  atomic_fetch_add(&malloc_calls, 1);
  return __libc_memalign(alignment, bytes);
}

static void *allocate(void *user, size_t bytes, size_t alignment) {
  (void)user;
  atomic_fetch_add(&allocator_calls, 1);
  return __libc_memalign(alignment, bytes);
}

static void release(void *user, void *memory, size_t bytes) {
  (void)user;
  (void)bytes;
  free(memory);
}

static void need(strait_code code, const strait_error *error) {
  if (!code)
    return;
  fprintf(stderr, "count-allocations: %s\n", error->text);
  exit(1);
}

/* Dims of an input in a set: given as NAME=AxBxC, else its own. */
static void find_dims(const strait_tensor_desc *desc, char **arguments,
                      int count, int64_t *dims) {
  size_t length = strlen(desc->name);
  for (uint32_t i = 0; i < desc->rank; ++i)
    dims[i] = desc->dims[i] < 0 ? 1 : desc->dims[i];
  for (int a = 0; a < count; ++a) {
    if (strncmp(arguments[a], desc->name, length) ||
        arguments[a][length] != '=')
      continue;
    char *text = arguments[a] + length + 1;
    for (uint32_t i = 0; i < desc->rank && *text; ++i) {
      dims[i] = strtoll(text, &text, 10);
      if (*text == 'x')
        ++text;
    }
  }
}

struct input {
  int64_t dims[MOST_RANK];
  void *data;
};

int main(int argc, char **argv) {
  strait_error error = {.code = 0};
  strait_module *module;
  if (argc < 2)
    return 2;
  need(strait_module_open_file(argv[1], NULL, &module, &error), &error);
  strait_pool *pool;
  strait_pool_options pool_options;
  strait_pool_options_init(&pool_options);
  pool_options.threads = 2;
  need(strait_pool_create(&pool_options, &pool, &error), &error);
  strait_instance_options options;
  strait_instance_options_init(&options);
  options.pool = pool;
  options.allocator = (strait_allocator){allocate, release, NULL};
  strait_instance *instance;
  need(strait_instance_create(module, &options, &instance, &error), &error);

  /* The arguments of each set. */
  char **first[MOST_SETS] = {argv + 2};
  int counts[MOST_SETS] = {0}, sets = 1;
  for (int i = 2; i < argc; ++i) {
    if (strcmp(argv[i], "--sizes") != 0)
      ++counts[sets - 1];
    else if (sets < MOST_SETS)
      first[sets++] = argv + i + 1;
  }
  uint32_t inputs = strait_num_inputs(module, 0);
  struct input *bound = calloc((size_t)sets * inputs + 1, sizeof *bound);
  for (int set = 0; set < sets; ++set)
    for (uint32_t i = 0; i < inputs; ++i) {
      const strait_tensor_desc *desc = strait_input_desc(module, 0, i);
      struct input *input = &bound[(size_t)set * inputs + i];
      find_dims(desc, first[set], counts[set], input->dims);
      size_t bytes = strait_dtype_bytes(desc->dtype);
      for (uint32_t d = 0; d < desc->rank; ++d)
        bytes *= (size_t)input->dims[d];
      input->data = __libc_memalign(64, bytes + 64);
      memset(input->data, 0, bytes);
    }
  for (int round = 0; round < WARM_UP_ROUNDS + ROUNDS; ++round) {
    if (round == WARM_UP_ROUNDS)
      allocator_calls = malloc_calls = 0;
    for (int set = 0; set < sets; ++set) {
      for (uint32_t i = 0; i < inputs; ++i) {
        const strait_tensor_desc *desc = strait_input_desc(module, 0, i);
        struct input *input = &bound[(size_t)set * inputs + i];
        strait_tensor tensor = {.data = input->data,
                                .dtype = desc->dtype,
                                .rank = desc->rank,
                                .dims = input->dims};
        need(strait_set_input(instance, 0, i, &tensor, &error), &error);
      }
      need(strait_run(instance, 0, NULL, &error), &error);
    }
  }
  printf("%ld %ld\n", (long)allocator_calls, (long)malloc_calls);
  return 0;
}
