// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/MachineModel.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/X86TargetParser.h"
#include <thread>

using namespace strait;

static bool has(const llvm::StringMap<bool> &features,
                std::initializer_list<llvm::StringRef> names) {
  return llvm::all_of(names, [&](llvm::StringRef name) {
    return features.lookup(name);
  });
}

static bool hasAvx2(const llvm::StringMap<bool> &features) {
  return has(features, {"avx2", "fma", "bmi2", "f16c"});
}

static bool hasAvx512(const llvm::StringMap<bool> &features) {
  return has(features, {"avx512f", "avx512bw", "avx512dq", "avx512vl"});
}

/// Size of the data or unified cache of `level` as Linux reports it; 0 if it
/// does not.
static int64_t readCacheBytes(int level) {
  for (int index = 0; index < 8; ++index) {
    std::string folder =
        "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index);
    auto read = [&](llvm::StringRef file) -> std::string {
      auto text = llvm::MemoryBuffer::getFileAsStream(folder + "/" +
                                                      file.str());
      return text ? (*text)->getBuffer().trim().str() : std::string();
    };
    if (read("level") != std::to_string(level) ||
        read("type") == "Instruction")
      continue;
    std::string size = read("size");
    llvm::StringRef digits = size;
    int64_t unit = 1;
    if (digits.consume_back("K"))
      unit = 1 << 10;
    else if (digits.consume_back("M"))
      unit = 1 << 20;
    int64_t value = 0;
    if (!digits.getAsInteger(10, value))
      return value * unit;
  }
  return 0;
}

MachineModel MachineModel::host() {
  MachineModel model;
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  if (hasAvx512(features))
    model.isa = Isa::Avx512;
  model.cpu = hasAvx2(features) ? llvm::sys::getHostCPUName().str()
                                : std::string("x86-64-v3");
  for (auto [level, bytes] : {std::pair{1, &model.l1Bytes},
                              std::pair{2, &model.l2Bytes},
                              std::pair{3, &model.l3Bytes}})
    if (int64_t found = readCacheBytes(level))
      *bytes = found;
  model.cores = std::max(1u, std::thread::hardware_concurrency());
  return model;
}

std::optional<MachineModel> MachineModel::forCpu(llvm::StringRef name) {
  if (name == "native")
    return host();
  MachineModel model;
  if (name == "generic")
    return model;
  llvm::SmallVector<llvm::StringRef> known;
  llvm::X86::fillValidCPUArchList(known, /*Only64Bit=*/true);
  if (!llvm::is_contained(known, name))
    return std::nullopt;
  llvm::SmallVector<llvm::StringRef> list;
  llvm::X86::getFeaturesForCPU(name, list);
  llvm::StringMap<bool> features;
  for (llvm::StringRef feature : list)
    features[feature] = true;
  if (!hasAvx2(features))
    return std::nullopt;
  model.cpu = name.str();
  if (hasAvx512(features)) {
    model.isa = Isa::Avx512;
    model.l1Bytes = 48 << 10;
    model.l2Bytes = 1 << 20;
  }
  return model;
}

bool MachineModel::runsOnHost() const {
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  return hasAvx2(features) && (isa != Isa::Avx512 || hasAvx512(features));
}
