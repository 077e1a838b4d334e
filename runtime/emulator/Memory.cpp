// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Flags and tags lie in mappings of their own, which take no memory where
// nothing is written.
#include "runtime/emulator/Memory.h"

#include <algorithm>
#include <cstring>
#include <sys/mman.h>

using namespace strait::emulator;

static constexpr uint64_t page = 4096, alignment = 256;

static uint64_t roundUp(uint64_t value, uint64_t to) {
  return (value + to - 1) / to * to;
}

static void *map(uint64_t bytes) {
  void *mapping = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return mapping == MAP_FAILED ? nullptr : mapping;
}

uint64_t Memory::allocate(uint64_t bytes) {
  uint64_t body = roundUp(std::max<uint64_t>(bytes, 1), page);
  std::lock_guard<std::mutex> guard(lock);
  if (bytes == 0 || bytes > capacity || body > capacity - used)
    return 0;
  void *mapping = map(body + 2 * page), *written = map(bytes),
       *writers = map(bytes * sizeof(uint32_t));
  if (!mapping || !written || !writers)
    return 0;
  mprotect(mapping, page, PROT_NONE);
  mprotect(static_cast<char *>(mapping) + page + body, page, PROT_NONE);
  // It ends where the closed page begins, as near as alignment allows.
  uint64_t address = reinterpret_cast<uint64_t>(mapping) + page + body -
                     roundUp(bytes, alignment);
  memset(reinterpret_cast<void *>(address), 0xff, bytes);
  allocations[address] = {address,
                          bytes,
                          mapping,
                          body + 2 * page,
                          static_cast<uint8_t *>(written),
                          static_cast<uint32_t *>(writers)};
  used += body;
  ++changes;
  return address;
}

bool Memory::release(uint64_t address) {
  std::lock_guard<std::mutex> guard(lock);
  auto found = allocations.find(address);
  if (found == allocations.end())
    return false;
  const Allocation &allocation = found->second;
  munmap(allocation.mapping, allocation.mappedBytes);
  munmap(allocation.written, allocation.bytes);
  munmap(allocation.writers, allocation.bytes * sizeof(uint32_t));
  used -= allocation.mappedBytes - 2 * page;
  allocations.erase(found);
  ++changes;
  return true;
}

const Memory::Allocation *Memory::find(uint64_t address) {
  // Kernels stay with a few allocations while none comes or goes.
  struct Last {
    const Memory *memory;
    uint64_t changes;
    const Allocation *allocation;
  };
  static thread_local Last last = {nullptr, 0, nullptr};
  if (last.memory == this && last.changes == changes &&
      address - last.allocation->address < last.allocation->bytes)
    return last.allocation;
  std::lock_guard<std::mutex> guard(lock);
  auto next = allocations.upper_bound(address);
  if (next == allocations.begin())
    return nullptr;
  last = {this, changes, &std::prev(next)->second};
  return last.allocation;
}

bool Memory::contains(uint64_t address, uint64_t bytes, std::string &reason) {
  const Allocation *found = find(address);
  if (!found) {
    reason = "no memory is allocated there";
    return false;
  }
  uint64_t offset = address - found->address, size = found->bytes;
  if (offset <= size && bytes <= size - offset)
    return true;
  reason = "at byte " + std::to_string(offset) + " of an allocation of " +
           std::to_string(size);
  return false;
}

void Memory::note(uint64_t address, uint64_t bytes) {
  const Allocation *found = find(address);
  if (!found)
    return;
  uint64_t offset = address - found->address;
  if (offset < found->bytes)
    memset(found->written + offset, 1, std::min(bytes, found->bytes - offset));
}

bool Memory::isWritten(uint64_t address, uint64_t bytes) {
  const Allocation *found = find(address);
  return found &&
         !memchr(found->written + (address - found->address), 0, bytes);
}

std::string Memory::watch(const Access &access) {
  std::string reason;
  if (!contains(access.address, access.bytes, reason))
    return "out of bounds: " + reason;
  bool reads = !access.isWrite || access.isAtomic;
  if (reads && !isWritten(access.address, access.bytes))
    return "of global memory that nothing has written";
  const Allocation *found = find(access.address);
  uint64_t offset = access.address - found->address;
  // 12 bits of the launch, 19 of the block, 1 of the kind.
  uint32_t launch = (access.launch % 4095 + 1) << 20;
  uint32_t block = (access.block & 0x7ffff) << 1;
  uint32_t tag = launch | block | access.isAtomic;
  for (uint64_t i = offset; i < offset + access.bytes; ++i) {
    uint32_t before = __atomic_load_n(&found->writers[i], __ATOMIC_RELAXED);
    bool isOther = (before & ~0xfffffu) == launch &&
                   (before & 0xffffe) != block;
    if (isOther && !access.isOrdered && !(access.isAtomic && (before & 1)))
      return "data race: of global memory at byte " + std::to_string(offset) +
             " of an allocation of " + std::to_string(found->bytes) +
             ", which block number " + std::to_string((before & 0xffffe) >> 1) +
             " of this launch has written";
    if (access.isWrite)
      __atomic_store_n(&found->writers[i], tag, __ATOMIC_RELAXED);
  }
  if (access.isWrite)
    memset(found->written + offset, 1, access.bytes);
  return "";
}

size_t Memory::live() {
  std::lock_guard<std::mutex> guard(lock);
  return allocations.size();
}
