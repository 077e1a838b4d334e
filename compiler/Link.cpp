// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every file of an artefact is made under another name in the folder of the
// output; only when all are ready do they get their names.
#include "compiler/Link.h"

#include "compiler/ArtefactFile.h"
#include "compiler/Linker.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ObjCopy/ConfigManager.h"
#include "llvm/ObjCopy/ObjCopy.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace strait;

/// Options of every link. Hashes, times and paths stay out of the file: same
/// objects, same bytes.
static std::vector<std::string> commonArguments(StringRef runtime,
                                                StringRef output) {
  return {"-m",
          "elf_x86_64",
          "-o",
          output.str(),
          "--gc-sections",
          "--strip-all",
          "--build-id=none",
          "--hash-style=gnu",
          "--no-undefined",
          "--as-needed",
          "-z",
          "relro",
          "-z",
          "now",
          "-z",
          "noexecstack",
          "-L",
          (runtime + "/link").str()};
}

/// "out/my-model.o" -> "strait_model_my_model"
static std::string symbolOf(StringRef output) {
  std::string symbol = "strait_model_";
  for (char c : sys::path::stem(output))
    symbol += isAlnum(c) ? c : '_';
  return symbol;
}

/// Gives the model's symbol its name and hides all others.
static Error keepOneSymbol(StringRef path, StringRef symbol, StringRef output) {
  Expected<object::OwningBinary<object::ObjectFile>> linked =
      object::ObjectFile::createObjectFile(path);
  if (!linked)
    return linked.takeError();
  objcopy::ConfigManager config;
  config.Common.InputFilename = path;
  config.Common.OutputFilename = output;
  config.Common.SymbolsToRename["strait_model"] = symbol;
  if (Error error = config.Common.SymbolsToKeepGlobal.addMatcher(
          objcopy::NameOrPattern::create("strait_model",
                                         objcopy::MatchStyle::Literal,
                                         [](Error error) { return error; })))
    return error;
  std::error_code code;
  raw_fd_ostream stream(output, code);
  if (code)
    return fileError("cannot write '" + output + "'", code);
  Error error =
      objcopy::executeObjcopyOnBinary(config, *linked->getBinary(), stream);
  stream.close();
  code = stream.error();
  stream.clear_error();
  if (!error && code)
    return fileError("cannot write '" + output + "'", code);
  return error;
}

/// `output` with another ending.
static std::string besides(StringRef output, StringRef extension) {
  SmallString<128> path(output);
  sys::path::replace_extension(path, extension);
  return path.str().str();
}

Error strait::linkExecutable(const LinkJob &job) {
  Expected<std::string> runtime = findRuntimeFolder();
  if (!runtime)
    return runtime.takeError();
  ObjectFiles objects;
  if (Error error = objects.write(job.objects))
    return error;
  TemporaryFile file;
  if (Error error = file.createBeside(job.output, programMode))
    return error;
  std::vector<std::string> arguments = commonArguments(*runtime, file.path());
  arguments.insert(arguments.end(),
                   {"-pie", "--dynamic-linker", "/lib64/ld-linux-x86-64.so.2"});
  objects.appendTo(arguments);
  // Only models for GPUs refer to what drives these.
  arguments.insert(arguments.end(), {*runtime + "/libstrait_program.a",
                                     *runtime + "/libstrait_cuda.a",
                                     *runtime + "/libstrait_runtime.a",
                                     "-l:libc.so.6", "-l:libm.so.6"});
  if (Error error = runLinker(arguments))
    return error;
  if (Error error = appendWeights(file.path(), job.weights))
    return error;
  return file.keepAs(job.output);
}

Error strait::linkSharedLibrary(const LinkJob &job) {
  Expected<std::string> runtime = findRuntimeFolder();
  if (!runtime)
    return runtime.takeError();
  ObjectFiles objects;
  if (Error error = objects.write(job.objects))
    return error;
  std::string headerPath = besides(job.output, ".h");
  std::string name = sys::path::filename(job.output).str();
  TemporaryFile exports, header, file;
  if (Error error = exports.createAnywhere(".map"))
    return error;
  if (Error error = exports.write("{ global: strait_*; local: *; };\n"))
    return error;
  if (Error error = header.createBeside(headerPath, dataMode))
    return error;
  if (Error error = header.write(headerText(
          headerPath, job.description, "strait_model",
          "Link with " + name + ", which holds code, runtime and weights.")))
    return error;
  if (Error error = file.createBeside(job.output, programMode))
    return error;
  std::vector<std::string> arguments = commonArguments(*runtime, file.path());
  arguments.insert(arguments.end(), {"-shared", "-Bsymbolic", "--soname", name,
                                     "--version-script", exports.path().str()});
  objects.appendTo(arguments);
  arguments.insert(arguments.end(),
                   {*runtime + "/libstrait_cuda.a", "--whole-archive",
                    *runtime + "/libstrait_runtime.a", "--no-whole-archive",
                    "-l:libc.so.6", "-l:libm.so.6"});
  if (Error error = runLinker(arguments))
    return error;
  if (Error error = appendWeights(file.path(), job.weights))
    return error;
  if (Error error = header.keepAs(headerPath))
    return error;
  return file.keepAs(job.output);
}

Error strait::writeObject(const LinkJob &job) {
  ObjectFiles objects;
  if (Error error = objects.write(job.objects))
    return error;
  std::string objectPath = besides(job.output, ".o");
  std::string headerPath = besides(job.output, ".h");
  std::string weightsPath = besides(job.output, ".weights");
  std::string symbol = symbolOf(job.output);
  std::string use = "Link with " + sys::path::filename(objectPath).str() +
                    (job.forDevices ? ", libstrait_cuda.a" : "") +
                    " and libstrait_runtime.a.";
  if (job.weights.bytes != 0)
    use += " Options of strait_module_open:\n * weights_path = the path of " +
           sys::path::filename(weightsPath).str() + ".";
  TemporaryFile joined, file, header, weights;
  if (Error error = joined.createAnywhere(".o"))
    return error;
  std::vector<std::string> arguments = {"-m", "elf_x86_64", "-r", "-o",
                                        joined.path().str()};
  objects.appendTo(arguments);
  if (Error error = runLinker(arguments))
    return error;
  if (Error error = file.createBeside(objectPath, dataMode))
    return error;
  if (Error error = keepOneSymbol(joined.path(), symbol, file.path()))
    return error;
  if (Error error = header.createBeside(headerPath, dataMode))
    return error;
  if (Error error =
          header.write(headerText(headerPath, job.description, symbol, use)))
    return error;
  if (job.weights.bytes != 0) {
    if (Error error = weights.createBeside(weightsPath, dataMode))
      return error;
    if (Error error = appendWeights(weights.path(), job.weights))
      return error;
    if (Error error = weights.keepAs(weightsPath))
      return error;
  }
  if (Error error = header.keepAs(headerPath))
    return error;
  return file.keepAs(objectPath);
}
