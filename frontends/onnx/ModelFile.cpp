// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "frontends/onnx/ModelFile.h"

#include "frontends/onnx/onnx-ml.pb.h"

#include "mlir/IR/Diagnostics.h"
#include <cerrno>
#include <climits>
#include <cstring>
#include <fcntl.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/stubs/logging.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlir;

namespace strait::importer {

static std::unique_ptr<onnx::ModelProto>
parse(google::protobuf::io::ZeroCopyInputStream &stream, Location loc) {
  // Protobuf reports malformed input on stderr by itself; ours is the only
  // diagnostic that should appear.
  google::protobuf::LogSilencer silencer;
  google::protobuf::io::CodedInputStream coded(&stream);
  coded.SetTotalBytesLimit(INT_MAX);
  auto model = std::make_unique<onnx::ModelProto>();
  if (!model->ParseFromCodedStream(&coded) ||
      !coded.ConsumedEntireMessage()) {
    emitError(loc) << "not an ONNX model, or a truncated one: protobuf "
                      "parsing stopped at byte "
                   << coded.CurrentPosition();
    return nullptr;
  }
  if (!model->has_graph()) {
    emitError(loc) << "not an ONNX model: no graph in it";
    return nullptr;
  }
  return model;
}

std::unique_ptr<onnx::ModelProto> parseModel(StringRef bytes, Location loc) {
  if (bytes.size() > INT_MAX) {
    emitError(loc) << "model has " << bytes.size()
                   << " bytes, expected at most " << INT_MAX;
    return nullptr;
  }
  google::protobuf::io::ArrayInputStream stream(bytes.data(),
                                                int(bytes.size()));
  return parse(stream, loc);
}

std::unique_ptr<onnx::ModelProto> readModelFile(StringRef path, Location loc) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  int file = open(path.str().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) {
    emitError(loc) << "cannot open the model: " << strerror(errno);
    return nullptr;
  }
  struct stat info;
  std::unique_ptr<onnx::ModelProto> model;
  if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
    emitError(loc) << "cannot read the model: not a regular file";
  } else if (info.st_size == 0) {
    emitError(loc) << "not an ONNX model: the file is empty";
  } else if (info.st_size > INT_MAX) {
    emitError(loc) << "model has " << int64_t(info.st_size)
                   << " bytes, expected at most " << INT_MAX
                   << " (keep its weights in external data)";
  } else {
    google::protobuf::io::FileInputStream stream(file, 1 << 20);
    model = parse(stream, loc);
  }
  close(file);
  return model;
}

} // namespace strait::importer
