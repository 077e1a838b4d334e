// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A number by which equal contents are found among many: weights are large, and
// a hash of all their bytes would read each of them once more per look-up.
#ifndef STRAIT_DIALECTS_CONTENTKEY_H
#define STRAIT_DIALECTS_CONTENTKEY_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/Hashing.h"
#include "llvm/Support/xxhash.h"

namespace strait {

/// Follows from the size and from samples of the bytes, so that unequal contents
/// may have one key: who finds a key compares the contents.
inline uint64_t contentKey(llvm::ArrayRef<char> bytes) {
  constexpr size_t samples = 32, width = 64;
  auto hash = [](llvm::ArrayRef<char> part) {
    return llvm::xxh3_64bits(llvm::StringRef(part.data(), part.size()));
  };
  if (bytes.size() <= samples * width)
    return hash(bytes);
  uint64_t key = bytes.size();
  for (size_t i = 0; i < samples; ++i) {
    size_t at = (bytes.size() - width) / (samples - 1) * i;
    key = llvm::hash_combine(key, hash(bytes.slice(at, width)));
  }
  return key;
}

} // namespace strait

#endif // STRAIT_DIALECTS_CONTENTKEY_H
