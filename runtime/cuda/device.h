/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A model on a GPU: the driver, its context, the code and the weights.
 */
#ifndef STRAIT_CUDA_DEVICE_H
#define STRAIT_CUDA_DEVICE_H

#include "runtime/core/backend.h"
#include "runtime/cuda/driver.h"

#include <stdbool.h>

struct strait_device {
  strait_driver driver;
  const strait_model_desc *model;
  const strait_allocator *allocator;
  const strait_image_desc *image;
  cu_device number;
  cu_context context; /* the caller's, or the device's primary one, which all
                         in the process share; NULL: none yet */
  bool retained;      /* it is the primary one */
  cu_module module;
  cu_function *functions; /* by kernel */
  cu_pointer weights;
  int most_shared; /* bytes of a block's shared memory */
  bool waits;      /* after each launch, to name the one that fails */
  char name[160];
};

strait_code strait_cuda_open(const strait_model_desc *model,
                             const strait_allocator *allocator,
                             const void *weights,
                             const strait_module_options *options,
                             strait_device **device, strait_error *error);
void strait_cuda_close(strait_device *device);

/* Makes the device's context the calling thread's until the call of `leave`,
 * which puts the thread's own back. */
cu_result strait_cuda_enter(const strait_device *device);
void strait_cuda_leave(const strait_device *device);

#endif /* STRAIT_CUDA_DEVICE_H */
