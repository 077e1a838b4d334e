// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One instruction at a time, against what C++ computes.
#include "test/runtime/emulator/EmulatedDevice.h"

#include <cmath>
#include <cstdlib>
#include <limits>

namespace {
uint32_t bits(float value) {
  uint32_t word;
  memcpy(&word, &value, sizeof word);
  return word;
}

uint32_t pair(float low, float high) {
  auto half = [](float value) {
    _Float16 narrow = _Float16(value);
    uint16_t word;
    memcpy(&word, &narrow, sizeof word);
    return uint32_t(word);
  };
  return half(low) | half(high) << 16;
}

/// The least float that is not below a value.
float roundedUp(double value) {
  float nearest = float(value);
  return double(nearest) < value ? std::nextafter(nearest, HUGE_VALF) : nearest;
}

struct Form {
  const char *code; // from %r1, %r2, %r3 to %r4
  uint32_t a, b, c, expected;
};

const float inf = std::numeric_limits<float>::infinity();
const float nan = std::numeric_limits<float>::quiet_NaN();
const float tiny = 1e-40f; // a denormal

const Form forms[] = {
    // Integers
    {"add.s32 %r4, %r1, %r2;", 5, ~0u, 0, 4},
    {"sub.u32 %r4, %r1, %r2;", 5, 7, 0, ~0u - 1},
    {"mul.lo.s32 %r4, %r1, %r2;", 0x10001, 0x10001, 0, 0x20001},
    {"mul.hi.u32 %r4, %r1, %r2;", ~0u, ~0u, 0, ~0u - 1},
    {"mul.hi.s32 %r4, %r1, %r2;", ~0u, ~0u, 0, 0},
    {"mad.lo.s32 %r4, %r1, %r2, %r3;", 6, 7, 8, 50},
    {"div.s32 %r4, %r1, %r2;", uint32_t(-7), 2, 0, uint32_t(-3)},
    {"rem.s32 %r4, %r1, %r2;", uint32_t(-7), 2, 0, uint32_t(-1)},
    {"div.u32 %r4, %r1, %r2;", ~0u, 16, 0, 0x0fffffff},
    {"min.s32 %r4, %r1, %r2;", ~0u, 3, 0, ~0u},
    {"min.u32 %r4, %r1, %r2;", ~0u, 3, 0, 3},
    {"max.s32 %r4, %r1, %r2;", ~0u, 3, 0, 3},
    {"abs.s32 %r4, %r1;", uint32_t(-9), 0, 0, 9},
    {"neg.s32 %r4, %r1;", 9, 0, 0, uint32_t(-9)},
    // Bits
    {"and.b32 %r4, %r1, %r2;", 12, 10, 0, 8},
    {"lop3.b32 %r4, %r1, %r2, %r3, 0x96;", 12, 10, 7, 12 ^ 10 ^ 7},
    {"lop3.b32 %r4, %r1, %r2, %r3, 0xea;", 12, 10, 7, (12 & 10) | 7},
    {"shl.b32 %r4, %r1, %r2;", 1, 31, 0, 1u << 31},
    {"shl.b32 %r4, %r1, %r2;", 1, 32, 0, 0},
    {"shr.u32 %r4, %r1, %r2;", ~0u, 40, 0, 0},
    {"shr.s32 %r4, %r1, %r2;", ~0u << 4, 40, 0, ~0u},
    {"shf.l.wrap.b32 %r4, %r1, %r2, %r3;", 0x80000000, 1, 1, 3},
    {"shf.r.wrap.b32 %r4, %r1, %r2, %r3;", 2, 1, 1, 0x80000001},
    {"shf.r.clamp.b32 %r4, %r1, %r2, %r3;", 2, 7, 40, 7},
    {"bfe.u32 %r4, %r1, %r2, %r3;", 0x12345678, 8, 8, 0x56},
    {"bfe.s32 %r4, %r1, %r2, %r3;", 0x0000f000, 12, 4, ~0u},
    {"bfi.b32 %r4, %r1, %r2, %r3, 8;", 0xab, 0x11111111, 8, 0x1111ab11},
    {"prmt.b32 %r4, %r1, %r2, %r3;", 0x33221100, 0x77665544, 0x7531,
     0x77553311},
    {"prmt.b32 %r4, %r1, %r2, 0x5410;", 0x33221100, 0x77665544, 0, 0x55441100},
    {"prmt.b32 %r4, %r1, %r2, %r3;", 0x00008000, 0, 0x0009, 0x000000ff},
    {"popc.b32 %r4, %r1;", 0xf0f, 0, 0, 8},
    {"clz.b32 %r4, %r1;", 0xf0f, 0, 0, 20},
    {"clz.b32 %r4, %r1;", 0, 0, 0, 32},
    {"brev.b32 %r4, %r1;", 1, 0, 0, 1u << 31},
    // Floats
    {"add.f32 %r4, %r1, %r2;", bits(0.1f), bits(0.2f), 0, bits(0.1f + 0.2f)},
    {"fma.rn.f32 %r4, %r1, %r2, %r3;", bits(0.1f), bits(0.3f), bits(-0.03f),
     bits(std::fma(0.1f, 0.3f, -0.03f))},
    {"fma.rm.f32 %r4, %r1, %r2, %r3;", bits(1), bits(1e-9f), bits(1), bits(1)},
    {"fma.rp.f32 %r4, %r1, %r2, %r3;", bits(1), bits(1e-9f), bits(1),
     bits(std::nextafter(1.0f, 2.0f))},
    {"fma.rz.f32 %r4, %r1, %r2, %r3;", bits(1), bits(-1e-9f), bits(1),
     bits(std::nextafter(1.0f, 0.0f))},
    {"add.rz.f32 %r4, %r1, %r2;", bits(-1), bits(-1e-9f), 0, bits(-1)},
    {"mul.rp.f32 %r4, %r1, %r2;", bits(0.1f), bits(0.1f), 0,
     bits(roundedUp(double(0.1f) * double(0.1f)))},
    {"add.f32 %r4, %r1, %r2;", bits(tiny), bits(tiny), 0, bits(tiny + tiny)},
    {"add.ftz.f32 %r4, %r1, %r2;", bits(tiny), bits(tiny), 0, 0},
    {"mul.ftz.f32 %r4, %r1, %r2;", bits(-1e-30f), bits(1e-10f), 0, 1u << 31},
    {"add.sat.f32 %r4, %r1, %r2;", bits(0.75f), bits(0.75f), 0, bits(1)},
    {"add.sat.f32 %r4, %r1, %r2;", bits(nan), bits(0.75f), 0, 0},
    {"min.f32 %r4, %r1, %r2;", bits(nan), bits(2), 0, bits(2)},
    {"max.f32 %r4, %r1, %r2;", bits(-1), bits(2), 0, bits(2)},
    {"max.NaN.f32 %r4, %r1, %r2;", bits(3), bits(nan), 0, bits(nan)},
    {"div.rn.f32 %r4, %r1, %r2;", bits(1), bits(3), 0, bits(1.0f / 3)},
    {"rcp.rn.f32 %r4, %r1;", bits(3), 0, 0, bits(1.0f / 3)},
    {"sqrt.rn.f32 %r4, %r1;", bits(2), 0, 0, bits(std::sqrt(2.0f))},
    {"ex2.approx.ftz.f32 %r4, %r1;", bits(5), 0, 0, bits(32)},
    {"lg2.approx.f32 %r4, %r1;", bits(0.25f), 0, 0, bits(-2)},
    {"neg.f32 %r4, %r1;", bits(2), 0, 0, bits(-2)},
    {"abs.f32 %r4, %r1;", bits(-2), 0, 0, bits(2)},
    {"copysign.f32 %r4, %r1, %r2;", bits(-1), bits(7), 0, bits(-7)},
    // Pairs of halves
    {"add.f16x2 %r4, %r1, %r2;", pair(1, 2), pair(3, 4), 0, pair(4, 6)},
    {"mul.f16x2 %r4, %r1, %r2;", pair(1, 2), pair(3, -4), 0, pair(3, -8)},
    {"fma.rn.f16x2 %r4, %r1, %r2, %r3;", pair(2, 3), pair(4, 5), pair(1, 1),
     pair(9, 16)},
    {"fma.rn.relu.f16x2 %r4, %r1, %r2, %r3;", pair(2, 3), pair(4, -5),
     pair(1, 1), pair(9, 0)},
    {"max.f16x2 %r4, %r1, %r2;", pair(1, 5), pair(3, -4), 0, pair(3, 5)},
    {"fma.rn.bf16x2 %r4, %r1, %r2, %r3;", 0x40003f80, 0x40404040, 0x3f803f80,
     0x40e04080}, // (1, 2) * 3 + 1
    // Conversions
    {"cvt.rni.s32.f32 %r4, %r1;", bits(2.5f), 0, 0, 2},
    {"cvt.rzi.s32.f32 %r4, %r1;", bits(-2.9f), 0, 0, uint32_t(-2)},
    {"cvt.rmi.s32.f32 %r4, %r1;", bits(-2.1f), 0, 0, uint32_t(-3)},
    {"cvt.rpi.s32.f32 %r4, %r1;", bits(2.1f), 0, 0, 3},
    {"cvt.rzi.s32.f32 %r4, %r1;", bits(1e20f), 0, 0, 0x7fffffff},
    {"cvt.rzi.s32.f32 %r4, %r1;", bits(nan), 0, 0, 0},
    {"cvt.rzi.u32.f32 %r4, %r1;", bits(-3), 0, 0, 0},
    {"cvt.rn.f32.s32 %r4, %r1;", uint32_t(-16777217), 0, 0, bits(-16777216)},
    {"cvt.rn.f32.u32 %r4, %r1;", ~0u, 0, 0, bits(4294967296.0f)},
    {"cvt.rni.f32.f32 %r4, %r1;", bits(3.5f), 0, 0, bits(4)},
    {"cvt.rmi.f32.f32 %r4, %r1;", bits(-3.5f), 0, 0, bits(-4)},
    {"cvt.sat.f32.f32 %r4, %r1;", bits(-3.5f), 0, 0, 0},
    {"cvt.s32.s8 %r4, %r1;", 0x1ff, 0, 0, ~0u},
    {"cvt.u32.u16 %r4, %r1;", 0x54321, 0, 0, 0x4321},
    {"cvt.sat.s8.s32 %r4, %r1;", 1000, 0, 0, 127},
    {"cvt.rn.f16x2.f32 %r4, %r1, %r2;", bits(2), bits(1), 0, pair(1, 2)},
    {"cvt.rn.bf16x2.f32 %r4, %r1, %r2;", bits(2), bits(1), 0, 0x40003f80},
    {"cvt.rn.bf16x2.f32 %r4, %r1, %r2;", 0x3f808000, 0x3f818000, 0,
     0x3f803f82}, // ties to even
    {"cvt.rn.relu.f16x2.f32 %r4, %r1, %r2;", bits(-2), bits(1), 0, pair(1, 0)},
    {"cvt.rna.tf32.f32 %r4, %r1;", 0x3f801000, 0, 0, 0x3f802000},
    {"cvt.rn.f16.f32 %h0, %r1; cvt.f32.f16 %r4, %h0;", bits(0.1f), 0, 0,
     bits(float(_Float16(0.1f)))},
    {"cvt.rn.bf16.f32 %h0, %r1; cvt.f32.bf16 %r4, %h0;", bits(1.00390625f), 0,
     0, bits(1)},
    {"mov.b32 {%h0, %h1}, %r1; mov.b32 %r4, {%h1, %h0};", 0x12345678, 0, 0,
     0x56781234},
    // Comparisons
    {"setp.lt.s32 %p0, %r1, %r2; selp.b32 %r4, 1, 2, %p0;", ~0u, 0, 0, 1},
    {"setp.lt.u32 %p0, %r1, %r2; selp.b32 %r4, 1, 2, %p0;", ~0u, 0, 0, 2},
    {"setp.lt.f32 %p0, %r1, %r2; selp.b32 %r4, 1, 2, %p0;", bits(nan), 0, 0, 2},
    {"setp.ltu.f32 %p0, %r1, %r2; selp.b32 %r4, 1, 2, %p0;", bits(nan), 0, 0,
     1},
    {"setp.neu.f32 %p0, %r1, %r1; selp.b32 %r4, 1, 2, %p0;", bits(nan), 0, 0,
     1},
    {"setp.ne.f32 %p0, %r1, %r1; selp.b32 %r4, 1, 2, %p0;", bits(nan), 0, 0, 2},
    {"setp.nan.f32 %p0, %r1, %r1; selp.b32 %r4, 1, 2, %p0;", bits(nan), 0, 0,
     1},
    {"setp.eq.s32 %p1, %r1, 1; setp.eq.and.s32 %p0|%p2, %r2, 2, %p1; "
     "selp.b32 %r4, 1, 2, %p0;",
     1, 2, 0, 1},
    {"testp.finite.f32 %p0, %r1; selp.b32 %r4, 1, 2, %p0;", bits(inf), 0, 0, 2},
    // 64 bits
    {"mul.wide.s32 %d3, %r1, %r2; shr.u64 %d3, %d3, 32; cvt.u32.u64 %r4, %d3;",
     uint32_t(-2), 3, 0, ~0u},
    {"mad.wide.u32 %d3, %r1, %r2, 1; cvt.u32.u64 %r4, %d3;", 5, 6, 0, 31},
    {"cvt.s64.s32 %d3, %r1; shr.s64 %d3, %d3, 33; cvt.u32.u64 %r4, %d3;",
     uint32_t(-8), 0, 0, ~0u},
    // Memory
    {"st.local.v2.u32 [l+8], {%r1, %r2}; ld.local.u32 %r4, [l+12];", 3, 4, 0,
     4},
    {"st.local.u32 [l], %r1; ld.local.s8 %r4, [l+1];", 0xf000, 0, 0,
     0xfffffff0},
    {"st.shared.u32 [s], %r1; atom.shared.add.u32 %r5, [s], %r2; "
     "ld.shared.u32 %r4, [s];",
     3, 4, 0, 7},
    {"st.shared.u32 [s], %r1; atom.shared.max.s32 %r4, [s], %r2;", 3, ~0u, 0,
     3},
    {"st.shared.u32 [s], %r1; atom.shared.cas.b32 %r4, [s], %r1, %r2; "
     "ld.shared.u32 %r4, [s];",
     3, 9, 0, 9},
    {"st.shared.u32 [s], %r1; red.shared.add.f32 [s], %r2; "
     "ld.shared.u32 %r4, [s];",
     bits(1.5f), bits(2), 0, bits(3.5f)},
    {"st.shared.u32 [s], %r1; atom.shared.inc.u32 %r5, [s], %r2; "
     "ld.shared.u32 %r4, [s];",
     4, 4, 0, 0},
    {"st.shared.u32 [s], %r1; atom.shared.exch.b32 %r4, [s], %r2;", 4, 5, 0, 4},
    {"mov.u32 %r5, s; cvt.u64.u32 %d3, %r5; cvta.shared.u64 %d3, %d3; "
     "st.u32 [%d3+4], %r1; ld.shared.u32 %r4, [%r5+4];",
     77, 0, 0, 77},
    // Scopes, predicates, loops
    {"{ .reg .b32 %r1; mov.u32 %r1, 8; mov.u32 %r4, %r1; } add.u32 %r4, %r4, "
     "%r1;",
     1, 0, 0, 9},
    {"{ L: sub.u32 %r1, %r1, 1; setp.ne.u32 %p0, %r1, 0; @%p0 bra L; } "
     "{ @!%p0 bra L; mov.u32 %r1, 5; L: mov.u32 %r4, %r1; }",
     3, 0, 0, 0},
};

class Forms : public EmulatedDevice {
protected:
  static void SetUpTestSuite() { setenv("STRAIT_CUDA_CHECK", "1", 1); }
};

TEST_F(Forms, OfScalars) {
  for (const Form &form : forms) {
    std::string body = "ld.global.u32 %r1, [%d0];\nld.global.u32 %r2, [%d0+4];\n"
                       "ld.global.u32 %r3, [%d0+8];\n" +
                       std::string(form.code) + "\nst.global.u32 [%d1], %r4;\n";
    ASSERT_EQ(load(kernel(body, ".local .align 16 .b8 l[16];"
                                ".shared .align 16 .b8 s[16];")),
              0)
        << log;
    DeviceArray<uint32_t> in({form.a, form.b, form.c}), out(1);
    ASSERT_EQ(launch("k", 1, 1, 1, in.address, out.address), 0) << form.code;
    EXPECT_EQ(out.read()[0], form.expected) << form.code;
  }
}

/// What lanes get from a warp's operations, for lane l with the value 3 l.
struct WarpForm {
  const char *code; // from %r0 (lane) and %r1 (3 lane) to %r4
  uint32_t (*expected)(uint32_t lane);
};

const WarpForm warpForms[] = {
    {"shfl.sync.bfly.b32 %r4, %r1, 5, 31, -1;",
     [](uint32_t l) { return 3 * (l ^ 5); }},
    {"shfl.sync.down.b32 %r4, %r1, 3, 31, -1;",
     [](uint32_t l) { return 3 * (l + 3 < 32 ? l + 3 : l); }},
    {"shfl.sync.up.b32 %r4, %r1, 3, 0, -1;",
     [](uint32_t l) { return 3 * (l >= 3 ? l - 3 : l); }},
    {"shfl.sync.idx.b32 %r4, %r1, 7, 31, -1;", [](uint32_t) { return 21u; }},
    // Segments of eight lanes: clamp 31, mask 24.
    {"shfl.sync.idx.b32 %r4, %r1, 2, 0x181f, -1;",
     [](uint32_t l) { return 3 * ((l & 24) + 2); }},
    {"shfl.sync.down.b32 %r2|%p0, %r1, 3, 31, -1; selp.b32 %r4, 1, 0, %p0;",
     [](uint32_t l) { return uint32_t(l + 3 < 32); }},
    {"setp.lt.u32 %p0, %r0, 5; vote.sync.ballot.b32 %r4, %p0, -1;",
     [](uint32_t) { return 31u; }},
    {"setp.lt.u32 %p0, %r0, 5; vote.sync.any.pred %p1, %p0, -1; "
     "selp.b32 %r4, 1, 0, %p1;",
     [](uint32_t) { return 1u; }},
    {"setp.lt.u32 %p0, %r0, 5; vote.sync.all.pred %p1, %p0, -1; "
     "selp.b32 %r4, 1, 0, %p1;",
     [](uint32_t) { return 0u; }},
    {"redux.sync.add.u32 %r4, %r1, -1;", [](uint32_t) { return 3u * 496; }},
    {"redux.sync.max.s32 %r4, %r1, -1;", [](uint32_t) { return 93u; }},
    {"and.b32 %r2, %r0, 1; match.any.sync.b32 %r4, %r2, -1;",
     [](uint32_t l) { return l & 1 ? 0xaaaaaaaau : 0x55555555u; }},
    {"elect.sync %r2|%p0, -1; selp.b32 %r4, 1, 0, %p0;",
     [](uint32_t l) { return uint32_t(l == 0); }},
    {"mov.u32 %r4, %lanemask_lt;",
     [](uint32_t l) { return (1u << l) - 1; }},
    // Halves of the warp ask apart.
    {"setp.lt.u32 %p0, %r0, 16;\n@%p0 shfl.sync.bfly.b32 %r4, %r1, 1, 31, "
     "0xffff;\n@!%p0 shfl.sync.bfly.b32 %r4, %r1, 2, 31, 0xffff0000;",
     [](uint32_t l) { return 3 * (l < 16 ? l ^ 1 : l ^ 2); }},
};

TEST_F(Forms, OfWarps) {
  for (const WarpForm &form : warpForms) {
    std::string body = "mul.lo.u32 %r1, %r0, 3;\n" + std::string(form.code) +
                       "\nst.global.u32 [%d1], %r4;\n";
    ASSERT_EQ(load(kernel(body)), 0) << log;
    DeviceArray<uint32_t> in(std::vector<uint32_t>(1)), out(32);
    ASSERT_EQ(launch("k", 1, 1, 32, in.address, out.address), 0) << form.code;
    std::vector<uint32_t> results = out.read();
    for (uint32_t lane = 0; lane < 32; ++lane)
      EXPECT_EQ(results[lane], form.expected(lane)) << form.code << lane;
  }
}
} // namespace
