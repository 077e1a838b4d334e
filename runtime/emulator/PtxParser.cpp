// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One pass over the tokens of a module. Debug sections and directives that
// change no result (.pragma, .maxnreg, ...) are skipped.
#include "runtime/emulator/Ptx.h"
#include "runtime/emulator/PtxLexer.h"

#include "llvm/ADT/APInt.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

#include <cstring>

using namespace llvm;
using namespace strait::emulator;

Error strait::emulator::ptxError(unsigned line, const Twine &message) {
  return createStringError("line " + Twine(line) + ": " + message);
}

SmallVector<StringRef, 6> PtxInstruction::parts() const {
  SmallVector<StringRef, 6> result;
  StringRef(opcode).split(result, '.');
  return result;
}

std::optional<PtxType> strait::emulator::parseType(StringRef suffix) {
  using T = PtxType;
  return StringSwitch<std::optional<PtxType>>(suffix)
      .Case("pred", T{T::Predicate, 1})
      .Case("u8", T{T::Unsigned, 8})
      .Case("u16", T{T::Unsigned, 16})
      .Case("u32", T{T::Unsigned, 32})
      .Case("u64", T{T::Unsigned, 64})
      .Case("s8", T{T::Signed, 8})
      .Case("s16", T{T::Signed, 16})
      .Case("s32", T{T::Signed, 32})
      .Case("s64", T{T::Signed, 64})
      .Case("b8", T{T::Bits, 8})
      .Case("b16", T{T::Bits, 16})
      .Case("b32", T{T::Bits, 32})
      .Case("b64", T{T::Bits, 64})
      .Case("b128", T{T::Bits, 128})
      .Case("f16", T{T::Float, 16})
      .Case("f32", T{T::Float, 32})
      .Case("f64", T{T::Float, 64})
      .Case("f16x2", T{T::Float, 16, 2})
      .Case("f32x2", T{T::Float, 32, 2})
      .Case("bf16", T{T::Bfloat, 16})
      .Case("bf16x2", T{T::Bfloat, 16, 2})
      .Case("tf32", T{T::Tfloat, 32})
      .Default(std::nullopt);
}

namespace {
class Parser {
public:
  explicit Parser(StringRef text) : lexer(text) {}
  Expected<PtxModule> parse();

private:
  const PtxToken &token() const { return lexer.token(); }
  bool accept(StringRef expected);
  Error expect(StringRef expected);
  Error unexpected(const Twine &expected);
  /// Skips up to and including `last`, with what stands in braces.
  void skipTo(StringRef last);
  void skipBraces();

  Expected<uint64_t> parseNumber();
  Expected<PtxVariable> parseVariable(StringRef space);
  Error parseInitial(PtxVariable &variable);
  Error parseParameters(std::vector<PtxVariable> &variables);
  Error parseFunction(PtxModule &module, bool isKernel);
  Error parseFile(PtxModule &module);
  Error parseLocation();
  Error parseScope(PtxFunction &function);
  Error parseDirective(PtxModule &module);
  Error parseRegisters(PtxFunction &function);
  Error parseStatement(PtxFunction &function);
  Error parseInstruction(PtxFunction &function);
  Expected<PtxOperand> parseOperand();
  Expected<PtxOperand> parseSimpleOperand();
  Expected<PtxOperand> parseAddress();
  Error parseElements(PtxOperand &list, StringRef last);

  /// The unique name of what the innermost scope now declares.
  std::string declare(StringRef name);
  std::string resolve(StringRef name) const;

  PtxLexer lexer;
  std::vector<StringMap<std::string>> scopes; // below the function's own
  unsigned scopeCount = 0;
  unsigned file = 0, sourceLine = 0;
};
} // namespace

bool Parser::accept(StringRef expected) {
  if (!token().is(expected))
    return false;
  lexer.advance();
  return true;
}

Error Parser::unexpected(const Twine &expected) {
  return ptxError(token().line, "expected " + expected + ", found '" +
                                    token().text + "'");
}

Error Parser::expect(StringRef expected) {
  if (accept(expected))
    return Error::success();
  return unexpected("'" + expected + "'");
}

void Parser::skipBraces() {
  int depth = 0;
  do {
    depth += token().is("{");
    depth -= token().is("}");
    lexer.advance();
  } while (depth > 0 && token().kind != PtxToken::End);
}

void Parser::skipTo(StringRef last) {
  while (token().kind != PtxToken::End && !accept(last)) {
    if (token().is("{"))
      skipBraces();
    else
      lexer.advance();
  }
}

