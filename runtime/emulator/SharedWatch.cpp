// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/emulator/SharedWatch.h"

#include <algorithm>

using namespace strait::emulator;

static constexpr uint32_t nobody = ~0u, warpSize = 32;

void SharedWatch::begin(uint64_t count) {
  Access none = {nobody, 0, 0, 0};
  if (bytes.size() < count)
    bytes.resize(count, {none, none, false});
  written.assign(count, 0);
}

/// Whether nothing orders two accesses of different threads.
static bool races(const SharedWatch::Access &before,
                  const SharedWatch::Access &now) {
  if (before.thread == nobody || before.blockPhase < now.blockPhase ||
      before.thread == now.thread || (before.isAtomic && now.isAtomic))
    return false;
  return before.thread / warpSize != now.thread / warpSize ||
         before.warpPhase == now.warpPhase;
}

std::optional<SharedWatch::Fault> SharedWatch::read(uint64_t offset,
                                                    uint64_t count,
                                                    const Access &access) {
  for (uint64_t i = offset; i < offset + count; ++i) {
    Byte &byte = bytes[i];
    if (written[i] && byte.writer.isPending)
      return Fault{i, false, true, byte.writer};
    if (!written[i])
      return Fault{i, true};
    if (races(byte.writer, access))
      return Fault{i, false, true, byte.writer};
    bool isSamePhase = byte.reader.thread != nobody &&
                       byte.reader.blockPhase == access.blockPhase;
    // Another reader of the phase stays on record beside this one.
    byte.hasReaders = isSamePhase && (byte.hasReaders ||
                                      byte.reader.thread != access.thread);
    byte.reader = access;
  }
  return std::nullopt;
}

std::optional<SharedWatch::Fault> SharedWatch::write(uint64_t offset,
                                                     uint64_t count,
                                                     const Access &access) {
  for (uint64_t i = offset; i < offset + count; ++i) {
    Byte &byte = bytes[i];
    if ((written[i] && byte.writer.isPending) || races(byte.writer, access))
      return Fault{i, false, true, byte.writer};
    if (races(byte.reader, access))
      return Fault{i, false, false, byte.reader};
    // The last reader is this thread; others of the phase are not.
    if (byte.hasReaders && byte.reader.blockPhase == access.blockPhase &&
        byte.reader.thread == access.thread && !access.isAtomic &&
        byte.reader.warpPhase == access.warpPhase)
      return Fault{i, false, false, byte.reader};
    byte.writer = access;
    byte.reader.thread = nobody;
    byte.hasReaders = false;
    written[i] = 1;
  }
  return std::nullopt;
}

void SharedWatch::finish(uint64_t offset, uint64_t count,
                         const Access &access) {
  for (uint64_t i = offset; i < offset + count; ++i)
    bytes[i].writer = access;
}
