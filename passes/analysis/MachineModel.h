// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What tile sizes and generators follow from about the machine that a model is
// compiled for.
#ifndef STRAIT_PASSES_ANALYSIS_MACHINEMODEL_H
#define STRAIT_PASSES_ANALYSIS_MACHINEMODEL_H

#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>

namespace strait {

enum class Isa { Avx2, Avx512 };

struct MachineModel {
  std::string cpu = "x86-64-v3"; // as LLVM names it
  Isa isa = Isa::Avx2;
  int64_t l1Bytes = 32 << 10, l2Bytes = 512 << 10, l3Bytes = 16 << 20;
  int64_t cores = 1;

  int64_t lanes() const { return isa == Isa::Avx512 ? 16 : 8; } // of f32
  int64_t registers() const { return isa == Isa::Avx512 ? 32 : 16; }

  /// The machine that the compiler runs on. Its instruction set is at most
  /// what Strait has generators for, and at least AVX2 with FMA: code for
  /// machines below that does not exist, see `runsOnHost`.
  static MachineModel host();
  /// `native`, `generic` or a CPU name that LLVM knows; nothing otherwise.
  static std::optional<MachineModel> forCpu(llvm::StringRef name);
  /// Whether the machine at hand runs code for this model.
  bool runsOnHost() const;
};

} // namespace strait

#endif // STRAIT_PASSES_ANALYSIS_MACHINEMODEL_H
