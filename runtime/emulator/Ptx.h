// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// PTX as it is written: what PtxParser reads and Translator translates.
#ifndef STRAIT_EMULATOR_PTX_H
#define STRAIT_EMULATOR_PTX_H

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strait::emulator {

/// A type suffix: s32, f16x2, b128, pred, ...
struct PtxType {
  enum Kind { Unsigned, Signed, Bits, Float, Bfloat, Tfloat, Predicate };
  Kind kind;
  unsigned bits;      // of one element
  unsigned lanes = 1; // 2 for f16x2 and its like

  unsigned totalBits() const { return bits * lanes; }
  bool isFloat() const { return kind >= Float && kind <= Tfloat; }
  bool isSigned() const { return kind == Signed; }
};
std::optional<PtxType> parseType(llvm::StringRef suffix);

struct PtxOperand {
  enum Kind {
    Name,      // a register, label, variable or special register
    Integer,   // bits
    Float32,   // bits, 0f...
    Float64,   // bits, 0d...
    Address,   // [elements[0] + offset], or [offset]
    Vector,    // {elements}
    Pair,      // elements[0] | elements[1]
    Arguments, // (elements)
    None,      // _
  };
  Kind kind = None;
  bool isNegated = false; // a predicate with !
  std::string name;
  uint64_t bits = 0;
  int64_t offset = 0;
  std::vector<PtxOperand> elements;
};

struct PtxInstruction {
  unsigned line = 0;     // of the PTX text
  unsigned file = 0, sourceLine = 0; // by the last .loc; 0: none
  std::string label;     // a label and no opcode
  std::string opcode;    // "fma.rn.f32"
  std::string predicate; // of its guard; empty: none
  bool isNegated = false;
  std::vector<PtxOperand> operands;

  /// The opcode's parts: "fma", "rn", "f32".
  llvm::SmallVector<llvm::StringRef, 6> parts() const;
};

/// A variable of a state space, or a parameter.
struct PtxVariable {
  std::string space; // "shared", "global", "const", "local", "param", "reg"
  std::string name;
  PtxType type = {PtxType::Bits, 8};
  uint64_t alignment = 1;
  uint64_t bytes = 0; // 0: of unknown size (extern)
  bool isExternal = false;
  std::string initial; // bytes, as many as are given
};

/// An .entry or a .func. Names that a nested scope declares are made unique.
struct PtxFunction {
  std::string name;
  unsigned line = 0;
  bool isKernel = false;
  std::vector<PtxVariable> results; // of a .func
  std::vector<PtxVariable> parameters;
  std::vector<PtxVariable> variables; // local, param and shared ones inside
  llvm::StringMap<PtxType> registers; // with their % sign
  std::vector<PtxInstruction> body;
  unsigned requiredThreads[3] = {0, 0, 0}; // .reqntid
};

struct PtxModule {
  std::string target; // "sm_80"
  std::vector<PtxVariable> variables;
  std::vector<PtxFunction> functions;
  std::vector<std::string> files; // by the number that .loc uses
};

/// Reads PTX text. Errors name the line and what was expected.
llvm::Expected<PtxModule> parsePtx(llvm::StringRef text);

/// "line 12: unsupported PTX: foo.bar" and its like.
llvm::Error ptxError(unsigned line, const llvm::Twine &message);

} // namespace strait::emulator

#endif // STRAIT_EMULATOR_PTX_H
