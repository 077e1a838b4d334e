// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// PTX -> LLVM IR: one function `void kernel(Thread *)` for one thread. A .func
// takes, behind the thread, the addresses of its results and parameters.
//
// Registers are variables of their bits, from which LLVM makes values; a type
// suffix says how an instruction sees them. Addresses of all state spaces are
// addresses of this process. Families of instructions stand in a file each and
// enter their rows into one table.
#ifndef STRAIT_EMULATOR_TRANSLATOR_H
#define STRAIT_EMULATOR_TRANSLATOR_H

#include "runtime/emulator/Ptx.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"

namespace strait::emulator {

/// What a kernel's code is linked with.
struct KernelPlaces {
  llvm::StringMap<uint64_t> globals;   // addresses of .global and .const
  llvm::StringMap<uint64_t> shared;    // offsets of static .shared
  llvm::StringMap<uint64_t> parameters; // offsets
  bool checksAccesses = false;
};

/// The name that a function of the PTX text has in a module.
std::string symbolOf(llvm::StringRef function);
/// Declares a function of the PTX text in a module.
llvm::Function *declareFunction(llvm::Module &module,
                                const PtxFunction &function);

class Translator {
public:
  Translator(llvm::Module &module, const PtxFunction &source,
             const KernelPlaces &places);
  llvm::Error translate();

  // For the families.
  using Handler = llvm::Error (*)(Translator &translator,
                                  const PtxInstruction &instruction);
  llvm::IRBuilder<> builder;
  llvm::Type *typeOf(PtxType type);
  llvm::IntegerType *intType(unsigned bits) { return builder.getIntNTy(bits); }
  /// The operand's bits as a value of `type`.
  llvm::Value *read(const PtxOperand &operand, PtxType type);
  /// Puts a value's bits into a register, widened as `isSigned` says.
  void write(const PtxOperand &operand, llvm::Value *value,
             bool isSigned = false);
  /// The same for a value of `type`, which it is rounded to.
  void write(const PtxOperand &operand, llvm::Value *value, PtxType type);
  /// The address that an operand in brackets names, as a 64-bit number.
  llvm::Value *addressOf(const PtxOperand &operand);
  llvm::Value *threadMember(size_t offset, llvm::Type *type);
  /// Calls a function of this process, by name.
  llvm::Value *call(llvm::StringRef name, llvm::Type *result,
                    llvm::ArrayRef<llvm::Value *> arguments);
  llvm::Value *thread() { return function->getArg(0); }
  /// A function of the module; null: there is none of this name.
  llvm::Function *calledFunction(llvm::StringRef name);
  /// The address of a variable of this thread; null: there is none.
  llvm::Value *localVariable(llvm::StringRef name);
  /// Memory for the operands and results of operations on matrices.
  llvm::Value *matrixWords();
  /// Whether an operand is a register of type pred.
  bool isPredicate(const PtxOperand &operand) const;
  bool isKernel() const { return source.isKernel; }
  llvm::BasicBlock *labelled(llvm::StringRef label);
  /// Ends the block that is written, and begins one that nothing reaches.
  void beginUnreachable();
  bool checksAccesses() const { return places.checksAccesses; }

  /// An error that names the instruction.
  llvm::Error unsupported(const PtxInstruction &instruction,
                          const llvm::Twine &why = "");

private:
  void writeBfloat(const PtxOperand &operand, llvm::Value *value);
  llvm::Value *bitsOf(const PtxOperand &operand, unsigned bits);
  llvm::Value *specialRegister(llvm::StringRef name);
  llvm::AllocaInst *variableOf(llvm::StringRef reg);
  llvm::Error translate(const PtxInstruction &instruction);
  void declareVariables();
  void reportUnknown(llvm::StringRef name);

  llvm::Module &module;
  const PtxFunction &source;
  const KernelPlaces &places;
  llvm::Function *function = nullptr;
  llvm::BasicBlock *entry = nullptr;
  llvm::StringMap<llvm::AllocaInst *> registers;
  llvm::StringMap<llvm::Value *> locals;
  llvm::AllocaInst *words = nullptr;
  llvm::StringMap<llvm::BasicBlock *> labels;
  std::string unknown; // the first name that means nothing
};

/// The type that an opcode ends in.
std::optional<PtxType> lastType(const PtxInstruction &instruction);
bool hasPart(const PtxInstruction &instruction, llvm::StringRef part);

// The families' rows: first part of the opcode -> handler.
void addArithmetic(llvm::StringMap<Translator::Handler> &table);
void addBits(llvm::StringMap<Translator::Handler> &table);
void addConversions(llvm::StringMap<Translator::Handler> &table);
void addMemory(llvm::StringMap<Translator::Handler> &table);
void addControl(llvm::StringMap<Translator::Handler> &table);
void addWarp(llvm::StringMap<Translator::Handler> &table);
void addMatrices(llvm::StringMap<Translator::Handler> &table);
void addCopies(llvm::StringMap<Translator::Handler> &table);

/// Whether an instruction makes threads wait for each other.
bool makesThreadsWait(const PtxInstruction &instruction);

} // namespace strait::emulator

#endif // STRAIT_EMULATOR_TRANSLATOR_H
