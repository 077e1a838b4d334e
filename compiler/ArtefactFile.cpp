// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// An artefact with weights is what the linker writes, then zeros up to a page,
// the weights, and a trailer that says where they are.
#include "compiler/ArtefactFile.h"

#include "runtime/core/trailer.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

#include <cstring>
#include <vector>

using namespace llvm;
using namespace strait;

Error strait::fileError(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

Error strait::fileError(const Twine &what, std::error_code code) {
  return fileError(what + ": " + code.message());
}

Error TemporaryFile::create(const Twine &output, StringRef ending,
                            unsigned mode) {
  int descriptor;
  if (std::error_code code = sys::fs::createUniqueFile(
          output + ".%%%%%%%%" + ending, descriptor, name, sys::fs::OF_None,
          mode)) {
    name.clear();
    return fileError("cannot write '" + output + "'", code);
  }
  sys::RemoveFileOnSignal(name);
  sys::Process::SafelyCloseFileDescriptor(descriptor);
  return Error::success();
}

Error TemporaryFile::createAnywhere(StringRef extension) {
  SmallString<128> model;
  sys::path::system_temp_directory(/*ErasedOnReboot=*/true, model);
  sys::path::append(model, "strait");
  return create(model, extension, sys::fs::owner_read | sys::fs::owner_write);
}

Error TemporaryFile::createBeside(StringRef output, unsigned mode) {
  // keepAs would put a file in the place of a device or a pipe.
  if (sys::fs::exists(output) && !sys::fs::is_regular_file(output))
    return fileError("cannot write '" + output + "': not a regular file");
  return create(output, ".partial", mode);
}

TemporaryFile::~TemporaryFile() {
  if (name.empty())
    return;
  // What cannot be removed was not there any more.
  sys::fs::remove(name);
  sys::DontRemoveFileOnSignal(name);
}

Error TemporaryFile::write(StringRef bytes) {
  std::error_code code;
  raw_fd_ostream stream(name, code);
  if (!code) {
    stream << bytes;
    stream.close();
    code = stream.error();
    stream.clear_error();
  }
  return code ? fileError("cannot write '" + name.str() + "'", code)
              : Error::success();
}

Error TemporaryFile::keepAs(StringRef output) {
  if (std::error_code code = sys::fs::rename(name, output))
    return fileError("cannot write '" + output + "'", code);
  sys::DontRemoveFileOnSignal(name);
  name.clear();
  return Error::success();
}

Error strait::appendWeights(StringRef path, const LinkedWeights &weights) {
  if (weights.bytes == 0)
    return Error::success();
  uint64_t size;
  if (std::error_code code = sys::fs::file_size(path, size))
    return fileError("cannot read '" + path + "'", code);
  std::error_code code;
  raw_fd_ostream stream(path, code, sys::fs::CD_OpenExisting, sys::fs::FA_Write,
                        sys::fs::OF_Append);
  if (code)
    return fileError("cannot write '" + path + "'", code);

  strait_trailer trailer = {};
  std::memcpy(trailer.magic, STRAIT_TRAILER_MAGIC, sizeof trailer.magic);
  trailer.version = STRAIT_TRAILER_VERSION;
  trailer.bytes = sizeof trailer;
  trailer.weights_offset = alignTo(size, STRAIT_TRAILER_PAGE);
  stream.write_zeros(trailer.weights_offset - size);
  trailer.weights_bytes = weights.bytes;
  std::memcpy(trailer.weights_hash, weights.hash.data(), weights.hash.size());
  uint64_t begin = stream.tell();
  if (!weights.write(stream) || stream.tell() - begin != weights.bytes) {
    stream.close();
    stream.clear_error();
    return fileError("cannot write the weights to '" + path + "'");
  }
  stream.write(reinterpret_cast<const char *>(&trailer), sizeof trailer);
  stream.close();
  code = stream.error();
  stream.clear_error();
  return code ? fileError("cannot write '" + path + "'", code)
              : Error::success();
}

/// "my-model.so" -> "MY_MODEL_H"
static std::string guardOf(StringRef header) {
  std::string guard = "STRAIT_MODEL_";
  for (char c : sys::path::filename(header))
    guard += isAlnum(c) ? toUpper(c) : '_';
  return guard;
}

std::string strait::headerText(StringRef header,
                               ArrayRef<std::string> description,
                               StringRef symbol, StringRef use) {
  std::string text;
  raw_string_ostream stream(text);
  stream << "/* Written by Strait.\n";
  for (const std::string &line : description) {
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
            "extern const strait_model_desc "
         << symbol
         << ";\n\n"
            "#ifdef __cplusplus\n}\n#endif\n\n#endif /* "
         << guard << " */\n";
  return text;
}
