// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Stacks for the CUDA threads of a block: a thread that waits for others hands
// the processor on in a dozen instructions.
#ifndef STRAIT_EMULATOR_FIBER_H
#define STRAIT_EMULATOR_FIBER_H

#include <cstddef>

namespace strait::emulator {

/// Saves what a call preserves on the stack, keeps the stack's place in *from
/// and goes on where `to` was kept.
extern "C" void strait_emulator_switch(void **from, void *to);

/// As many stacks as a block has threads, in one mapping.
class Stacks {
public:
  ~Stacks();
  /// Makes room for `count` stacks that hold `bytes` of locals each.
  void reserve(size_t count, size_t bytes);
  /// What to switch to, to begin `entry` on stack `index`. It must not return.
  void *start(size_t index, void (*entry)());
  bool holds(const void *address) const;

private:
  char *memory = nullptr;
  size_t count = 0, each = 0;
};

} // namespace strait::emulator

#endif // STRAIT_EMULATOR_FIBER_H
