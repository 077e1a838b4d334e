// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s -strait-fold-parallel-convs | FileCheck %s

// 3x3, 1x1 and a scaled identity of one depthwise input.
// CHECK-LABEL: @three_branches
// CHECK-COUNT-2: strait.pad constant {{.*}} -> tensor<4x1x3x3xf32>
// CHECK: %[[Y:.*]] = strait.conv {{.*}}pads = array<i64: 1, 1, 1, 1>
// CHECK-NEXT: return %[[Y]]
func.func @three_branches(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %w3 = strait.weight dense<1.0> : tensor<4x1x3x3xf32>
  %w1 = strait.weight dense<2.0> : tensor<4x1x1x1xf32>
  %c = strait.weight dense<3.0> : tensor<4x1x1xf32>
  %d = strait.weight dense<4.0> : tensor<4xf32>
  %a = strait.conv %x, %w3, %d
      {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 4 : i64}
      : (tensor<1x4x8x8xf32>, tensor<4x1x3x3xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  %b = strait.conv %x, %w1, %d
      {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 4 : i64}
      : (tensor<1x4x8x8xf32>, tensor<4x1x1x1xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  %s = strait.mul %x, %c : (tensor<1x4x8x8xf32>, tensor<4x1x1xf32>) -> tensor<1x4x8x8xf32>
  %ab = strait.add %a, %b : (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %y = strait.add %ab, %s : (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  return %y : tensor<1x4x8x8xf32>
}

// Other strides read other positions.
// CHECK-LABEL: @negative_strides
// CHECK: strait.conv
// CHECK: strait.conv
func.func @negative_strides(%x: tensor<1x4x8x8xf32>) -> tensor<1x4x4x4xf32> {
  %w3 = strait.weight dense<1.0> : tensor<4x4x3x3xf32>
  %w1 = strait.weight dense<2.0> : tensor<4x4x5x5xf32>
  %a = strait.conv %x, %w3
      {strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 0, 0>, dilations = array<i64: 1, 1>}
      : (tensor<1x4x8x8xf32>, tensor<4x4x3x3xf32>) -> tensor<1x4x4x4xf32>
  %b = strait.conv %x, %w1
      {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
      : (tensor<1x4x8x8xf32>, tensor<4x4x5x5xf32>) -> tensor<1x4x4x4xf32>
  %y = strait.add %a, %b : (tensor<1x4x4x4xf32>, tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  return %y : tensor<1x4x4x4xf32>
}
