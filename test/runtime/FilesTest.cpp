// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// numpy files and TensorProtos: what is written is read back; damaged bytes
// are explained.
#include "runtime/program/npy.h"
#include "runtime/program/npz.h"
#include "runtime/program/output_file.h"
#include "runtime/program/tensor_proto.h"

#include "gtest/gtest.h"

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

std::string npyOf(const std::string &dictionary, const std::string &data) {
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += char(dictionary.size() & 0xff);
  bytes += char(dictionary.size() >> 8);
  return bytes + dictionary + data;
}

strait_code read(const std::string &bytes, array *found, strait_error *error) {
  return npy_read(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size(),
                  "x.npy", found, error);
}

TEST(NpyTest, ReadsWhatNumpyWrites) {
  strait_error error = {};
  array found;
  std::string data(24, '\1');
  ASSERT_EQ(read(npyOf("{'descr': '<f4', 'fortran_order': False, "
                       "'shape': (2, 3), }     \n",
                       data),
                 &found, &error),
            0)
      << error.text;
  EXPECT_EQ(found.dtype, uint32_t(STRAIT_F32));
  EXPECT_EQ(found.rank, 2u);
  EXPECT_EQ(found.dims[1], 3);
  EXPECT_EQ(found.bytes, 24u);
  ASSERT_EQ(
      read(npyOf("{'descr': '|b1', 'fortran_order': False, 'shape': ()}", "\1"),
           &found, &error),
      0);
  EXPECT_EQ(found.rank, 0u);
  ASSERT_EQ(read(npyOf("{'shape': (3,), 'fortran_order': True, "
                       "'descr': '<i8'}",
                       data),
                 &found, &error),
            0);
  EXPECT_EQ(found.dtype, uint32_t(STRAIT_I64));
  ASSERT_EQ(read(npyOf("{'descr': '<f4', 'fortran_order': False, "
                       "'shape': (0, 5)}",
                       ""),
                 &found, &error),
            0);
  EXPECT_EQ(found.bytes, 0u);
}

