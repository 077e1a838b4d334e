/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Memory through the application's allocator, and blocks that only grow.
 */
#ifndef STRAIT_CORE_MEMORY_H
#define STRAIT_CORE_MEMORY_H

#include "strait/runtime.h"

/* Fills in malloc where the application gave no allocator. False when only one
 * of the two functions is set. */
int strait_allocator_complete(strait_allocator *allocator);

/* Zeroed memory, 64-byte aligned; NULL when there is none. */
void *strait_allocate(const strait_allocator *allocator, size_t bytes);
void strait_release(const strait_allocator *allocator, void *memory,
                    size_t bytes);

/* A block that is replaced by a larger one when needed. Contents are lost then,
 * and are not zeroed. */
typedef struct strait_block {
  void *data;
  size_t bytes;
} strait_block;

/* Makes the block hold at least `bytes` bytes (at least one line even for 0, so
 * that the address is valid). Returns 0 when there is no memory; the block is
 * empty then. */
int strait_block_reserve(const strait_allocator *allocator, strait_block *block,
                         size_t bytes);
/* The same, but a block that is too small is at least doubled if there is
 * memory for that, so that one that grows step by step seldom moves. */
int strait_block_grow(const strait_allocator *allocator, strait_block *block,
                      size_t bytes);
void strait_block_free(const strait_allocator *allocator, strait_block *block);

#endif /* STRAIT_CORE_MEMORY_H */
