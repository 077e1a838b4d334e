// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A block of CUDA threads on one host thread. Threads run one after the other
// until they wait for each other: at barriers, and at operations of a warp,
// whose results are computed when the last of its lanes has come. A thread that
// waits switches straight to the next one, of the same warp if there is one.
#ifndef STRAIT_EMULATOR_BLOCK_H
#define STRAIT_EMULATOR_BLOCK_H

#include "runtime/emulator/AsyncCopies.h"
#include "runtime/emulator/Fiber.h"
#include "runtime/emulator/Launch.h"
#include "runtime/emulator/SharedWatch.h"

#include <random>
#include <vector>

namespace strait::emulator {

class Block;
inline constexpr uint32_t warpSize = 32;

/// What a lane asks of its warp.
struct WarpRequest {
  enum Kind : uint32_t {
    ShuffleUp,
    ShuffleDown,
    ShuffleXor,
    ShuffleIndex,
    VoteAll,
    VoteAny,
    VoteUniform,
    Ballot,
    Synchronize,
    MatchAny,
    MatchAll,
    ReduceAdd,
    ReduceMin,
    ReduceMax,
    ReduceSignedMin,
    ReduceSignedMax,
    ReduceAnd,
    ReduceOr,
    ReduceXor,
    LoadMatrix, // value: of MatrixForm
    StoreMatrix,
    MultiplyMatrices, // value: a row of the table in Matrices.cpp
  };
  Kind kind;
  uint32_t mask, value, lane, clamp; // lane, clamp: of shuffles
  uint32_t *words; // of matrices: the lane's operands, then its results
};

/// What compiled code reads of its thread, by offsets.
struct ThreadRegisters {
  uint32_t tid[3], blockDim[3], blockId[3], gridDim[3];
  uint32_t lane, warp;
  const uint8_t *parameters;
  uint8_t *shared;
  uint32_t result; // of the last request to the warp
  bool predicate;
};

/// One CUDA thread.
struct Thread : ThreadRegisters {
  enum State { Ready, AtBarrier, InWarp, Done };

  uint32_t number = 0; // in its block
  Block *block = nullptr;
  void *stack = nullptr; // where it was left
  State state = Ready;
  unsigned line = 0; // of the PTX text, where it waits
  unsigned barrier = 0;
  WarpRequest request = {};
  AsyncCopies copies;
};

/// How compiled code accesses memory.
enum AccessKind : uint32_t { readsMemory = 0, writesMemory = 1, isAtomic = 2 };

/// The bytes of shared memory that a block can have.
inline constexpr uint64_t mostSharedBytes = 227 << 10;

class Block {
public:
  Block();
  ~Block();
  Block(const Block &) = delete;
  /// Runs one block of a launch.
  void run(Launch &launch, uint64_t index);

  // Called by compiled code, on the thread's stack.
  void waitAtBarrier(Thread &thread, unsigned barrier, unsigned count,
                     unsigned line);
  /// Counts without waiting (bar.arrive).
  void arriveAtBarrier(Thread &thread, unsigned barrier, unsigned count,
                       unsigned line);
  /// Waits for the answer to thread.request.
  void askWarp(Thread &thread, unsigned line);
  /// Ends the block: nothing of it runs any more.
  [[noreturn]] void stop(Thread &thread, const std::string &report);
  /// Checks an access before it happens; does not return from a wrong one.
  void watch(Thread &thread, uint64_t address, uint64_t bytes, uint32_t kind,
             unsigned line);
  void startCopy(Thread &thread, const AsyncCopies::Copy &copy);
  /// Waits until at most `left` groups of copies are under way.
  void waitForCopies(Thread &thread, unsigned left, unsigned line);
  std::string describe(const Thread &thread) const;
  const Launch &launched() const { return *launch; }

private:
  struct Warp {
    uint32_t ready, alive, asking; // a bit per lane
  };
  static void runThread();
  void place(Launch &launch, uint64_t index);
  void finish(Thread &thread);
  Thread *next();
  void wait(Thread &thread);
  void wake(Thread &thread);
  void checkBarrier(Thread &thread, unsigned barrier, unsigned line);
  void releaseBarrier(unsigned barrier);
  void answerWarp(unsigned warp, uint32_t mask);
  std::string describeDeadlock() const;
  SharedWatch::Access accessOf(const Thread &thread, unsigned line) const;
  void watchShared(Thread &thread, uint64_t offset, uint64_t bytes,
                   uint32_t kind, unsigned line);

  static constexpr unsigned barriers = 16;
  Launch *launch = nullptr;
  uint8_t *window = nullptr, *shared = nullptr;
  Stacks stacks;
  std::vector<Thread> threads;
  std::vector<Warp> warps;
  std::vector<uint32_t> warpPhases; // synchronisations of each warp so far
  uint32_t blockPhase = 0; // never goes back
  uint64_t launchNumber = 0;
  uint32_t blockNumber = 0;
  bool hasMadeAtomic = false; // on global memory
  unsigned current = 0; // warp
  unsigned alive = 0;
  void *caller = nullptr; // the stack that run() was called on
  unsigned arrived[barriers], expected[barriers]; // 0 expected: all alive
  std::mt19937_64 random;
  SharedWatch sharedWatch;
};

/// Computes the results of the lanes in `mask`, all of which ask the same.
/// What is wrong with it, or nothing.
std::string answerLanes(Thread *lanes, uint32_t mask);

} // namespace strait::emulator

#endif // STRAIT_EMULATOR_BLOCK_H
