// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// All blocks of a launch, on all cores.
#ifndef STRAIT_EMULATOR_GRID_H
#define STRAIT_EMULATOR_GRID_H

#include "runtime/emulator/Block.h"

namespace strait::emulator {

/// Runs the launch to its end, or to its first fault. `seed` other than 0: in
/// an order of its own.
void runGrid(Launch &launch, unsigned hostThreads, uint64_t seed);

} // namespace strait::emulator

#endif // STRAIT_EMULATOR_GRID_H
