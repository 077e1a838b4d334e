/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A tensor that lives from run to run: an entry reads its front and writes its
 * back; a run that succeeds swaps the two.
 */
#ifndef STRAIT_CORE_STATE_H
#define STRAIT_CORE_STATE_H

#include "runtime/core/buffers.h"
#include "strait/runtime.h"

#include <stdbool.h>

struct strait_state {
  strait_allocator allocator;
  strait_buffers buffers; /* where the value lies */
  size_t bytes;           /* of this structure and its dims */
  uint32_t dtype, rank;
  int64_t *dims; /* of the front */
  strait_block front, back;
  strait_block copy; /* of the value, where that lies on a device */
  int set;           /* there is a value */

  /* Of a state that the model declares (rows.c); its memory is `front`. */
  const strait_state_desc *desc; /* NULL: not declared */
  int64_t outer, capacity, row_bytes;
  int64_t length; /* rows held */
  int64_t next;   /* rows held after the run in progress */
  bool changed;   /* it has changed rows of earlier runs */
};

/* A state of this type and rank, without memory for a value. */
strait_code strait_state_make(const strait_module *module, uint32_t dtype,
                              uint32_t rank,
                              const strait_state_options *options,
                              strait_state **state, strait_error *error);

/* Room for the next value; grows by doubling, so that a state that grows with
 * every run seldom allocates. */
strait_code strait_state_reserve(strait_state *state, size_t bytes,
                                 strait_error *error);

/* Makes what was written the value. */
void strait_state_commit(strait_state *state, const int64_t *dims);

#endif /* STRAIT_CORE_STATE_H */
