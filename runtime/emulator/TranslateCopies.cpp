// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cp.async from global to shared memory, and its groups.
#include "runtime/emulator/Translator.h"

using namespace llvm;
using namespace strait::emulator;

static const PtxType b32 = {PtxType::Bits, 32};

/// cp.async.{ca|cg}.shared.global [target], [source], bytes{, source bytes}{,
/// cache policy}; in place of the source's bytes, a predicate that is true for
/// none.
static Error startCopy(Translator &t, const PtxInstruction &instruction) {
  auto &operands = instruction.operands;
  size_t count = operands.size() - hasPart(instruction, "L2::cache_hint");
  if (count < 3 || count > 4 || operands[0].kind != PtxOperand::Address ||
      operands[1].kind != PtxOperand::Address ||
      operands[2].kind != PtxOperand::Integer)
    return t.unsupported(instruction);
  uint64_t bytes = operands[2].bits;
  if (bytes != 16 && (hasPart(instruction, "cg") || (bytes != 4 && bytes != 8)))
    return t.unsupported(instruction, "of " + Twine(bytes) + " bytes");
  IRBuilder<> &ir = t.builder;
  Value *whole = ir.getInt32(uint32_t(bytes)), *sourceBytes = whole;
  if (count == 4)
    sourceBytes = t.isPredicate(operands[3])
                      ? ir.CreateSelect(
                            t.read(operands[3], {PtxType::Predicate, 1}),
                            ir.getInt32(0), whole)
                      : t.read(operands[3], b32);
  t.call("strait_emulator_copy", ir.getVoidTy(),
         {t.thread(), t.addressOf(operands[0]), t.addressOf(operands[1]), whole,
          sourceBytes, ir.getInt32(instruction.line)});
  return Error::success();
}

static Error copy(Translator &t, const PtxInstruction &instruction) {
  auto parts = instruction.parts();
  IRBuilder<> &ir = t.builder;
  if (parts.size() < 3 || parts[1] != "async")
    return t.unsupported(instruction);
  if (parts[2] == "ca" || parts[2] == "cg")
    return startCopy(t, instruction);
  bool waitsForAll = parts[2] == "wait_all";
  if (parts[2] == "commit_group" || waitsForAll)
    t.call("strait_emulator_commit", ir.getVoidTy(), {t.thread()});
  if (parts[2] == "commit_group")
    return Error::success();
  if (!waitsForAll &&
      (parts[2] != "wait_group" || instruction.operands.size() != 1))
    return t.unsupported(instruction);
  Value *left = waitsForAll ? ir.getInt32(0)
                            : t.read(instruction.operands[0], b32);
  t.call("strait_emulator_wait", ir.getVoidTy(),
         {t.thread(), left, ir.getInt32(instruction.line)});
  return Error::success();
}

void strait::emulator::addCopies(StringMap<Translator::Handler> &table) {
  table["cp"] = copy;
}
