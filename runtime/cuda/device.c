/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runtime/cuda/device.h"
#include "runtime/core/cpu.h"
#include "runtime/core/error.h"
#include "runtime/core/memory.h"
#include "runtime/cuda/queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cu_result strait_cuda_enter(const strait_device *device) {
  return device->driver.context_push(device->context);
}

void strait_cuda_leave(const strait_device *device) {
  cu_context own;
  device->driver.context_pop(&own);
}

/* Whether a GPU of this compute capability runs code of a level. */
static bool runs(uint32_t isa, int major, int minor) {
  if (isa == STRAIT_ISA_SM90A)
    return major == 9 && minor == 0;
  return isa == STRAIT_ISA_SM80 && major >= 8;
}

/* The model's highest level of code that the GPU runs. */
static strait_code choose_image(strait_device *device, uint32_t max_isa,
                                int major, int minor, strait_error *error) {
  const strait_model_desc *model = device->model;
  for (uint32_t i = 0; i < model->num_images; ++i) {
    const strait_image_desc *image = &model->images[i];
    if (image->isa <= max_isa && runs(image->isa, major, minor) &&
        (!device->image || device->image->isa < image->isa))
      device->image = image;
  }
  if (device->image)
    return STRAIT_OK;
  return strait_fail(error, STRAIT_DEVICE,
                     "model '%s' was compiled for %s; '%s' has compute "
                     "capability %d.%d",
                     model->name,
                     model->num_images
                         ? strait_isa_name((int32_t)model->images[0].isa)
                         : "no GPU",
                     device->name, major, minor);
}

/* Finds the GPU that the options name and what it can do. */
static strait_code find_gpu(strait_device *device,
                            const strait_module_options *options,
                            strait_error *error) {
  const strait_driver *driver = &device->driver;
  int count = 0, major = 0, minor = 0;
  cu_result result = driver->device_count(&count);
  if (!result && (int64_t)options->device >= count)
    return strait_fail(error, STRAIT_DEVICE,
                       "expected a GPU with number %" PRIu32
                       ", the driver shows %d to this process",
                       options->device, count);
  if (!result)
    result = driver->device_get(&device->number, (int)options->device);
  if (!result)
    result =
        driver->device_name(device->name, sizeof device->name, device->number);
  if (!result)
    result =
        driver->device_attribute(&major, CU_CAPABILITY_MAJOR, device->number);
  if (!result)
    result =
        driver->device_attribute(&minor, CU_CAPABILITY_MINOR, device->number);
  if (!result)
    result = driver->device_attribute(&device->most_shared,
                                      CU_MOST_SHARED_MEMORY, device->number);
  if (result)
    return strait_driver_fail(driver, result, error, "cannot look at the GPU");
  return choose_image(device, options->max_isa, major, minor, error);
}

/* The first line of what the driver's compiler has to say. */
static const char *first_line(char *log) {
  log[strcspn(log, "\n")] = 0;
  return log;
}

static strait_code load_code(strait_device *device, strait_error *error) {
  const strait_driver *driver = &device->driver;
  char log[1024] = "";
  int options[2] = {CU_JIT_ERROR_LOG, CU_JIT_ERROR_LOG_BYTES};
  /* The driver takes numbers as if they were pointers. */
  void *values[2] = {log, (void *)(uintptr_t)(sizeof log - 1)};
  cu_result result = driver->module_load(&device->module, device->image->ptx, 2,
                                         options, values);
  if (result) {
    device->module = NULL;
    return strait_driver_fail(
        driver, result, error, "'%s' does not take the code of model '%s' (%s)",
        device->name, device->model->name, first_line(log));
  }
  uint32_t count = device->model->num_kernels;
  device->functions =
      strait_allocate(device->allocator, count * sizeof *device->functions);
  if (!device->functions)
    return strait_fail(error, STRAIT_OUT_OF_MEMORY,
                       "no memory for a table of %" PRIu32 " kernels", count);
  for (uint32_t i = 0; i < count; ++i) {
    const strait_kernel_desc *kernel = &device->model->kernels[i];
    if (kernel->num_buffers + kernel->num_sizes > STRAIT_CUDA_MOST_PARAMETERS)
      return strait_fail(error, STRAIT_BAD_ARTEFACT,
                         "kernel '%s' has more than %d parameters",
                         kernel->name, STRAIT_CUDA_MOST_PARAMETERS);
    result = driver->module_function(&device->functions[i], device->module,
                                     kernel->name);
    if (result)
      return strait_driver_fail(driver, result, error,
                                "model '%s' has no code for kernel '%s'",
                                device->model->name, kernel->name);
    /* Blocks get no more than 48 KB unless the kernel is marked so. */
    result = driver->function_set(device->functions[i], CU_MOST_DYNAMIC_SHARED,
                                  device->most_shared);
    if (result)
      return strait_driver_fail(driver, result, error,
                                "kernel '%s' cannot have %d bytes of shared "
                                "memory",
                                kernel->name, device->most_shared);
  }
  return STRAIT_OK;
}

