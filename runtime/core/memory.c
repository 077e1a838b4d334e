/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#define _DEFAULT_SOURCE
#include "runtime/core/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Blocks of this size and more are asked for in huge pages: an arena that is
 * walked once per layer otherwise spends much of its time on page faults and
 * address translation. */
static const size_t huge_page = (size_t)2 << 20;

static void *allocate_from_heap(void *user, size_t bytes, size_t alignment) {
  (void)user;
  if (bytes >= 2 * huge_page)
    alignment = huge_page;
  if (bytes > SIZE_MAX - alignment)
    return NULL;
  void *memory = NULL;
  if (posix_memalign(&memory, alignment, bytes) != 0)
    return NULL;
#ifdef MADV_HUGEPAGE
  if (bytes >= 2 * huge_page)
    madvise(memory, bytes / huge_page * huge_page, MADV_HUGEPAGE);
#endif
  return memory;
}

static void release_to_heap(void *user, void *memory, size_t bytes) {
  (void)user;
  (void)bytes;
  free(memory);
}

int strait_allocator_complete(strait_allocator *allocator) {
  if (!allocator->allocate != !allocator->release)
    return 0;
  if (!allocator->allocate) {
    allocator->allocate = allocate_from_heap;
    allocator->release = release_to_heap;
  }
  return 1;
}

void *strait_allocate(const strait_allocator *allocator, size_t bytes) {
  void *memory = allocator->allocate(allocator->user, bytes, STRAIT_ALIGNMENT);
  if (memory)
    memset(memory, 0, bytes);
  return memory;
}

void strait_release(const strait_allocator *allocator, void *memory,
                    size_t bytes) {
  if (memory)
    allocator->release(allocator->user, memory, bytes);
}

int strait_block_reserve(const strait_allocator *allocator, strait_block *block,
                         size_t bytes) {
  if (bytes < STRAIT_ALIGNMENT)
    bytes = STRAIT_ALIGNMENT;
  if (block->bytes >= bytes)
    return 1;
  strait_block_free(allocator, block);
  block->data = allocator->allocate(allocator->user, bytes, STRAIT_ALIGNMENT);
  block->bytes = block->data ? bytes : 0;
  return block->data != NULL;
}

int strait_block_grow(const strait_allocator *allocator, strait_block *block,
                      size_t bytes) {
  if (block->bytes >= bytes && block->data)
    return 1;
  size_t twice = block->bytes <= SIZE_MAX / 2 ? 2 * block->bytes : SIZE_MAX;
  return (twice > bytes && strait_block_reserve(allocator, block, twice)) ||
         strait_block_reserve(allocator, block, bytes);
}

void strait_block_free(const strait_allocator *allocator, strait_block *block) {
  if (block->data)
    allocator->release(allocator->user, block->data, block->bytes);
  block->data = NULL;
  block->bytes = 0;
}
