// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Targets.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/X86TargetParser.h"
#include <thread>

using namespace mlir;
using namespace strait;

static bool has(const llvm::StringMap<bool> &features,
                std::initializer_list<StringRef> names) {
  return llvm::all_of(names,
                      [&](StringRef name) { return features.lookup(name); });
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
    auto read = [&](StringRef file) -> std::string {
      auto text =
          llvm::MemoryBuffer::getFileAsStream(folder + "/" + file.str());
      return text ? (*text)->getBuffer().trim().str() : std::string();
    };
    if (read("level") != std::to_string(level) || read("type") == "Instruction")
      continue;
    std::string size = read("size");
    StringRef digits = size;
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

static graph::TargetAttr hostTarget(MLIRContext &context) {
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  graph::TargetAttr base = baselineTarget(context);
  int64_t l1 = base.getL1(), l2 = base.getL2(), l3 = base.getL3();
  for (auto [level, bytes] :
       {std::pair{1, &l1}, std::pair{2, &l2}, std::pair{3, &l3}})
    if (int64_t found = readCacheBytes(level))
      *bytes = found;
  // A guess for a cache that the system hides must not contradict the others.
  l2 = std::max(l1, l2);
  l3 = std::max(l2, l3);
  return graph::TargetAttr::get(&context,
                         hasAvx512(features) ? graph::Isa::Avx512 : graph::Isa::Avx2, l1, l2,
                         l3, std::max(1u, std::thread::hardware_concurrency()));
}

graph::TargetAttr strait::baselineTarget(MLIRContext &context) {
  context.loadDialect<graph::GraphDialect>();
  return graph::TargetAttr::get(&context, graph::Isa::Avx2);
}

static graph::TargetAttr avx512Target(MLIRContext &context) {
  graph::TargetAttr base = baselineTarget(context);
  return graph::TargetAttr::get(&context, graph::Isa::Avx512, 48 << 10, 1 << 20,
                                base.getL3(), base.getCores());
}

/// The targets of one name.
static llvm::Expected<SmallVector<graph::TargetAttr, 2>>
targetsForCpu(MLIRContext &context, StringRef name) {
  using Targets = SmallVector<graph::TargetAttr, 2>;
  if (name == "native")
    return Targets{hostTarget(context)};
  if (name == "generic")
    return Targets{baselineTarget(context), avx512Target(context)};
  SmallVector<StringRef> known;
  llvm::X86::fillValidCPUArchList(known, /*Only64Bit=*/true);
  if (!llvm::is_contained(known, name))
    return llvm::createStringError("unknown cpu '" + name +
                                   "'; expected native, generic or an LLVM "
                                   "cpu name");
  SmallVector<StringRef> list;
  llvm::X86::getFeaturesForCPU(name, list);
  llvm::StringMap<bool> features;
  for (StringRef feature : list)
    features[feature] = true;
  if (!hasAvx2(features))
    return llvm::createStringError("cpu '" + name +
                                   "' lacks AVX2 with FMA, which Strait's code "
                                   "needs");
  return Targets{hasAvx512(features) ? avx512Target(context)
                                     : baselineTarget(context)};
}

llvm::Expected<SmallVector<graph::TargetAttr, 2>>
strait::targetsForCpus(MLIRContext &context, StringRef names) {
  SmallVector<graph::TargetAttr, 2> targets;
  SmallVector<StringRef> list;
  names.split(list, ',');
  for (StringRef name : list) {
    auto more = targetsForCpu(context, name);
    if (!more)
      return more.takeError();
    for (graph::TargetAttr target : *more) {
      if (llvm::any_of(targets, [&](graph::TargetAttr other) {
            return other.getIsa() == target.getIsa();
          }))
        return llvm::createStringError(
            "cpu '" + name + "' adds nothing to those before it: they have " +
            graph::stringifyIsa(target.getIsa()) + " code already");
      targets.push_back(target);
    }
  }
  llvm::sort(targets, [](graph::TargetAttr a, graph::TargetAttr b) {
    return a.getIsa() < b.getIsa();
  });
  return targets;
}

/// Multiprocessors, the shared memory of a block and L2 of an A100 and an H100.
static graph::TargetAttr gpuTarget(MLIRContext &context, graph::Isa isa) {
  bool isHopper = isa == graph::Isa::Sm90a;
  int64_t shared = isHopper ? 227 << 10 : 163 << 10;
  int64_t l2 = isHopper ? 50 << 20 : 40 << 20;
  return graph::TargetAttr::get(&context, isa, shared, l2, l2,
                                isHopper ? 132 : 108);
}

llvm::Expected<SmallVector<graph::TargetAttr, 2>>
strait::targetsForArchs(MLIRContext &context, StringRef names) {
  context.loadDialect<graph::GraphDialect>();
  SmallVector<graph::TargetAttr, 2> targets;
  SmallVector<StringRef> list;
  names.split(list, ',');
  for (StringRef name : list) {
    auto isa = graph::symbolizeIsa(name);
    if (!isa || *isa < graph::Isa::Sm80)
      return llvm::createStringError("unknown GPU architecture '" + name +
                                     "'; expected sm_80 or sm_90a");
    graph::TargetAttr target = gpuTarget(context, *isa);
    if (llvm::is_contained(targets, target))
      return llvm::createStringError("GPU architecture '" + name +
                                     "' is named twice");
    targets.push_back(target);
  }
  llvm::sort(targets, [](graph::TargetAttr a, graph::TargetAttr b) {
    return a.getIsa() < b.getIsa();
  });
  return targets;
}