/// A decimal, hexadecimal, octal or binary integer, as its 64 bits.
static bool readInteger(StringRef text, uint64_t &bits) {
  text.consume_back("U");
  APInt value;
  if (text.getAsInteger(0, value) || value.getActiveBits() > 64)
    return false;
  bits = value.getLimitedValue();
  return true;
}

Expected<uint64_t> Parser::parseNumber() {
  bool isNegative = accept("-");
  uint64_t bits = 0;
  if (token().kind != PtxToken::Number || !readInteger(token().text, bits))
    return unexpected("an integer");
  lexer.advance();
  return isNegative ? -bits : bits;
}

/// .align 16 .b8 name[4][8] = {...}, after the state space.
Expected<PtxVariable> Parser::parseVariable(StringRef space) {
  PtxVariable variable;
  variable.space = space.str();
  bool hasType = false;
  while (token().kind == PtxToken::Word && token().text.starts_with(".")) {
    StringRef word = token().text.drop_front();
    lexer.advance();
    if (word == "align") {
      auto alignment = parseNumber();
      if (!alignment)
        return alignment.takeError();
      variable.alignment = *alignment;
    } else if (auto type = parseType(word)) {
      variable.type = *type;
      hasType = true;
    } // else .ptr, .global, .v4: alignment and bytes say enough
  }
  if (!hasType)
    return unexpected("a type");
  variable.name = token().text.str();
  lexer.advance();
  variable.bytes = std::max(1u, variable.type.totalBits() / 8);
  variable.alignment = std::max(variable.alignment, variable.bytes);
  while (accept("[")) {
    if (accept("]")) {
      variable.bytes = 0;
      continue;
    }
    auto count = parseNumber();
    if (!count)
      return count.takeError();
    variable.bytes *= *count;
    if (Error error = expect("]"))
      return std::move(error);
  }
  if (accept("="))
    if (Error error = parseInitial(variable))
      return std::move(error);
  return variable;
}

Error Parser::parseInitial(PtxVariable &variable) {
  bool isList = accept("{");
  unsigned bytes = std::max(1u, variable.type.totalBits() / 8);
  do {
    auto operand = parseSimpleOperand();
    if (!operand)
      return operand.takeError();
    if (operand->kind == PtxOperand::Name)
      return ptxError(token().line, "unsupported PTX: the address of '" +
                                        operand->name + "' as a value");
    variable.initial.append(reinterpret_cast<const char *>(&operand->bits),
                            std::min<size_t>(bytes, sizeof operand->bits));
  } while (isList && accept(","));
  if (isList)
    if (Error error = expect("}"))
      return error;
  variable.bytes = std::max<uint64_t>(variable.bytes, variable.initial.size());
  return Error::success();
}

Error Parser::parseParameters(std::vector<PtxVariable> &variables) {
  if (!accept("("))
    return Error::success();
  while (!accept(")")) {
    if (!accept(".reg"))
      if (Error error = expect(".param"))
        return error;
    auto variable = parseVariable("param");
    if (!variable)
      return variable.takeError();
    variables.push_back(*variable);
    if (!accept(",") && !token().is(")"))
      return unexpected("',' or ')'");
  }
  return Error::success();
}

Error Parser::parseFunction(PtxModule &module, bool isKernel) {
  PtxFunction function;
  function.isKernel = isKernel;
  if (!isKernel)
    if (Error error = parseParameters(function.results))
      return error;
  function.line = token().line;
  function.name = token().text.str();
  lexer.advance();
  if (Error error = parseParameters(function.parameters))
    return error;
  while (!token().is("{")) {
    if (accept(".reqntid")) {
      unsigned axis = 0;
      do {
        auto threads = parseNumber();
        if (!threads)
          return threads.takeError();
        function.requiredThreads[axis++] = unsigned(*threads);
      } while (axis < 3 && accept(","));
      while (axis < 3)
        function.requiredThreads[axis++] = 1;
    } else if (accept(";")) {
      return Error::success(); // a declaration
    } else if (token().kind == PtxToken::End) {
      return unexpected("'{'");
    } else {
      lexer.advance(); // .maxntid and its like
    }
  }
  lexer.advance();
  file = sourceLine = 0;
  while (!accept("}")) {
    if (token().kind == PtxToken::End)
      return unexpected("'}'");
    if (Error error = parseStatement(function))
      return error;
  }
  module.functions.push_back(std::move(function));
  return Error::success();
}

std::string Parser::declare(StringRef name) {
  if (scopes.empty())
    return name.str();
  std::string unique = (name + "@" + Twine(scopeCount)).str();
  scopes.back()[name] = unique;
  return unique;
}

std::string Parser::resolve(StringRef name) const {
  for (const StringMap<std::string> &scope : reverse(scopes)) {
    auto found = scope.find(name);
    if (found != scope.end())
      return found->second;
  }
  return name.str();
}

