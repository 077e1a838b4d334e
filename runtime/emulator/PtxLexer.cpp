// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/emulator/PtxLexer.h"

#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace strait::emulator;

void PtxLexer::skipSpace() {
  while (!rest.empty()) {
    if (rest.front() == '\n') {
      ++line;
      rest = rest.drop_front();
    } else if (isSpace(rest.front()) || rest.front() == '\0') {
      rest = rest.drop_front();
    } else if (rest.starts_with("//")) {
      rest = rest.drop_until([](char c) { return c == '\n'; });
    } else if (rest.starts_with("/*")) {
      size_t end = rest.find("*/", 2);
      StringRef comment = rest.substr(0, end);
      line += comment.count('\n');
      rest = end == StringRef::npos ? StringRef() : rest.substr(end + 2);
    } else {
      return;
    }
  }
}

static bool startsWord(char c) {
  return isAlpha(c) || c == '_' || c == '$' || c == '%' || c == '.';
}

void PtxLexer::advance() {
  skipSpace();
  current.line = line;
  if (rest.empty()) {
    current.kind = PtxToken::End;
    current.text = "the end of the text";
    return;
  }
  size_t length = 1;
  char first = rest.front();
  if (startsWord(first)) {
    current.kind = PtxToken::Word;
    while (length < rest.size() &&
           (isAlnum(rest[length]) || startsWord(rest[length]) ||
            (rest.substr(length).starts_with("::") && ++length)))
      ++length;
  } else if (isDigit(first)) {
    current.kind = PtxToken::Number;
    while (length < rest.size() &&
           (isAlnum(rest[length]) || rest[length] == '.'))
      ++length;
  } else if (first == '"') {
    size_t end = rest.find('"', 1);
    current.kind = PtxToken::Text;
    current.text = rest.slice(1, end);
    line += current.text.count('\n');
    rest = end == StringRef::npos ? StringRef() : rest.substr(end + 1);
    return;
  } else {
    current.kind = PtxToken::Mark;
  }
  current.text = rest.substr(0, length);
  rest = rest.substr(length);
}
