// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/emulator/AsyncCopies.h"

#include <cstring>

using namespace strait::emulator;

void AsyncCopies::clear() {
  copies.clear();
  ends.clear();
}

void AsyncCopies::carryOut(const Copy &copy) {
  char *target = reinterpret_cast<char *>(copy.target);
  if (copy.sourceBytes)
    memcpy(target, reinterpret_cast<const char *>(copy.source),
           copy.sourceBytes);
  memset(target + copy.sourceBytes, 0, copy.bytes - copy.sourceBytes);
}

void AsyncCopies::drop(size_t groups, size_t count) {
  copies.erase(copies.begin(), copies.begin() + ptrdiff_t(count));
  ends.erase(ends.begin(), ends.begin() + ptrdiff_t(groups));
  for (size_t &end : ends)
    end -= count;
}
