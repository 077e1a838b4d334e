// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Who touched which byte of shared memory, and whether something orders it.
//
// Two accesses of one byte race if one of them writes, not both are atomic, they
// are of different threads, and no barrier lies between them: neither one of the
// block, nor, for lanes of one warp, one of the warp. Barriers are counted; an
// access keeps the counts at which it happened. The bytes that a cp.async writes
// are nobody's until its group has been waited for.
#ifndef STRAIT_EMULATOR_SHAREDWATCH_H
#define STRAIT_EMULATOR_SHAREDWATCH_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strait::emulator {

class SharedWatch {
public:
  struct Access {
    uint32_t thread, line;
    uint32_t blockPhase, warpPhase; // barriers before it
    bool isAtomic = false, isPending = false;
  };
  /// What an access meets: nothing was written, or `other` races with it.
  struct Fault {
    uint64_t offset;
    bool isUnwritten = false, isOtherWrite = false;
    Access other = {};
  };

  /// A block begins with `bytes` bytes. `blockPhase` never goes back, so what
  /// earlier blocks did is no conflict.
  void begin(uint64_t bytes);
  std::optional<Fault> read(uint64_t offset, uint64_t bytes,
                            const Access &access);
  std::optional<Fault> write(uint64_t offset, uint64_t bytes,
                             const Access &access);
  /// A cp.async of the thread that issued it has been carried out.
  void finish(uint64_t offset, uint64_t bytes, const Access &access);

private:
  struct Byte {
    Access writer, reader;
    bool hasReaders; // more than `reader`, in its phase
  };
  std::vector<Byte> bytes;
  std::vector<uint8_t> written; // a flag per byte
};

} // namespace strait::emulator

#endif // STRAIT_EMULATOR_SHAREDWATCH_H
