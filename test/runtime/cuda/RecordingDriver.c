/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "test/runtime/cuda/RecordingDriver.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#define EXPORT __attribute__((visibility("default")))

enum {
  INVALID_VALUE = 1,
  NO_MEMORY = 2,
  NO_DEVICE = 100,
  INVALID_CONTEXT = 201,
  NOT_FOUND = 500,
  MOST_KERNELS = 16,
  MOST_SHARED = 100 << 10
};

struct kernel {
  const char *name;
  strait_kernel_fn code;
  int num_buffers, num_sizes, most_shared;
};

enum kind { WRITE, READ, COPY, CLEAR, LAUNCH };
struct work {
  struct work *next;
  enum kind kind;
  void *target;
  const void *source;
  size_t bytes;
  struct kernel *kernel;
  unsigned grid;
  void *buffers[8];
  int64_t sizes[8];
};

struct stream {
  struct work *first, **last;
};
struct event {
  struct stream *stream;
};

static recording state;
static struct kernel kernels[MOST_KERNELS];
static int num_kernels;
static int sticky; /* a failure of a kernel, which stays */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local int depth; /* contexts pushed */

EXPORT recording *recording_reset(void) {
  memset(&state, 0, sizeof state);
  state.name = "recording driver";
  state.devices = 1;
  state.version = 12040;
  state.major = 9;
  state.memory = (size_t)1 << 30;
  num_kernels = sticky = 0;
  return &state;
}

EXPORT void recording_kernel(const char *name, strait_kernel_fn code,
                             int num_buffers, int num_sizes) {
  kernels[num_kernels++] =
      (struct kernel){name, code, num_buffers, num_sizes, 48 << 10};
}

/* Takes a result that a test has set. */
static int take(int *result) {
  int taken = *result;
  *result = 0;
  return taken;
}

/* Locks; an error without a context, or after a kernel has failed. */
static int begin(void) {
  pthread_mutex_lock(&lock);
  if (depth)
    return sticky;
  ++state.misuse;
  return INVALID_CONTEXT;
}
static int end(int result) {
  pthread_mutex_unlock(&lock);
  return result;
}

static void run_kernel(const struct work *work) {
  char *scratch =
      work->bytes ? aligned_alloc(64, (work->bytes + 63) & ~63ul) : NULL;
  for (unsigned i = 0; i < work->grid; ++i)
    work->kernel->code(work->buffers, work->sizes, scratch, i, i + 1);
  free(scratch);
}

static int drain(struct stream *stream) {
  while (stream->first) {
    struct work *work = stream->first;
    stream->first = work->next;
    if (!stream->first)
      stream->last = &stream->first;
    if (work->kind == LAUNCH && state.kernel_result)
      sticky = take(&state.kernel_result);
    if (!sticky && work->kind == LAUNCH)
      run_kernel(work);
    else if (!sticky && work->kind == CLEAR)
      memset(work->target, 0, work->bytes);
    else if (!sticky)
      memcpy(work->target, work->source, work->bytes);
    free(work);
  }
  return sticky;
}

static struct work *add(struct stream *stream, enum kind kind) {
  struct work *work = calloc(1, sizeof *work);
  work->kind = kind;
  *stream->last = work;
  stream->last = &work->next;
  return work;
}

static int transfer(struct stream *stream, enum kind kind, int *counter,
                    void *target, const void *source, size_t bytes) {
  int result = begin();
  if (!result) {
    ++*counter;
    struct work *work = add(stream, kind);
    work->target = target;
    work->source = source;
    work->bytes = bytes;
  }
  return end(result);
}

