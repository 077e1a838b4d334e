/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A model that was opened.
 */
#ifndef STRAIT_CORE_MODULE_H
#define STRAIT_CORE_MODULE_H

#include "runtime/core/weights.h"
#include "strait/runtime.h"

struct strait_module {
  const strait_model_desc *model;
  strait_allocator allocator;
  strait_weights weights;
  void *library;             /* from dlopen, or NULL */
  strait_kernel_fn *kernels; /* the code chosen for each kernel */
  uint32_t isa;
};

#endif /* STRAIT_CORE_MODULE_H */
