// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The way through the levels: import, graph, kernel, schedule, code, artefact.
// Each phase is timed and named on the log; a failure before code generation
// is the model's, a later one is ours.
#include "compiler/Compile.h"
#include "compiler/ArtefactFile.h"
#include "compiler/Diagnostics.h"
#include "compiler/EmitObject.h"
#include "compiler/LinkedWeights.h"
#include "compiler/PassLog.h"
#include "compiler/Pipelines.h"
#include "compiler/Report.h"
#include "compiler/Targets.h"
#include "dialects/graph/GraphDialect.h"
#include "dialects/kernel/KernelOps.h"
#include "dialects/schedule/ScheduleOps.h"
#include "frontends/onnx/Importer.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllDialects.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ThreadPool.h"

#include <chrono>

using namespace mlir;
using namespace strait;

void strait::printSupportedOps(raw_ostream &out) { listSupportedOps(out); }

namespace {
using Clock = std::chrono::steady_clock;

/// Names a phase on the log and says how long it took when it ends.
class Phase {
public:
  Phase(StringRef name, const CompileOptions &options, raw_ostream &log)
      : name(name), quiet(options.quiet), log(log), begin(Clock::now()) {}
  ~Phase() {
    if (quiet)
      return;
    std::chrono::duration<double> time = Clock::now() - begin;
    log << llvm::formatv("{0,-10} {1,8:F2} s", name, time.count());
    if (!detail.empty())
      log << "  " << detail;
    log << "\n";
  }
  /// Says more at the end of the line.
  std::string detail;

private:
  StringRef name;
  bool quiet;
  raw_ostream &log;
  Clock::time_point begin;
};

class Compilation {
public:
  Compilation(const CompileOptions &options, raw_ostream &out,
              raw_ostream &log)
      : options(options), out(out), log(log),
        threads(llvm::hardware_concurrency(options.jobs)),
        context(registry(), MLIRContext::Threading::DISABLED),
        diagnostics(&context, options.model, log) {
    context.setThreadPool(threads);
    if (!options.stopAfter.empty())
      for (const LevelPasses &level : listPasses(options))
        passesToStop += llvm::count(level.passes, options.stopAfter);
    // A diagnostic names its node; the op's text is for strait-opt.
    context.printOpOnDiagnostic(false);
  }
  int run();

private:
  using BuildFn = void (*)(PipelineBuilder &, const CompileOptions &);
  enum class Step { next, stop, fail };
  static DialectRegistry registry();
  LogicalResult import();
  Step runLevel(StringRef name, BuildFn build);
  void printIR();
  int write();
  int internalError();

  const CompileOptions &options;
  raw_ostream &out;
  raw_ostream &log;
  llvm::DefaultThreadPool threads;
  MLIRContext context;
  UserDiagnostics diagnostics;
  OwningOpRef<ModuleOp> module;
  std::vector<std::string> description; // of the entries, for headers
  /// How many passes of the name `stopAfter` are still to be added.
  int64_t passesToStop = 0;
};
} // namespace

DialectRegistry Compilation::registry() {
  DialectRegistry registry;
  registerAllDialects(registry);
  registerAllExtensions(registry);
  registry.insert<graph::GraphDialect, kernel::KernelDialect,
                  schedule::ScheduleDialect>();
  return registry;
}

void Compilation::printIR() {
  OpPrintingFlags flags;
  flags.elideLargeElementsAttrs(16).elideLargeResourceString(64);
  module->print(out, flags);
}

int Compilation::internalError() {
  log << "compile-model: internal error: please report it with the model and "
         "the lines above\n";
  return exitInternal;
}

Compilation::Step Compilation::runLevel(StringRef name, BuildFn build) {
  Phase phase(name, options, log);
  PassManager manager(&context);
  PipelineBuilder pipeline(manager, options.stopAfter, passesToStop);
  build(pipeline, options);
  if (options.timing)
    manager.enableTiming();
  if (options.verbose)
    manager.addInstrumentation(std::make_unique<PassLog>(log));
  if (failed(manager.run(*module)))
    return Step::fail;
  if (pipeline.stopped() || options.stopAfter == name) {
    printIR();
    return Step::stop;
  }
  return Step::next;
}

/// All entries' functions in one module. A failure was reported.
LogicalResult Compilation::import() {
  Phase phase("import", options, log);
  for (auto &[name, path] : options.entries) {
    UserDiagnostics diagnostics(&context, path, log);
    if (!llvm::sys::fs::exists(path)) {
      log << path << ": error: no such file\n";
      return failure();
    }
    ImportOptions import;
    import.shapes = options.shapes;
    import.entryName = name;
    OwningOpRef<ModuleOp> imported = importOnnx(path, context, import);
    if (!imported)
      return failure();
    if (!module) {
      module = std::move(imported);
      continue;
    }
    Block &from = imported->getBodyRegion().front();
    module->getBody()->getOperations().splice(module->getBody()->end(),
                                              from.getOperations());
  }
  return success();
}