EXPORT int cuInit(unsigned flags) {
  return flags ? INVALID_VALUE : state.devices ? 0 : NO_DEVICE;
}
EXPORT int cuDriverGetVersion(int *version) {
  *version = state.version;
  return 0;
}
EXPORT int cuDeviceGetCount(int *count) {
  *count = state.devices;
  return 0;
}
EXPORT int cuDeviceGet(int *device, int number) {
  *device = number;
  return number < state.devices ? 0 : INVALID_VALUE;
}
EXPORT int cuDeviceGetName(char *name, int length, int device) {
  (void)device;
  strncpy(name, state.name, (size_t)length);
  return 0;
}
EXPORT int cuDeviceGetAttribute(int *value, int attribute, int device) {
  (void)device;
  *value = attribute == 75   ? state.major
           : attribute == 76 ? state.minor
           : attribute == 97 ? MOST_SHARED
                             : 0;
  return 0;
}
EXPORT int cuDevicePrimaryCtxRetain(void **context, int device) {
  (void)device;
  ++state.live_contexts;
  *context = &state;
  return 0;
}
EXPORT int cuDevicePrimaryCtxRelease_v2(int device) {
  (void)device;
  --state.live_contexts;
  return 0;
}
EXPORT int cuCtxPushCurrent_v2(void *context) {
  if (context != &state)
    return INVALID_CONTEXT;
  ++depth;
  return 0;
}
EXPORT int cuCtxPopCurrent_v2(void **context) {
  *context = &state;
  --depth;
  return 0;
}
EXPORT int cuMemGetInfo_v2(size_t *available, size_t *total) {
  *total = state.memory;
  *available = state.memory - state.live_bytes;
  return 0;
}
EXPORT int cuModuleLoadDataEx(void **module, const void *image, unsigned count,
                              int *options, void **values) {
  int result = begin();
  if (!result)
    result = take(&state.load_result);
  if (result && count == 2 && options[0] == 5)
    strcpy(values[0], "ptxas: line 1 is wrong\nmore");
  if (!result) {
    state.last_image = *module = (void *)(uintptr_t)image;
    ++state.live_modules;
  }
  return end(result);
}
EXPORT int cuModuleUnload(void *module) {
  (void)module;
  --state.live_modules;
  return 0;
}
EXPORT int cuModuleGetFunction(void **function, void *module,
                               const char *name) {
  (void)module;
  for (int i = 0; i < num_kernels; ++i)
    if (strcmp(kernels[i].name, name) == 0) {
      *function = &kernels[i];
      return 0;
    }
  return NOT_FOUND;
}
EXPORT int cuFuncSetAttribute(struct kernel *kernel, int attribute, int value) {
  if (attribute != 8 || value > MOST_SHARED)
    return INVALID_VALUE;
  kernel->most_shared = value;
  return 0;
}
EXPORT int cuLaunchKernel(struct kernel *kernel, unsigned grid, unsigned grid_y,
                          unsigned grid_z, unsigned block, unsigned block_y,
                          unsigned block_z, unsigned shared,
                          struct stream *stream, void **parameters,
                          void **extra) {
  int result = begin();
  if (!result)
    result = take(&state.launch_result);
  if (!result &&
      (grid_y != 1 || grid_z != 1 || block_y != 1 || block_z != 1 || !grid ||
       !block || extra || shared > (unsigned)kernel->most_shared))
    result = INVALID_VALUE;
  if (result)
    return end(result);
  ++state.launches;
  state.last_grid = grid;
  state.last_block = block;
  state.last_shared = shared;
  struct work *work = add(stream, LAUNCH);
  work->kernel = kernel;
  work->grid = grid;
  work->bytes = shared;
  for (int i = 0; i < kernel->num_buffers; ++i)
    memcpy(&work->buffers[i], *parameters++, sizeof(void *));
  for (int i = 0; i < kernel->num_sizes; ++i)
    memcpy(&work->sizes[i], *parameters++, sizeof(int64_t));
  return end(0);
}

