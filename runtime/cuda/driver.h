/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * NVIDIA's driver, opened at run time: the part of its API that we use. Names,
 * types and numbers are those of the driver's interface, whose ABI is stable;
 * no header of CUDA's is needed to build or run.
 */
#ifndef STRAIT_CUDA_DRIVER_H
#define STRAIT_CUDA_DRIVER_H

#include "strait/runtime.h"

typedef int cu_result; /* 0: success */
typedef int cu_device;
typedef unsigned long long cu_pointer; /* in the device's memory */
typedef struct CUctx_st *cu_context;
typedef struct CUmod_st *cu_module;
typedef struct CUfunc_st *cu_function;
typedef struct CUstream_st *cu_stream;
typedef struct CUevent_st *cu_event;

enum {
  CU_OUT_OF_MEMORY = 2,
  CU_NO_DEVICE = 100,

  CU_MULTIPROCESSORS = 16, /* attributes of devices */
  CU_CAPABILITY_MAJOR = 75,
  CU_CAPABILITY_MINOR = 76,
  CU_MOST_SHARED_MEMORY = 97, /* of a block that asks for it */

  CU_MOST_DYNAMIC_SHARED = 8, /* attribute of functions */

  CU_JIT_ERROR_LOG = 5, /* options of loading */
  CU_JIT_ERROR_LOG_BYTES = 6,

  CU_STREAM_NON_BLOCKING = 1
};

/* member, exported name, parameters */
#define STRAIT_CUDA_FUNCTIONS(F)                                               \
  F(init, cuInit, (unsigned flags))                                            \
  F(driver_version, cuDriverGetVersion, (int *version))                        \
  F(device_count, cuDeviceGetCount, (int *count))                              \
  F(device_get, cuDeviceGet, (cu_device * device, int number))                 \
  F(device_name, cuDeviceGetName, (char *name, int length, cu_device device))  \
  F(device_attribute, cuDeviceGetAttribute,                                    \
    (int *value, int attribute, cu_device device))                             \
  F(context_retain, cuDevicePrimaryCtxRetain,                                  \
    (cu_context * context, cu_device device))                                  \
  F(context_release, cuDevicePrimaryCtxRelease_v2, (cu_device device))         \
  F(context_push, cuCtxPushCurrent_v2, (cu_context context))                   \
  F(context_pop, cuCtxPopCurrent_v2, (cu_context * context))                   \
  F(memory_info, cuMemGetInfo_v2, (size_t * free, size_t * total))             \
  F(module_load, cuModuleLoadDataEx,                                           \
    (cu_module * module, const void *image, unsigned count, int *options,      \
     void **values))                                                           \
  F(module_unload, cuModuleUnload, (cu_module module))                         \
  F(module_function, cuModuleGetFunction,                                      \
    (cu_function * function, cu_module module, const char *name))              \
  F(function_set, cuFuncSetAttribute,                                          \
    (cu_function function, int attribute, int value))                          \
  F(launch, cuLaunchKernel,                                                    \
    (cu_function function, unsigned grid_x, unsigned grid_y, unsigned grid_z,  \
     unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared,    \
     cu_stream stream, void **parameters, void **extra))                       \
  F(allocate, cuMemAlloc_v2, (cu_pointer * pointer, size_t bytes))             \
  F(release, cuMemFree_v2, (cu_pointer pointer))                               \
  F(write, cuMemcpyHtoDAsync_v2,                                               \
    (cu_pointer target, const void *source, size_t bytes, cu_stream stream))   \
  F(read, cuMemcpyDtoHAsync_v2,                                                \
    (void *target, cu_pointer source, size_t bytes, cu_stream stream))         \
  F(copy, cuMemcpyDtoDAsync_v2,                                                \
    (cu_pointer target, cu_pointer source, size_t bytes, cu_stream stream))    \
  F(fill, cuMemsetD8Async,                                                     \
    (cu_pointer target, unsigned char value, size_t bytes, cu_stream stream))  \
  F(stream_create, cuStreamCreate, (cu_stream * stream, unsigned flags))       \
  F(stream_wait, cuStreamSynchronize, (cu_stream stream))                      \
  F(stream_destroy, cuStreamDestroy_v2, (cu_stream stream))                    \
  F(event_create, cuEventCreate, (cu_event * event, unsigned flags))           \
  F(event_record, cuEventRecord, (cu_event event, cu_stream stream))           \
  F(event_wait, cuEventSynchronize, (cu_event event))                          \
  F(event_elapsed, cuEventElapsedTime,                                         \
    (float *milliseconds, cu_event start, cu_event end))                       \
  F(event_destroy, cuEventDestroy_v2, (cu_event event))                        \
  F(error_name, cuGetErrorName, (cu_result result, const char **name))         \
  F(error_text, cuGetErrorString, (cu_result result, const char **text))

typedef struct strait_driver {
  void *library;
  int version; /* 12040: CUDA 12.4 */
#define STRAIT_DECLARE(member, name, parameters) cu_result(*member) parameters;
  STRAIT_CUDA_FUNCTIONS(STRAIT_DECLARE)
#undef STRAIT_DECLARE
} strait_driver;

/* Opens libcuda.so.1, or what the environment's STRAIT_LIBCUDA names, and
 * initialises it. Fails with STRAIT_DEVICE. */
strait_code strait_driver_open(strait_driver *driver, strait_error *error);
void strait_driver_close(strait_driver *driver);

/* A failure: "WHAT: CUDA_ERROR_... (text of the driver)". */
strait_code strait_driver_fail(const strait_driver *driver, cu_result result,
                               strait_error *error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif /* STRAIT_CUDA_DRIVER_H */
