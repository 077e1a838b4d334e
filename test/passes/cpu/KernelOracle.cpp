// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/passes/cpu/KernelOracle.h"

#include "compiler/LlvmPasses.h"
#include "dialects/kernel/KernelOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "passes/analysis/Tiling.h"
#include "passes/cpu/Passes.h"
#include "runtime/include/strait/abi.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Target/TargetMachine.h"
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>
#include <random>

using namespace mlir;
using namespace strait;
using namespace strait::test;

namespace {
struct Launch {
  AffineMap tasks, scratch;
  strait_kernel_fn code = nullptr;
};
} // namespace

struct KernelOracle::State {
  State();
  /// Returns what went wrong, or nothing.
  std::string compile(llvm::StringRef text);

  MLIRContext context;
  std::unique_ptr<llvm::orc::LLJIT> jit;
  std::map<std::string, Launch> launches;
};

/// Extent expressions, divisions by symbols included.
static int64_t evaluate(AffineExpr expr, ArrayRef<int64_t> sizes) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return sizes[symbol.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expr);
  int64_t a = evaluate(binary.getLHS(), sizes);
  int64_t b = evaluate(binary.getRHS(), sizes);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return a + b;
  case AffineExprKind::Mul:
    return a * b;
  case AffineExprKind::FloorDiv:
    return a / b;
  case AffineExprKind::CeilDiv:
    return (a + b - 1) / b;
  default:
    return a % b;
  }
}

/// Selects tiles where the text gives none.
static LogicalResult selectTiles(ModuleOp module) {
  for (auto kernel : module.getOps<kernel::FuncOp>()) {
    if (kernel.getTile())
      continue;
    FailureOr<LaunchShape> shape = computeLaunchShape(
        kernel, graph::TargetAttr::get(module.getContext(), graph::Isa::Avx2));
    if (failed(shape))
      return failure();
    kernel.setTileAttr(shape->tile);
    kernel.setTasksAttr(AffineMapAttr::get(shape->tasks));
    kernel.setScratchAttr(AffineMapAttr::get(shape->scratch));
  }
  return success();
}

KernelOracle::State::State() {
  DialectRegistry registry;
  registry.insert<graph::GraphDialect, kernel::KernelDialect, LLVM::LLVMDialect,
                  affine::AffineDialect, arith::ArithDialect, func::FuncDialect,
                  linalg::LinalgDialect, math::MathDialect,
                  memref::MemRefDialect, scf::SCFDialect,
                  tensor::TensorDialect, vector::VectorDialect>();
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  context.appendDialectRegistry(registry);
  context.loadDialect<graph::GraphDialect>();
  context.disableMultithreading();
}

std::string KernelOracle::State::compile(llvm::StringRef text) {
  std::string message;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &d) {
    llvm::raw_string_ostream(message) << d.getLocation() << ": " << d << "\n";
  });
  auto fail = [&](llvm::Twine what) { return message + what.str(); };
  auto module = parseSourceString<ModuleOp>(text, &context);
  if (!module || failed(selectTiles(*module)))
    return fail("cannot parse or tile the kernels");
  for (auto kernel : module->getOps<kernel::FuncOp>())
    launches[kernel.getSymName().str()] = {
        *kernel.getTasks(), *kernel.getScratch(), nullptr};
  PassManager passes(&context);
  cpu::buildCpuPipeline(passes);
  if (getenv("STRAIT_PRINT_IR"))
    passes.enableIRPrinting();
  if (failed(passes.run(*module)))
    return fail("cannot lower the kernels");

  auto llvmContext = std::make_unique<llvm::LLVMContext>();
  auto code = translateModuleToLLVMIR(*module, *llvmContext);
  if (!code)
    return fail("cannot translate the kernels");
  initializeLlvm();
  auto host = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!host)
    return fail(llvm::toString(host.takeError()));
  host->setCodeGenOptLevel(llvm::CodeGenOptLevel::Aggressive);
  auto machine = host->createTargetMachine();
  if (!machine)
    return fail(llvm::toString(machine.takeError()));
  code->setDataLayout((*machine)->createDataLayout());
  code->setTargetTriple((*machine)->getTargetTriple());
  for (llvm::Function &function : *code) {
    // Without the features the optimizer would see no vector registers.
    function.addFnAttr("target-cpu", (*machine)->getTargetCPU());
    function.addFnAttr("target-features",
                       (*machine)->getTargetFeatureString());
  }
  optimizeModule(*code, **machine);
  if (getenv("STRAIT_PRINT_LLVM"))
    code->print(llvm::errs(), nullptr);
  // Kernels call nothing: an unresolved symbol is an error.
  for (llvm::Function &function : *code)
    if (function.isDeclaration() && !function.isIntrinsic())
      return fail("the kernel calls " + function.getName());
  auto created = llvm::orc::LLJITBuilder()
                 .setJITTargetMachineBuilder(std::move(*host))
                 .create();
  if (!created)
    return fail(llvm::toString(created.takeError()));
  jit = std::move(*created);
  // Of libc, kernels may use what copies memory; math functions not.
  auto symbol = [](auto *function) {
    return llvm::orc::ExecutorSymbolDef(
        llvm::orc::ExecutorAddr::fromPtr(function),
        llvm::JITSymbolFlags::Exported);
  };
  if (auto error = jit->getMainJITDylib().define(llvm::orc::absoluteSymbols(
          {{jit->mangleAndIntern("memcpy"), symbol(&memcpy)},
           {jit->mangleAndIntern("memmove"), symbol(&memmove)},
           {jit->mangleAndIntern("memset"), symbol(&memset)}})))
    return fail(llvm::toString(std::move(error)));
  if (auto error = jit->addIRModule(llvm::orc::ThreadSafeModule(
          std::move(code), std::move(llvmContext))))
    return fail(llvm::toString(std::move(error)));
  for (auto &[name, launch] : launches) {
    auto address = jit->lookup(name);
    if (!address)
      return fail(llvm::toString(address.takeError()));
    launch.code = address->toPtr<strait_kernel_fn>();
  }
  return {};
}

