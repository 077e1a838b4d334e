/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Weights as read-only memory.
 */
#ifndef STRAIT_CORE_WEIGHTS_H
#define STRAIT_CORE_WEIGHTS_H

#include "runtime/core/trailer.h"
#include "strait/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct strait_weights {
  const uint8_t *data;
  void *mapping; /* NULL when the data is the application's */
  size_t mapping_bytes;
} strait_weights;

/* Checks the last bytes of a file of `file_bytes` bytes; `path` is for the
 * text of the failure. Returns STRAIT_BAD_ARTEFACT for anything that
 * compile-model did not write. */
strait_code strait_trailer_check(const strait_trailer *trailer,
                                 uint64_t file_bytes, const char *path,
                                 strait_error *error);

/* Maps the weights of `model` from a file. */
strait_code strait_weights_map(const char *path, const strait_model_desc *model,
                               strait_weights *weights, strait_error *error);

/* Maps them from the file that holds the model's code. */
strait_code strait_weights_map_beside(const strait_model_desc *model,
                                      strait_weights *weights,
                                      strait_error *error);

void strait_weights_unmap(strait_weights *weights);

#ifdef __cplusplus
}
#endif

#endif /* STRAIT_CORE_WEIGHTS_H */
