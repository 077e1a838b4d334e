// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef STRAIT_EMULATOR_PTXLEXER_H
#define STRAIT_EMULATOR_PTXLEXER_H

#include "llvm/ADT/StringRef.h"

namespace strait::emulator {

struct PtxToken {
  enum Kind { Word, Number, Text, Mark, End };
  Kind kind = End;
  llvm::StringRef text; // Text: without its quotes
  unsigned line = 1;

  bool is(llvm::StringRef expected) const {
    return kind != Text && text == expected;
  }
};

/// Cuts PTX into words (with their dots: "ld.param.b64", "%tid.x",
/// "shared::cta"), numbers, quoted text and single marks.
class PtxLexer {
public:
  explicit PtxLexer(llvm::StringRef text) : rest(text) { advance(); }
  const PtxToken &token() const { return current; }
  void advance();

private:
  void skipSpace();

  llvm::StringRef rest;
  unsigned line = 1;
  PtxToken current;
};

} // namespace strait::emulator

#endif // STRAIT_EMULATOR_PTXLEXER_H
