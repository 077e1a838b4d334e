/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#define _GNU_SOURCE /* RTLD_NODELETE */
#include "runtime/cuda/driver.h"
#include "runtime/core/error.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The oldest driver that reads the PTX that the compiler writes (ISA 8.0). */
enum { LEAST_VERSION = 12000 };

strait_code strait_driver_fail(const strait_driver *driver, cu_result result,
                               strait_error *error, const char *format, ...) {
  char what[320];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  const char *name = NULL, *text = NULL;
  if (driver->error_name(result, &name) || !name)
    name = "unknown error";
  if (driver->error_text(result, &text) || !text)
    text = "no text";
  strait_code code =
      result == CU_OUT_OF_MEMORY ? STRAIT_OUT_OF_MEMORY : STRAIT_DEVICE;
  return strait_fail(error, code, "%s: %s (%d, %s)", what, name, result, text);
}

/* Looks the functions up by their exported names. */
static strait_code resolve(strait_driver *driver, const char *name,
                           strait_error *error) {
  struct {
    const char *name;
    void *place; /* of a pointer to a function */
  } const functions[] = {
#define STRAIT_ENTRY(member, exported, parameters) {#exported, &driver->member},
      STRAIT_CUDA_FUNCTIONS(STRAIT_ENTRY)
#undef STRAIT_ENTRY
  };
  for (size_t i = 0; i < sizeof functions / sizeof *functions; ++i) {
    void *function = dlsym(driver->library, functions[i].name);
    if (!function)
      return strait_fail(error, STRAIT_DEVICE,
                         "'%s' has no function '%s': it is not NVIDIA's "
                         "driver, or too old a one",
                         name, functions[i].name);
    memcpy(functions[i].place, &function, sizeof function);
  }
  return STRAIT_OK;
}

strait_code strait_driver_open(strait_driver *driver, strait_error *error) {
  const char *name = getenv("STRAIT_LIBCUDA");
  if (!name || !*name)
    name = "libcuda.so.1";
  /* The driver keeps threads: it is never unloaded. */
  driver->library = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!driver->library) {
    const char *reason = dlerror();
    return strait_fail(error, STRAIT_DEVICE,
                       "cannot load NVIDIA's driver, which the model's code "
                       "for GPUs needs: %s",
                       reason ? reason : name);
  }
  strait_code code = resolve(driver, name, error);
  if (code)
    return code;
  cu_result result = driver->init(0);
  if (result == CU_NO_DEVICE)
    return strait_fail(error, STRAIT_DEVICE,
                       "NVIDIA's driver finds no GPU, which the model's code "
                       "needs");
  if (result)
    return strait_driver_fail(driver, result, error,
                              "NVIDIA's driver does not start");
  result = driver->driver_version(&driver->version);
  if (result)
    return strait_driver_fail(driver, result, error,
                              "NVIDIA's driver does not tell its version");
  if (driver->version < LEAST_VERSION)
    return strait_fail(error, STRAIT_DEVICE,
                       "expected a driver for CUDA %d.%d or later, found one "
                       "for %d.%d",
                       LEAST_VERSION / 1000, LEAST_VERSION % 1000 / 10,
                       driver->version / 1000, driver->version % 1000 / 10);
  return STRAIT_OK;
}

void strait_driver_close(strait_driver *driver) {
  if (driver->library)
    dlclose(driver->library);
  driver->library = NULL;
}