/* A queue for the one copy, which the module's other work does not wait for. */
static strait_code upload_weights(strait_device *device, const void *weights,
                                  strait_error *error) {
  uint64_t bytes = device->model->weights_bytes;
  if (!bytes)
    return STRAIT_OK;
  const strait_driver *driver = &device->driver;
  size_t available = 0, total = 0;
  cu_result result = driver->memory_info(&available, &total);
  if (!result && available < bytes)
    return strait_fail(error, STRAIT_OUT_OF_MEMORY,
                       "the weights of model '%s' take %" PRIu64
                       " bytes; '%s' has %zu of %zu bytes free",
                       device->model->name, bytes, device->name, available,
                       total);
  if (!result)
    result = driver->allocate(&device->weights, bytes);
  if (result)
    return strait_driver_fail(driver, result, error,
                              "'%s' has no room for the weights of model '%s'",
                              device->name, device->model->name);
  strait_queue *queue;
  strait_code code =
      strait_cuda_queue_create(device, /*stream=*/NULL, &queue, error);
  if (code)
    return code;
  void *target = (void *)(uintptr_t)device->weights;
  code = strait_cuda_write(queue, target, weights, bytes, error);
  if (!code)
    code = strait_cuda_wait(queue, error);
  strait_cuda_queue_destroy(queue);
  return code;
}

static strait_code set_up(strait_device *device, const void *weights,
                          const strait_module_options *options,
                          strait_error *error) {
  strait_code code = strait_driver_open(&device->driver, error);
  if (!code)
    code = find_gpu(device, options, error);
  if (code)
    return code;
  const strait_driver *driver = &device->driver;
  cu_result result = 0;
  device->context = options->device_context;
  if (!device->context) {
    result = driver->context_retain(&device->context, device->number);
    device->retained = !result;
    if (result)
      device->context = NULL;
  }
  if (!result)
    result = strait_cuda_enter(device);
  if (result)
    return strait_driver_fail(driver, result, error, "cannot use '%s'",
                              device->name);
  code = load_code(device, error);
  if (!code)
    code = upload_weights(device, weights, error);
  strait_cuda_leave(device);
  return code;
}

strait_code strait_cuda_open(const strait_model_desc *model,
                             const strait_allocator *allocator,
                             const void *weights,
                             const strait_module_options *options,
                             strait_device **result, strait_error *error) {
  strait_device *device = strait_allocate(allocator, sizeof *device);
  if (!device)
    return strait_fail(error, STRAIT_OUT_OF_MEMORY, "no memory for a device");
  device->model = model;
  device->allocator = allocator;
  const char *waits = getenv("STRAIT_CUDA_SYNC");
  device->waits = waits && strcmp(waits, "0") != 0;
  strait_code code = set_up(device, weights, options, error);
  if (code) {
    strait_cuda_close(device);
    return code;
  }
  *result = device;
  return STRAIT_OK;
}

void strait_cuda_close(strait_device *device) {
  const strait_driver *driver = &device->driver;
  if (device->context && !strait_cuda_enter(device)) {
    if (device->weights)
      driver->release(device->weights);
    if (device->module)
      driver->module_unload(device->module);
    strait_cuda_leave(device);
  }
  if (device->retained)
    driver->context_release(device->number);
  strait_release(device->allocator, device->functions,
                 device->model->num_kernels * sizeof *device->functions);
  strait_driver_close(&device->driver);
  strait_release(device->allocator, device, sizeof *device);
}
