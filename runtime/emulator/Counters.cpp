// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/emulator/Counters.h"

#include "runtime/emulator/Block.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

using namespace strait::emulator;

namespace {
struct Request {
  uint64_t addresses[warpSize];
  uint32_t mask = 0, bytes = 0;
};

/// What an instruction has done so far.
struct Total {
  bool isShared = false, isWrite = false;
  std::string place;
  uint64_t requests = 0, units = 0, least = 0;
};
using Instruction = std::tuple<std::string, uint32_t, bool, bool>;

struct Totals {
  std::mutex lock;
  std::map<Instruction, Total> instructions;
  std::vector<class Recorder *> recorders;
};
Totals &totals() {
  static Totals theTotals;
  return theTotals;
}

/// The requests of the block that a host thread runs.
class Recorder {
public:
  Recorder() {
    std::lock_guard<std::mutex> guard(totals().lock);
    totals().recorders.push_back(this);
  }
  ~Recorder() {
    std::lock_guard<std::mutex> guard(totals().lock);
    flush();
    std::erase(totals().recorders, this);
  }
  void add(const Thread &thread, uint64_t address, uint64_t bytes,
           bool isWrite, uint32_t line);
  /// Adds the requests to the totals, whose lock is held.
  void flush();

private:
  struct Site {
    std::vector<uint32_t> times; // by thread
    std::map<std::pair<uint32_t, uint32_t>, Request> requests; // warp, time
  };
  std::string kernel;
  uint64_t launch = 0;
  uint32_t block[3] = {};
  /// By line, of writes, of shared memory.
  std::map<std::tuple<uint32_t, bool, bool>, Site> sites;
  std::map<uint32_t, std::string> places;
};
} // namespace

/// Wavefronts: 8-byte accesses go by halves of a warp, 16-byte ones by quarters;
/// of each part, the bank that must give most words decides.
static void countShared(const Request &request, Total &total) {
  uint32_t lanes = request.bytes <= 4 ? 32 : request.bytes == 8 ? 16 : 8;
  for (uint32_t first = 0; first < warpSize; first += lanes) {
    std::set<uint64_t> words[32];
    bool isUsed = false;
    for (uint32_t lane = first; lane < first + lanes; ++lane) {
      if (!(request.mask >> lane & 1))
        continue;
      isUsed = true;
      uint64_t address = request.addresses[lane];
      for (uint64_t word = address / 4;
           word <= (address + request.bytes - 1) / 4; ++word)
        words[word % 32].insert(word);
    }
    size_t most = 0;
    for (const auto &bank : words)
      most = std::max(most, bank.size());
    total.units += most;
    total.least += isUsed;
  }
}

/// Sectors, and as many as the bytes that are asked for would fill.
static void countGlobal(const Request &request, Total &total) {
  std::set<uint64_t> sectors, starts;
  for (uint32_t lane = 0; lane < warpSize; ++lane) {
    if (!(request.mask >> lane & 1))
      continue;
    uint64_t address = request.addresses[lane];
    starts.insert(address);
    for (uint64_t sector = address / 32;
         sector <= (address + request.bytes - 1) / 32; ++sector)
      sectors.insert(sector);
  }
  total.units += sectors.size();
  total.least += (starts.size() * request.bytes + 31) / 32;
}

void Recorder::flush() {
  for (const auto &[key, site] : sites) {
    auto [line, isWrite, isShared] = key;
    Total &total =
        totals().instructions[Instruction(kernel, line, isWrite, isShared)];
    total.isShared = isShared;
    total.isWrite = isWrite;
    total.place = places[line];
    for (const auto &entry : site.requests) {
      ++total.requests;
      if (isShared)
        countShared(entry.second, total);
      else
        countGlobal(entry.second, total);
    }
  }
  sites.clear();
}

void Recorder::add(const Thread &thread, uint64_t address, uint64_t bytes,
                   bool isWrite, uint32_t line) {
  const Launch &launched = thread.block->launched();
  if (launch != launched.number ||
      !std::equal(block, block + 3, thread.blockId)) {
    std::lock_guard<std::mutex> guard(totals().lock);
    flush();
    launch = launched.number;
    kernel = launched.kernel;
    std::copy_n(thread.blockId, 3, block);
  }
  bool isShared =
      address - reinterpret_cast<uint64_t>(thread.shared) < mostSharedBytes;
  if (places.find(line) == places.end())
    places[line] = launched.placeOf(line);
  Site &site = sites[{line, isWrite, isShared}];
  site.times.resize(std::max<size_t>(site.times.size(), launched.threads()));
  uint32_t time = site.times[thread.number]++;
  Request &request = site.requests[{thread.warp, time}];
  request.addresses[thread.lane] = address;
  request.mask |= 1u << thread.lane;
  request.bytes = uint32_t(bytes);
}

static const char *fileName() {
  static const char *name = getenv("STRAIT_CUDA_COUNT");
  return name && *name ? name : nullptr;
}

bool strait::emulator::countsAccesses() { return fileName() != nullptr; }

void strait::emulator::countAccess(const Thread &thread, uint64_t address,
                                   uint64_t bytes, bool isWrite,
                                   uint32_t line) {
  static thread_local Recorder recorder;
  recorder.add(thread, address, bytes, isWrite, line);
}

void strait::emulator::writeCounters() {
  if (!countsAccesses())
    return;
  std::lock_guard<std::mutex> guard(totals().lock);
  for (Recorder *recorder : totals().recorders)
    recorder->flush();
  FILE *file = fopen(fileName(), "a");
  if (!file) {
    fprintf(stderr, "emulator: STRAIT_CUDA_COUNT: cannot write '%s'\n",
            fileName());
    return;
  }
  for (const auto &[instruction, total] : totals().instructions)
    fprintf(file, "%s\t%s\t%s\t%s\trequests %llu\t%s %llu\tleast %llu\n",
            std::get<0>(instruction).c_str(), total.place.c_str(),
            total.isShared ? "shared" : "global",
            total.isWrite ? "write" : "read",
            static_cast<unsigned long long>(total.requests),
            total.isShared ? "wavefronts" : "sectors",
            static_cast<unsigned long long>(total.units),
            static_cast<unsigned long long>(total.least));
  totals().instructions.clear();
  fclose(file);
}
