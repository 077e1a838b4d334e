// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The PTX of a convolution's main loop: that of a product; finding a window's
// element takes few instructions, all of them in 16 bits but the address.
// RUN: strait-opt %s --strait-kernels-to-nvvm | mlir-translate --mlir-to-llvmir \
// RUN:   | opt -O3 -mtriple=nvptx64-nvidia-cuda -mcpu=sm_80 \
// RUN:   | llc -O3 -mtriple=nvptx64-nvidia-cuda -mcpu=sm_80 -mattr=+ptx80 | FileCheck %s
// CHECK-LABEL: .visible .entry conv(
// CHECK: .reqntid 256
// CHECK: .minnctapersm 1
// CHECK: bar.sync
// CHECK: $L__BB0_[[LOOP:[0-9]+]]:
// CHECK-NOT: {{div\.|ld\.global\.b32}}
// CHECK: ld.global.v4.b32
// CHECK: ld.shared.v4.b32
// CHECK-NOT: ld.shared.b32
// CHECK-COUNT-512: fma.rn.f32
// CHECK-NOT: fma.rn.f32
// CHECK: st.shared.v4.b32
// CHECK-NEXT: bar.sync
// CHECK: bra $L__BB0_[[LOOP]];
// CHECK: st.global.v4.b32
// CHECK-NOT: {{(ld|st)\.(v4\.)?b}}
#x = affine_map<() -> (1, 56, 56, 64)>
#w = affine_map<() -> (1, 8, 3, 3, 64, 16)>
#y = affine_map<() -> (1, 56, 56, 128)>
kernel.func @conv inputs 2 shapes([#x, #w] -> [#y]) attributes {tile = {
    columns = 128, depth = 8, rows = 128, thread_columns = 8, thread_rows = 8, threads = 256}} {
^bb0(%x: tensor<1x56x56x64xf32>, %w: tensor<1x8x3x3x64x16xf32>):
  %y = kernel.conv2d %x, %w strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] groups 1
      : tensor<1x56x56x64xf32>, tensor<1x8x3x3x64x16xf32> -> tensor<1x56x56x128xf32>
  kernel.yield %y : tensor<1x56x56x128xf32>
}

// Of 3 channels no vector is whole: the image is read element by element, the
// filters, in their panels, in vectors.
// CHECK-LABEL: .visible .entry negative_three_channels(
// CHECK: bar.sync
// CHECK: $L__BB1_[[LOOP:[0-9]+]]:
// CHECK: ld.global.b32
// CHECK-COUNT-512: fma.rn.f32
// CHECK: bra $L__BB1_[[LOOP]];
#x3 = affine_map<() -> (1, 56, 56, 3)>
#w3 = affine_map<() -> (1, 8, 3, 3, 3, 16)>
kernel.func @negative_three_channels inputs 2 shapes([#x3, #w3] -> [#y]) attributes {tile = {
    columns = 128, depth = 8, rows = 128, thread_columns = 8, thread_rows = 8, threads = 256}} {
^bb0(%x: tensor<1x56x56x3xf32>, %w: tensor<1x8x3x3x3x16xf32>):
  %y = kernel.conv2d %x, %w strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] groups 1
      : tensor<1x56x56x3xf32>, tensor<1x8x3x3x3x16xf32> -> tensor<1x56x56x128xf32>
  kernel.yield %y : tensor<1x56x56x128xf32>
}
