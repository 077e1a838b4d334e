// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cp.async of one thread. A copy may happen at any time until its group has
// been waited for; here it happens then, as late as it may: what is read too
// early is what was there before.
#ifndef STRAIT_EMULATOR_ASYNCCOPIES_H
#define STRAIT_EMULATOR_ASYNCCOPIES_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace strait::emulator {

class AsyncCopies {
public:
  struct Copy {
    uint64_t target, source;
    uint32_t bytes, sourceBytes; // the rest is zero
    uint32_t line;
  };
  void clear();
  void issue(const Copy &copy) { copies.push_back(copy); }
  void commit() { ends.push_back(copies.size()); }
  /// Carries out all groups but the last `left`; calls `done` for each copy.
  template <typename Done> void wait(size_t left, Done done) {
    if (ends.size() <= left)
      return;
    size_t groups = ends.size() - left, count = ends[groups - 1];
    for (size_t i = 0; i < count; ++i) {
      carryOut(copies[i]);
      done(copies[i]);
    }
    drop(groups, count);
  }
  const std::vector<Copy> &pending() const { return copies; }

private:
  static void carryOut(const Copy &copy);
  void drop(size_t groups, size_t count);

  std::vector<Copy> copies;
  std::vector<size_t> ends; // of the groups, in `copies`
};

} // namespace strait::emulator

#endif // STRAIT_EMULATOR_ASYNCCOPIES_H
