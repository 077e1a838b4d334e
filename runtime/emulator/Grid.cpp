// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/emulator/Grid.h"

#include "llvm/Support/ThreadPool.h"

#include <numeric>
#include <xmmintrin.h>

using namespace strait::emulator;

/// A Block keeps its stacks and its shared memory, as host threads live on.
static Block &ownBlock() {
  static thread_local Block block;
  return block;
}

static void work(Launch &launch, uint64_t first, uint64_t stride) {
  // Whatever the caller computes in: to the nearest, with denormals.
  uint32_t mode = _mm_getcsr();
  _mm_setcsr(0x1f80);
  uint64_t blocks = launch.blocks();
  for (;;) {
    uint64_t number = launch.next.fetch_add(1, std::memory_order_relaxed);
    if (number >= blocks || launch.failed)
      break;
    ownBlock().run(launch, (first + number * stride) % blocks);
  }
  _mm_setcsr(mode);
}

void strait::emulator::runGrid(Launch &launch, unsigned hostThreads,
                               uint64_t seed) {
  uint64_t blocks = launch.blocks();
  if (blocks == 0)
    return;
  // A stride that has no divisor in common with the count visits all blocks.
  uint64_t first = 0, stride = 1;
  if (seed) {
    first = seed * 0x9e3779b97f4a7c15u % blocks;
    stride = (seed * 0xbf58476d1ce4e5b9u >> 32) % blocks;
    while (std::gcd(stride, blocks) != 1)
      ++stride;
  }
  static llvm::DefaultThreadPool pool(
      llvm::hardware_concurrency(hostThreads > 1 ? hostThreads - 1 : 1));
  llvm::ThreadPoolTaskGroup helpers(pool);
  for (uint64_t i = 1; i < std::min<uint64_t>(hostThreads, blocks); ++i)
    helpers.async([&] { work(launch, first, stride); });
  work(launch, first, stride);
  helpers.wait();
}
