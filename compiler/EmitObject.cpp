// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One LLVM module per group of kernels, each with a context of its own, so that
// optimisation and code generation run in parallel. Translation itself reads
// the MLIR context and stays on one thread. Kernels for a GPU become PTX, which
// is data of an object.
#include "compiler/EmitObject.h"
#include "compiler/LlvmPasses.h"
#include "dialects/graph/GraphOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "passes/schedule/ModelSymbols.h"
#include "llvm/IR/Constants.h"
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
  std::string image; // symbol of a GPU's code; empty: code for CPUs
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

/// A processor as LLVM knows it.
struct Processor {
  StringRef triple, cpu, features;
};

/// Machine code of `module` as an object or, for a GPU, as PTX. False if LLVM
/// has no code generator for the processor.
static bool writeCode(llvm::Module &module, const Processor &processor,
                      llvm::CodeGenOptLevel level,
                      llvm::raw_pwrite_stream &stream) {
  std::string error;
  llvm::Triple triple(processor.triple);
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return false;
  llvm::TargetOptions targetOptions;
  targetOptions.AllowFPOpFusion = llvm::FPOpFusion::Fast; // contraction only
  std::unique_ptr<llvm::TargetMachine> machine(target->createTargetMachine(
      triple, processor.cpu, processor.features, targetOptions,
      llvm::Reloc::PIC_, std::nullopt, level));
  module.setTargetTriple(triple);
  module.setDataLayout(machine->createDataLayout());
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", processor.cpu);
    // On CPUs the runtime sets a mode to the same effect.
    if (triple.isNVPTX())
      function.addFnAttr("denormal-fp-math-f32", "preserve-sign");
  }
  if (triple.isNVPTX())
    optimizeForGpu(module, *machine);
  else
    optimizeModule(module, *machine);
  llvm::legacy::PassManager code;
  auto type = triple.isNVPTX() ? llvm::CodeGenFileType::AssemblyFile
                               : llvm::CodeGenFileType::ObjectFile;
  if (machine->addPassesToEmitFile(code, stream, nullptr, type))
    return false;
  code.run(module);
  return true;
}

static constexpr llvm::StringLiteral hostTriple = "x86_64-unknown-linux-gnu";
static constexpr llvm::StringLiteral hostCpu = "x86-64-v3";

/// PTX ISA 8.0 has all that sm_90a's generators use; drivers from CUDA 12.0 on
/// read it.
static Processor gpu(StringRef cpu) {
  return {"nvptx64-nvidia-cuda", cpu, "+ptx80"};
}

/// An object that holds `text`, zero-terminated, under a hidden symbol.
static bool writeData(StringRef symbol, StringRef text,
                      llvm::raw_pwrite_stream &stream) {
  llvm::LLVMContext context;
  llvm::Module module("strait", context);
  llvm::Constant *data = llvm::ConstantDataArray::getString(context, text);
  auto *global = new llvm::GlobalVariable(
      module, data->getType(), /*isConstant=*/true,
      llvm::GlobalValue::ExternalLinkage, data, symbol);
  global->setVisibility(llvm::GlobalValue::HiddenVisibility);
  return writeCode(module, {hostTriple, hostCpu, ""},
                   llvm::CodeGenOptLevel::None, stream);
}

static void compileUnit(Unit &unit, llvm::CodeGenOptLevel level) {
  llvm::raw_svector_ostream stream(unit.object);
  if (unit.image.empty()) {
    unit.failed =
        !writeCode(*unit.module, {hostTriple, unit.cpu, ""}, level, stream);
  } else {
    SmallString<0> ptx;
    llvm::raw_svector_ostream text(ptx);
    unit.failed = !writeCode(*unit.module, gpu(unit.cpu), level, text) ||
                  !writeData(unit.image, ptx, stream);
  }
  unit.module.reset();
  unit.context.reset();
}

LogicalResult strait::emitObjects(ModuleOp module, llvm::CodeGenOptLevel level,
                                  unsigned jobs,
                                  SmallVectorImpl<SmallString<0>> &objects) {
  initializeLlvm();
  registerBuiltinDialectTranslation(*module.getContext());
  registerLLVMDialectTranslation(*module.getContext());
  registerNVVMDialectTranslation(*module.getContext());
  SmallVector<ModuleOp> parts(module.getOps<ModuleOp>());
  OwningOpRef<ModuleOp> host = hostPart(module);
  parts.push_back(*host);
  std::vector<Unit> units(parts.size());
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency(jobs));
  for (auto [part, unit] : llvm::zip(parts, units)) {
    unit.context = std::make_unique<llvm::LLVMContext>();
    unit.cpu = hostCpu;
    if (part != *host) {
      auto targets = graph::TargetAttr::listOf(part);
      if (failed(targets))
        return failure();
      unit.cpu = targets->front().llvmCpu();
      if (targets->front().isGpu())
        unit.image = imageSymbol(targets->front());
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