KernelOracle::KernelOracle(llvm::StringRef text)
    : state(new State), message(state->compile(text)) {}

KernelOracle::~KernelOracle() = default;

KernelOracle &KernelOracle::get(const std::string &module) {
  static std::map<std::string, std::unique_ptr<KernelOracle>> compiled;
  std::unique_ptr<KernelOracle> &oracle = compiled[module];
  if (!oracle)
    oracle = std::make_unique<KernelOracle>(module);
  return *oracle;
}

namespace {
/// Scratch of one worker, filled with NaNs: nothing may be read before written.
struct Scratch {
  explicit Scratch(int64_t bytes) {
    size_t size = (size_t(bytes) + 64 + 63) / 64 * 64;
    data = static_cast<uint8_t *>(std::aligned_alloc(64, size));
    std::fill(data, data + size, 0xff);
    guard = data + bytes;
    std::fill(guard, data + size, 0xab);
    end = data + size;
  }
  ~Scratch() {
    for (uint8_t *byte = guard; byte < end; ++byte)
      if (*byte != 0xab) {
        fprintf(stderr, "kernel wrote beyond its scratch\n");
        abort();
      }
    std::free(data);
  }
  uint8_t *data, *guard, *end;
};
} // namespace

void KernelOracle::run(llvm::StringRef kernel, llvm::ArrayRef<void *> buffers,
                       llvm::ArrayRef<int64_t> sizes) {
  Launch &launch = state->launches.at(kernel.str());
  int64_t count = evaluate(launch.tasks.getResult(0), sizes);
  Scratch scratch(evaluate(launch.scratch.getResult(0), sizes));
  launch.code(buffers.data(), sizes.data(), scratch.data, count / 2, count);
  launch.code(buffers.data(), sizes.data(), scratch.data, 0, count / 2);
}

double KernelOracle::time(llvm::StringRef kernel,
                          llvm::ArrayRef<void *> buffers,
                          llvm::ArrayRef<int64_t> sizes, int repeats) {
  Launch &launch = state->launches.at(kernel.str());
  int64_t count = evaluate(launch.tasks.getResult(0), sizes);
  Scratch scratch(evaluate(launch.scratch.getResult(0), sizes));
  double best = std::numeric_limits<double>::infinity();
  for (int repeat = 0; repeat < repeats; ++repeat) {
    auto start = std::chrono::steady_clock::now();
    launch.code(buffers.data(), sizes.data(), scratch.data, 0, count);
    std::chrono::duration<double> took =
        std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count());
  }
  return best;
}

int64_t KernelOracle::tasks(llvm::StringRef kernel,
                            llvm::ArrayRef<int64_t> sizes) {
  return evaluate(state->launches.at(kernel.str()).tasks.getResult(0), sizes);
}

std::vector<float> test::randomFloats(size_t count, unsigned seed, float low,
                                      float high) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> numbers(low, high);
  std::vector<float> values(count);
  for (float &value : values)
    value = numbers(engine);
  return values;
}

double test::largestDifference(llvm::ArrayRef<float> a,
                               llvm::ArrayRef<double> b, double floor) {
  double worst = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(b[i]) ? std::isnan(a[i]) : double(a[i]) == b[i])
      continue;
    double difference =
        std::abs(a[i] - b[i]) / std::max(std::abs(b[i]), floor);
    if (!(difference <= worst)) // NaN is worst
      worst = std::isnan(difference) ? INFINITY : difference;
  }
  return worst;
}
