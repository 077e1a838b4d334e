// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Barriers and operations of a warp.
#include "runtime/emulator/Translator.h"

#include "runtime/emulator/Block.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/IR/Intrinsics.h"

using namespace llvm;
using namespace strait::emulator;

static const PtxType b32 = {PtxType::Bits, 32};

/// bar.sync a{, b}, barrier.sync{.aligned} a{, b}, bar.warp.sync mask
static Error barrier(Translator &t, const PtxInstruction &instruction) {
  IRBuilder<> &ir = t.builder;
  Value *line = ir.getInt32(instruction.line);
  auto &operands = instruction.operands;
  if (hasPart(instruction, "warp") && operands.size() == 1) {
    t.call("strait_emulator_warp", ir.getInt32Ty(),
           {t.thread(), ir.getInt32(WarpRequest::Synchronize),
            t.read(operands[0], b32), ir.getInt32(0), ir.getInt32(0),
            ir.getInt32(0), line});
    return Error::success();
  }
  bool isArrival = hasPart(instruction, "arrive");
  if ((!hasPart(instruction, "sync") && !isArrival) || operands.empty() ||
      operands.size() > 2)
    return t.unsupported(instruction);
  Value *count =
      operands.size() == 2 ? t.read(operands[1], b32) : ir.getInt32(0);
  t.call(isArrival ? "strait_emulator_arrive" : "strait_emulator_barrier", ir.getVoidTy(),
         {t.thread(), t.read(operands[0], b32), count, line});
  return Error::success();
}

/// Whether the request before held for this lane.
static Value *predicateOf(Translator &t) {
  return t.builder.CreateTrunc(
      t.threadMember(offsetof(ThreadRegisters, predicate), t.builder.getInt8Ty()),
      t.builder.getInt1Ty());
}

/// shfl.sync.mode.b32 d{|p}, value, lane, clamp, mask
static Error shuffle(Translator &t, const PtxInstruction &instruction) {
  using W = WarpRequest;
  auto parts = instruction.parts();
  auto &operands = instruction.operands;
  if (parts.size() != 4 || parts[1] != "sync" || operands.size() != 5)
    return t.unsupported(instruction);
  auto kind = StringSwitch<std::optional<W::Kind>>(parts[2])
                  .Case("up", W::ShuffleUp)
                  .Case("down", W::ShuffleDown)
                  .Case("bfly", W::ShuffleXor)
                  .Case("idx", W::ShuffleIndex)
                  .Default(std::nullopt);
  if (!kind)
    return t.unsupported(instruction);
  IRBuilder<> &ir = t.builder;
  Value *result =
      t.call("strait_emulator_warp", ir.getInt32Ty(),
             {t.thread(), ir.getInt32(*kind), t.read(operands[4], b32),
              t.read(operands[1], b32), t.read(operands[2], b32),
              t.read(operands[3], b32), ir.getInt32(instruction.line)});
  const PtxOperand &target = operands[0];
  bool isPair = target.kind == PtxOperand::Pair;
  t.write(isPair ? target.elements[0] : target, result);
  if (isPair)
    t.write(target.elements[1], predicateOf(t));
  return Error::success();
}

/// match.any.sync.b32 d, a, mask and match.all.sync.b32 d|p, a, mask
static Error match(Translator &t, const PtxInstruction &instruction) {
  auto type = lastType(instruction);
  auto &operands = instruction.operands;
  if (!type || type->totalBits() != 32 || operands.size() != 3)
    return t.unsupported(instruction);
  IRBuilder<> &ir = t.builder;
  auto kind = hasPart(instruction, "all") ? WarpRequest::MatchAll
                                          : WarpRequest::MatchAny;
  Value *result =
      t.call("strait_emulator_warp", ir.getInt32Ty(),
             {t.thread(), ir.getInt32(kind), t.read(operands[2], b32),
              t.read(operands[1], b32), ir.getInt32(0), ir.getInt32(0),
              ir.getInt32(instruction.line)});
  bool isPair = operands[0].kind == PtxOperand::Pair;
  t.write(isPair ? operands[0].elements[0] : operands[0], result);
  if (isPair)
    t.write(operands[0].elements[1], predicateOf(t));
  return Error::success();
}

