// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s -strait-fold-affine | FileCheck %s

// A norm after a convolution, expanded: the factor scales filters and bias.
// CHECK-LABEL: @after_conv
// CHECK-SAME: (%[[X:.*]]: tensor<1x3x8x8xf32>)
// CHECK-DAG: %[[W:.*]] = strait.weight dense<1.000000e+00> : tensor<4x3x1x1xf32>
// CHECK: %[[S:.*]] = strait.reshape {{.*}} -> tensor<4x1x1x1xf32>
// CHECK: %[[V:.*]] = strait.mul %[[W]], %[[S]]
// CHECK: %[[B:.*]] = strait.add {{.*}} -> tensor<4xf32>
// CHECK: %[[Y:.*]] = strait.conv %[[X]], %[[V]], %[[B]]
// CHECK-NEXT: return %[[Y]]
func.func @after_conv(%x: tensor<1x3x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %w = strait.weight dense<1.0> : tensor<4x3x1x1xf32>
  %b = strait.weight dense<1.0> : tensor<4xf32>
  %c = strait.weight dense<2.0> : tensor<4x1x1xf32>
  %y = strait.conv %x, %w, %b
      {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
      : (tensor<1x3x8x8xf32>, tensor<4x3x1x1xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  %z = strait.mul %y, %c : (tensor<1x4x8x8xf32>, tensor<4x1x1xf32>) -> tensor<1x4x8x8xf32>
  %t = strait.add %c, %z : (tensor<4x1x1xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  return %t : tensor<1x4x8x8xf32>
}

// A quotient is a product with the reciprocal, a difference a sum.
// CHECK-LABEL: @quotient_and_difference
// CHECK: strait.reciprocal
// CHECK: strait.neg
// CHECK: %[[Y:.*]] = strait.conv_transpose
// CHECK-NEXT: return %[[Y]]
func.func @quotient_and_difference(%x: tensor<1x3x4x4xf32>) -> tensor<1x2x8x8xf32> {
  %w = strait.weight dense<1.0> : tensor<3x2x2x2xf32>
  %c = strait.weight dense<2.0> : tensor<2x1x1xf32>
  %y = strait.conv_transpose %x, %w
      {strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, output_padding = array<i64: 0, 0>}
      : (tensor<1x3x4x4xf32>, tensor<3x2x2x2xf32>) -> tensor<1x2x8x8xf32>
  %z = strait.div %y, %c : (tensor<1x2x8x8xf32>, tensor<2x1x1xf32>) -> tensor<1x2x8x8xf32>
  %t = strait.sub %z, %c : (tensor<1x2x8x8xf32>, tensor<2x1x1xf32>) -> tensor<1x2x8x8xf32>
  return %t : tensor<1x2x8x8xf32>
}

// Preprocessing before a grouped convolution: channels of a group lie together.
// CHECK-LABEL: @before_conv
// CHECK-SAME: (%[[X:.*]]: tensor<1x4x8x8xf32>)
// CHECK: strait.reshape {{.*}} -> tensor<2x3x2x1x1xf32>
// CHECK: strait.reshape {{.*}} -> tensor<2x1x2x1x1xf32>
// CHECK: %[[SUM:.*]] = strait.reduce sum {{.*}} axes [1, 2, 3] : (tensor<6x2x1x1xf32>) -> tensor<6xf32>
// CHECK: %[[Y:.*]] = strait.conv %[[X]], %{{.*}}, %[[SUM]]
// CHECK-NEXT: return %[[Y]]
func.func @before_conv(%x: tensor<1x4x8x8xf32>) -> tensor<1x6x8x8xf32> {
  %w = strait.weight dense<1.0> : tensor<6x2x1x1xf32>
  %c = strait.weight dense<2.0> : tensor<4x1x1xf32>
  %s = strait.mul %x, %c : (tensor<1x4x8x8xf32>, tensor<4x1x1xf32>) -> tensor<1x4x8x8xf32>
  %t = strait.add %s, %c : (tensor<1x4x8x8xf32>, tensor<4x1x1xf32>) -> tensor<1x4x8x8xf32>
  %y = strait.conv %t, %w
      {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 2 : i64}
      : (tensor<1x4x8x8xf32>, tensor<6x2x1x1xf32>) -> tensor<1x6x8x8xf32>
  return %y : tensor<1x6x8x8xf32>
}

// Padding adds zeros after the sum; the factor may go.
// CHECK-LABEL: @negative_sum_before_pads
// CHECK: %[[T:.*]] = strait.add %{{.*}}
// CHECK: strait.conv %[[T]]
func.func @negative_sum_before_pads(%x: tensor<1x3x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %w = strait.weight dense<1.0> : tensor<4x3x3x3xf32>
  %c = strait.weight dense<2.0> : tensor<3x1x1xf32>
  %t = strait.add %x, %c : (tensor<1x3x8x8xf32>, tensor<3x1x1xf32>) -> tensor<1x3x8x8xf32>
  %y = strait.conv %t, %w
      {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>}
      : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32>
  return %y : tensor<1x4x8x8xf32>
}

// CHECK-LABEL: @factor_before_zero_pad
// CHECK-SAME: (%[[X:.*]]: tensor<1x3x8x8xf32>)
// CHECK: %[[P:.*]] = strait.pad constant %[[X]]
// CHECK: strait.conv %[[P]], %
// CHECK-NEXT: return
func.func @factor_before_zero_pad(%x: tensor<1x3x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %w = strait.weight dense<1.0> : tensor<4x3x3x3xf32>
  %c = strait.weight dense<2.0> : tensor<3x1x1xf32>
  %n = strait.weight dense<[0, 0, 1, 1, 0, 0, 1, 1]> : tensor<8xi64>
  %t = strait.mul %x, %c : (tensor<1x3x8x8xf32>, tensor<3x1x1xf32>) -> tensor<1x3x8x8xf32>
  %p = strait.pad constant %t, %n : (tensor<1x3x8x8xf32>, tensor<8xi64>) -> tensor<1x3x10x10xf32>
  %y = strait.conv %p, %w
      {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
      : (tensor<1x3x10x10xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32>
  return %y : tensor<1x4x8x8xf32>
}

// The convolution's own result is returned, too.
// CHECK-LABEL: @negative_other_use
// CHECK: strait.conv
// CHECK: strait.mul
func.func @negative_other_use(%x: tensor<1x3x8x8xf32>) -> (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) {
  %w = strait.weight dense<1.0> : tensor<4x3x1x1xf32>
  %c = strait.weight dense<2.0> : tensor<4x1x1xf32>
  %y = strait.conv %x, %w
      {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
      : (tensor<1x3x8x8xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x8x8xf32>
  %z = strait.mul %y, %c : (tensor<1x4x8x8xf32>, tensor<4x1x1xf32>) -> tensor<1x4x8x8xf32>
  return %y, %z : tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>
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

// A product, its bias, a factor behind and one before.
// CHECK-LABEL: @around_matmul
// CHECK-SAME: (%[[X:.*]]: tensor<?x3xf32>)
// CHECK: %[[Y:.*]] = strait.matmul %[[X]], %
// CHECK: %[[Z:.*]] = strait.add %[[Y]], %
// CHECK-NEXT: return %[[Z]]
func.func @around_matmul(%x: tensor<?x3xf32>) -> tensor<?x4xf32> {
  %w = strait.weight dense<1.0> : tensor<3x4xf32>
  %r = strait.weight dense<2.0> : tensor<3xf32>
  %c = strait.weight dense<3.0> : tensor<4xf32>
  %s = strait.weight dense<4.0> : tensor<f32>
  %p = strait.mul %x, %r : (tensor<?x3xf32>, tensor<3xf32>) -> tensor<?x3xf32>
  %y = strait.matmul %p, %w : (tensor<?x3xf32>, tensor<3x4xf32>) -> tensor<?x4xf32>
  %z = strait.add %y, %c : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %t = strait.div %z, %s : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %t : tensor<?x4xf32>
}

// A matrix that two products share is not stored twice.
// CHECK-LABEL: @negative_shared_matrix
// CHECK: strait.matmul
// CHECK: strait.matmul
// CHECK: strait.mul
func.func @negative_shared_matrix(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>) {
  %w = strait.weight dense<1.0> : tensor<3x3xf32>
  %s = strait.weight dense<4.0> : tensor<f32>
  %y = strait.matmul %x, %w : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<2x3xf32>
  %z = strait.matmul %y, %w : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<2x3xf32>
  %t = strait.mul %z, %s : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  return %t : tensor<2x3xf32>
}
