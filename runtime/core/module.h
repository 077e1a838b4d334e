/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A model that was opened.
 */
#ifndef STRAIT_CORE_MODULE_H
#define STRAIT_CORE_MODULE_H

#include "runtime/core/backend.h"
#include "runtime/core/weights.h"
#include "strait/runtime.h"

#include <stdbool.h>

struct strait_module {
  const strait_model_desc *model;
  strait_allocator allocator;
  strait_weights weights;
  void *library;                /* from dlopen, or NULL */
  strait_kernel_fn *kernels;    /* the code chosen for each kernel; of CPUs */
  strait_device *device;        /* with code and weights; NULL: CPUs */
  const uint8_t *entry_weights; /* as entries get them */
  uint32_t isa;
  bool describe_only;
};

#endif /* STRAIT_CORE_MODULE_H */
