// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bank conflicts and sectors of accesses whose counts are known.
#include "test/runtime/emulator/EmulatedDevice.h"

#include <cstdio>
#include <cstdlib>

extern "C" int cuDevicePrimaryCtxRelease_v2(int device);

namespace {
class Counters : public EmulatedDevice {
protected:
  static void SetUpTestSuite() {
    setenv("STRAIT_CUDA_COUNT", "emulator-counters.tsv", 1);
  }

  /// The lines that are counted for a body on a warp of 32 threads.
  std::string count(const std::string &body) {
    remove("emulator-counters.tsv");
    EXPECT_EQ(load(kernel(body, ".shared .align 16 .b8 s[8192];")), 0) << log;
    DeviceArray<uint32_t> in(std::vector<uint32_t>(1024, 1)), out(1024);
    EXPECT_EQ(launch("k", 1, 1, 32, in.address, out.address), 0);
    EXPECT_EQ(cuDevicePrimaryCtxRelease_v2(0), 0);
    std::ifstream file("emulator-counters.tsv");
    std::ostringstream text;
    text << file.rdbuf();
    remove("emulator-counters.tsv");
    return text.str();
  }
  static std::string storeShared(unsigned stride, const char *type = "u32 ",
                                 const char *value = "%r0") {
    return "mul.lo.u32 %r1, %r0, " + std::to_string(stride) +
           ";\nmov.u32 %r2, s;\nadd.u32 %r1, %r1, %r2;\nst.shared." + type +
           "[%r1], " + value + ";\n";
  }
};

#define EXPECT_COUNT(text, part)                                              \
  do {                                                                        \
    std::string counted = (text);                                             \
    EXPECT_NE(counted.find(part), std::string::npos) << counted;              \
  } while (false)

TEST_F(Counters, BankConflicts) {
  EXPECT_COUNT(count(storeShared(4)),
               "shared\twrite\trequests 1\twavefronts 1\tleast 1");
  EXPECT_COUNT(count(storeShared(8)), "wavefronts 2\tleast 1");
  EXPECT_COUNT(count(storeShared(128)), "wavefronts 32\tleast 1");
  EXPECT_COUNT(count(storeShared(132)), "wavefronts 1\tleast 1");
  EXPECT_COUNT(count(storeShared(16, "v4.u32 ", "{%r0, %r0, %r0, %r0}")),
               "wavefronts 4\tleast 4");
}

TEST_F(Counters, RowsOfMatrices) {
  auto rows = [&](const char *stride) {
    std::string body;
    for (int i = 0; i < 16; ++i) // 8 KB of zeros
      body += "mov.u32 %r2, s;\nshl.b32 %r1, %r0, 4;\nadd.u32 %r1, %r1, %r2;\n"
              "st.shared.v4.u32 [%r1+" +
              std::to_string(512 * i) + "], {%r0, %r0, %r0, %r0};\n";
    return body + "bar.sync 0;\nmul.lo.u32 %r1, %r0, " + stride +
           ";\nadd.u32 %r1, %r1, %r2;\nldmatrix.sync.aligned.m8n8.x4.shared."
           "b16 {%r4, %r5, %r6, %r7}, [%r1];\n";
  };
  EXPECT_COUNT(count(rows("16")),
               "shared\tread\trequests 1\twavefronts 4\tleast 4");
  EXPECT_COUNT(count(rows("128")), "wavefronts 32\tleast 4");
  EXPECT_COUNT(count(rows("144")), "wavefronts 4\tleast 4");
}

TEST_F(Counters, Sectors) {
  EXPECT_COUNT(count("st.global.u32 [%d1], %r0;\n"),
               "global\twrite\trequests 1\tsectors 4\tleast 4");
  // Every eighth word.
  EXPECT_COUNT(count("mul.wide.u32 %d3, %r0, 28;\nadd.s64 %d1, %d1, %d3;\n"
                     "st.global.u32 [%d1], %r0;\n"),
               "sectors 32\tleast 4");
  // All lanes the same word.
  EXPECT_COUNT(count("sub.s64 %d0, %d0, %d2;\nld.global.u32 %r1, [%d0];\n"),
               "global\tread\trequests 1\tsectors 1\tleast 1");
}
} // namespace
