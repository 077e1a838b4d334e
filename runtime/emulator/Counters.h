// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a GPU's memory would do for a kernel, counted per instruction: wavefronts
// of shared memory (a bank gives a word of 4 bytes at a time; more than the least
// number are bank conflicts) and 32-byte sectors of global memory.
//
// The lanes of a warp that execute an instruction for the nth time in a block
// count as one request: what a warp that stays together would issue.
#ifndef STRAIT_EMULATOR_COUNTERS_H
#define STRAIT_EMULATOR_COUNTERS_H

#include <cstdint>
#include <string>

namespace strait::emulator {

struct Thread;

/// Whether STRAIT_CUDA_COUNT names a file.
bool countsAccesses();

/// An access of a thread, on the host thread that runs its block.
void countAccess(const Thread &thread, uint64_t address, uint64_t bytes,
                 bool isWrite, uint32_t line);

/// Appends what was counted so far to the file, a line per instruction, and
/// begins anew. No kernel may run.
void writeCounters();

} // namespace strait::emulator

#endif // STRAIT_EMULATOR_COUNTERS_H
