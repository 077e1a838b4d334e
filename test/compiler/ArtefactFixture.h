// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tests that link the model written by hand and run programs: a folder of their
// own, the job to link, and how a program ended.
#ifndef STRAIT_TEST_COMPILER_ARTEFACT_FIXTURE_H
#define STRAIT_TEST_COMPILER_ARTEFACT_FIXTURE_H

#include "compiler/Link.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

#include <optional>
#include <string>
#include <vector>

inline std::string contentsOf(const llvm::Twine &path) {
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer =
      llvm::MemoryBuffer::getFile(path);
  return buffer ? (*buffer)->getBuffer().str() : "(cannot read)";
}

struct Outcome {
  int status;
  std::string out, err;
};

class ArtefactTest : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(
        llvm::sys::fs::createUniqueDirectory("strait-link-test", folder));
    strait::setRuntimeFolder(RUNTIME_FOLDER);
    object = contentsOf(SMALL_MODEL_OBJECT);
    float weights[] = {1, 2, 3, 4};
    writeFile("raw", llvm::StringRef(reinterpret_cast<const char *>(weights),
                                     sizeof weights));
  }

  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  std::string in(llvm::StringRef name) {
    llvm::SmallString<128> path(folder);
    llvm::sys::path::append(path, name);
    return path.str().str();
  }

  void writeFile(llvm::StringRef name, llvm::StringRef bytes) {
    std::error_code code;
    llvm::raw_fd_ostream(in(name), code) << bytes;
    ASSERT_FALSE(code);
  }

  static strait::LinkedWeights weightsOf(std::string bytes) {
    strait::LinkedWeights weights;
    weights.bytes = bytes.size();
    llvm::BLAKE3 hasher;
    hasher.update(bytes);
    llvm::copy(hasher.final<16>(), weights.hash.begin());
    weights.write = [bytes](llvm::raw_ostream &stream) {
      stream << bytes;
      return true;
    };
    return weights;
  }

  strait::LinkJob job(llvm::StringRef output) {
    objectBytes = object;
    return {objectBytes,
            weightsOf(contentsOf(in("raw"))),
            outputPath = in(output),
            {"Model small."}};
  }

  Outcome run(const std::string &program, std::vector<std::string> arguments) {
    llvm::SmallVector<llvm::StringRef> command{program};
    command.append(arguments.begin(), arguments.end());
    std::string out = in("out.txt"), err = in("err.txt");
    std::optional<llvm::StringRef> streams[] = {llvm::StringRef(""), out, err};
    int status =
        llvm::sys::ExecuteAndWait(program, command, std::nullopt, streams,
                                  /*SecondsToWait=*/60);
    return {status, contentsOf(out), contentsOf(err)};
  }

  /// Files in the folder whose name contains `part`.
  int countFiles(llvm::StringRef part) {
    int count = 0;
    std::error_code code;
    for (llvm::sys::fs::directory_iterator it(folder, code), end;
         it != end && !code; it.increment(code))
      count += llvm::StringRef(it->path()).contains(part);
    return count;
  }

  llvm::SmallString<128> folder;
  std::string object, outputPath;
  llvm::StringRef objectBytes;
};

#define ASSERT_SUCCESS(call)                                                   \
  do {                                                                         \
    llvm::Error error = call;                                                  \
    ASSERT_FALSE(bool(error)) << llvm::toString(std::move(error));             \
  } while (0)

#endif // STRAIT_TEST_COMPILER_ARTEFACT_FIXTURE_H
