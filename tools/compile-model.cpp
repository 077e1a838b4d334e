// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// compile-model: turns an ONNX model into a native program.
#include "compiler/Compile.h"
#include "compiler/Version.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/WithColor.h"

using namespace llvm;

namespace {
/// The flags. They are made after LLVM's own, which the library registers under
/// names that we use, were dropped.
struct Flags {
  cl::OptionCategory category{"Options"};

  cl::opt<std::string> model{cl::Positional, cl::desc("MODEL.onnx"),
                             cl::cat(category)};
  cl::opt<std::string> output{
      "o",
      cl::desc("The file to write (default: the model's name "
               "without .onnx; with .so for lib, .o for object)"),
      cl::value_desc("file"), cl::cat(category)};
  cl::opt<strait::Emit> emit{
      "emit", cl::desc("What to write:"),
      cl::values(clEnumValN(strait::Emit::executable, "exe",
                            "a program that runs the model (default)"),
                 clEnumValN(strait::Emit::library, "lib",
                            "a shared library and its header"),
                 clEnumValN(strait::Emit::object, "object",
                            "an object, its header and its weights")),
      cl::init(strait::Emit::executable), cl::cat(category)};
  cl::opt<strait::Target> target{
      "target", cl::desc("What runs the kernels:"),
      cl::values(clEnumValN(strait::Target::cpu, "cpu", "CPUs (default)"),
                 clEnumValN(strait::Target::cuda, "cuda", "NVIDIA GPUs")),
      cl::init(strait::Target::cpu), cl::cat(category)};
  cl::opt<std::string> arch{
      "arch",
      cl::desc("With --target=cuda, the GPUs: sm_80 (and all newer ones), "
               "sm_90a or both (default), code is chosen at load"),
      cl::init("sm_80,sm_90a"), cl::value_desc("names"), cl::cat(category)};
  cl::opt<std::string> cpu{"cpu",
                           cl::desc("The processors, separated by commas: "
                                    "native (default), generic (any, code is "
                                    "chosen at load) or LLVM cpu names"),
                           cl::init("native"), cl::value_desc("names"),
                           cl::cat(category)};
  cl::list<std::string> shapes{
      "shape",
      cl::desc("Fix an input's shape, e.g. image=1x3x224x224; a '?' stays "
               "dynamic, and so does every dynamic dimension not named"),
      cl::value_desc("input=AxBxC"), cl::cat(category)};
  cl::opt<char> level{
      "O",
      cl::desc("-O0 no folds and no fusion, plain code; -O1 no costly search "
               "(there is none yet: as -O2); -O2 everything exact (default)"),
      cl::Prefix, cl::init('2'), cl::cat(category)};
  cl::list<std::string> entries{
      "entry",
      cl::desc("A further model in the same program, run by its --entry NAME; "
               "without MODEL.onnx the first is the default. Entries share "
               "weights of equal contents"),
      cl::value_desc("NAME=MODEL.onnx"), cl::cat(category)};
  cl::opt<std::string> stopAfter{
      "stop-after",
      cl::desc("Print the IR after a level (import, graph, kernel, schedule, "
               "llvm) or pass (strait-...) and stop"),
      cl::value_desc("level|pass"), cl::cat(category)};
  cl::opt<std::string> report{
      "report",
      cl::desc("Print what became of every layer, or write it "
               "to FILE.json or FILE.html"),
      cl::ValueOptional, cl::value_desc("FILE.json|FILE.html"),
      cl::cat(category)};
  cl::opt<bool> listOps{"list-ops",
                        cl::desc("Print the supported ONNX operators"),
                        cl::cat(category)};
  cl::opt<bool> timing{"timing", cl::desc("Print the time of every pass"),
                       cl::cat(category)};
  cl::opt<unsigned> jobs{"j",
                         cl::desc("Threads to use (default: all cores)"),
                         cl::Prefix,
                         cl::init(0),
                         cl::value_desc("N"),
                         cl::cat(category)};
  cl::opt<bool> quiet{"q", cl::desc("Print errors only"), cl::cat(category)};
  cl::opt<bool> verbose{
      "v", cl::desc("Print each pass and its time as it ends"),
      cl::cat(category)};
};
} // namespace

static constexpr const char *overview =
    "compile-model: an ONNX model becomes a small native program\n\n"
    "  compile-model resnet50.onnx -o resnet50     compiles\n"
    "  ./resnet50 --random 1 --bench               runs it on random inputs\n"
    "  ./resnet50 --inputs in.npz --outputs out.npz\n"
    "  compile-model m.onnx --stop-after=kernel    shows the fused kernels\n\n"
    "Exit codes: 0 done, 1 the model is at fault, 2 wrong usage, 70 a bug of "
    "Strait.\n";

static int usageError(const Twine &message) {
  WithColor::error(errs(), "compile-model") << message << "\n"
                                            << "try: compile-model --help\n";
  return 2;
}

/// The model's name, in the current folder, with the artefact's ending.
static std::string defaultOutput(StringRef model, strait::Emit emit) {
  std::string stem = sys::path::stem(model).str();
  switch (emit) {
  case strait::Emit::executable:
    return stem;
  case strait::Emit::library:
    return stem + ".so";
  case strait::Emit::object:
    return stem + ".o";
  }
  llvm_unreachable("covered switch");
}

