// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One kernel over a grid, as a driver's call asks for it.
#ifndef STRAIT_EMULATOR_LAUNCH_H
#define STRAIT_EMULATOR_LAUNCH_H

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace strait::emulator {

class Memory;
struct Thread;
using KernelFn = void (*)(Thread *thread);

/// "source.cu:12" of the PTX lines from a line on.
using SourcePlaces = std::vector<std::pair<unsigned, std::string>>;

struct Launch {
  std::string kernel;
  KernelFn code = nullptr;
  bool waits = false; // threads need stacks of their own
  uint32_t grid[3], block[3];
  uint64_t sharedBytes = 0; // of a block, static and dynamic
  uint64_t localBytes = 0;  // of a thread
  std::vector<uint8_t> parameters;
  Memory *watched = nullptr; // set: accesses are checked
  const SourcePlaces *places = nullptr;
  uint64_t seed = 0; // other than 0: threads run in an order of this number's
  uint64_t number = 0; // no two launches have the same

  std::atomic<uint64_t> next{0}; // block
  std::atomic<bool> failed{false};
  std::mutex lock;
  std::string report; // of the first fault

  uint64_t blocks() const { return uint64_t(grid[0]) * grid[1] * grid[2]; }
  uint64_t threads() const { return uint64_t(block[0]) * block[1] * block[2]; }
  void fail(const std::string &text);
  /// "line 12", with the source's place where the text says one.
  std::string placeOf(unsigned line) const;
};

} // namespace strait::emulator

#endif // STRAIT_EMULATOR_LAUNCH_H
