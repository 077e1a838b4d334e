// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "frontends/onnx/ExternalData.h"

#include "frontends/onnx/onnx-ml.pb.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlir;

namespace strait::importer {

namespace {
/// The entries of `external_data` that matter here.
struct Range {
  StringRef location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
};
} // namespace

static FailureOr<Range> parseRange(const onnx::TensorProto &tensor,
                                   Location loc) {
  Range range;
  for (const auto &entry : tensor.external_data()) {
    StringRef value = entry.value();
    if (entry.key() == "location") {
      range.location = value;
    } else if (entry.key() == "offset" || entry.key() == "length") {
      uint64_t number = 0;
      if (value.getAsInteger(10, number))
        return emitError(loc) << "external data has a bad " << entry.key()
                              << ": expected a number of bytes, found '"
                              << value << "'";
      if (entry.key() == "offset")
        range.offset = number;
      else
        range.length = number;
    }
  }
  if (range.location.empty())
    return emitError(loc) << "external data has no location";
  return range;
}

/// Opens `location` below `folder` one component at a time, so that neither a
/// symbolic link nor ".." can lead outside, not even one that appears while we
/// look. Returns -1 after a diagnostic.
static int openContained(StringRef folder, StringRef location, Location loc) {
  auto fail = [&](StringRef why) {
    emitError(loc) << "external data file '" << location << "' " << why;
    return -1;
  };
  if (location.contains('\0'))
    return fail("has a zero byte in its name");
  if (location.starts_with("/") || location.contains('\\'))
    return fail("is refused: expected a path relative to the model's folder");
  SmallVector<StringRef> components;
  location.split(components, '/', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  llvm::erase(components, ".");
  if (components.empty())
    return fail("is not a file");
  if (llvm::is_contained(components, ".."))
    return fail("is refused: it leaves the model's folder");

  int directory = open(folder.str().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0)
    return fail(std::string("cannot be reached: ") + strerror(errno));
  for (size_t i = 0; i < components.size(); ++i) {
    bool last = i + 1 == components.size();
    int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK |
                (last ? 0 : O_DIRECTORY);
    int next = openat(directory, components[i].str().c_str(), flags);
    int error = errno;
    close(directory);
    if (next < 0) {
      // A directory that is a link gives ENOTDIR; the distinction is not
      // worth a second look at the file system.
      if (error == ELOOP || error == EMLINK)
        return fail("is refused: it is a symbolic link");
      return fail(std::string("cannot be opened: ") + strerror(error));
    }
    directory = next;
  }
  return directory;
}

FailureOr<AsmResourceBlob> ExternalData::read(const onnx::TensorProto &tensor,
                                              uint64_t expectedBytes,
                                              Location loc) const {
  if (folder.empty())
    return emitError(loc) << "external data needs a model that is a file";
  FailureOr<Range> range = parseRange(tensor, loc);
  if (failed(range))
    return failure();
  if (range->length && *range->length != expectedBytes)
    return emitError(loc) << "external data has the wrong length: expected "
                          << expectedBytes << " bytes, found "
                          << *range->length;

  int file = openContained(folder, range->location, loc);
  if (file < 0)
    return failure();
  auto closeFile = llvm::scope_exit([&] { close(file); });
  struct stat info;
  if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode))
    return emitError(loc) << "external data file '" << range->location
                          << "' is not a regular file";
  uint64_t size = info.st_size;
  if (range->offset > size || expectedBytes > size - range->offset)
    return emitError(loc) << "external data lies outside its file '"
                          << range->location << "': expected "
                          << expectedBytes << " bytes at offset "
                          << range->offset << ", found a file of " << size
                          << " bytes";

  AsmResourceBlob blob =
      HeapAsmResourceBlob::allocate(expectedBytes, /*align=*/64,
                                    /*dataIsMutable=*/true);
  char *data = blob.getMutableData().data();
  for (uint64_t done = 0; done < expectedBytes;) {
    ssize_t got = pread(file, data + done, expectedBytes - done,
                        range->offset + done);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return emitError(loc) << "external data file '" << range->location
                            << "' cannot be read: "
                            << (got ? strerror(errno) : "it became shorter");
    done += got;
  }
  return blob;
}

} // namespace strait::importer
