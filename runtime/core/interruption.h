/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Cancellation and deadlines: looked at in the services that every loop of a
 * model calls.
 */
#ifndef STRAIT_CORE_INTERRUPTION_H
#define STRAIT_CORE_INTERRUPTION_H

#include "runtime/core/instance.h"

/* An error if the run in progress has to end here. */
strait_code strait_check_interruption(strait_run_state *run);

#endif /* STRAIT_CORE_INTERRUPTION_H */
