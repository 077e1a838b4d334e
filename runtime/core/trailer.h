/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The last bytes of every file that carries weights: where they are in it.
 * Shared with the compiler, which writes them.
 */
#ifndef STRAIT_CORE_TRAILER_H
#define STRAIT_CORE_TRAILER_H

#include <stdint.h>

/* Little-endian, 64 bytes, at the end of the file. */
typedef struct strait_trailer {
  uint8_t magic[8];        /* STRAIT_TRAILER_MAGIC without its final 0 */
  uint32_t version;        /* STRAIT_TRAILER_VERSION */
  uint32_t bytes;          /* of this structure */
  uint64_t weights_offset; /* multiple of STRAIT_TRAILER_PAGE */
  uint64_t weights_bytes;
  uint8_t weights_hash[16]; /* as in strait_model_desc */
  uint8_t reserved[16];     /* 0 */
} strait_trailer;

#define STRAIT_TRAILER_MAGIC "STRAITW\n"
#define STRAIT_TRAILER_VERSION 1
/* Weights start at a multiple of this, so that they can be mapped. */
#define STRAIT_TRAILER_PAGE 4096

#endif /* STRAIT_CORE_TRAILER_H */
