// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Device memory: allocations with what is known of their bytes.
#ifndef STRAIT_EMULATOR_MEMORY_H
#define STRAIT_EMULATOR_MEMORY_H

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace strait::emulator {

class Memory {
public:
  explicit Memory(uint64_t capacity) : capacity(capacity) {}

  /// 0: there is no memory. Bytes are 0xff (NaN) until they are written, and
  /// nothing lies within a page of both ends.
  uint64_t allocate(uint64_t bytes);
  /// False: nothing begins at `address`.
  bool release(uint64_t address);
  uint64_t free() const { return capacity - used; }
  uint64_t total() const { return capacity; }

  /// Whether [address, address + bytes) lies within one allocation; else
  /// `reason` says what is there.
  bool contains(uint64_t address, uint64_t bytes, std::string &reason);
  /// Marks bytes as written by the host.
  void note(uint64_t address, uint64_t bytes);
  /// Whether all of the bytes have been written.
  bool isWritten(uint64_t address, uint64_t bytes);

  /// An access by a block of a launch.
  struct Access {
    uint64_t address, bytes;
    uint32_t launch, block;
    bool isWrite, isAtomic;
    /// Something orders it behind what other blocks have done: it, or its
    /// block before, made an atomic access.
    bool isOrdered;
  };
  /// Notes an access; what is wrong with it, or nothing.
  std::string watch(const Access &access);
  /// How many allocations have not been released.
  size_t live();

private:
  struct Allocation {
    uint64_t address, bytes;
    void *mapping;
    uint64_t mappedBytes;
    uint8_t *written; // a flag per byte
    uint32_t *writers; // a tag of launch and block per byte
  };
  /// The last allocation that begins at or before `address`, or null.
  const Allocation *find(uint64_t address);

  std::mutex lock;
  std::map<uint64_t, Allocation> allocations; // by address
  std::atomic<uint64_t> changes{0};           // of `allocations`
  std::atomic<uint64_t> used{0};
  const uint64_t capacity;
};

} // namespace strait::emulator

#endif // STRAIT_EMULATOR_MEMORY_H
