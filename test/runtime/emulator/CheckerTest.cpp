// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A kernel for every fault that STRAIT_CUDA_CHECK=1 reports, beside the same
// kernel without the fault.
#include "test/runtime/emulator/EmulatedDevice.h"

#include <cstdlib>

namespace {
constexpr int launchFailed = 719;

class Checker : public EmulatedDevice {
protected:
  static void SetUpTestSuite() { setenv("STRAIT_CUDA_CHECK", "1", 1); }

  /// What is reported when the body runs on `threads` threads of `blocks`
  /// blocks over 64 words each of input and output.
  std::string report(const std::string &body, const std::string &variables = "",
                     unsigned threads = 64, unsigned blocks = 1) {
    EXPECT_EQ(cuDevicePrimaryCtxReset_v2(0), 0);
    EXPECT_EQ(load(kernel(body, variables)), 0) << log;
    DeviceArray<uint32_t> in(std::vector<uint32_t>(64, 1)), out(64);
    testing::internal::CaptureStderr();
    int code = launch("k", blocks, 1, threads, in.address, out.address);
    std::string text = testing::internal::GetCapturedStderr();
    EXPECT_EQ(code, text.empty() ? 0 : launchFailed);
    // What follows runs on a device that works.
    EXPECT_EQ(cuDevicePrimaryCtxReset_v2(0), 0);
    return text;
  }
  static bool says(const std::string &text, const std::string &part) {
    return text.find(part) != std::string::npos;
  }
};

#define EXPECT_SAYS(text, part)                                               \
  do {                                                                        \
    std::string said = (text);                                                \
    EXPECT_TRUE(says(said, part)) << said;                                    \
  } while (false)

const std::string shared = ".shared .align 16 .b8 s[256];";
const std::string toShared = "mov.u32 %r1, s;\nshl.b32 %r2, %r0, 2;\n"
                             "add.s32 %r3, %r1, %r2;\n"
                             "ld.global.u32 %r4, [%d0];\n"
                             "st.shared.u32 [%r3], %r4;\n";
const std::string neighbour = "xor.b32 %r5, %r2, 128;\nadd.s32 %r5, %r1, %r5;\n"
                              "ld.shared.u32 %r6, [%r5];\n"
                              "st.global.u32 [%d1], %r6;\n";

TEST_F(Checker, GlobalBounds) {
  std::string body = "ld.global.u32 %r1, [%d0];\nst.global.u32 [%d1], %r1;\n";
  EXPECT_EQ(report(body), "");
  std::string text = report(body, "", 65);
  EXPECT_SAYS(text, "kernel 'k', block (0, 0, 0), thread (64, 0, 0): reads 4 "
                    "bytes out of bounds: at byte 256 of an allocation of 256");
  EXPECT_SAYS(text, "line ");
}

TEST_F(Checker, GlobalBytesThatNothingWrote) {
  EXPECT_SAYS(report("ld.global.u32 %r1, [%d1];\nst.global.u32 [%d1], %r1;\n"),
              "global memory that nothing has written");
}

TEST_F(Checker, GlobalRaceOfBlocks) {
  const std::string own = "mov.u32 %r1, %ctaid.x;\nmul.wide.u32 %d3, %r1, 128;\n"
                          "add.s64 %d1, %d1, %d3;\n";
  const std::string store = "st.global.u32 [%d1], %r0;\n";
  EXPECT_EQ(report(own + store, "", 32, 2), "");
  std::string text = report(store, "", 32, 2);
  EXPECT_SAYS(text, "data race: of global memory at byte");
  EXPECT_SAYS(text, "of this launch has written");
  EXPECT_EQ(report("red.global.add.u32 [%d0], 1;\n", "", 32, 2), "");
}

TEST_F(Checker, SharedBounds) {
  EXPECT_EQ(report(toShared, shared), "");
  EXPECT_SAYS(report(toShared, ".shared .align 16 .b8 s[252];"),
              "writes 4 bytes of shared memory at byte 252 of 252");
}

TEST_F(Checker, SharedBytesThatNothingWrote) {
  EXPECT_SAYS(report("ld.shared.u32 %r1, [s];\nst.global.u32 [%d1], %r1;\n",
                     shared),
              "reads shared memory at byte 0");
}

TEST_F(Checker, Alignment) {
  EXPECT_SAYS(report("ld.global.v2.u32 {%r1, %r2}, [%d0];\n"
                     "st.global.u32 [%d1], %r1;\n"),
              "reads 8 bytes at an address that is not a multiple of it");
}

TEST_F(Checker, SharedRaceOfWarps) {
  EXPECT_EQ(report(toShared + "bar.sync 0;\n" + neighbour, shared), "");
  // With the values alone, nothing would show: warp 0 has ended by then.
  std::string text = report(
      toShared + "setp.lt.u32 %p0, %r0, 32;\n@%p0 bra done;\n" + neighbour +
          "done:\n",
      shared);
  EXPECT_SAYS(text, "data race: it reads shared memory at byte 0");
  EXPECT_SAYS(text, "was written by thread 0");
}

TEST_F(Checker, SharedRaceWithinAWarp) {
  std::string swap = "xor.b32 %r5, %r2, 4;\nadd.s32 %r5, %r1, %r5;\n"
                     "ld.shared.u32 %r6, [%r5];\nst.global.u32 [%d1], %r6;\n";
  EXPECT_EQ(report(toShared + "bar.warp.sync -1;\n" + swap, shared, 32), "");
  EXPECT_SAYS(report(toShared + "and.b32 %r7, %r0, 1;\n"
                                "setp.eq.u32 %p0, %r7, 0;\n@%p0 bra done;\n" +
                         swap + "done:\n",
                     shared, 32),
              "data race");
}

TEST_F(Checker, AtomicsDoNotRaceWithEachOther) {
  std::string begin = "mov.u32 %r3, 0;\nsetp.eq.u32 %p0, %r0, 0;\n"
                      "@%p0 st.shared.u32 [s], %r3;\nbar.sync 0;\n";
  EXPECT_EQ(report(begin + "red.shared.add.u32 [s], 1;\n", shared), "");
  EXPECT_SAYS(report(begin + "st.shared.u32 [s], %r0;\n", shared), "data race");
}

TEST_F(Checker, BarrierInABranch) {
  std::string text = report("setp.lt.u32 %p0, %r0, 32;\n"
                            "@%p0 bar.sync 0;\n@!%p0 bar.sync 1;\n");
  EXPECT_SAYS(text, "barriers or warps diverge: no thread can go on");
  EXPECT_SAYS(text, "thread (0, 0, 0) waits at barrier 0");
  EXPECT_SAYS(text, "thread (32, 0, 0) waits at barrier 1");
}

TEST_F(Checker, BarrierAfterAThreadHasEnded) {
  EXPECT_SAYS(report("setp.eq.u32 %p0, %r0, 3;\n@%p0 ret;\nbar.sync 0;\n"),
              "comes to barrier 0");
}

TEST_F(Checker, ShuffleInABranch) {
  EXPECT_SAYS(report("setp.lt.u32 %p0, %r0, 16;\n@%p0 shfl.sync.bfly.b32 %r1, "
                     "%r0, 1, 31, -1;\n@!%p0 bar.warp.sync -1;\n",
                     "", 32),
              "meet in different operations of their warp");
}

const std::string copyIn = "mov.u32 %r1, s;\nshl.b32 %r2, %r0, 2;\n"
                           "add.s32 %r3, %r1, %r2;\n"
                           "cp.async.ca.shared.global [%r3], [%d0], 4;\n"
                           "cp.async.commit_group;\n";
const std::string readOwn = "ld.shared.u32 %r6, [%r3];\n"
                            "st.global.u32 [%d1], %r6;\n";

TEST_F(Checker, CopyThatIsNotWaitedFor) {
  EXPECT_EQ(report(copyIn + "cp.async.wait_group 0;\n" + readOwn, shared), "");
  EXPECT_SAYS(report(copyIn + "cp.async.wait_group 1;\n" + readOwn, shared),
              "which a cp.async of thread 0");
  EXPECT_SAYS(report(copyIn, shared), "ends before its cp.async");
}

TEST_F(Checker, TrapsAreReported) {
  EXPECT_SAYS(report("trap;\n"), "thread (0, 0, 0): trap, line ");
}

TEST_F(Checker, UnsupportedInstructionsAreNamed) {
  EXPECT_EQ(load(kernel("tex.2d.v4.f32.f32 {%r1, %r2, %r3, %r4}, [%d0, {%r1, "
                        "%r2}];\n")),
            218);
  EXPECT_TRUE(says(log, "unsupported PTX: tex.2d.v4.f32.f32")) << log;
  EXPECT_TRUE(says(log, "line 15")) << log;
  EXPECT_EQ(load("this is no PTX"), 218);
  EXPECT_TRUE(says(log, "line 1: expected a directive, found 'this'")) << log;
}
} // namespace
