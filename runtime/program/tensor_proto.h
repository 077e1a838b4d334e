/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * ONNX's TensorProto, as the test data of ONNX models has it (.pb).
 */
#ifndef STRAIT_PROGRAM_TENSOR_PROTO_H
#define STRAIT_PROGRAM_TENSOR_PROTO_H

#include "runtime/program/array.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Reads a tensor. Its data points into `bytes`, or into `*owned`, which the
 * caller frees. Any bytes are safe. */
strait_code tensor_proto_read(const uint8_t *bytes, size_t size,
                              const char *path, array *result, void **owned,
                              strait_error *error);

#ifdef __cplusplus
}
#endif

#endif /* STRAIT_PROGRAM_TENSOR_PROTO_H */
