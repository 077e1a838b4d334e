// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/emulator/Fiber.h"

#include "llvm/Support/ErrorHandling.h"

#include <sys/mman.h>

using namespace strait::emulator;

#if !defined(__x86_64__)
#error "the emulator switches stacks on x86-64 only"
#endif

asm(R"(
  .text
  .globl strait_emulator_switch
  .hidden strait_emulator_switch
  .type strait_emulator_switch, @function
strait_emulator_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
  .size strait_emulator_switch, .-strait_emulator_switch
)");

static constexpr size_t page = 4096, line = 64;

Stacks::~Stacks() {
  if (memory)
    munmap(memory, count * each);
}

void Stacks::reserve(size_t newCount, size_t bytes) {
  // Room for calls into the runtime and libm, and a closed page below.
  size_t needed = (bytes * 2 + (64 << 10) + page - 1) / page * page;
  if (newCount <= count && needed <= each)
    return;
  if (memory)
    munmap(memory, count * each);
  count = newCount > count ? newCount : count;
  each = needed > each ? needed : each;
  void *mapping = mmap(nullptr, count * each, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED)
    llvm::report_fatal_error("emulator: no memory for the threads' stacks");
  memory = static_cast<char *>(mapping);
  for (size_t i = 0; i < count; ++i)
    mprotect(memory + i * each, page, PROT_NONE);
}

void *Stacks::start(size_t index, void (*entry)()) {
  // Stacks begin at different places of their pages: else all of them would
  // meet in the same few lines of the cache.
  size_t shift = index * 7 % 48 * line;
  void **top = reinterpret_cast<void **>(memory + (index + 1) * each - shift);
  // The entry finds the stack as after a call, 8 bytes below a multiple of 16.
  // Above it stands where it would return to, below are six registers.
  top -= 3;
  *top = nullptr;
  *--top = reinterpret_cast<void *>(entry);
  for (int i = 0; i < 6; ++i)
    *--top = nullptr;
  return top;
}

bool Stacks::holds(const void *address) const {
  const char *place = static_cast<const char *>(address);
  return place >= memory && place < memory + count * each;
}
