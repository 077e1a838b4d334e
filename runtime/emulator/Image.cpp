// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/emulator/Image.h"

#include "runtime/emulator/Services.h"

#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

#include <cstring>

using namespace llvm;
using namespace strait::emulator;

Image::Image(PtxModule module, Memory &memory, bool checks)
    : module(std::move(module)), memory(memory) {
  places.checksAccesses = checks;
}

Image::~Image() {
  for (uint64_t address : variables)
    memory.release(address);
}

static uint64_t roundUp(uint64_t offset, uint64_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

/// 80 of "sm_80" and "sm_80a"; 0: not a target.
static unsigned capabilityOf(StringRef target) {
  unsigned number = 0;
  target.consume_front("sm_");
  target.consumeInteger(10, number);
  return number;
}

Expected<std::unique_ptr<Image>> Image::load(StringRef ptx,
                                             unsigned capability,
                                             Memory &memory, bool checks) {
  auto module = parsePtx(ptx);
  if (!module)
    return module.takeError();
  StringRef target = module->target;
  unsigned needed = capabilityOf(target.split(',').first);
  bool isExact = target.split(',').first.ends_with("a");
  if (needed == 0 || (isExact ? needed != capability : needed > capability))
    return createStringError("code for " + target + " does not run on sm_" +
                             Twine(capability));
  std::unique_ptr<Image> image(new Image(std::move(*module), memory, checks));
  if (Error error = image->placeVariables())
    return std::move(error);
  image->placeSources();
  static const bool isReady = [] {
    InitializeNativeTarget();
    InitializeNativeTargetAsmPrinter();
    return true;
  }();
  (void)isReady;
  auto jit = orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  image->jit = std::move(*jit);
  orc::JITDylib &library = image->jit->getMainJITDylib();
  orc::MangleAndInterner mangle(image->jit->getExecutionSession(),
                                image->jit->getDataLayout());
  orc::SymbolMap symbols;
  for (const Service &service : services())
    symbols[mangle(service.name)] = {
        orc::ExecutorAddr::fromPtr(service.function), JITSymbolFlags::Exported};
  if (Error error = library.define(orc::absoluteSymbols(symbols)))
    return std::move(error);
  for (const PtxFunction &function : image->module.functions)
    if (function.isKernel)
      if (Error error = image->translate(function))
        return std::move(error);
  return image;
}

Error Image::placeVariables() {
  for (const PtxVariable &variable : module.variables) {
    if (variable.space == "shared") {
      // Dynamic memory has no size and begins behind the rest.
      if (variable.bytes == 0)
        continue;
      sharedBytes = roundUp(sharedBytes, variable.alignment);
      places.shared[variable.name] = sharedBytes;
      sharedBytes += variable.bytes;
      continue;
    }
    if (variable.isExternal)
      return createStringError("unsupported PTX: variable '" + variable.name +
                               "' of another module");
    uint64_t address = memory.allocate(std::max<uint64_t>(variable.bytes, 1));
    if (!address)
      return createStringError("no memory for variable '" + variable.name +
                               "'");
    variables.push_back(address);
    auto *bytes = reinterpret_cast<char *>(address);
    memset(bytes, 0, variable.bytes);
    memcpy(bytes, variable.initial.data(), variable.initial.size());
    memory.note(address, variable.bytes);
    places.globals[variable.name] = address;
  }
  return Error::success();
}

void Image::placeSources() {
  std::string last;
  for (const PtxFunction &function : module.functions)
    for (const PtxInstruction &instruction : function.body) {
      std::string place;
      if (instruction.sourceLine && instruction.file < module.files.size())
        place = module.files[instruction.file] + ":" +
                std::to_string(instruction.sourceLine);
      if (place != last)
        sources.emplace_back(instruction.line, place);
      last = place;
    }
}

/// The functions that `kernel` calls, directly or not, and itself.
std::vector<const PtxFunction *>
Image::reachableFrom(const PtxFunction &kernel) const {
  std::vector<const PtxFunction *> reached = {&kernel};
  for (size_t i = 0; i < reached.size(); ++i)
    for (const PtxInstruction &instruction : reached[i]->body) {
      if (!StringRef(instruction.opcode).starts_with("call"))
        continue;
      for (const PtxOperand &operand : instruction.operands)
        for (const PtxFunction &function : module.functions)
          if (operand.kind == PtxOperand::Name &&
              operand.name == function.name && !is_contained(reached, &function))
            reached.push_back(&function);
    }
  return reached;
}

/// The host's code of a kernel: LLVM's own pipeline, which makes values of the
/// registers first.
static void optimize(Module &module, TargetMachine &machine) {
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager sccs;
  ModuleAnalysisManager modules;
  PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(sccs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, sccs, modules);
  ModulePassManager manager;
  cantFail(builder.parsePassPipeline(
      manager, "function(sroa,early-cse,instcombine<no-verify-fixpoint>,"
               "simplifycfg,loop-mssa(licm),gvn,"
               "instcombine<no-verify-fixpoint>,simplifycfg)"));
  manager.run(module, modules);
}

/// Says where the kernel's variables and parameters lie.
KernelPlaces Image::layOut(Kernel &kernel,
                           ArrayRef<const PtxFunction *> functions) const {
  const PtxFunction &ptx = *kernel.ptx;
  KernelPlaces own = places;
  kernel.staticSharedBytes = sharedBytes;
  for (const PtxFunction *function : functions)
    for (const PtxVariable &variable : function->variables) {
      kernel.localBytes += variable.bytes;
      if (variable.space != "shared")
        continue;
      uint64_t offset = roundUp(kernel.staticSharedBytes, variable.alignment);
      own.shared[variable.name] = offset;
      kernel.staticSharedBytes = offset + variable.bytes;
    }
  for (const PtxVariable &variable : module.variables)
    if (variable.space == "shared" && variable.bytes == 0) {
      kernel.staticSharedBytes =
          roundUp(kernel.staticSharedBytes, variable.alignment);
      own.shared[variable.name] = kernel.staticSharedBytes;
    }
  for (const PtxVariable &parameter : ptx.parameters) {
    kernel.parameterBytes = roundUp(kernel.parameterBytes, parameter.alignment);
    kernel.parameterOffsets.push_back(kernel.parameterBytes);
    own.parameters[parameter.name] = kernel.parameterBytes;
    kernel.parameterBytes += parameter.bytes;
  }
  return own;
}

static Expected<std::unique_ptr<TargetMachine>> hostMachine() {
  auto builder = orc::JITTargetMachineBuilder::detectHost();
  if (!builder)
    return builder.takeError();
  return builder->createTargetMachine();
}

/// PTX -> LLVM IR of one kernel with the functions that it calls.
Error Image::translate(const PtxFunction &ptx) {
  auto kernel = std::make_unique<Kernel>();
  kernel->ptx = &ptx;
  kernel->sources = &sources;
  std::vector<const PtxFunction *> functions = reachableFrom(ptx);
  KernelPlaces own = layOut(*kernel, functions);
  // A thread that a check stops leaves from within, too.
  kernel->waits = places.checksAccesses;
  for (const PtxFunction *function : functions)
    kernel->waits |= any_of(function->body, makesThreadsWait);

  auto context = std::make_unique<LLVMContext>();
  auto code = std::make_unique<Module>(ptx.name, *context);
  code->setDataLayout(jit->getDataLayout());
  code->setTargetTriple(jit->getTargetTriple());
  for (const PtxFunction *function : functions)
    declareFunction(*code, *function);
  for (const PtxFunction *function : functions)
    if (Error error = Translator(*code, *function, own).translate())
      return error;
  std::string text;
  raw_string_ostream stream(text);
  if (verifyModule(*code, &stream))
    return createStringError("kernel '" + ptx.name +
                             "': the emulator made invalid code: " + text);
  kernel->module =
      orc::ThreadSafeModule(std::move(code), std::move(context));
  kernels[ptx.name] = std::move(kernel);
  return Error::success();
}

/// LLVM IR -> code of the host.
Error Image::compile(Kernel &kernel) {
  auto machine = hostMachine();
  if (!machine)
    return machine.takeError();
  kernel.module.withModuleDo(
      [&](Module &code) { optimize(code, **machine); });
  if (Error error = jit->addIRModule(std::move(kernel.module)))
    return error;
  auto address = jit->lookup(symbolOf(kernel.ptx->name));
  if (!address)
    return address.takeError();
  kernel.code = address->toPtr<KernelFn>();
  return Error::success();
}

Expected<Kernel *> Image::find(StringRef name) {
  std::lock_guard<std::mutex> guard(lock);
  auto found = kernels.find(name);
  if (found == kernels.end())
    return nullptr;
  Kernel &kernel = *found->second;
  if (!kernel.code)
    if (Error error = compile(kernel))
      return std::move(error);
  return &kernel;
}
