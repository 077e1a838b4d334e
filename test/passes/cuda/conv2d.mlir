// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --strait-lower-kernels-to-cuda --split-input-file \
// RUN:   --verify-diagnostics | FileCheck %s

#x = affine_map<() -> (1, 8, 8, 8)>
#w = affine_map<() -> (2, 1, 3, 3, 4, 16)>
#y = affine_map<() -> (1, 8, 8, 32)>

// A product of 64 pixels by 16 channels, for each of two groups: what lies in the
// padding is loaded from somewhere and taken as zero.
// CHECK-LABEL: func.func private @grouped__body(
// CHECK-SAME: nvvm.reqntid = array<i32: 64>
// CHECK: %[[Y:.*]] = arith.cmpi ult
// CHECK: %[[X:.*]] = arith.cmpi ult
// CHECK: %[[INSIDE:.*]] = arith.andi %[[Y]], %[[X]]
// CHECK: %[[AT:.*]] = arith.select %[[INSIDE]]
// CHECK: %[[PIXEL:.*]] = vector.load %{{.*}}[%[[AT]]] {alignment = 16 : i64}
// CHECK: arith.select %[[INSIDE]], %[[PIXEL]], %{{.*}} : vector<4xf32>
// CHECK: scf.for
// CHECK-COUNT-64: vector.fma
// CHECK-NOT: vector.fma
// CHECK-COUNT-4: vector.store {{.*}} {alignment = 16 : i64} : memref<?xf32>, vector<4xf32>
// CHECK: return
kernel.func @grouped inputs 2 shapes([#x, #w] -> [#y]) attributes {tile = {
    columns = 32, depth = 16, rows = 32, thread_columns = 4, thread_rows = 4, threads = 64}} {
^bb0(%x: tensor<1x8x8x8xf32>, %w: tensor<2x1x3x3x4x16xf32>):
  %y = kernel.conv2d %x, %w strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] groups 2
      : tensor<1x8x8x8xf32>, tensor<2x1x3x3x4x16xf32> -> tensor<1x8x8x32xf32>
  kernel.yield %y : tensor<1x8x8x32xf32>
}

// -----

#x = affine_map<() -> (1, 8, 8, 8)>
#w = affine_map<() -> (1, 1, 3, 3, 8, 16)>
#y = affine_map<() -> (1, 6, 6, 16)>

// Without padding all elements exist.
// CHECK-LABEL: func.func private @negative_padding__body(
// CHECK-NOT: arith.cmpi ult
kernel.func @negative_padding inputs 2 shapes([#x, #w] -> [#y]) attributes {tile = {
    columns = 32, depth = 8, rows = 32, thread_columns = 4, thread_rows = 4, threads = 64}} {
^bb0(%x: tensor<1x8x8x8xf32>, %w: tensor<1x1x3x3x8x16xf32>):
  %y = kernel.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x8x8x8xf32>, tensor<1x1x3x3x8x16xf32> -> tensor<1x6x6x16xf32>
  kernel.yield %y : tensor<1x6x6x16xf32>
}

// -----

#x = affine_map<() -> (1, 8, 8, 8)>
#w = affine_map<() -> (1, 1, 3, 3, 8, 16)>
#y = affine_map<() -> (1, 6, 6, 16)>
kernel.func @negative_strides inputs 2 shapes([#x, #w] -> [#y]) attributes {tile = {
    columns = 32, depth = 8, rows = 32, thread_columns = 4, thread_rows = 4, threads = 64}} {
^bb0(%x: tensor<1x8x8x8xf32>, %w: tensor<1x1x3x3x8x16xf32>):
  // expected-error @below {{expected strides and dilations of at least 1, found 0}}
  %y = kernel.conv2d %x, %w strides [0, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x8x8x8xf32>, tensor<1x1x3x3x8x16xf32> -> tensor<1x6x6x16xf32>
  kernel.yield %y : tensor<1x6x6x16xf32>
}

// -----

#x = affine_map<()[s0] -> (1, 8, 8, 8)>
#w = affine_map<()[s0] -> (1, s0, 3, 3, 8, 16)>
#y = affine_map<()[s0] -> (1, 6, 6, 16)>
kernel.func @negative_weights inputs 2 shapes([#x, #w] -> [#y]) attributes {tile = {
    columns = 32, depth = 8, rows = 32, thread_columns = 4, thread_rows = 4, threads = 64}} {
^bb0(%x: tensor<1x8x8x8xf32>, %w: tensor<1x?x3x3x8x16xf32>, %n: index):
  // expected-error @below {{expected static weights and channels}}
  %y = kernel.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
      : tensor<1x8x8x8xf32>, tensor<1x?x3x3x8x16xf32> -> tensor<1x6x6x16xf32>
  kernel.yield %y : tensor<1x6x6x16xf32>
}
