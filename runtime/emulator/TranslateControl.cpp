// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Branches and calls.
#include "runtime/emulator/Translator.h"

using namespace llvm;
using namespace strait::emulator;

static Error branch(Translator &t, const PtxInstruction &instruction) {
  if (instruction.operands.size() != 1)
    return t.unsupported(instruction);
  t.builder.CreateBr(t.labelled(instruction.operands[0].name));
  t.beginUnreachable();
  return Error::success();
}

static Error finish(Translator &t, const PtxInstruction &instruction) {
  if (instruction.opcode == "exit" && !t.isKernel())
    return t.unsupported(instruction, "in a function");
  t.builder.CreateRetVoid();
  t.beginUnreachable();
  return Error::success();
}

static Error trap(Translator &t, const PtxInstruction &instruction) {
  t.call("strait_emulator_trap", t.builder.getVoidTy(),
         {t.thread(), t.builder.getInt32(instruction.line)});
  t.builder.CreateUnreachable();
  t.beginUnreachable();
  return Error::success();
}

/// call{.uni} {(results),} function{, (arguments)}
static Error call(Translator &t, const PtxInstruction &instruction) {
  SmallVector<Value *> arguments = {t.thread()};
  Function *callee = nullptr;
  for (const PtxOperand &operand : instruction.operands) {
    if (operand.kind == PtxOperand::Name) {
      if (!callee)
        callee = t.calledFunction(operand.name);
      if (!callee)
        return t.unsupported(instruction, "of '" + operand.name +
                                              "', no function of this text");
      continue;
    }
    for (const PtxOperand &element : operand.elements) {
      Value *variable = t.localVariable(element.name);
      if (!variable)
        return t.unsupported(instruction, "argument '" + element.name + "'");
      arguments.push_back(variable);
    }
  }
  if (!callee || callee->arg_size() != arguments.size())
    return t.unsupported(instruction, "another number of arguments");
  t.builder.CreateCall(callee, arguments);
  return Error::success();
}

static Error nothing(Translator &, const PtxInstruction &) {
  return Error::success();
}

void strait::emulator::addControl(StringMap<Translator::Handler> &table) {
  table["bra"] = branch;
  for (StringRef name : {"ret", "exit"})
    table[name] = finish;
  table["trap"] = trap;
  table["call"] = call;
  table["nanosleep"] = nothing;
}
