// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s -strait-crop-conv-taps | FileCheck %s

// Rows: only the middle tap reaches; columns: the last one never does.
// CHECK-LABEL: @corners
// CHECK-SAME: (%[[X:.*]]: tensor
// CHECK: %[[W:.*]] = strait.slice {{.*}} axes [2, 3] {{.*}} -> tensor<4x2x1x2xf32>
// CHECK: strait.conv %[[X]], %[[W]]
// CHECK-SAME: dilations = array<i64: 1, 7>
// CHECK-SAME: pads = array<i64: 0, 6, 0, 1>
func.func @corners(%x: tensor<1x2x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %w = strait.weight dense<1.0> : tensor<4x2x3x3xf32>
  %y = strait.conv %x, %w
      {strides = array<i64: 1, 1>, pads = array<i64: 8, 6, 8, 8>, dilations = array<i64: 8, 7>}
      : (tensor<1x2x8x8xf32>, tensor<4x2x3x3xf32>) -> tensor<1x4x8x8xf32>
  return %y : tensor<1x4x8x8xf32>
}

// With one column more, the outer taps reach the edge.
// CHECK-LABEL: @negative_reached
// CHECK-NOT: strait.slice
func.func @negative_reached(%x: tensor<1x2x9x9xf32>) -> tensor<1x4x9x9xf32> {
  %w = strait.weight dense<1.0> : tensor<4x2x3x3xf32>
  %y = strait.conv %x, %w
      {strides = array<i64: 1, 1>, pads = array<i64: 8, 8, 8, 8>, dilations = array<i64: 8, 8>}
      : (tensor<1x2x9x9xf32>, tensor<4x2x3x3xf32>) -> tensor<1x4x9x9xf32>
  return %y : tensor<1x4x9x9xf32>
}

// CHECK-LABEL: @negative_dynamic
// CHECK-NOT: strait.slice
func.func @negative_dynamic(%x: tensor<1x2x?x?xf32>) -> tensor<1x4x?x?xf32> {
  %w = strait.weight dense<1.0> : tensor<4x2x3x3xf32>
  %y = strait.conv %x, %w
      {strides = array<i64: 1, 1>, pads = array<i64: 8, 8, 8, 8>, dilations = array<i64: 8, 8>}
      : (tensor<1x2x?x?xf32>, tensor<4x2x3x3xf32>) -> tensor<1x4x?x?xf32>
  return %y : tensor<1x4x?x?xf32>
}
