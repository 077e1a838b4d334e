// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/emulator/Memory.h"

#include <algorithm>
#include <cstring>
#include <sys/mman.h>

using namespace strait::emulator;

static constexpr uint64_t page = 4096, alignment = 256;

static uint64_t roundUp(uint64_t value, uint64_t to) {
  return (value + to - 1) / to * to;
}

uint64_t Memory::allocate(uint64_t bytes) {
  uint64_t body = roundUp(std::max<uint64_t>(bytes, 1), page);
  std::lock_guard<std::mutex> guard(lock);
  if (bytes == 0 || bytes > capacity || body > capacity - used)
    return 0;
  void *mapping =
      mmap(nullptr, body + 2 * page, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED)
    return 0;
  mprotect(mapping, page, PROT_NONE);
  mprotect(static_cast<char *>(mapping) + page + body, page, PROT_NONE);
  // It ends where the closed page begins, as near as alignment allows.
  uint64_t address = reinterpret_cast<uint64_t>(mapping) + page + body -
                     roundUp(bytes, alignment);
  memset(reinterpret_cast<void *>(address), 0xff, bytes);
  Allocation allocation{bytes, mapping, body + 2 * page,
                        std::make_unique<uint8_t[]>(bytes)};
  allocations.emplace(address, std::move(allocation));
  used += body;
  return address;
}

bool Memory::release(uint64_t address) {
  std::lock_guard<std::mutex> guard(lock);
  auto found = allocations.find(address);
  if (found == allocations.end())
    return false;
  munmap(found->second.mapping, found->second.mappedBytes);
  used -= found->second.mappedBytes - 2 * page;
  allocations.erase(found);
  return true;
}

std::map<uint64_t, Memory::Allocation>::iterator
Memory::find(uint64_t address) {
  auto next = allocations.upper_bound(address);
  return next == allocations.begin() ? allocations.end() : std::prev(next);
}

bool Memory::contains(uint64_t address, uint64_t bytes, std::string &reason) {
  std::lock_guard<std::mutex> guard(lock);
  auto found = find(address);
  if (found == allocations.end()) {
    reason = "no memory is allocated there";
    return false;
  }
  uint64_t offset = address - found->first, size = found->second.bytes;
  if (offset <= size && bytes <= size - offset)
    return true;
  reason = "at byte " + std::to_string(offset) + " of an allocation of " +
           std::to_string(size);
  return false;
}

void Memory::note(uint64_t address, uint64_t bytes) {
  std::lock_guard<std::mutex> guard(lock);
  auto found = find(address);
  if (found == allocations.end())
    return;
  uint64_t offset = address - found->first, size = found->second.bytes;
  if (offset < size)
    memset(found->second.written.get() + offset, 1,
           std::min(bytes, size - offset));
}

bool Memory::isWritten(uint64_t address, uint64_t bytes) {
  std::lock_guard<std::mutex> guard(lock);
  auto found = find(address);
  if (found == allocations.end())
    return false;
  const uint8_t *flags =
      found->second.written.get() + (address - found->first);
  return !memchr(flags, 0, bytes);
}

size_t Memory::live() {
  std::lock_guard<std::mutex> guard(lock);
  return allocations.size();
}
