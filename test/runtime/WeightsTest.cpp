// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Weights from files: found through the trailer, refused when anything in it
// is off.
#include "runtime/core/weights.h"

#include "test/runtime/SmallModel.h"
#include "gtest/gtest.h"

#include <cstdio>
#include <cstring>
#include <string>
#include <unistd.h>

namespace {

strait_trailer goodTrailer() {
  strait_trailer trailer = {};
  std::memcpy(trailer.magic, STRAIT_TRAILER_MAGIC, sizeof trailer.magic);
  trailer.version = STRAIT_TRAILER_VERSION;
  trailer.bytes = sizeof trailer;
  trailer.weights_offset = STRAIT_TRAILER_PAGE;
  trailer.weights_bytes = 16;
  std::memcpy(trailer.weights_hash, strait_model.weights_hash, 16);
  return trailer;
}

class WeightsTest : public testing::Test {
protected:
  void SetUp() override {
    int file = mkstemp(path);
    ASSERT_GE(file, 0);
    close(file);
  }
  void TearDown() override { unlink(path); }

  void write(const std::string &bytes) {
    FILE *file = fopen(path, "wb");
    ASSERT_TRUE(file);
    ASSERT_EQ(fwrite(bytes.data(), 1, bytes.size(), file), bytes.size());
    fclose(file);
  }

  static std::string artefact(const strait_trailer &trailer) {
    std::string bytes(STRAIT_TRAILER_PAGE, 'c');
    const float weights[] = {1, 2, 3, 4};
    bytes.append(reinterpret_cast<const char *>(weights), sizeof weights);
    bytes.append(reinterpret_cast<const char *>(&trailer), sizeof trailer);
    return bytes;
  }

  strait_code open() {
    strait_module_options options;
    strait_module_options_init(&options);
    options.weights_path = path;
    strait_module *module = nullptr;
    strait_code code =
        strait_module_open(&strait_model, &options, &module, &error);
    EXPECT_EQ(code == 0, module != nullptr);
    strait_module_close(module);
    return code;
  }

  char path[64] = "/tmp/strait-weights-XXXXXX";
  strait_error error = {};
};

TEST_F(WeightsTest, AreMappedFromAFile) {
  write(artefact(goodTrailer()));
  strait_weights weights = {};
  ASSERT_EQ(strait_weights_map(path, &strait_model, &weights, &error), 0)
      << error.text;
  const float expected[] = {1, 2, 3, 4};
  EXPECT_EQ(std::memcmp(weights.data, expected, sizeof expected), 0);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(weights.data) % 64, 0u);
  strait_weights_unmap(&weights);
  EXPECT_EQ(open(), 0);
}

TEST_F(WeightsTest, DamagedTrailersAreRefused) {
  auto expectRefused = [&](strait_trailer trailer, const char *text) {
    write(artefact(trailer));
    EXPECT_EQ(open(), STRAIT_BAD_ARTEFACT);
    EXPECT_NE(std::string(error.text).find(text), std::string::npos)
        << error.text;
  };
  strait_trailer trailer = goodTrailer();
  trailer.magic[0] = 'X';
  expectRefused(trailer, "carries no weights");
  trailer = goodTrailer();
  trailer.version = 9;
  expectRefused(trailer, "expected weights of version 1, got 9");
  trailer = goodTrailer();
  trailer.weights_offset += 64;
  expectRefused(trailer, "do not lie within");
  trailer = goodTrailer();
  trailer.weights_offset = UINT64_MAX - 4095;
  expectRefused(trailer, "do not lie within");
  trailer = goodTrailer();
  trailer.weights_bytes = UINT64_MAX;
  expectRefused(trailer, "do not lie within");
  trailer = goodTrailer();
  trailer.weights_bytes = 8;
  expectRefused(trailer, "expected 16 bytes of weights, got 8");
  trailer = goodTrailer();
  trailer.weights_hash[3] ^= 1;
  expectRefused(trailer, "weights of another model");
}

TEST_F(WeightsTest, CutFilesAreRefused) {
  std::string whole = artefact(goodTrailer());
  for (size_t bytes : {size_t(0), size_t(1), size_t(63), size_t(64),
                       whole.size() - 64, whole.size() - 1}) {
    write(whole.substr(0, bytes));
    EXPECT_EQ(open(), STRAIT_BAD_ARTEFACT) << bytes;
  }
  unlink(path);
  EXPECT_EQ(open(), STRAIT_IO);
  EXPECT_NE(std::string(error.text).find("cannot open"), std::string::npos);
}

TEST_F(WeightsTest, ModelOfAnotherProgramHasNone) {
  // This test program carries no trailer.
  strait_module *module = nullptr;
  EXPECT_EQ(strait_module_open(&strait_model, nullptr, &module, &error),
            STRAIT_BAD_ARTEFACT);
  EXPECT_EQ(strait_module_open_file(path, nullptr, &module, &error), STRAIT_IO);
  EXPECT_EQ(
      strait_module_open_file("no-such-file.so", nullptr, &module, &error),
      STRAIT_IO);
  EXPECT_NE(std::string(error.text).find("no-such-file.so"), std::string::npos);
}

} // namespace
