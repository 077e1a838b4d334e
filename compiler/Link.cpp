// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// An artefact is what ld.lld writes, then zeros up to a page, the weights, and
// a trailer that says where they are (runtime/core/trailer.h). It is built
// under another name in the folder of the output and renamed, so that there is
// never a half-written artefact.
#include "compiler/Link.h"

#include "runtime/core/trailer.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

#include <cstring>
#include <optional>

using namespace llvm;

namespace {

Error failure(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

Error failure(const Twine &what, std::error_code code) {
  return failure(what + ": " + code.message());
}

/// A file that is removed unless it is kept, also when a signal ends us.
class TemporaryFile {
public:
  TemporaryFile() = default;
  TemporaryFile(const TemporaryFile &) = delete;
  ~TemporaryFile() { discard(); }

  /// Creates an empty file of a name that nobody else has; `model` is its path
  /// with '%' where the name varies.
  Error create(const Twine &model,
               unsigned mode = sys::fs::owner_read | sys::fs::owner_write) {
    int descriptor;
    if (std::error_code code = sys::fs::createUniqueFile(
            model, descriptor, name, sys::fs::OF_None, mode))
      return failure("cannot write '" + model + "'", code);
    sys::RemoveFileOnSignal(name);
    sys::Process::SafelyCloseFileDescriptor(descriptor);
    return Error::success();
  }

  StringRef path() const { return name; }

  Error write(StringRef bytes) {
    std::error_code code;
    raw_fd_ostream stream(name, code);
    if (!code) {
      stream << bytes;
      stream.close();
      code = stream.error();
      stream.clear_error();
    }
    return code ? failure("cannot write '" + name.str() + "'", code)
                : Error::success();
  }

  /// Gives the file its final name.
  Error keepAs(StringRef output) {
    if (std::error_code code = sys::fs::rename(name, output))
      return failure("cannot write '" + output + "'", code);
    sys::DontRemoveFileOnSignal(name);
    name.clear();
    return Error::success();
  }

  void discard() {
    if (name.empty())
      return;
    sys::fs::remove(name);
    sys::DontRemoveFileOnSignal(name);
    name.clear();
  }

private:
  SmallString<128> name;
};

std::string runtimeFolderOverride;

/// Folder of the running tool.
std::string toolFolder() {
  static int here;
  std::string tool = sys::fs::getMainExecutable(nullptr, &here);
  return sys::path::parent_path(tool).str();
}

Expected<std::string> findRuntimeFolder() {
  SmallString<128> folder(runtimeFolderOverride);
  if (folder.empty()) {
    folder = toolFolder();
    sys::path::append(folder, "..", "lib", "strait");
  }
  SmallString<128> library(folder);
  sys::path::append(library, "libstrait_runtime.a");
  if (!sys::fs::exists(library))
    return failure("no runtime library at '" + library +
                   "': the installation is incomplete");
  return folder.str().str();
}

/// ld.lld beside the tool, of the LLVM that we are built with, or in PATH.
Expected<std::string> findLinker() {
  std::string folders[] = {toolFolder(),
                           "/usr/lib/llvm-" +
                               std::to_string(LLVM_VERSION_MAJOR) + "/bin"};
  for (const std::string &folder : folders) {
    SmallString<128> path(folder);
    sys::path::append(path, "ld.lld");
    if (sys::fs::can_execute(path))
      return path.str().str();
  }
  for (const std::string &name :
       {"ld.lld-" + std::to_string(LLVM_VERSION_MAJOR), std::string("ld.lld")})
    if (ErrorOr<std::string> found = sys::findProgramByName(name))
      return *found;
  return failure("linker 'ld.lld' not found beside the compiler, in '" +
                 folders[1] + "' or in PATH: install the package lld-" +
                 Twine(LLVM_VERSION_MAJOR));
}

/// Runs ld.lld; what it says becomes the text of the error.
Error runLinker(ArrayRef<std::string> arguments) {
  Expected<std::string> linker = findLinker();
  if (!linker)
    return linker.takeError();
  SmallString<128> temporary;
  sys::path::system_temp_directory(/*ErasedOnReboot=*/true, temporary);
  sys::path::append(temporary, "strait-%%%%%%%%.log");
  TemporaryFile log;
  if (Error error = log.create(temporary))
    return error;
  SmallVector<StringRef> command{*linker};
  command.append(arguments.begin(), arguments.end());
  std::optional<StringRef> streams[] = {StringRef(""), log.path(), log.path()};
  std::string reason;
  int status =
      sys::ExecuteAndWait(*linker, command, std::nullopt, streams,
                          /*SecondsToWait=*/0, /*MemoryLimit=*/0, &reason);
  if (status == 0)
    return Error::success();
  if (ErrorOr<std::unique_ptr<MemoryBuffer>> text =
          MemoryBuffer::getFile(log.path()))
    reason += (*text)->getBuffer().trim();
  return failure("linking failed: " + reason);
}

/// The objects as files, for the linker.
class ObjectFiles {
public:
  Error write(ArrayRef<StringRef> objects) {
    SmallString<128> temporary;
    sys::path::system_temp_directory(/*ErasedOnReboot=*/true, temporary);
    sys::path::append(temporary, "strait-%%%%%%%%.o");
    for (StringRef bytes : objects) {
      auto file = std::make_unique<TemporaryFile>();
      if (Error error = file->create(temporary))
        return error;
      if (Error error = file->write(bytes))
        return error;
      files.push_back(std::move(file));
    }
    return Error::success();
  }

  void appendTo(std::vector<std::string> &arguments) const {
    for (const auto &file : files)
      arguments.push_back(file->path().str());
  }

private:
  std::vector<std::unique_ptr<TemporaryFile>> files;
};

/// Copies a file to a stream piece by piece: weights may be larger than what we
/// want to hold. Fills in the trailer's size and hash.
Error copyWeights(StringRef from, raw_ostream &to, strait_trailer &trailer) {
  Expected<sys::fs::file_t> file = sys::fs::openNativeFileForRead(from);
  if (!file)
    return failure("cannot read '" + from + "': " + toString(file.takeError()));
  scope_exit close([&] { sys::fs::closeFile(*file); });
  std::vector<char> piece(size_t(4) << 20);
  BLAKE3 hasher;
  while (true) {
    Expected<size_t> count = sys::fs::readNativeFile(*file, piece);
    if (!count)
      return failure("cannot read '" + from +
                     "': " + toString(count.takeError()));
    if (*count == 0)
      break;
    hasher.update(StringRef(piece.data(), *count));
    to.write(piece.data(), *count);
    trailer.weights_bytes += *count;
  }
  auto hash = hasher.final<sizeof trailer.weights_hash>();
  std::memcpy(trailer.weights_hash, hash.data(), hash.size());
  return Error::success();
}

/// Appends the weights and their trailer to a file.
Error appendWeights(StringRef path, StringRef weightsFile) {
  if (weightsFile.empty())
    return Error::success();
  uint64_t size;
  if (std::error_code code = sys::fs::file_size(path, size))
    return failure("cannot read '" + path + "'", code);
  std::error_code code;
  raw_fd_ostream stream(path, code, sys::fs::CD_OpenExisting, sys::fs::FA_Write,
                        sys::fs::OF_Append);
  if (code)
    return failure("cannot write '" + path + "'", code);

  strait_trailer trailer = {};
  std::memcpy(trailer.magic, STRAIT_TRAILER_MAGIC, sizeof trailer.magic);
  trailer.version = STRAIT_TRAILER_VERSION;
  trailer.bytes = sizeof trailer;
  trailer.weights_offset = alignTo(size, STRAIT_TRAILER_PAGE);
  stream.write_zeros(trailer.weights_offset - size);
  if (Error error = copyWeights(weightsFile, stream, trailer)) {
    stream.close();
    stream.clear_error();
    return error;
  }
  stream.write(reinterpret_cast<const char *>(&trailer), sizeof trailer);
  stream.close();
  code = stream.error();
  stream.clear_error();
  return code ? failure("cannot write '" + path + "'", code) : Error::success();
}

/// A name beside the output that the finished file is renamed from.
std::string temporaryBeside(StringRef output) {
  return (output + ".%%%%%%%%.partial").str();
}

/// Options of every link. Hashes, times and paths stay out of the file: same
/// objects, same bytes.
std::vector<std::string> commonArguments(StringRef runtime, StringRef output) {
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

/// "my-model.so" -> "MY_MODEL_H"
std::string guardOf(StringRef header) {
  std::string guard = "STRAIT_MODEL_";
  for (char c : sys::path::filename(header))
    guard += isAlnum(c) ? toUpper(c) : '_';
  return guard;
}

std::string headerText(const strait::LinkJob &job, StringRef header,
                       StringRef use) {
  std::string text;
  raw_string_ostream stream(text);
  stream << "/* Written by Strait.\n";
  for (const std::string &line : job.description) {
    // A name must not end the comment.
    std::string safe = line;
    for (size_t at; (at = safe.find("*/")) != std::string::npos;)
      safe[at] = '.';
    stream << " * " << safe << "\n";
  }
  std::string guard = guardOf(header);
  stream << " *\n * " << use << "\n */\n#ifndef " << guard << "\n#define "
         << guard
         << "\n\n#include \"strait/runtime.h\"\n\n#ifdef __cplusplus\n"
            "extern \"C\" {\n#endif\n\n"
            "/* For strait_module_open. */\n"
            "extern const strait_model_desc strait_model;\n\n"
            "#ifdef __cplusplus\n}\n#endif\n\n#endif /* "
         << guard << " */\n";
  return text;
}

Error writeFile(StringRef output, StringRef bytes) {
  TemporaryFile file;
  if (Error error = file.create(temporaryBeside(output),
                                sys::fs::all_read | sys::fs::owner_write))
    return error;
  if (Error error = file.write(bytes))
    return error;
  return file.keepAs(output);
}

/// Links, appends the weights, gives the file its name.
Error linkTo(StringRef output, StringRef weightsFile,
             std::vector<std::string> arguments, StringRef linked,
             TemporaryFile &file) {
  if (Error error = runLinker(arguments))
    return error;
  if (Error error = appendWeights(linked, weightsFile))
    return error;
  return file.keepAs(output);
}

const unsigned executableMode =
    sys::fs::all_read | sys::fs::all_exe | sys::fs::owner_write;

} // namespace

void strait::setRuntimeFolder(StringRef folder) {
  runtimeFolderOverride = folder.str();
}

Error strait::linkExecutable(const LinkJob &job) {
  Expected<std::string> runtime = findRuntimeFolder();
  if (!runtime)
    return runtime.takeError();
  ObjectFiles objects;
  if (Error error = objects.write(job.objects))
    return error;
  TemporaryFile file;
  if (Error error = file.create(temporaryBeside(job.output), executableMode))
    return error;
  std::vector<std::string> arguments = commonArguments(*runtime, file.path());
  arguments.insert(arguments.end(),
                   {"-pie", "--dynamic-linker", "/lib64/ld-linux-x86-64.so.2"});
  objects.appendTo(arguments);
  arguments.push_back(*runtime + "/libstrait_program.a");
  arguments.push_back(*runtime + "/libstrait_runtime.a");
  arguments.push_back("-l:libc.so.6");
  arguments.push_back("-l:libm.so.6");
  return linkTo(job.output, job.weightsFile, arguments, file.path(), file);
}

Error strait::linkSharedLibrary(const LinkJob &job) {
  Expected<std::string> runtime = findRuntimeFolder();
  if (!runtime)
    return runtime.takeError();
  ObjectFiles objects;
  if (Error error = objects.write(job.objects))
    return error;
  SmallString<128> temporary;
  sys::path::system_temp_directory(/*ErasedOnReboot=*/true, temporary);
  sys::path::append(temporary, "strait-%%%%%%%%.map");
  TemporaryFile exports, file;
  if (Error error = exports.create(temporary))
    return error;
  if (Error error = exports.write("{ global: strait_*; local: *; };\n"))
    return error;
  if (Error error = file.create(temporaryBeside(job.output), executableMode))
    return error;
  std::vector<std::string> arguments = commonArguments(*runtime, file.path());
  arguments.insert(arguments.end(), {"-shared", "-Bsymbolic", "--soname",
                                     sys::path::filename(job.output).str(),
                                     "--version-script", exports.path().str()});
  objects.appendTo(arguments);
  arguments.insert(arguments.end(),
                   {"--whole-archive", *runtime + "/libstrait_runtime.a",
                    "--no-whole-archive", "-l:libc.so.6", "-l:libm.so.6"});
  SmallString<128> header(job.output);
  sys::path::replace_extension(header, ".h");
  if (Error error = writeFile(
          header,
          headerText(job, header,
                     "Link with " + sys::path::filename(job.output).str() +
                         ", which holds code, runtime and weights.")))
    return error;
  return linkTo(job.output, job.weightsFile, arguments, file.path(), file);
}

Error strait::writeObject(const LinkJob &job) {
  ObjectFiles objects;
  if (Error error = objects.write(job.objects))
    return error;
  SmallString<128> object(job.output), header(job.output), weights(job.output);
  sys::path::replace_extension(object, ".o");
  sys::path::replace_extension(header, ".h");
  sys::path::replace_extension(weights, ".weights");
  std::string weightsName = sys::path::filename(weights).str();
  std::string use = "Link with " + sys::path::filename(object).str() +
                    " and libstrait_runtime.a.";
  if (!job.weightsFile.empty()) {
    use += " Options of strait_module_open:\n * weights_path = the path of " +
           weightsName + ".";
    TemporaryFile file;
    if (Error error = file.create(temporaryBeside(weights),
                                  sys::fs::all_read | sys::fs::owner_write))
      return error;
    if (Error error = appendWeights(file.path(), job.weightsFile))
      return error;
    if (Error error = file.keepAs(weights))
      return error;
  }
  if (Error error = writeFile(header, headerText(job, header, use)))
    return error;
  TemporaryFile file;
  if (Error error = file.create(temporaryBeside(object),
                                sys::fs::all_read | sys::fs::owner_write))
    return error;
  std::vector<std::string> arguments = {"-m", "elf_x86_64", "-r", "-o",
                                        file.path().str()};
  objects.appendTo(arguments);
  return linkTo(object, "", arguments, file.path(), file);
}
