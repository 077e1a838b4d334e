// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What compiled code calls.
#include "runtime/emulator/Services.h"

#include "runtime/emulator/Block.h"
#include "runtime/emulator/Counters.h"

#include <cmath>
#include <xmmintrin.h>

using namespace strait::emulator;

static void waitAtBarrier(Thread *thread, uint32_t barrier, uint32_t count,
                          uint32_t line) {
  thread->block->waitAtBarrier(*thread, barrier, count, line);
}

static void arriveAtBarrier(Thread *thread, uint32_t barrier, uint32_t count,
                            uint32_t line) {
  thread->block->arriveAtBarrier(*thread, barrier, count, line);
}

static uint32_t askWarp(Thread *thread, uint32_t kind, uint32_t mask,
                        uint32_t value, uint32_t lane, uint32_t clamp,
                        uint32_t line) {
  WarpRequest &request = thread->request;
  request.kind = WarpRequest::Kind(kind);
  request.mask = mask;
  request.value = value;
  request.lane = lane;
  request.clamp = clamp;
  thread->block->askWarp(*thread, line);
  return thread->result;
}

static void askMatrices(Thread *thread, uint32_t kind, uint32_t form,
                        uint32_t *words, uint32_t line) {
  WarpRequest &request = thread->request;
  request.kind = WarpRequest::Kind(kind);
  request.mask = ~0u;
  request.value = form;
  request.words = words;
  thread->block->askWarp(*thread, line);
}

static void watch(Thread *thread, uint64_t address, uint64_t bytes,
                  uint32_t kind, uint32_t line) {
  thread->block->watch(*thread, address, bytes, kind, line);
  if (countsAccesses())
    countAccess(*thread, address, bytes, kind & writesMemory, line);
}

static void startCopy(Thread *thread, uint64_t target, uint64_t source,
                      uint32_t bytes, uint32_t sourceBytes, uint32_t line) {
  thread->block->startCopy(*thread, {target, source, bytes, sourceBytes, line});
  if (!countsAccesses())
    return;
  if (sourceBytes)
    countAccess(*thread, source, sourceBytes, /*isWrite=*/false, line);
  countAccess(*thread, target, bytes, /*isWrite=*/true, line);
}

static void commitCopies(Thread *thread) { thread->copies.commit(); }

static void waitForCopies(Thread *thread, uint32_t left, uint32_t line) {
  thread->block->waitForCopies(*thread, left, line);
}

static void trap(Thread *thread, uint32_t line) {
  thread->block->stop(*thread,
                      "trap, " + thread->block->launched().placeOf(line));
}

/// a * b + c in a rounding that is not the host's: 1 down, 2 up, 3 to zero.
static float multiplyAdd(float a, float b, float c, uint32_t rounding) {
  uint32_t mode = _mm_getcsr();
  _mm_setcsr((mode & ~_MM_ROUND_MASK) | rounding << 13);
  // In asm: the compiler believes that rounding never changes.
  asm volatile("vfmadd213ss %2, %1, %0" : "+x"(a) : "x"(b), "x"(c));
  _mm_setcsr(mode);
  return a;
}

static const Service table[] = {
    {"strait_emulator_barrier", (void *)waitAtBarrier},
    {"strait_emulator_arrive", (void *)arriveAtBarrier},
    {"strait_emulator_warp", (void *)askWarp},
    {"strait_emulator_matrices", (void *)askMatrices},
    {"strait_emulator_watch", (void *)watch},
    {"strait_emulator_copy", (void *)startCopy},
    {"strait_emulator_commit", (void *)commitCopies},
    {"strait_emulator_wait", (void *)waitForCopies},
    {"strait_emulator_trap", (void *)trap},
    {"strait_emulator_fma", (void *)multiplyAdd},
    // What the host has no instruction for. Looked up here, as the process may
    // hide its libm from us.
    {"exp2f", (void *)(float (*)(float))exp2f},
    {"log2f", (void *)(float (*)(float))log2f},
    {"sinf", (void *)(float (*)(float))sinf},
    {"cosf", (void *)(float (*)(float))cosf},
    {"tanhf", (void *)(float (*)(float))tanhf},
    {"fmaf", (void *)(float (*)(float, float, float))fmaf},
    {"fma", (void *)(double (*)(double, double, double))fma},
    {"fminimum_numf", (void *)(float (*)(float, float))fminf},
    {"fmaximum_numf", (void *)(float (*)(float, float))fmaxf},
};

llvm::ArrayRef<Service> strait::emulator::services() { return table; }