/// What the program takes and gives, a line per tensor.
static std::vector<std::string> describe(ModuleOp module) {
  std::vector<std::string> lines;
  auto add = [&](StringRef kind, ArrayAttr tensors) {
    for (auto tensor : tensors.getAsRange<schedule::TensorAttr>()) {
      std::string type;
      llvm::raw_string_ostream(type) << tensor.getType();
      StringRef shape = StringRef(type).drop_front(strlen("tensor<")).drop_back();
      lines.push_back((kind + tensor.getName() + ": " + shape).str());
    }
  };
  for (auto program : module.getOps<schedule::ProgramOp>()) {
    lines.push_back(("entry " + program.getSymName()).str());
    add("  input ", program.getInputs());
    add("  output ", program.getOutputs());
  }
  return lines;
}

int Compilation::run() {
  bool isCuda = options.target == Target::cuda;
  auto targets = isCuda ? targetsForArchs(context, options.arch)
                        : targetsForCpus(context, options.cpu);
  if (!targets) {
    log << "compile-model: error: " << llvm::toString(targets.takeError())
        << "\n";
    return exitUsage;
  }
  std::optional<Report> report;
  if (!options.report.empty())
    report.emplace(context);
  if (failed(import()))
    return exitInput;
  if (report) {
    report->model = llvm::sys::path::filename(options.model);
    report->takeNodes(*module);
    for (graph::TargetAttr target : *targets)
      report->targets.push_back(stringifyIsa(target.getIsa()).str());
  }
  graph::TargetAttr::setList(*module, *targets);
  if (options.stopAfter == "import") {
    printIR();
    return exitDone;
  }
  // A place that cannot be written to is said now, not after all the work.
  if (options.stopAfter.empty()) {
    TemporaryFile probe;
    if (llvm::Error error = probe.createBeside(options.output, dataMode)) {
      log << "compile-model: error: " << llvm::toString(std::move(error))
          << "\n";
      return exitInput;
    }
  }
  struct Level {
    StringRef name;
    BuildFn build;
    int failure;
  };
  for (auto [name, build, failure] :
       {Level{"graph", buildGraphPipeline, exitInput},
        Level{"kernel", buildKernelPipeline, exitInput},
        Level{"schedule", buildSchedulePipeline, exitInput},
        Level{"llvm", buildCodePipeline, exitInternal}}) {
    Step step = runLevel(name, build);
    if (step == Step::fail)
      return failure == exitInput && diagnostics.errors() ? exitInput
                                                          : internalError();
    bool isScheduled = name == "schedule" && (step == Step::next ||
                                              options.stopAfter == name);
    if (report && isScheduled) {
      report->takeSchedule(*module);
      if (llvm::Error error = writeReport(*report, options.report, out)) {
        log << "compile-model: error: " << llvm::toString(std::move(error))
            << "\n";
        return exitInput;
      }
    }
    if (step == Step::stop)
      return exitDone;
    if (name == "schedule")
      description = describe(*module);
  }
  return write();
}

static std::string readableSize(uint64_t bytes) {
  if (bytes < 1000)
    return std::to_string(bytes) + " B";
  bool large = bytes >= 1000 * 1000;
  return llvm::formatv("{0:F1} {1}", double(bytes) / (large ? 1e6 : 1e3),
                       large ? "MB" : "kB");
}

/// The files that a compilation writes.
static SmallVector<std::string> artefactFiles(const CompileOptions &options) {
  auto with = [&](StringRef extension) {
    SmallString<128> path(options.output);
    llvm::sys::path::replace_extension(path, extension);
    return path.str().str();
  };
  switch (options.emit) {
  case Emit::executable:
    return {options.output};
  case Emit::library:
    return {options.output, with("h")};
  case Emit::object:
    return {with("o"), with("h"), with("weights")};
  }
  llvm_unreachable("covered switch");
}

/// Object code, weights and the link.
int Compilation::write() {
  SmallVector<SmallString<0>> objects;
  {
    Phase phase("code", options, log);
    auto level = options.optLevel == 0 ? llvm::CodeGenOptLevel::Default
                                       : llvm::CodeGenOptLevel::Aggressive;
    if (failed(emitObjects(*module, level, options.jobs, objects)))
      return internalError();
  }
  Phase phase("link", options, log);
  FailureOr<LinkedWeights> weights = weightsToLink(*module);
  if (failed(weights))
    return internalError();
  SmallVector<StringRef> views(objects.begin(), objects.end());
  LinkJob job;
  job.objects = views;
  job.weights = *weights;
  job.forDevices = options.target == Target::cuda;
  job.output = options.output;
  job.description = std::move(description);
  llvm::Error error = options.emit == Emit::executable ? linkExecutable(job)
                      : options.emit == Emit::library  ? linkSharedLibrary(job)
                                                       : writeObject(job);
  if (error) {
    log << "compile-model: error: " << llvm::toString(std::move(error))
        << "\n";
    return exitInput;
  }
  llvm::raw_string_ostream detail(phase.detail);
  llvm::ListSeparator separator;
  for (const std::string &file : artefactFiles(options)) {
    uint64_t bytes = 0;
    if (!llvm::sys::fs::file_size(file, bytes))
      detail << separator << file << ": " << readableSize(bytes);
  }
  return exitDone;
}

int strait::compileModel(const CompileOptions &options, raw_ostream &out,
                         raw_ostream &log) {
  Clock::time_point begin = Clock::now();
  int code = Compilation(options, out, log).run();
  if (code == exitDone && !options.quiet) {
    std::chrono::duration<double> time = Clock::now() - begin;
    log << llvm::formatv("{0,-10} {1,8:F2} s\n", "total", time.count());
  }
  return code;
}
