// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One LLVM module per group of kernels, each with a context of its own, so that
// optimisation and code generation run in parallel. Translation itself reads
// the MLIR context and stays on one thread.
#include "compiler/EmitObject.h"
#include "compiler/LlvmPasses.h"
#include "dialects/graph/GraphOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/ThreadPool.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace strait;

namespace {
struct Unit {
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> module;
  StringRef cpu;
  SmallString<0> object;
  bool failed = false;
};
} // namespace

/// A copy of what of `module` is host code and tables.
static OwningOpRef<ModuleOp> hostPart(ModuleOp module) {
  OwningOpRef<ModuleOp> host = ModuleOp::create(module.getLoc(), "host");
  OpBuilder builder(host->getBodyRegion());
  for (Operation &op : *module.getBody())
    if (isa<LLVM::LLVMDialect>(op.getDialect()))
      builder.clone(op);
  return host;
}

static void compileUnit(Unit &unit, llvm::CodeGenOptLevel level) {
  std::string error;
  llvm::Triple triple("x86_64-unknown-linux-gnu");
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target) {
    unit.failed = true;
    return;
  }
  llvm::TargetOptions targetOptions;
  targetOptions.AllowFPOpFusion = llvm::FPOpFusion::Fast; // contraction only
  std::unique_ptr<llvm::TargetMachine> machine(target->createTargetMachine(
      triple, unit.cpu, "", targetOptions, llvm::Reloc::PIC_, std::nullopt,
      level));
  llvm::Module &module = *unit.module;
  module.setTargetTriple(triple);
  module.setDataLayout(machine->createDataLayout());
  for (llvm::Function &function : module)
    if (!function.isDeclaration())
      function.addFnAttr("target-cpu", unit.cpu);

  optimizeModule(module, *machine);

  llvm::raw_svector_ostream stream(unit.object);
  llvm::legacy::PassManager code;
  if (machine->addPassesToEmitFile(code, stream, nullptr,
                                   llvm::CodeGenFileType::ObjectFile)) {
    unit.failed = true;
    return;
  }
  code.run(module);
  unit.module.reset();
  unit.context.reset();
}

LogicalResult strait::emitObjects(ModuleOp module, llvm::CodeGenOptLevel level,
                                  unsigned jobs,
                                  SmallVectorImpl<SmallString<0>> &objects) {
  initializeLlvm();
  registerBuiltinDialectTranslation(*module.getContext());
  registerLLVMDialectTranslation(*module.getContext());
  SmallVector<ModuleOp> parts(module.getOps<ModuleOp>());
  OwningOpRef<ModuleOp> host = hostPart(module);
  parts.push_back(*host);
  std::vector<Unit> units(parts.size());
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency(jobs));
  for (auto [part, unit] : llvm::zip(parts, units)) {
    unit.context = std::make_unique<llvm::LLVMContext>();
    unit.cpu = "x86-64-v3";
    if (part != *host) {
      auto targets = graph::TargetAttr::listOf(part);
      if (failed(targets))
        return failure();
      unit.cpu = targets->front().llvmCpu();
    }
    unit.module = translateModuleToLLVMIR(part, *unit.context, "strait");
    if (!unit.module)
      return failure();
    // Host code runs once per launch, and is one long function in which a good
    // register allocation takes time that grows with its square.
    auto ofPart = part == *host ? llvm::CodeGenOptLevel::None : level;
    pool.async([&unit = unit, ofPart] { compileUnit(unit, ofPart); });
  }
  pool.wait();
  for (Unit &unit : units) {
    if (unit.failed) {
      llvm::errs() << "compile-model: LLVM has no code generator for "
                   << unit.cpu << "\n";
      return failure();
    }
    objects.push_back(std::move(unit.object));
  }
  return success();
}