/* A block's size stands before it. */
enum { HEADER = 64 };
EXPORT int cuMemAlloc_v2(unsigned long long *pointer, size_t bytes) {
  int result = begin();
  if (!result && (!bytes || bytes > state.memory - state.live_bytes))
    result = bytes ? NO_MEMORY : INVALID_VALUE;
  if (!result) {
    size_t whole = (bytes + 2 * HEADER - 1) & ~(size_t)(HEADER - 1);
    size_t *block = aligned_alloc(HEADER, whole);
    memset(block, 0xa5, whole); /* nobody may count on zeros */
    *block = bytes;
    *pointer = (uintptr_t)block + HEADER;
    ++state.live_memory;
    state.live_bytes += bytes;
  }
  return end(result);
}
EXPORT int cuMemFree_v2(unsigned long long pointer) {
  int result = begin();
  size_t *block = (size_t *)(uintptr_t)(pointer - HEADER);
  --state.live_memory;
  state.live_bytes -= *block;
  free(block);
  return end(result);
}
EXPORT int cuMemcpyHtoDAsync_v2(unsigned long long target, const void *source,
                                size_t bytes, struct stream *stream) {
  return transfer(stream, WRITE, &state.writes, (void *)(uintptr_t)target,
                  source, bytes);
}
EXPORT int cuMemcpyDtoHAsync_v2(void *target, unsigned long long source,
                                size_t bytes, struct stream *stream) {
  return transfer(stream, READ, &state.reads, target,
                  (const void *)(uintptr_t)source, bytes);
}
EXPORT int cuMemcpyDtoDAsync_v2(unsigned long long target,
                                unsigned long long source, size_t bytes,
                                struct stream *stream) {
  if (target < source + bytes && source < target + bytes)
    ++state.misuse;
  return transfer(stream, COPY, &state.copies, (void *)(uintptr_t)target,
                  (const void *)(uintptr_t)source, bytes);
}
EXPORT int cuMemsetD8Async(unsigned long long target, unsigned char value,
                           size_t bytes, struct stream *stream) {
  return value ? INVALID_VALUE
               : transfer(stream, CLEAR, &state.clears,
                          (void *)(uintptr_t)target, NULL, bytes);
}
EXPORT int cuStreamCreate(struct stream **stream, unsigned flags) {
  int result = begin();
  if (!result && flags != 1)
    result = INVALID_VALUE;
  if (!result) {
    *stream = calloc(1, sizeof **stream);
    (*stream)->last = &(*stream)->first;
    ++state.live_streams;
  }
  return end(result);
}
EXPORT int cuStreamSynchronize(struct stream *stream) {
  int result = begin();
  if (!result) {
    ++state.waits;
    result = drain(stream);
  }
  return end(result);
}
EXPORT int cuStreamDestroy_v2(struct stream *stream) {
  int result = begin();
  state.misuse += stream->first != NULL;
  free(stream);
  --state.live_streams;
  return end(result);
}
EXPORT int cuEventCreate(struct event **event, unsigned flags) {
  *event = calloc(1, sizeof **event);
  ++state.live_events;
  return flags ? INVALID_VALUE : 0;
}
EXPORT int cuEventRecord(struct event *event, struct stream *stream) {
  event->stream = stream;
  return 0;
}
EXPORT int cuEventSynchronize(struct event *event) {
  int result = begin();
  if (!result)
    result = drain(event->stream);
  return end(result);
}
EXPORT int cuEventElapsedTime(float *milliseconds, struct event *start,
                              struct event *stop) {
  *milliseconds = start->stream == stop->stream ? 2.5f : -1;
  return 0;
}
EXPORT int cuEventDestroy_v2(struct event *event) {
  free(event);
  --state.live_events;
  return 0;
}
EXPORT int cuGetErrorName(int error, const char **name) {
  *name = error == NO_MEMORY   ? "CUDA_ERROR_OUT_OF_MEMORY"
          : error == 700       ? "CUDA_ERROR_ILLEGAL_ADDRESS"
          : error == NOT_FOUND ? "CUDA_ERROR_NOT_FOUND"
                               : "CUDA_ERROR";
  return 0;
}
EXPORT int cuGetErrorString(int error, const char **text) {
  *text = error ? "a text" : "no error";
  return 0;
}
