/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * What an instance holds between runs, and the run in progress.
 */
#ifndef STRAIT_CORE_INSTANCE_H
#define STRAIT_CORE_INSTANCE_H

#include "runtime/core/buffers.h"
#include "runtime/core/module.h"
#include "strait/runtime.h"

#include <stdatomic.h>
#include <stdbool.h>

/* A call site that asks for memory: its slab, and its placement with the sizes
 * that it was made for. */
typedef struct strait_plan_state {
  strait_block slab;
  strait_block last;    /* of a call site of `grow`: what it gave before */
  strait_block numbers; /* sizes, offsets and the planner's work */
  int64_t count;        /* -1: no placement yet */
  int64_t total;
  bool asked; /* in this run */
  bool grows; /* in this run, by `grow` */
} strait_plan_state;

typedef struct strait_input_state {
  const void *data; /* the caller's */
  bool bound;
  bool on_device;       /* data is an address there */
  strait_block aligned; /* copy of data that is not aligned, or not where
                           buffers lie */
  strait_state *state;  /* in place of data, or NULL */
} strait_input_state;

typedef struct strait_output_state {
  void *data; /* the caller's, or NULL */
  size_t bytes;
  bool on_device; /* data is an address there */
  strait_block own;
  strait_block copy;   /* of `own`, where that lies on a device */
  strait_state *state; /* in place of both, or NULL */
  bool placed;         /* in this run */
} strait_output_state;

/* What the bindings of an entry show after the last call for it. */
enum strait_outcome { OUTCOME_NONE, OUTCOME_DIMS, OUTCOME_DATA };

typedef struct strait_entry_state {
  strait_binding *inputs, *outputs; /* as the entry gets them */
  strait_input_state *input_states;
  strait_output_state *output_states;
  strait_plan_state *plans;
  enum strait_outcome outcome;
} strait_entry_state;

/* The tasks that one worker takes first; others help when they are done. */
typedef struct strait_task_range {
  _Alignas(64) _Atomic int64_t next;
  int64_t end;
} strait_task_range;

struct strait_run_state {
  strait_instance *instance;
  uint32_t entry;
  uint64_t deadline_ns; /* 0: none */
  strait_error *error;
};

struct strait_instance {
  const strait_module *module;
  strait_instance_options options;
  strait_buffers buffers; /* where those of runs lie */
  uint32_t workers;
  size_t bytes; /* of this structure and what lies behind it */
  strait_entry_state *entries;
  strait_state **states;     /* of the model, NULL where not attached */
  strait_task_range *ranges; /* one per worker */
  strait_block scratch;      /* `workers` areas of `scratch_stride` bytes */
  size_t scratch_stride;
  atomic_bool cancelled;
  strait_run_state run;
};

/* Bytes of a tensor, or -1 if a dim is negative or they do not fit in
 * int64_t. */
int64_t strait_tensor_bytes(uint32_t dtype, uint32_t rank, const int64_t *dims);

/* Whether dims are those of the description where it is static. */
bool strait_dims_fit(const strait_tensor_desc *desc, uint32_t rank,
                     const int64_t *dims);

/* run.c: the table that compiled code calls. */
extern const strait_services strait_runtime_services;

#endif /* STRAIT_CORE_INSTANCE_H */