TEST(NpyTest, ExplainsWhatItCannotRead) {
  struct Case {
    std::string bytes;
    const char *text;
  };
  const Case cases[] = {
      {"", "not an .npy array"},
      {"\x93NUMPY", "not an .npy array"},
      {npyOf("{}", ""), "header cannot be read"},
      {npyOf("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}",
             "aaaa"),
       "header cannot be read"},
      {npyOf("{'descr': '>f4', 'fortran_order': False, 'shape': ()}", "aaaa"),
       "numpy type '>f4' is not supported"},
      {npyOf("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1)}",
             "aaaa"),
       "Fortran order"},
      {npyOf("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "aaaa"),
       "expected 8 bytes of elements, got 4"},
      {npyOf("{'descr': '<f4', 'fortran_order': False, "
             "'shape': (4611686018427387904, 8)}",
             "aaaa"),
       "bytes of elements"},
      {npyOf("{'descr': '<f4', 'fortran_order': False, "
             "'shape': (99999999999999999999,)}",
             "aaaa"),
       "header cannot be read"},
      {npyOf("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
             "aaaa"),
       "header cannot be read"},
      {std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff", 12),
       "expected a header"}};
  for (const Case &item : cases) {
    array found;
    strait_error error = {};
    EXPECT_EQ(read(item.bytes, &found, &error), STRAIT_INVALID_INPUT);
    EXPECT_NE(std::string(error.text).find(item.text), std::string::npos)
        << error.text;
  }
}

class NpzTest : public testing::Test {
protected:
  void SetUp() override {
    int file = mkstemp(path);
    ASSERT_GE(file, 0);
    close(file);
  }
  void TearDown() override { unlink(path); }

  std::string contents() {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  void writeTwo() {
    const int64_t dims[] = {2, 3};
    std::vector<const char *> names = {"a/b", "n"};
    strait_tensor tensors[] = {{floats, STRAIT_F32, 2, dims},
                               {&integer, STRAIT_I64, 0, nullptr}};
    ASSERT_EQ(npz_write(path, 2, names.data(), tensors, &error), 0)
        << error.text;
  }

  /// Reads an archive; the arrays' bytes by name.
  strait_code readAll(const std::string &bytes,
                      std::map<std::string, std::string> &arrays) {
    return npz_read(
        reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size(), path,
        [](void *user, const char *name, const array *found,
           strait_error *) -> strait_code {
          (*static_cast<std::map<std::string, std::string> *>(user))[name] =
              std::string(reinterpret_cast<const char *>(found->data),
                          found->bytes);
          return STRAIT_OK;
        },
        &arrays, &error);
  }

  char path[64] = "/tmp/strait-npz-XXXXXX";
  float floats[6] = {0, 1, 2, 3, 4, 5};
  int64_t integer = 42;
  strait_error error = {};
};

TEST_F(NpzTest, RoundTrip) {
  writeTwo();
  std::map<std::string, std::string> arrays;
  ASSERT_EQ(readAll(contents(), arrays), 0) << error.text;
  ASSERT_EQ(arrays.size(), 2u);
  EXPECT_EQ(std::memcmp(arrays["a/b"].data(), floats, sizeof floats), 0);
  EXPECT_EQ(std::memcmp(arrays["n"].data(), &integer, 8), 0);
}

TEST_F(NpzTest, SameArraysGiveSameBytes) {
  writeTwo();
  std::string first = contents();
  writeTwo();
  EXPECT_EQ(first, contents());
}

// A pipe or a device is written to, not replaced by a file.
TEST_F(NpzTest, PipesAreWrittenTo) {
  writeTwo();
  std::string expected = contents();
  unlink(path);
  ASSERT_EQ(mkfifo(path, 0600), 0);
  std::string got;
  std::thread reader([&] { got = contents(); });
  writeTwo();
  reader.join();
  EXPECT_EQ(got, expected);
  struct stat status;
  ASSERT_EQ(stat(path, &status), 0);
  EXPECT_TRUE(S_ISFIFO(status.st_mode));
}

// An interrupted program leaves neither a part of a file nor the old one's
// place empty.
TEST_F(NpzTest, SignalsRemoveWhatIsUnfinished) {
  writeTwo();
  std::string expected = contents(), partial = std::string(path) + ".partial";
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    signal(SIGINT, SIG_DFL); // jobs in the background ignore it
    output_file file;
    if (output_file_open(&file, path, &error) || access(partial.c_str(), F_OK))
      _exit(0);
    raise(SIGINT);
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGINT);
  EXPECT_NE(access(partial.c_str(), F_OK), 0);
  EXPECT_EQ(contents(), expected);
}

TEST_F(NpzTest, CompressedArchivesAreExplained) {
  writeTwo();
  std::string bytes = contents();
  // The method of the first record in the directory.
  size_t record = bytes.find(std::string("PK\x01\x02", 4));
  ASSERT_NE(record, std::string::npos);
  bytes[record + 10] = 8;
  std::map<std::string, std::string> arrays;
  EXPECT_EQ(readAll(bytes, arrays), STRAIT_INVALID_INPUT);
  EXPECT_NE(std::string(error.text).find("numpy.savez"), std::string::npos)
      << error.text;
}

TEST_F(NpzTest, DamagedArchivesNeverCrash) {
  writeTwo();
  std::string whole = contents();
  std::map<std::string, std::string> arrays;
  for (size_t bytes = 0; bytes < whole.size(); ++bytes)
    EXPECT_NE(readAll(whole.substr(0, bytes), arrays), 0) << bytes;
  for (size_t at = 0; at < whole.size(); ++at)
    for (int flip : {1, 0x80, 0xff}) {
      std::string damaged = whole;
      damaged[at] = char(damaged[at] ^ flip);
      readAll(damaged, arrays);
    }
}

TEST_F(NpzTest, UnwritableFilesAreExplained) {
  EXPECT_EQ(npz_write("/no/such/folder/y.npz", 0, nullptr, nullptr, &error),
            STRAIT_IO);
  EXPECT_NE(std::string(error.text).find("/no/such/folder/y.npz"),
            std::string::npos);
}

strait_code readProto(const std::string &bytes, array *found, void **owned,
                      strait_error *error) {
  return tensor_proto_read(reinterpret_cast<const uint8_t *>(bytes.data()),
                           bytes.size(), "x.pb", found, owned, error);
}

TEST(TensorProtoTest, RawAndTypedData) {
  strait_error error = {};
  array found;
  void *owned;
  // dims 2, type float, raw_data
  const std::string raw("\x08\x02\x10\x01\x4a\x08"
                        "\0\0\x80\x3f\0\0\0\x40",
                        14);
  ASSERT_EQ(readProto(raw, &found, &owned, &error), 0) << error.text;
  EXPECT_EQ(found.rank, 1u);
  EXPECT_EQ(array_value(found.dtype, found.data, 1), 2.0);
  EXPECT_EQ(owned, nullptr);
  // packed dims 2, type int64, int64_data packed: 3, -1
  ASSERT_EQ(readProto(std::string("\x0a\x01\x02\x10\x07\x3a\x0b\x03"
                                  "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
                                  18),
                      &found, &owned, &error),
            0)
      << error.text;
  EXPECT_EQ(array_value(found.dtype, found.data, 0), 3.0);
  EXPECT_EQ(array_value(found.dtype, found.data, 1), -1.0);
  std::free(owned);
  // scalar, type uint8, int32_data unpacked
  ASSERT_EQ(
      readProto(std::string("\x10\x02\x28\x07", 4), &found, &owned, &error), 0)
      << error.text;
  EXPECT_EQ(found.rank, 0u);
  EXPECT_EQ(array_value(found.dtype, found.data, 0), 7.0);
  std::free(owned);
}

TEST(TensorProtoTest, BadBytesAreExplained) {
  struct Case {
    std::string bytes;
    const char *text;
  };
  const Case cases[] = {
      {std::string("\x4a\x09\0", 3), "not an ONNX TensorProto"},
      {std::string("\x10\x08", 2), "ONNX type 8 is not supported"},
      {std::string("\x08\x02\x10\x01\x4a\x04\0\0\0\0", 10),
       "expected 8 bytes for 2, got 4"},
      {std::string("\x08\x02\x10\x01\x70\x01", 6), "another file"},
      {std::string("\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x10\x01", 12),
       "expected"}};
  for (const Case &item : cases) {
    array found;
    void *owned = nullptr;
    strait_error error = {};
    EXPECT_EQ(readProto(item.bytes, &found, &owned, &error),
              STRAIT_INVALID_INPUT);
    EXPECT_NE(std::string(error.text).find(item.text), std::string::npos)
        << error.text;
    std::free(owned);
  }
}

TEST(ArrayTest, HalfPrecisionRoundsToEven) {
  auto half = [](double value) {
    uint16_t bits;
    array_store(STRAIT_F16, &bits, 0, value);
    return bits;
  };
  EXPECT_EQ(half(1), 0x3c00);
  EXPECT_EQ(half(-2), 0xc000);
  EXPECT_EQ(half(65504), 0x7bff);
  EXPECT_EQ(half(65520), 0x7c00);
  EXPECT_EQ(half(0x1p-24), 0x0001);
  EXPECT_EQ(half(0x1p-25), 0x0000);
  EXPECT_EQ(half(1 + 0x1p-11), 0x3c00);
  EXPECT_EQ(half(1 + 3 * 0x1p-11), 0x3c02);
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    auto pattern = uint16_t(bits);
    double value = array_value(STRAIT_F16, &pattern, 0);
    if (!std::isnan(value))
      EXPECT_EQ(half(value), pattern);
  }
  uint16_t bits;
  array_store(STRAIT_BF16, &bits, 0, 1.00390625); /* halfway: to even */
  EXPECT_EQ(bits, 0x3f80);
}

} // namespace
