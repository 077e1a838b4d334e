// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Text of kernels around one root, for oracles that sweep over shapes.
#ifndef STRAIT_TEST_PASSES_CPU_CONTRACTIONTEXT_H
#define STRAIT_TEST_PASSES_CPU_CONTRACTIONTEXT_H

#include <cstdint>
#include <string>
#include <vector>

namespace strait::test {

/// An extent: a number, or that of a size of the kernel at run time.
struct Extent {
  int64_t value;
  bool dynamic = false;
};
using Shape = std::vector<Extent>;

/// Writes kernel.funcs; every distinct dynamic extent becomes a size.
class KernelText {
public:
  /// Declares an input and returns its name.
  std::string input(const Shape &shape);
  /// `root` is the op's text without its types, "kernel.matmul %0, %1 <packed>";
  /// `epilogue`: none, "bias" (per last dim, then relu), "residual" (an input
  /// of the result's shape), or "gelu" (long; by tanh).
  std::string finish(const std::string &root, const Shape &result,
                     const std::string &epilogue);
  const std::vector<int64_t> &sizes() const { return sizeValues; }

  static int64_t count(const Shape &shape);

private:
  std::string type(const Shape &shape) const;
  std::string map(const Shape &shape);
  std::string allSizes() const;

  std::vector<Shape> inputs;
  std::vector<int64_t> sizeValues;
};

/// The epilogue of an element, in double precision.
double applyEpilogue(const std::string &epilogue, double x, double operand);

} // namespace strait::test

#endif // STRAIT_TEST_PASSES_CPU_CONTRACTIONTEXT_H
