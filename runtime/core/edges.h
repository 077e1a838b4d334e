/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The edges of a run: inputs on their way from the caller to the entry, outputs
 * on theirs back.
 */
#ifndef STRAIT_CORE_EDGES_H
#define STRAIT_CORE_EDGES_H

#include "runtime/core/instance.h"

/* Hands the inputs to the entry; for a query it only looks at what is bound. */
strait_code strait_place_inputs(strait_run_state *run, bool query);

/* Gives the caller its outputs and states their new values, when all queued
 * work is done. */
strait_code strait_deliver_outputs(strait_run_state *run);

#endif /* STRAIT_CORE_EDGES_H */
