// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiles kernel.func text as the compiler does, for this machine and in
// memory, and runs it, so that tests can compare it with loops written to be
// read.
#ifndef STRAIT_TEST_PASSES_CPU_KERNELORACLE_H
#define STRAIT_TEST_PASSES_CPU_KERNELORACLE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace strait::test {

class KernelOracle {
public:
  /// Compiles a module of kernel.funcs. Tiles that are not given are selected.
  /// On failure `error()` is not empty and nothing may be run.
  explicit KernelOracle(llvm::StringRef module);
  /// The same, compiled once per text and program: sweeps over sizes come with
  /// one text again and again.
  static KernelOracle &get(const std::string &module);
  ~KernelOracle();
  const std::string &error() const { return message; }

  /// Runs all tasks, in two halves of which the second goes first. `buffers`
  /// are inputs, then results.
  void run(llvm::StringRef kernel, llvm::ArrayRef<void *> buffers,
           llvm::ArrayRef<int64_t> sizes = {});
  /// Seconds of the fastest of `repeats` runs.
  double time(llvm::StringRef kernel, llvm::ArrayRef<void *> buffers,
              llvm::ArrayRef<int64_t> sizes, int repeats);
  int64_t tasks(llvm::StringRef kernel, llvm::ArrayRef<int64_t> sizes);

private:
  struct State;
  std::unique_ptr<State> state;
  std::string message;
};

/// Deterministic numbers in [low, high).
std::vector<float> randomFloats(size_t count, unsigned seed, float low = -1,
                                float high = 1);

/// Largest |a - b| / max(|b|, floor); NaN and inf must be equal, else infinity.
double largestDifference(llvm::ArrayRef<float> a, llvm::ArrayRef<double> b,
                         double floor = 1.0);

} // namespace strait::test

#endif // STRAIT_TEST_PASSES_CPU_KERNELORACLE_H