/// elect.sync d|p, mask: the first lane of the mask.
static Error elect(Translator &t, const PtxInstruction &instruction) {
  auto &operands = instruction.operands;
  if (operands.size() != 2 || operands[0].kind != PtxOperand::Pair)
    return t.unsupported(instruction);
  IRBuilder<> &ir = t.builder;
  Value *mask = t.read(operands[1], b32);
  t.call("strait_emulator_warp", ir.getInt32Ty(),
         {t.thread(), ir.getInt32(WarpRequest::Synchronize), mask,
          ir.getInt32(0), ir.getInt32(0), ir.getInt32(0),
          ir.getInt32(instruction.line)});
  Value *leader = ir.CreateIntrinsic(Intrinsic::cttz, {ir.getInt32Ty()},
                                     {mask, ir.getTrue()});
  Value *lane =
      t.threadMember(offsetof(ThreadRegisters, lane), ir.getInt32Ty());
  t.write(operands[0].elements[0], leader);
  t.write(operands[0].elements[1], ir.CreateICmpEQ(lane, leader));
  return Error::success();
}

/// vote.sync.mode.type d, predicate, mask and redux.sync.op.type d, a, mask
static Error voteOrReduce(Translator &t, const PtxInstruction &instruction) {
  using W = WarpRequest;
  auto type = lastType(instruction);
  auto parts = instruction.parts();
  auto &operands = instruction.operands;
  if (!type || parts.size() != 4 || parts[1] != "sync" || operands.size() != 3)
    return t.unsupported(instruction);
  bool isVote = parts[0] == "vote", isSigned = type->isSigned();
  auto kind =
      isVote ? StringSwitch<std::optional<W::Kind>>(parts[2])
                   .Case("all", W::VoteAll)
                   .Case("any", W::VoteAny)
                   .Case("uni", W::VoteUniform)
                   .Case("ballot", W::Ballot)
                   .Default(std::nullopt)
             : StringSwitch<std::optional<W::Kind>>(parts[2])
                   .Case("add", W::ReduceAdd)
                   .Case("min", isSigned ? W::ReduceSignedMin : W::ReduceMin)
                   .Case("max", isSigned ? W::ReduceSignedMax : W::ReduceMax)
                   .Case("and", W::ReduceAnd)
                   .Case("or", W::ReduceOr)
                   .Case("xor", W::ReduceXor)
                   .Default(std::nullopt);
  if (!kind)
    return t.unsupported(instruction);
  IRBuilder<> &ir = t.builder;
  Value *value =
      isVote ? ir.CreateZExt(t.read(operands[1], {PtxType::Predicate, 1}),
                             ir.getInt32Ty())
             : t.read(operands[1], b32);
  Value *result =
      t.call("strait_emulator_warp", ir.getInt32Ty(),
             {t.thread(), ir.getInt32(*kind), t.read(operands[2], b32), value,
              ir.getInt32(0), ir.getInt32(0), ir.getInt32(instruction.line)});
  t.write(operands[0], type->kind == PtxType::Predicate ? predicateOf(t)
                                                         : result);
  return Error::success();
}

bool strait::emulator::makesThreadsWait(const PtxInstruction &instruction) {
  StringRef name = StringRef(instruction.opcode).split('.').first;
  // A trap must leave its thread from within.
  return name == "bar" || name == "barrier" || name == "shfl" ||
         name == "vote" || name == "redux" || name == "match" ||
         name == "elect" || name == "ldmatrix" || name == "stmatrix" ||
         name == "mma" || name == "trap";
}

void strait::emulator::addWarp(StringMap<Translator::Handler> &table) {
  for (StringRef name : {"bar", "barrier"})
    table[name] = barrier;
  table["shfl"] = shuffle;
  table["match"] = match;
  table["elect"] = elect;
  for (StringRef name : {"vote", "redux"})
    table[name] = voteOrReduce;
}