/// Parses `name=1x3x?x?`; a name comes once.
static bool parseShape(StringRef text, strait::CompileOptions &options) {
  auto [name, dims] = text.rsplit('=');
  if (name.empty() || dims.empty())
    return false;
  SmallVector<StringRef> parts;
  dims.split(parts, 'x');
  SmallVector<int64_t> shape;
  for (StringRef part : parts) {
    int64_t extent = -1;
    if (part != "?" && (part.getAsInteger(10, extent) || extent < 0))
      return false;
    shape.push_back(extent);
  }
  return options.shapes.try_emplace(name, shape).second;
}

/// Parses `decode=decode.onnx`.
static bool parseEntry(StringRef text, strait::CompileOptions &options) {
  auto [name, path] = text.split('=');
  auto isTaken = [&](auto &entry) { return entry.first == name; };
  if (name.empty() || path.empty() || any_of(options.entries, isTaken) ||
      !all_of(name, [](char c) { return isAlnum(c) || c == '_'; }))
    return false;
  options.entries.push_back({name.str(), path.str()});
  return true;
}

/// The exit code, after a look at whether standard output took everything.
static int finish(int code) {
  outs().flush();
  if (!outs().has_error())
    return code;
  WithColor::error(errs(), "compile-model")
      << "cannot write the output: " << outs().error().message() << "\n";
  outs().clear_error();
  return code ? code : 1;
}

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  setBugReportMsg("compile-model: internal error. Please report it with the "
                  "model and the command line.\n");
  cl::ResetCommandLineParser();
  cl::SetVersionPrinter([](raw_ostream &out) {
    out << "compile-model, Strait " << strait::version() << "\n";
  });
  Flags flags;
  for (StringRef argument : ArrayRef(argv, argc).drop_front())
    if (argument == "--help" || argument == "-help" || argument == "-h") {
      // Parsing nothing first makes the help printer.
      cl::ParseCommandLineOptions(1, argv, overview);
      cl::PrintHelpMessage();
      return 0;
    }
  std::string problems;
  raw_string_ostream problemStream(problems);
  if (!cl::ParseCommandLineOptions(argc, argv, overview, &problemStream)) {
    errs() << problems;
    return 2;
  }
  if (flags.listOps) {
    strait::printSupportedOps(outs());
    return finish(0);
  }
  strait::CompileOptions options;
  if (!flags.model.empty())
    options.entries.push_back({"main", flags.model});
  for (const std::string &entry : flags.entries)
    if (!parseEntry(entry, options))
      return usageError("--entry takes NAME=MODEL.onnx, the name once and of "
                        "letters, digits and '_', found '" +
                        entry + "'");
  if (options.entries.empty())
    return usageError("expected a model: compile-model MODEL.onnx -o OUT");
  bool isCuda = flags.target == strait::Target::cuda;
  if (isCuda ? flags.cpu.getNumOccurrences() : flags.arch.getNumOccurrences())
    return usageError(isCuda ? "--cpu does not go with --target=cuda"
                             : "--arch needs --target=cuda");
  options.model = options.entries.front().second;
  options.output = flags.output;
  options.emit = flags.emit;
  if (flags.output.empty())
    options.output = defaultOutput(options.model, flags.emit);
  for (auto &[name, path] : options.entries)
    if (sys::fs::equivalent(path, options.output))
      return usageError("-o " + options.output + " would replace the model");
  options.target = flags.target;
  options.cpu = flags.cpu;
  options.arch = flags.arch;
  options.stopAfter = flags.stopAfter;
  if (flags.level < '0' || flags.level > '2')
    return usageError("-O takes 0, 1 or 2");
  options.optLevel = flags.level - '0';
  for (const std::string &shape : flags.shapes)
    if (!parseShape(shape, options))
      return usageError("--shape takes input=AxBxC, each input once, found '" +
                        shape + "'");
  if (flags.report.getNumOccurrences())
    options.report =
        flags.report.empty() ? std::string("-") : flags.report.getValue();
  if (!options.report.empty() && options.report != "-" &&
      !StringRef(options.report).ends_with(".json") &&
      !StringRef(options.report).ends_with(".html"))
    return usageError("--report takes FILE.json or FILE.html, found '" +
                      options.report + "'");
  options.timing = flags.timing;
  options.jobs = flags.jobs;
  options.quiet = flags.quiet;
  options.verbose = flags.verbose;
  if (options.quiet && options.verbose)
    return usageError("-q and -v exclude each other");
  if (!options.stopAfter.empty()) {
    auto points = strait::stoppingPoints(options);
    if (!is_contained(points, options.stopAfter))
      return usageError("--stop-after takes one of " + join(points, ", ") +
                        "; found '" + options.stopAfter + "'");
    if (!options.report.empty() && !strait::reachesSchedule(options))
      return usageError("--report needs the whole schedule, before which "
                        "--stop-after=" + options.stopAfter + " stops");
  }
  return finish(strait::compileModel(options, outs(), errs()));
}
