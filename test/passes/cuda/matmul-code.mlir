// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The PTX of a block product's main loop: the next operands are under way from
// global memory, 8 steps of 64 sums each read vectors of shared memory, and one
// barrier ends the stage.
// RUN: strait-opt %s --strait-kernels-to-nvvm | mlir-translate --mlir-to-llvmir \
// RUN:   | opt -O3 -mtriple=nvptx64-nvidia-cuda -mcpu=sm_80 \
// RUN:   | llc -O3 -mtriple=nvptx64-nvidia-cuda -mcpu=sm_80 -mattr=+ptx80 | FileCheck %s
// CHECK-LABEL: .visible .entry product(
// CHECK: .reqntid 256
// CHECK: .minnctapersm 2
// CHECK: bar.sync
// CHECK: $L__BB0_[[LOOP:[0-9]+]]:
// CHECK-COUNT-2: ld.global.v4.b32
// CHECK: ld.shared.v4.b32
// CHECK-NOT: ld.shared.b32
// CHECK-COUNT-512: fma.rn.f32
// CHECK-NOT: fma.rn.f32
// CHECK-COUNT-4: st.shared.b32
// CHECK: st.shared.v4.b32
// CHECK-NEXT: bar.sync
// CHECK: bra $L__BB0_[[LOOP]];
// CHECK-COUNT-16: st.global.v4.b32
// CHECK-NOT: {{(ld|st)\.(v4\.)?b}}
#m = affine_map<() -> (1, 256, 256)>
#p = affine_map<() -> (1, 16, 256, 16)>
kernel.func @product inputs 2 shapes([#m, #p] -> [#m]) attributes {tile = {
    columns = 128, depth = 8, rows = 128, thread_columns = 8, thread_rows = 8, threads = 256}} {
^bb0(%a: tensor<1x256x256xf32>, %b: tensor<1x16x256x16xf32>):
  %r = kernel.matmul %a, %b <packed>
      : tensor<1x256x256xf32>, tensor<1x16x256x16xf32> -> tensor<1x256x256xf32>
  kernel.yield %r : tensor<1x256x256xf32>
}

// Rows of 255 and 250 elements begin at any multiple of 4 bytes: nothing of
// them is read or written as a vector.
// CHECK-LABEL: .visible .entry negative_ragged_rows(
// CHECK-NOT: {{(ld|st)\.global\.v}}
// CHECK: ld.global.b32
// CHECK-NOT: {{(ld|st)\.global\.v}}
// CHECK-COUNT-512: fma.rn.f32
// CHECK-NOT: {{(ld|st)\.global\.v}}
// CHECK: st.global.b32
// CHECK-NOT: {{(ld|st)\.global\.v}}
// CHECK: ret;
#a = affine_map<() -> (1, 256, 255)>
#b = affine_map<() -> (1, 255, 250)>
#r = affine_map<() -> (1, 256, 250)>
kernel.func @negative_ragged_rows inputs 2 shapes([#a, #b] -> [#r]) attributes {tile = {
    columns = 128, depth = 8, rows = 128, thread_columns = 8, thread_rows = 8, threads = 256}} {
^bb0(%a: tensor<1x256x255xf32>, %b: tensor<1x255x250xf32>):
  %r = kernel.matmul %a, %b <row_major>
      : tensor<1x256x255xf32>, tensor<1x255x250xf32> -> tensor<1x256x250xf32>
  kernel.yield %r : tensor<1x256x250xf32>
}
