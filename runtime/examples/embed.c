/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A compiled model inside a C program.
 *
 *   compile-model model.onnx --emit=lib -o model.so
 *   cc embed.c -I<prefix>/include model.so -o embed && ./embed
 *
 * Runs the model's first entry on zeros; dynamic dimensions are taken as 1.
 */
#include <strait/runtime.h>

#include <stdio.h>
#include <stdlib.h>

/* What --emit=lib declares in model.h. */
extern const strait_model_desc strait_model;

static int report(const strait_error *error) {
  fprintf(stderr, "embed: %s\n", error->text);
  return 1;
}

/* Binds zeros to an input and returns them; NULL on failure. */
static void *bind_zeros(const strait_module *module, strait_instance *instance,
                        uint32_t index, strait_error *error) {
  const strait_tensor_desc *desc = strait_input_desc(module, 0, index);
  int64_t *dims = calloc(desc->rank + 1, sizeof *dims);
  size_t bytes = strait_dtype_bytes(desc->dtype);
  if (!dims)
    return NULL;
  for (uint32_t i = 0; i < desc->rank; ++i) {
    dims[i] = desc->dims[i] < 0 ? 1 : desc->dims[i];
    bytes *= (size_t)dims[i];
  }
  void *data = calloc(bytes + 1, 1);
  strait_tensor tensor = {
      .data = data, .dtype = desc->dtype, .rank = desc->rank, .dims = dims};
  if (data && strait_set_input(instance, 0, index, &tensor, error)) {
    free(data);
    data = NULL;
  }
  free(dims); /* the runtime has a copy */
  return data;
}

int main(void) {
  strait_error error = {STRAIT_OK, "no memory"};
  strait_module *module;
  strait_pool *pool;
  strait_instance *instance;

  /* Once per process: the code and the weights, and some threads. */
  if (strait_module_open(&strait_model, NULL, &module, &error) ||
      strait_pool_create(NULL, &pool, &error))
    return report(&error);

  /* Once per thread that runs the model. */
  strait_instance_options options;
  strait_instance_options_init(&options);
  options.pool = pool;
  if (strait_instance_create(module, &options, &instance, &error))
    return report(&error);

  uint32_t inputs = strait_num_inputs(module, 0);
  void **data = calloc(inputs + 1, sizeof *data);
  if (!data)
    return report(&error);
  for (uint32_t i = 0; i < inputs; ++i)
    if (!(data[i] = bind_zeros(module, instance, i, &error)))
      return report(&error);

  if (strait_run(instance, 0, NULL, &error))
    return report(&error);

  for (uint32_t i = 0; i < strait_num_outputs(module, 0); ++i) {
    strait_tensor output;
    if (strait_get_output(instance, 0, i, &output, &error))
      return report(&error);
    printf("%s %s", strait_output_desc(module, 0, i)->name,
           strait_dtype_name(output.dtype));
    for (uint32_t axis = 0; axis < output.rank; ++axis)
      printf(" %lld", (long long)output.dims[axis]);
    if (output.dtype == STRAIT_F32)
      printf(" first %g", ((const float *)output.data)[0]);
    printf("\n");
  }

  for (uint32_t i = 0; i < inputs; ++i)
    free(data[i]);
  free(data);
  strait_instance_destroy(instance);
  strait_pool_destroy(pool);
  strait_module_close(module);
  return 0;
}
