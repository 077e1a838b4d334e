// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Turns object code and weights into the files that users get: executables,
// shared libraries, objects with a header. Needs no compiler and no C library
// on the machine: ld.lld links the code with our own start code and runtime
// against libraries that only name libc's symbols.
#ifndef STRAIT_COMPILER_LINK_H
#define STRAIT_COMPILER_LINK_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace strait {

/// The weights that an artefact carries: they go from memory to where they stay.
struct LinkedWeights {
  uint64_t bytes = 0; // 0: none
  std::array<uint8_t, 16> hash{};
  /// Writes `bytes` bytes to a stream; false after an error was reported.
  std::function<bool(llvm::raw_ostream &)> write;
};

/// What is linked, and where to.
struct LinkJob {
  /// Object files as bytes; one of them defines `strait_model`.
  llvm::ArrayRef<llvm::StringRef> objects;
  LinkedWeights weights;
  /// The artefact. It appears complete or not at all.
  llvm::StringRef output;
  /// Comment lines for the header of a library or object: what the model is,
  /// its inputs and outputs. No line break within a line.
  std::vector<std::string> description;
  /// The model's kernels run on GPUs.
  bool forDevices = false;
};

/// Finds the runtime's files: lib/strait beside the folder of the running
/// tool. `folder` replaces that (for tests).
void setRuntimeFolder(llvm::StringRef folder);

/// An executable that carries its weights.
llvm::Error linkExecutable(const LinkJob &job);

/// A shared library that exports `strait_model` and the runtime's functions
/// and carries its weights, and a header beside it.
llvm::Error linkSharedLibrary(const LinkJob &job);

/// One relocatable object, its header and its weights: `output` with the ending
/// .o, .h and .weights. Its one global symbol is `strait_model_<name>`, after
/// the output's name, so that a program can hold several models.
llvm::Error writeObject(const LinkJob &job);

} // namespace strait

#endif // STRAIT_COMPILER_LINK_H
