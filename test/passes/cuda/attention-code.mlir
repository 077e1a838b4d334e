// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The PTX of an attention's two main loops: products of staged operands, the
// second one's left side being the weights; exponentials and maxima are single
// instructions.
// RUN: strait-opt %s --strait-kernels-to-nvvm | mlir-translate --mlir-to-llvmir \
// RUN:   | opt -O3 -mtriple=nvptx64-nvidia-cuda -mcpu=sm_80 \
// RUN:   | llc -O3 -mtriple=nvptx64-nvidia-cuda -mcpu=sm_80 -mattr=+ptx80 | FileCheck %s
// CHECK-LABEL: .visible .entry heads(
// CHECK: .reqntid 128
// CHECK: bar.sync
// CHECK: $L__BB0_[[SCORES:[0-9]+]]:
// CHECK: ld.shared.v4.b32
// CHECK-NOT: ld.shared.b32
// CHECK-COUNT-512: fma.rn.f32
// CHECK: bar.sync
// CHECK: bra $L__BB0_[[SCORES]];
// CHECK-NOT: setp.nan
// CHECK: max.f32
// CHECK: shfl.sync.bfly.b32
// CHECK: ex2.approx.f32
// CHECK: st.shared.v4.b32
// CHECK: bar.sync
// CHECK: $L__BB0_[[VALUES:[0-9]+]]:
// CHECK-COUNT-512: fma.rn.f32
// CHECK: bar.sync
// CHECK: bra $L__BB0_[[VALUES]];
// CHECK-COUNT-8: st.global.v4.b32
#q = affine_map<() -> (1, 12, 256, 64)>
kernel.func @heads inputs 3 shapes([#q, #q, #q] -> [#q]) attributes {tile = {
    columns = 64, depth = 16, keys = 64, rows = 64, thread_rows = 4, threads = 128}} {
^bb0(%q: tensor<1x12x256x64xf32>, %k: tensor<1x12x256x64xf32>, %v: tensor<1x12x256x64xf32>):
  %y = kernel.attention %q, %k, %v {scale = 0.125 : f32,
      q_order = array<i64: 0, 1, 2, 3>, k_order = array<i64: 0, 1, 2, 3>,
      v_order = array<i64: 0, 1, 2, 3>, result_order = array<i64: 0, 1, 2, 3>}
      : tensor<1x12x256x64xf32>, tensor<1x12x256x64xf32>, tensor<1x12x256x64xf32> -> tensor<1x12x256x64xf32>
  kernel.yield %y : tensor<1x12x256x64xf32>
}

// Heads of 63 columns begin anywhere: they are read and stored element by
// element.
// CHECK-LABEL: .visible .entry negative_ragged_heads(
// CHECK-NOT: {{(ld|st)\.global\.v}}
// CHECK: fma.rn.f32
// CHECK-NOT: {{(ld|st)\.global\.v}}
// CHECK: ex2.approx.f32
// CHECK-NOT: {{(ld|st)\.global\.v}}
// CHECK: st.global.b32
// CHECK-NOT: {{(ld|st)\.global\.v}}
// CHECK: ret;
#h = affine_map<() -> (1, 12, 256, 63)>
kernel.func @negative_ragged_heads inputs 3 shapes([#h, #h, #h] -> [#h]) attributes {tile = {
    columns = 64, depth = 16, keys = 64, rows = 64, thread_rows = 4, threads = 128}} {
^bb0(%q: tensor<1x12x256x63xf32>, %k: tensor<1x12x256x63xf32>, %v: tensor<1x12x256x63xf32>):
  %y = kernel.attention %q, %k, %v {scale = 0.125 : f32,
      q_order = array<i64: 0, 1, 2, 3>, k_order = array<i64: 0, 1, 2, 3>,
      v_order = array<i64: 0, 1, 2, 3>, result_order = array<i64: 0, 1, 2, 3>}
      : tensor<1x12x256x63xf32>, tensor<1x12x256x63xf32>, tensor<1x12x256x63xf32> -> tensor<1x12x256x63xf32>
  kernel.yield %y : tensor<1x12x256x63xf32>
}
