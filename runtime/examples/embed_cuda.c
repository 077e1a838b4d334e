/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A model for GPUs inside a program that uses the GPU itself: its inputs and
 * outputs stay in the GPU's memory, and its work is ordered with the program's
 * own on streams.
 *
 *   compile-model model.onnx --target=cuda --emit=lib -o model.so
 *   cc embed_cuda.c -I<prefix>/include model.so -lcuda -pthread -o embed
 *
 * Two threads run the model, each with an instance, a stream and buffers of its
 * own, and share its code and weights. The model has one input and one output,
 * both f32; dynamic dimensions are taken as 1.
 */
#include <strait/runtime.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* From cuda.h, so that this builds without CUDA's headers, too. */
typedef unsigned long long CUdeviceptr;
typedef struct CUctx_st *CUcontext;
typedef struct CUstream_st *CUstream;
int cuInit(unsigned flags);
int cuDevicePrimaryCtxRetain(CUcontext *context, int device);
int cuDevicePrimaryCtxRelease_v2(int device);
int cuCtxPushCurrent_v2(CUcontext context);
int cuStreamCreate(CUstream *stream, unsigned flags);
int cuStreamSynchronize(CUstream stream);
int cuStreamDestroy_v2(CUstream stream);
int cuMemAlloc_v2(CUdeviceptr *memory, size_t bytes);
int cuMemFree_v2(CUdeviceptr memory);
int cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes,
                         CUstream stream);
int cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes,
                         CUstream stream);

/* What --emit=lib declares in model.h. */
extern const strait_model_desc strait_model;

typedef struct worker {
  const strait_module *module;
  CUcontext context;
  float value;  /* of every element of the input */
  float result; /* the first element of the output */
  strait_error error;
  int failed;
} worker;

/* The elements of a tensor, whose dims are filled in. */
static size_t count_elements(const strait_tensor_desc *desc, int64_t *dims) {
  size_t count = 1;
  for (uint32_t i = 0; i < desc->rank; ++i) {
    dims[i] = desc->dims[i] < 0 ? 1 : desc->dims[i];
    count *= (size_t)dims[i];
  }
  return count;
}

/* What one thread does with buffers on the GPU; nonzero: it failed. */
static int run_on(worker *self, CUstream stream, strait_instance *instance,
                  CUdeviceptr x, CUdeviceptr y) {
  const strait_tensor_desc *in = strait_input_desc(self->module, 0, 0);
  const strait_tensor_desc *out = strait_output_desc(self->module, 0, 0);
  int64_t dims[8], out_dims[8];
  size_t count = count_elements(in, dims);
  size_t out_bytes = count_elements(out, out_dims) * sizeof(float);
  float *host = malloc(count * sizeof *host);
  if (!host)
    return 1;
  for (size_t i = 0; i < count; ++i)
    host[i] = self->value;
  strait_tensor tensor = {.data = (void *)(uintptr_t)x,
                          .dtype = in->dtype,
                          .rank = in->rank,
                          .dims = dims};
  /* The copies and the run are in order, being on one stream. */
  int failed =
      cuMemcpyHtoDAsync_v2(x, host, count * sizeof *host, stream) ||
      strait_set_device_input(instance, 0, 0, &tensor, &self->error) ||
      strait_set_device_output(instance, 0, 0, (void *)(uintptr_t)y, out_bytes,
                               &self->error) ||
      strait_run(instance, 0, NULL, &self->error) ||
      cuMemcpyDtoHAsync_v2(&self->result, y, sizeof self->result, stream);
  failed |= cuStreamSynchronize(stream);
  free(host);
  return failed;
}

static void *work(void *argument) {
  worker *self = argument;
  CUstream stream = NULL;
  CUdeviceptr x = 0, y = 0;
  strait_instance *instance = NULL;
  int64_t dims[8];
  size_t in = count_elements(strait_input_desc(self->module, 0, 0), dims);
  size_t out = count_elements(strait_output_desc(self->module, 0, 0), dims);
  strait_instance_options options;
  strait_instance_options_init(&options);
  self->failed = cuCtxPushCurrent_v2(self->context) ||
                 cuStreamCreate(&stream, /*CU_STREAM_NON_BLOCKING=*/1) ||
                 cuMemAlloc_v2(&x, in * sizeof(float)) ||
                 cuMemAlloc_v2(&y, out * sizeof(float));
  options.device_stream = stream;
  self->failed = self->failed ||
                 strait_instance_create(self->module, &options, &instance,
                                        &self->error) ||
                 run_on(self, stream, instance, x, y);
  strait_instance_destroy(instance);
  if (y)
    cuMemFree_v2(y);
  if (x)
    cuMemFree_v2(x);
  if (stream)
    cuStreamDestroy_v2(stream);
  return NULL;
}

int main(void) {
  CUcontext context;
  if (cuInit(0) || cuDevicePrimaryCtxRetain(&context, 0)) {
    fprintf(stderr, "embed_cuda: no GPU\n");
    return 1;
  }
  strait_module_options options;
  strait_module_options_init(&options);
  options.device_context = context;
  strait_error error;
  strait_module *module;
  if (strait_module_open(&strait_model, &options, &module, &error)) {
    fprintf(stderr, "embed_cuda: %s\n", error.text);
    return 1;
  }
  worker workers[2];
  pthread_t threads[2];
  for (int i = 0; i < 2; ++i) {
    workers[i] = (worker){.module = module,
                          .context = context,
                          .value = (float)(i + 1),
                          .error = {STRAIT_DEVICE, "the driver failed"}};
    if (pthread_create(&threads[i], NULL, work, &workers[i]))
      abort();
  }
  int failed = 0;
  for (int i = 0; i < 2; ++i) {
    pthread_join(threads[i], NULL);
    failed |= workers[i].failed;
    if (workers[i].failed)
      fprintf(stderr, "embed_cuda: %s\n", workers[i].error.text);
    else
      printf("%g gives %g\n", workers[i].value, workers[i].result);
  }
  strait_module_close(module);
  cuDevicePrimaryCtxRelease_v2(0);
  return failed;
}