/// { statements }: names declared there hide those outside; a label may be
/// used before it is declared.
Error Parser::parseScope(PtxFunction &function) {
  scopes.emplace_back();
  ++scopeCount;
  size_t first = function.body.size();
  while (!accept("}")) {
    if (token().kind == PtxToken::End)
      return unexpected("'}'");
    if (Error error = parseStatement(function))
      return error;
  }
  for (size_t i = first; i < function.body.size(); ++i)
    if (StringRef(function.body[i].opcode).starts_with("bra"))
      for (PtxOperand &operand : function.body[i].operands) {
        auto found = scopes.back().find(operand.name);
        if (found != scopes.back().end())
          operand.name = found->second;
      }
  scopes.pop_back();
  return Error::success();
}

/// .loc file line column, and words about inlining on the same line.
Error Parser::parseLocation() {
  unsigned line = token().line;
  lexer.advance();
  auto number = parseNumber();
  if (!number)
    return number.takeError();
  auto place = parseNumber();
  if (!place)
    return place.takeError();
  file = unsigned(*number);
  sourceLine = unsigned(*place);
  while (token().line == line && token().kind != PtxToken::End)
    lexer.advance();
  return Error::success();
}

/// .file 1 "name", and a time and a size that nobody needs.
Error Parser::parseFile(PtxModule &module) {
  unsigned line = token().line;
  auto number = parseNumber();
  if (!number)
    return number.takeError();
  if (*number > 1 << 20)
    return unexpected("the number of a file");
  module.files.resize(std::max<size_t>(module.files.size(), *number + 1));
  module.files[*number] = token().text.str();
  while (token().line == line && token().kind != PtxToken::End)
    lexer.advance();
  return Error::success();
}

/// .reg .b32 %r<10>, %q;
Error Parser::parseRegisters(PtxFunction &function) {
  std::optional<PtxType> type = parseType(token().text.drop_front());
  if (!type)
    return unexpected("a register type");
  lexer.advance();
  do {
    std::string name = token().text.str();
    lexer.advance();
    if (!accept("<")) {
      function.registers[declare(name)] = *type;
      continue;
    }
    auto count = parseNumber();
    if (!count)
      return count.takeError();
    if (*count > 1 << 20)
      return ptxError(token().line, "expected at most a million registers, "
                                    "found " + Twine(*count));
    for (uint64_t i = 0; i < *count; ++i)
      function.registers[declare(name + std::to_string(i))] = *type;
    if (Error error = expect(">"))
      return error;
  } while (accept(","));
  return expect(";");
}

Error Parser::parseStatement(PtxFunction &function) {
  if (accept(".reg"))
    return parseRegisters(function);
  for (StringRef space : {".local", ".shared", ".param"})
    if (accept(space)) {
      auto variable = parseVariable(space.drop_front());
      if (!variable)
        return variable.takeError();
      variable->name = declare(variable->name);
      function.variables.push_back(*variable);
      return expect(";");
    }
  if (accept("{"))
    return parseScope(function);
  if (token().is(".loc"))
    return parseLocation();
  if (token().text.starts_with(".")) {
    skipTo(";");
    return Error::success();
  }
  return parseInstruction(function);
}

Error Parser::parseInstruction(PtxFunction &function) {
  PtxInstruction instruction;
  instruction.line = token().line;
  instruction.file = file;
  instruction.sourceLine = sourceLine;
  if (accept("@")) {
    instruction.isNegated = accept("!");
    instruction.predicate = resolve(token().text);
    lexer.advance();
  }
  if (token().kind != PtxToken::Word)
    return unexpected("an instruction");
  std::string word = token().text.str();
  lexer.advance();
  if (accept(":")) {
    instruction.label = declare(word);
    function.body.push_back(std::move(instruction));
    return Error::success();
  }
  instruction.opcode = word;
  while (!accept(";")) {
    auto operand = parseOperand();
    if (!operand)
      return operand.takeError();
    instruction.operands.push_back(std::move(*operand));
    if (!accept(",") && !token().is(";"))
      return unexpected("',' or ';'");
  }
  function.body.push_back(std::move(instruction));
  return Error::success();
}

Error Parser::parseElements(PtxOperand &list, StringRef last) {
  while (!accept(last)) {
    auto element = parseOperand();
    if (!element)
      return element.takeError();
    list.elements.push_back(std::move(*element));
    if (!accept(",") && !token().is(last))
      return unexpected("',' or '" + last + "'");
  }
  return Error::success();
}

