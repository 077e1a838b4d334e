// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels come as they are to run: tiled, unrolled, in vectors. What is left to
// LLVM is to share and simplify address arithmetic and to move it out of loops.
// Its default pipeline does harm: it unrolls the loops that we keep so that
// operands stay in memory, and takes three times as long. Loop strength
// reduction is half of code generation's time and saves nothing, since rows and
// steps of a block are constant distances apart.
#include "compiler/LlvmPasses.h"

#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

#include <mutex>

/// instcombine verifies itself unless told not to, and then aborts.
#define INSTCOMBINE "instcombine<no-verify-fixpoint>"
static constexpr llvm::StringLiteral passes =
    "cgscc(inline),"
    "function(sroa,early-cse<memssa>," INSTCOMBINE ",simplifycfg,"
    "loop-mssa(loop-rotate,licm),gvn," INSTCOMBINE ",simplifycfg)";
#undef INSTCOMBINE

/// LLVM has this switch as a command line option only.
static void disableStrengthReduction() {
  auto &options = llvm::cl::getRegisteredOptions();
  auto found = options.find("disable-lsr");
  if (found != options.end())
    static_cast<llvm::cl::opt<bool> *>(found->second)->setValue(true);
}

void strait::initializeLlvm() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
    disableStrengthReduction();
  });
}

/// Runs the pipeline that `build` makes.
static void runPipeline(
    llvm::Module &module, llvm::TargetMachine &machine,
    llvm::function_ref<llvm::ModulePassManager(llvm::PassBuilder &)> build) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager sccs;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(sccs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, sccs, modules);
  build(builder).run(module, modules);
}

void strait::optimizeModule(llvm::Module &module,
                            llvm::TargetMachine &machine) {
  runPipeline(module, machine, [](llvm::PassBuilder &builder) {
    llvm::ModulePassManager manager;
    llvm::cantFail(builder.parsePassPipeline(manager, passes));
    return manager;
  });
}

void strait::optimizeForGpu(llvm::Module &module,
                            llvm::TargetMachine &machine) {
  runPipeline(module, machine, [](llvm::PassBuilder &builder) {
    return builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3);
  });
}
