// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a compilation is asked to do: the command line of compile-model as data.
#ifndef STRAIT_COMPILER_OPTIONS_H
#define STRAIT_COMPILER_OPTIONS_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include <string>

namespace strait {

enum class Emit { executable, library, object };
enum class Target { cpu, cuda };

struct CompileOptions {
  /// The model that the program runs by default.
  std::string model;
  /// All models by the names of their entries, `model` among them. They share
  /// weights of equal contents and kernels.
  llvm::SmallVector<std::pair<std::string, std::string>> entries;
  std::string output;
  Emit emit = Emit::executable;
  Target target = Target::cpu;
  /// LLVM cpu names, `native` or `generic`, separated by commas.
  std::string cpu = "native";
  /// GPU architectures, separated by commas.
  std::string arch = "sm_80,sm_90a";
  /// Prints the IR after this level or pass and stops; empty: compile.
  std::string stopAfter;
  /// 0: no folds and no fusion, plain code; 1: no costly search; 2: everything
  /// exact.
  unsigned optLevel = 2;
  /// Input shapes to fix, by input name; negative extents stay dynamic.
  llvm::StringMap<llvm::SmallVector<int64_t>> shapes;
  /// Where the report goes: "-" prints it, *.json writes it; empty: none.
  std::string report;
  /// Prints the time of every pass.
  bool timing = false;
  unsigned jobs = 0; // 0: all cores
  /// Prints errors only, or names passes too.
  bool quiet = false, verbose = false;
};

} // namespace strait

#endif // STRAIT_COMPILER_OPTIONS_H