Expected<PtxOperand> Parser::parseAddress() {
  PtxOperand address;
  address.kind = PtxOperand::Address;
  auto base = parseSimpleOperand();
  if (!base)
    return base.takeError();
  if (base->kind == PtxOperand::Integer)
    address.offset = int64_t(base->bits);
  else
    address.elements.push_back(std::move(*base));
  bool isMinus = token().is("-");
  if (accept("+") || accept("-")) {
    auto offset = parseNumber();
    if (!offset)
      return offset.takeError();
    address.offset += isMinus ? -int64_t(*offset) : int64_t(*offset);
  }
  // Coordinates of a tensor map.
  while (accept(",")) {
    auto element = parseOperand();
    if (!element)
      return element.takeError();
    address.elements.push_back(std::move(*element));
  }
  if (Error error = expect("]"))
    return std::move(error);
  return address;
}

Expected<PtxOperand> Parser::parseOperand() {
  PtxOperand operand;
  if (accept("["))
    return parseAddress();
  if (accept("{")) {
    operand.kind = PtxOperand::Vector;
    if (Error error = parseElements(operand, "}"))
      return std::move(error);
    return operand;
  }
  if (accept("(")) {
    operand.kind = PtxOperand::Arguments;
    if (Error error = parseElements(operand, ")"))
      return std::move(error);
    return operand;
  }
  auto simple = parseSimpleOperand();
  if (!simple || !accept("|"))
    return simple;
  auto second = parseSimpleOperand();
  if (!second)
    return second.takeError();
  operand.kind = PtxOperand::Pair;
  operand.elements = {std::move(*simple), std::move(*second)};
  return operand;
}

Expected<PtxOperand> Parser::parseSimpleOperand() {
  PtxOperand operand;
  operand.isNegated = accept("!");
  bool isMinus = accept("-");
  StringRef text = token().text;
  if (token().kind == PtxToken::Word && !isMinus) {
    operand.kind = text == "_" ? PtxOperand::None : PtxOperand::Name;
    operand.name = resolve(text);
  } else if (token().kind == PtxToken::Number) {
    bool isFloat32 = text.starts_with_insensitive("0f") && text.size() == 10;
    bool isFloat64 = text.starts_with_insensitive("0d") && text.size() == 18;
    double plain;
    if ((isFloat32 || isFloat64) &&
        !text.drop_front(2).getAsInteger(16, operand.bits)) {
      operand.kind = isFloat32 ? PtxOperand::Float32 : PtxOperand::Float64;
    } else if (readInteger(text, operand.bits)) {
      operand.kind = PtxOperand::Integer;
      if (isMinus)
        operand.bits = -operand.bits;
    } else if (!text.getAsDouble(plain)) {
      operand.kind = PtxOperand::Float64;
      plain = isMinus ? -plain : plain;
      memcpy(&operand.bits, &plain, sizeof plain);
    } else {
      return unexpected("a number");
    }
  } else {
    return unexpected("an operand");
  }
  lexer.advance();
  return operand;
}

/// A directive of the module, after its linkage.
Error Parser::parseDirective(PtxModule &module) {
  bool isExternal = false;
  while (token().is(".visible") || token().is(".extern") ||
         token().is(".weak") || token().is(".common")) {
    isExternal |= token().is(".extern");
    lexer.advance();
  }
  if (accept(".target")) {
    module.target = token().text.str();
    unsigned line = token().line;
    while (token().line == line && token().kind != PtxToken::End)
      lexer.advance();
    return Error::success();
  }
  if (accept(".version") || accept(".address_size")) {
    lexer.advance();
    return Error::success();
  }
  bool isKernel = token().is(".entry");
  if (accept(".entry") || accept(".func")) {
    while (accept(".noreturn"))
      ;
    return parseFunction(module, isKernel);
  }
  if (accept(".file"))
    return parseFile(module);
  if (accept(".section") || accept(".pragma")) {
    // Up to the next line, or the section's end.
    unsigned line = token().line;
    while (token().line == line && token().kind != PtxToken::End) {
      if (token().is("{"))
        skipBraces();
      else
        lexer.advance();
    }
    return Error::success();
  }
  if (token().is("{")) {
    skipBraces(); // of a section
    return Error::success();
  }
  for (StringRef space : {".shared", ".global", ".const"})
    if (accept(space)) {
      auto variable = parseVariable(space.drop_front());
      if (!variable)
        return variable.takeError();
      variable->isExternal = isExternal;
      module.variables.push_back(*variable);
      return expect(";");
    }
  return unexpected("a directive");
}

Expected<PtxModule> Parser::parse() {
  PtxModule module;
  while (token().kind != PtxToken::End)
    if (Error error = parseDirective(module))
      return std::move(error);
  return module;
}

Expected<PtxModule> strait::emulator::parsePtx(StringRef text) {
  return Parser(text).parse();
}
