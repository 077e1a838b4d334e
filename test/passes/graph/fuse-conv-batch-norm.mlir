// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s -strait-fuse-conv-batch-norm | FileCheck %s

// CHECK-LABEL: @fuse
// CHECK-SAME: (%[[X:.*]]: tensor<1x3x8x8xf32>)
// CHECK-DAG: %[[W:.*]] = strait.weight dense<1.000000e+00> : tensor<4x3x1x1xf32>
// CHECK: %[[S:.*]] = strait.div
// CHECK: %[[B:.*]] = strait.sub {{.*}} -> tensor<4xf32>
// CHECK: %[[R:.*]] = strait.reshape %[[S]], {{.*}} -> tensor<4x1x1x1xf32>
// CHECK: %[[V:.*]] = strait.mul %[[W]], %[[R]]
// CHECK: strait.conv %[[X]], %[[V]], %[[B]]
// CHECK-NOT: batch_norm
func.func @fuse(%x: tensor<1x3x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %w = strait.weight dense<1.0> : tensor<4x3x1x1xf32>
  %c = strait.weight dense<2.0> : tensor<4xf32>
  %y = strait.conv %x, %w
      {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
      : (tensor<1x3x8x8xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x8x8xf32>
  %z = strait.batch_norm %y, %c, %c, %c, %c epsilon(0.5)
      : (tensor<1x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>)
      -> tensor<1x4x8x8xf32>
  return %z : tensor<1x4x8x8xf32>
}

// The convolution's own result is returned, too: the norm stays.
// CHECK-LABEL: @negative_other_use
// CHECK: strait.conv
// CHECK: strait.batch_norm
func.func @negative_other_use(%x: tensor<1x3x8x8xf32>) -> (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) {
  %w = strait.weight dense<1.0> : tensor<4x3x1x1xf32>
  %c = strait.weight dense<2.0> : tensor<4xf32>
  %y = strait.conv %x, %w
      {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
      : (tensor<1x3x8x8xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x8x8xf32>
  %z = strait.batch_norm %y, %c, %c, %c, %c epsilon(0.5)
      : (tensor<1x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>)
      -> tensor<1x4x8x8xf32>
  return %y, %z : tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>
}

// CHECK-LABEL: @scale_and_shift
// CHECK-SAME: (%[[X:.*]]: tensor<1x3x8x8xf32>)
// CHECK: %[[V:.*]] = strait.mul {{.*}} -> tensor<4x3x1x1xf32>
// CHECK: %[[Y:.*]] = strait.conv %[[X]], %{{[a-z0-9]+}}, %{{[a-z0-9]+}}
// CHECK-NEXT: return %[[Y]]
func.func @scale_and_shift(%x: tensor<1x3x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %w = strait.weight dense<1.0> : tensor<4x3x1x1xf32>
  %c = strait.weight dense<2.0> : tensor<4x1x1xf32>
  %y = strait.conv %x, %w
      {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
      : (tensor<1x3x8x8xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x8x8xf32>
  %z = strait.mul %y, %c : (tensor<1x4x8x8xf32>, tensor<4x1x1xf32>) -> tensor<1x4x8x8xf32>
  %t = strait.add %c, %z : (tensor<4x1x1xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  return %t : tensor<1x4x8x8xf32>
}

// A constant along a row is not one per channel.
// CHECK-LABEL: @negative_along_row
// CHECK: strait.conv
// CHECK: strait.mul
func.func @negative_along_row(%x: tensor<1x3x4x4xf32>) -> tensor<1x4x4x4xf32> {
  %w = strait.weight dense<1.0> : tensor<4x3x1x1xf32>
  %c = strait.weight dense<2.0> : tensor<4xf32>
  %y = strait.conv %x, %w
      {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
      : (tensor<1x3x4x4xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x4x4xf32>
  %z = strait.mul %y, %c : (tensor<1x4x4x4xf32>, tensor<4xf32>) -> tensor<1x4x4x4xf32>
  return %z : tensor<1x4x4x4xf32>
}
