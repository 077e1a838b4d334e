// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A device with too little memory that breaks down at its second launch.
#include "test/runtime/emulator/EmulatedDevice.h"

#include <cstdlib>

extern "C" {
int cuMemGetInfo_v2(size_t *free, size_t *total);
int cuGetErrorName(int code, const char **name);
}

namespace {
class Faults : public EmulatedDevice {
protected:
  static void SetUpTestSuite() {
    setenv("STRAIT_CUDA_MEMORY", "1", 1);
    setenv("STRAIT_CUDA_FAULT", "2", 1);
  }
};

TEST_F(Faults, TooLittleMemory) {
  size_t free = 0, total = 0;
  ASSERT_EQ(cuMemGetInfo_v2(&free, &total), 0);
  EXPECT_EQ(total, size_t(1) << 20);
  unsigned long long pointer = 0;
  EXPECT_EQ(cuMemAlloc_v2(&pointer, (1 << 20) + 1), 2);
  ASSERT_EQ(cuMemAlloc_v2(&pointer, 1 << 20), 0);
  EXPECT_EQ(cuMemFree_v2(pointer), 0);
  ASSERT_EQ(cuMemGetInfo_v2(&free, &total), 0);
  EXPECT_EQ(free, total);
}

TEST_F(Faults, BreakdownStaysUntilReset) {
  ASSERT_EQ(load(kernel("st.global.u32 [%d1], %r0;\n")), 0) << log;
  DeviceArray<uint32_t> out(32);
  EXPECT_EQ(launch("k", 1, 1, 32, out.address, out.address), 0);
  EXPECT_EQ(launch("k", 1, 1, 32, out.address, out.address), 214);
  unsigned long long pointer = 0;
  EXPECT_EQ(cuMemAlloc_v2(&pointer, 16), 214);
  const char *name = nullptr;
  ASSERT_EQ(cuGetErrorName(214, &name), 0);
  EXPECT_STREQ(name, "CUDA_ERROR_ECC_UNCORRECTABLE");
  ASSERT_EQ(cuDevicePrimaryCtxReset_v2(0), 0);
  EXPECT_EQ(launch("k", 1, 1, 32, out.address, out.address), 0);
}

TEST_F(Faults, CodeOfAnotherKind) {
  EXPECT_EQ(load("\x7f"
                 "ELF and machine code"),
            209);
  EXPECT_EQ(load(".version 8.0\n.target sm_100\n.address_size 64\n"), 218);
  EXPECT_EQ(log, "code for sm_100 does not run on sm_90");
}
} // namespace
