// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Any bytes as the files that artefacts read: their own weights, numpy arrays
// and archives, TensorProtos. The first byte chooses which.
#include "runtime/core/weights.h"
#include "runtime/program/npy.h"
#include "runtime/program/npz.h"
#include "runtime/program/tensor_proto.h"
#include "test/runtime/SmallModel.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace {

/// Reads every element, so that memory that does not belong to it is noticed.
double sumOf(const array &found) {
  size_t width = strait_dtype_bytes(found.dtype);
  double sum = 0;
  for (size_t i = 0; width && i < found.bytes / width; ++i)
    sum += array_value(found.dtype, found.data, int64_t(i));
  return sum;
}

void readWeights(const uint8_t *bytes, size_t size) {
  // What every file would be refused for at once is put right.
  strait_trailer trailer;
  if (size < sizeof trailer)
    return;
  std::vector<uint8_t> contents(bytes, bytes + size);
  uint8_t *end = contents.data() + size - sizeof trailer;
  std::memcpy(&trailer, end, sizeof trailer);
  std::memcpy(trailer.magic, STRAIT_TRAILER_MAGIC, sizeof trailer.magic);
  trailer.version = STRAIT_TRAILER_VERSION;
  trailer.bytes = sizeof trailer;
  std::memcpy(end, &trailer, sizeof trailer);
  static int file = memfd_create("artefact", 0);
  static char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  if (file < 0 || ftruncate(file, 0) != 0 ||
      pwrite(file, contents.data(), size, 0) != ssize_t(size))
    return;
  strait_error error;
  strait_weights weights = {};
  if (strait_weights_map(path, &strait_model, &weights, &error))
    return;
  volatile uint8_t last = weights.data[strait_model.weights_bytes - 1];
  (void)last;
  strait_weights_unmap(&weights);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  if (size == 0)
    return 0;
  uint8_t kind = bytes[0] % 4;
  ++bytes, --size;
  strait_error error;
  array found;
  void *owned = nullptr;
  switch (kind) {
  case 0:
    readWeights(bytes, size);
    break;
  case 1:
    if (npy_read(bytes, size, "fuzz", &found, &error) == STRAIT_OK)
      sumOf(found);
    break;
  case 2:
    npz_read(
        bytes, size, "fuzz",
        [](void *, const char *, const array *found, strait_error *) {
          sumOf(*found);
          return strait_code(STRAIT_OK);
        },
        nullptr, &error);
    break;
  case 3:
    if (tensor_proto_read(bytes, size, "fuzz", &found, &owned, &error) ==
        STRAIT_OK)
      sumOf(found);
    std::free(owned);
    break;
  }
  return 0;
}
