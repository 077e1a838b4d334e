// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s -strait-detect-attention -canonicalize | FileCheck %s

// Square roots of the scale on both sides, a mask, a guard against NaN.
// CHECK-LABEL: @split_scale
// CHECK-SAME: (%[[Q:.*]]: tensor<2x8x16x64xf32>, %[[KT:.*]]: tensor<2x8x64x16xf32>, %[[V:.*]]: tensor<2x8x16x64xf32>, %[[M:.*]]: tensor<2x1x1x16xf32>)
// CHECK: %[[K:.*]] = strait.transpose %[[KT]] perm [0, 1, 3, 2]
// CHECK: strait.attention %[[Q]], %[[K]], %[[V]], %[[M]] scale(1.250000e-01) zero_masked_rows
func.func @split_scale(%q: tensor<2x8x16x64xf32>, %kt: tensor<2x8x64x16xf32>,
                       %v: tensor<2x8x16x64xf32>, %m: tensor<2x1x1x16xf32>) -> tensor<2x8x16x64xf32> {
  %half = strait.weight dense<0.5> : tensor<f32>
  %four = strait.weight dense<4.0> : tensor<f32>
  %zero = strait.weight dense<0.0> : tensor<f32>
  %qs = strait.mul %q, %half : (tensor<2x8x16x64xf32>, tensor<f32>) -> tensor<2x8x16x64xf32>
  %ks = strait.div %kt, %four : (tensor<2x8x64x16xf32>, tensor<f32>) -> tensor<2x8x64x16xf32>
  %s = strait.matmul %qs, %ks : (tensor<2x8x16x64xf32>, tensor<2x8x64x16xf32>) -> tensor<2x8x16x16xf32>
  %t = strait.add %s, %m : (tensor<2x8x16x16xf32>, tensor<2x1x1x16xf32>) -> tensor<2x8x16x16xf32>
  %p = strait.softmax %t axis(3) : (tensor<2x8x16x16xf32>) -> tensor<2x8x16x16xf32>
  %n = strait.is_nan %p : (tensor<2x8x16x16xf32>) -> tensor<2x8x16x16xi1>
  %g = strait.select %n, %zero, %p : (tensor<2x8x16x16xi1>, tensor<f32>, tensor<2x8x16x16xf32>) -> tensor<2x8x16x16xf32>
  %o = strait.matmul %g, %v : (tensor<2x8x16x16xf32>, tensor<2x8x16x64xf32>) -> tensor<2x8x16x64xf32>
  return %o : tensor<2x8x16x64xf32>
}

// 3-D attention gets a head dim.
// CHECK-LABEL: @one_head
// CHECK: strait.attention {{.*}} scale(1.000000e+00) : {{.*}} -> tensor<2x1x16x64xf32>
func.func @one_head(%q: tensor<2x16x64xf32>, %kt: tensor<2x64x16xf32>, %v: tensor<2x16x64xf32>) -> tensor<2x16x64xf32> {
  %s = strait.matmul %q, %kt : (tensor<2x16x64xf32>, tensor<2x64x16xf32>) -> tensor<2x16x16xf32>
  %p = strait.softmax %s axis(2) : (tensor<2x16x16xf32>) -> tensor<2x16x16xf32>
  %o = strait.matmul %p, %v : (tensor<2x16x16xf32>, tensor<2x16x64xf32>) -> tensor<2x16x64xf32>
  return %o : tensor<2x16x64xf32>
}

// Softmax over the queries is something else.
// CHECK-LABEL: @negative_softmax_axis
// CHECK-NOT: strait.attention
func.func @negative_softmax_axis(%q: tensor<2x16x64xf32>, %kt: tensor<2x64x16xf32>, %v: tensor<2x16x64xf32>) -> tensor<2x16x64xf32> {
  %s = strait.matmul %q, %kt : (tensor<2x16x64xf32>, tensor<2x64x16xf32>) -> tensor<2x16x16xf32>
  %p = strait.softmax %s axis(1) : (tensor<2x16x16xf32>) -> tensor<2x16x16xf32>
  %o = strait.matmul %p, %v : (tensor<2x16x16xf32>, tensor<2x16x64xf32>) -> tensor<2x16x64xf32>
  return %o : tensor<2x16x64xf32>
}
