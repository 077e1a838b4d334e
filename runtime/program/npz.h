/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * numpy's .npz format: a zip archive of .npy files, not compressed.
 */
#ifndef STRAIT_PROGRAM_NPZ_H
#define STRAIT_PROGRAM_NPZ_H

#include "runtime/program/array.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Calls `visit` for each array of an archive, in the order of its directory,
 * until it returns non-zero. `name` is without ".npy"; the array's data points
 * into `bytes`. Returns the first failure, or what `visit` returned. Any bytes
 * are safe. */
strait_code npz_read(const uint8_t *bytes, size_t size, const char *path,
                     strait_code (*visit)(void *user, const char *name,
                                          const array *found,
                                          strait_error *error),
                     void *user, strait_error *error);

/* Writes arrays to a file that appears only when it is complete. */
strait_code npz_write(const char *path, uint32_t count,
                      const char *const *names, const strait_tensor *tensors,
                      strait_error *error);

#ifdef __cplusplus
}
#endif

#endif /* STRAIT_PROGRAM_NPZ_H */
