// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/emulator/Block.h"

#include "runtime/emulator/Memory.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/ErrorHandling.h"

#include <cstring>
#include <sys/mman.h>

using namespace strait::emulator;

/// The thread that a fresh stack begins with.
static thread_local Thread *starting;

static constexpr uint64_t windowBytes = 256 << 10;

Block::Block() {
  // In the low 4 GB, since PTX may keep a shared address in 32 bits, and at a
  // multiple of its size, since descriptors of matrices keep 18 bits.
  void *memory = mmap(nullptr, 2 * windowBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  if (memory == MAP_FAILED)
    llvm::report_fatal_error("emulator: no memory for shared memory");
  window = static_cast<uint8_t *>(memory);
  uint64_t address = reinterpret_cast<uint64_t>(memory);
  shared = window + (-address & (windowBytes - 1));
}

Block::~Block() { munmap(window, 2 * windowBytes); }

void Block::place(Launch &newLaunch, uint64_t index) {
  const uint32_t *grid = newLaunch.grid, *block = newLaunch.block;
  if (launchNumber != newLaunch.number) {
    launchNumber = newLaunch.number;
    random.seed(newLaunch.seed);
    threads.resize(newLaunch.threads());
    warps.resize((threads.size() + warpSize - 1) / warpSize);
    uint32_t number = 0;
    for (Thread &thread : threads) {
      thread.number = number;
      thread.tid[0] = number % block[0];
      thread.tid[1] = number / block[0] % block[1];
      thread.tid[2] = number / block[0] / block[1];
      memcpy(thread.blockDim, block, sizeof thread.blockDim);
      memcpy(thread.gridDim, grid, sizeof thread.gridDim);
      thread.lane = number % warpSize;
      thread.warp = number / warpSize;
      thread.shared = shared;
      thread.block = this;
      ++number;
    }
  }
  launch = &newLaunch;
  for (Thread &thread : threads) {
    thread.blockId[0] = uint32_t(index % grid[0]);
    thread.blockId[1] = uint32_t(index / grid[0] % grid[1]);
    thread.blockId[2] = uint32_t(index / grid[0] / grid[1]);
    thread.parameters = launch->parameters.data();
    thread.state = Thread::Ready;
    thread.copies.clear();
  }
  blockNumber = uint32_t(index);
  hasMadeAtomic = false;
  alive = uint32_t(threads.size());
  // NaN, and no plausible index: what is read before it is written shows.
  memset(shared, 0xff, launch->sharedBytes);
  if (launch->watched) {
    sharedWatch.begin(launch->sharedBytes);
    warpPhases.assign(warps.size(), 0);
    ++blockPhase;
  }
}

void Block::run(Launch &newLaunch, uint64_t index) {
  place(newLaunch, index);
  if (!launch->waits) {
    for (Thread &thread : threads)
      launch->code(&thread);
    return;
  }
  memset(arrived, 0, sizeof arrived);
  memset(expected, 0, sizeof expected);
  stacks.reserve(threads.size(), launch->localBytes);
  for (unsigned warp = 0; warp < warps.size(); ++warp) {
    size_t lanes = threads.size() - size_t(warp) * warpSize;
    uint32_t all = lanes >= warpSize ? ~0u : (1u << lanes) - 1;
    warps[warp] = {all, all, 0};
  }
  for (Thread &thread : threads)
    thread.stack = stacks.start(thread.number, runThread);
  current = 0;
  Thread *first = next();
  starting = first;
  strait_emulator_switch(&caller, first->stack);
}

void Block::runThread() {
  Thread &thread = *starting;
  thread.block->launch->code(&thread);
  thread.block->finish(thread);
  llvm_unreachable("a thread that ended was resumed");
}

void Block::finish(Thread &thread) {
  if (launch->watched && !thread.copies.pending().empty())
    launch->fail(describe(thread) + " ends before its cp.async of " +
                 launch->placeOf(thread.copies.pending().front().line) +
                 " has been waited for");
  thread.state = Thread::Done;
  --alive;
  Warp &warp = warps[thread.warp];
  warp.alive &= ~(1u << thread.lane);
  // Those that wait may have waited for this one.
  if (warp.asking)
    answerWarp(thread.warp,
               threads[thread.warp * warpSize + llvm::countr_zero(warp.asking)]
                   .request.mask);
  for (unsigned barrier = 0; barrier < barriers; ++barrier)
    if (arrived[barrier])
      releaseBarrier(barrier);
  if (alive == 0)
    strait_emulator_switch(&thread.stack, caller);
  wait(thread);
}

/// The thread that runs next, taken off the ready ones. With a seed, any.
Thread *Block::next() {
  unsigned count = unsigned(warps.size());
  unsigned first =
      launch->seed ? unsigned(random() % count) : current;
  for (unsigned i = 0; i < count; ++i) {
    unsigned index = first + i < count ? first + i : first + i - count;
    Warp &warp = warps[index];
    if (!warp.ready)
      continue;
    current = index;
    unsigned lane = unsigned(llvm::countr_zero(warp.ready));
    if (launch->seed) {
      unsigned turn = unsigned(random() % warpSize);
      lane = (unsigned(llvm::countr_zero(llvm::rotr(warp.ready, turn))) + turn) %
             warpSize;
    }
    warp.ready &= ~(1u << lane);
    return &threads[index * warpSize + lane];
  }
  return nullptr;
}

void Block::wait(Thread &thread) {
  Thread *other = next();
  if (!other) {
    launch->fail(describeDeadlock());
    strait_emulator_switch(&thread.stack, caller);
  }
  if (other == &thread)
    return;
  starting = other;
  strait_emulator_switch(&thread.stack, other->stack);
}

void Block::wake(Thread &thread) {
  thread.state = Thread::Ready;
  warps[thread.warp].ready |= 1u << thread.lane;
}

void Block::checkBarrier(Thread &thread, unsigned barrier, unsigned line) {
  if (barrier >= barriers)
    stop(thread, "barrier " + std::to_string(barrier) + " of " +
                     std::to_string(barriers) + ", " + launch->placeOf(line));
  if (launch->watched && alive < threads.size() && !expected[barrier])
    launch->fail(describe(thread) + " comes to barrier " +
                 std::to_string(barrier) + ", " + launch->placeOf(line) +
                 ", after " + std::to_string(threads.size() - alive) +
                 " threads of its block have ended");
}

void Block::waitAtBarrier(Thread &thread, unsigned barrier, unsigned count,
                          unsigned line) {
  thread.line = line;
  thread.barrier = barrier;
  if (barrier < barriers)
    expected[barrier] = count;
  checkBarrier(thread, barrier, line);
  ++arrived[barrier];
  thread.state = Thread::AtBarrier;
  releaseBarrier(barrier);
  wait(thread);
}

void Block::arriveAtBarrier(Thread &thread, unsigned barrier, unsigned count,
                            unsigned line) {
  if (barrier < barriers)
    expected[barrier] = count;
  checkBarrier(thread, barrier, line);
  ++arrived[barrier];
  releaseBarrier(barrier);
}

/// Lets all go on if the last one has come.
void Block::releaseBarrier(unsigned barrier) {
  unsigned needed = expected[barrier] ? expected[barrier] : alive;
  if (arrived[barrier] == 0 || arrived[barrier] < needed)
    return;
  arrived[barrier] = 0;
  ++blockPhase;
  for (Thread &thread : threads)
    if (thread.state == Thread::AtBarrier && thread.barrier == barrier)
      wake(thread);
}

void Block::askWarp(Thread &thread, unsigned line) {
  const WarpRequest &request = thread.request;
  thread.state = Thread::InWarp;
  thread.line = line;
  Warp &warp = warps[thread.warp];
  if (!(request.mask >> thread.lane & 1))
    stop(thread, "its mask lacks its own lane, " + launch->placeOf(line));
  warp.asking |= 1u << thread.lane;
  answerWarp(thread.warp, request.mask);
  if (thread.state == Thread::Ready) {
    // The last to come goes on at once.
    warp.ready &= ~(1u << thread.lane);
    return;
  }
  wait(thread);
}

/// Answers the lanes of `mask` if all of them that are alive have asked.
void Block::answerWarp(unsigned index, uint32_t mask) {
  Warp &warp = warps[index];
  uint32_t needed = mask & warp.alive;
  if ((warp.asking & needed) != needed || !needed)
    return;
  Thread *lanes = &threads[index * warpSize];
  const Thread &first = lanes[llvm::countr_zero(needed)];
  for (uint32_t left = needed; left; left &= left - 1) {
    const Thread &lane = lanes[llvm::countr_zero(left)];
    if (lane.request.mask != mask)
      return;
    if (lane.request.kind != first.request.kind)
      return launch->fail(describe(first) + ", " +
                          launch->placeOf(first.line) + ", and " +
                          describe(lane) + ", " + launch->placeOf(lane.line) +
                          ", meet in different operations of their warp");
  }
  if (launch->watched && needed != (mask & (threads.size() - index * warpSize >=
                                                    warpSize
                                                ? ~0u
                                                : needed)))
    launch->fail(describe(first) + " waits, at " + launch->placeOf(first.line) +
                 ", for lanes of its warp that have ended");
  std::string wrong = answerLanes(lanes, needed);
  if (!wrong.empty())
    launch->fail(describe(first) + ": " + wrong + ", " +
                 launch->placeOf(first.line));
  warp.asking &= ~needed;
  warp.ready |= needed;
  for (uint32_t left = needed; left; left &= left - 1)
    lanes[llvm::countr_zero(left)].state = Thread::Ready;
  if (launch->watched)
    ++warpPhases[index];
}

void Block::stop(Thread &thread, const std::string &report) {
  launch->fail(describe(thread) + ": " + report);
  thread.state = Thread::Done;
  if (!launch->waits)
    llvm::report_fatal_error("emulator: a kernel without stacks was stopped");
  strait_emulator_switch(&thread.stack, caller);
  llvm_unreachable("a thread that was stopped was resumed");
}

SharedWatch::Access Block::accessOf(const Thread &thread,
                                    unsigned line) const {
  return {thread.number, line, blockPhase, warpPhases[thread.warp]};
}

void Block::watch(Thread &thread, uint64_t address, uint64_t bytes,
                  uint32_t kind, unsigned line) {
  auto describeAccess = [&] {
    return ((kind & writesMemory) ? "writes " : "reads ") +
           std::to_string(bytes) + " bytes ";
  };
  if (address % (bytes & -bytes) != 0)
    stop(thread, describeAccess() + "at an address that is not a multiple of " +
                     "it, " + launch->placeOf(line));
  uint64_t base = reinterpret_cast<uint64_t>(shared);
  if (address >= base && address - base < windowBytes)
    return watchShared(thread, address - base, bytes, kind, line);
  if (stacks.holds(reinterpret_cast<void *>(address)))
    return; // local memory
  bool isAtomicAccess = kind & isAtomic;
  hasMadeAtomic |= isAtomicAccess;
  std::string fault = launch->watched->watch(
      {address, bytes, uint32_t(launch->number), blockNumber,
       (kind & writesMemory) != 0, isAtomicAccess, hasMadeAtomic});
  if (!fault.empty())
    stop(thread, describeAccess() + fault + ", " + launch->placeOf(line));
}

void Block::watchShared(Thread &thread, uint64_t offset, uint64_t bytes,
                        uint32_t kind, unsigned line) {
  bool isWrite = kind & writesMemory;
  if (offset + bytes > launch->sharedBytes)
    stop(thread, (isWrite ? "writes " : "reads ") + std::to_string(bytes) +
                     " bytes of shared memory at byte " +
                     std::to_string(offset) + " of " +
                     std::to_string(launch->sharedBytes) + ", " +
                     launch->placeOf(line));
  SharedWatch::Access access = accessOf(thread, line);
  access.isAtomic = kind & isAtomic;
  auto fault = isWrite ? sharedWatch.write(offset, bytes, access)
                       : sharedWatch.read(offset, bytes, access);
  if (!fault)
    return;
  std::string text = std::string(isWrite ? "writes" : "reads") +
                     " shared memory at byte " + std::to_string(fault->offset) +
                     ", " + launch->placeOf(line);
  if (fault->isUnwritten)
    stop(thread, text + ", which nothing has written");
  const SharedWatch::Access &other = fault->other;
  std::string who = "thread " + std::to_string(other.thread) + ", " +
                    launch->placeOf(other.line);
  if (other.isPending && fault->isOtherWrite)
    stop(thread, text + ", which a cp.async of " + who +
                     ", writes that has not been waited for");
  stop(thread, "data race: it " + text + ", which " +
                   (fault->isOtherWrite ? "was written by " : "was read by ") +
                   who + ", with no barrier between them");
}

void Block::startCopy(Thread &thread, const AsyncCopies::Copy &copy) {
  if (launch->watched) {
    if (copy.sourceBytes > copy.bytes)
      stop(thread, "cp.async reads more bytes than it writes, " +
                       launch->placeOf(copy.line));
    if (copy.target % copy.bytes || copy.source % copy.bytes)
      stop(thread, "cp.async at an address that is not a multiple of its " +
                       std::to_string(copy.bytes) + " bytes, " +
                       launch->placeOf(copy.line));
    for (uint32_t i = 0; i < copy.sourceBytes;) {
      uint32_t part = 1u << llvm::countr_zero(copy.sourceBytes - i);
      watch(thread, copy.source + i, part, readsMemory, copy.line);
      i += part;
    }
    watch(thread, copy.target, copy.bytes, writesMemory, copy.line);
    SharedWatch::Access access = accessOf(thread, copy.line);
    access.isPending = true;
    sharedWatch.finish(copy.target - reinterpret_cast<uint64_t>(shared),
                       copy.bytes, access);
  }
  thread.copies.issue(copy);
}

void Block::waitForCopies(Thread &thread, unsigned left, unsigned line) {
  thread.copies.wait(left, [&](const AsyncCopies::Copy &copy) {
    if (launch->watched)
      sharedWatch.finish(copy.target - reinterpret_cast<uint64_t>(shared),
                         copy.bytes, accessOf(thread, copy.line));
  });
}

std::string Block::describe(const Thread &thread) const {
  auto triple = [](const uint32_t *values) {
    return "(" + std::to_string(values[0]) + ", " + std::to_string(values[1]) +
           ", " + std::to_string(values[2]) + ")";
  };
  return "kernel '" + launch->kernel + "', block " + triple(thread.blockId) +
         ", thread " + triple(thread.tid);
}

std::string Block::describeDeadlock() const {
  std::string text = "barriers or warps diverge: no thread can go on";
  unsigned shown = 0, line = 0;
  for (const Thread &thread : threads) {
    if (thread.state == Thread::Done || shown == 4 || thread.line == line)
      continue;
    ++shown;
    line = thread.line;
    text += "\n  " + describe(thread) + " waits " +
            (thread.state == Thread::AtBarrier
                 ? "at barrier " + std::to_string(thread.barrier)
                 : "for its warp") +
            ", " + launch->placeOf(thread.line);
  }
  return text + "\n  " + std::to_string(alive) + " of " +
         std::to_string(threads.size()) + " threads have not ended";
}
