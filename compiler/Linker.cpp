// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Linker.h"

#include "compiler/Link.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

#include <optional>

using namespace llvm;
using namespace strait;

static std::string runtimeFolderOverride;

/// Folder of the running tool.
static std::string toolFolder() {
  static int here;
  std::string tool = sys::fs::getMainExecutable(nullptr, &here);
  return sys::path::parent_path(tool).str();
}

Expected<std::string> strait::findRuntimeFolder() {
  SmallString<128> folder(runtimeFolderOverride);
  if (folder.empty()) {
    folder = toolFolder();
    sys::path::append(folder, "..", "lib", "strait");
  }
  SmallString<128> library(folder);
  sys::path::append(library, "libstrait_runtime.a");
  if (!sys::fs::exists(library))
    return fileError("no runtime library at '" + library +
                     "': the installation is incomplete");
  return folder.str().str();
}

/// ld.lld beside the tool, of the LLVM that we are built with, or in PATH.
static Expected<std::string> findLinker() {
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
  return fileError("linker 'ld.lld' not found beside the compiler, in '" +
                   folders[1] + "' or in PATH: install the package lld-" +
                   Twine(LLVM_VERSION_MAJOR));
}

void strait::setRuntimeFolder(StringRef folder) {
  runtimeFolderOverride = folder.str();
}

Error strait::runLinker(ArrayRef<std::string> arguments) {
  Expected<std::string> linker = findLinker();
  if (!linker)
    return linker.takeError();
  TemporaryFile log;
  if (Error error = log.createAnywhere(".log"))
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
  return fileError("linking failed: " + reason);
}

Error ObjectFiles::write(ArrayRef<StringRef> objects) {
  for (StringRef bytes : objects) {
    auto file = std::make_unique<TemporaryFile>();
    if (Error error = file->createAnywhere(".o"))
      return error;
    if (Error error = file->write(bytes))
      return error;
    files.push_back(std::move(file));
  }
  return Error::success();
}

void ObjectFiles::appendTo(std::vector<std::string> &arguments) const {
  for (const auto &file : files)
    arguments.push_back(file->path().str());
}
