// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s -strait-evaluate-constants -canonicalize | FileCheck %s

// A chain on constants: only its end is kept.
// CHECK-LABEL: @chain
// CHECK: %[[W:.*]] = strait.weight dense<[1.000000e+00, 4.000000e+00]> : tensor<2xf32>
// CHECK: strait.mul %{{.*}}, %[[W]]
// CHECK-NEXT: return
func.func @chain(%x: tensor<2xf32>) -> tensor<2xf32> {
  %a = strait.weight dense<[3.0, 6.0]> : tensor<2xf32>
  %b = strait.weight dense<2.0> : tensor<2xf32>
  %0 = strait.sub %a, %b : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %1 = strait.max %0, %0 : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %y = strait.mul %x, %1 : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// A large result of little input is cheaper to compute than to store.
// CHECK-LABEL: @negative_growth
// CHECK: strait.expand
func.func @negative_growth(%x: tensor<1000x1000xf32>) -> tensor<1000x1000xf32> {
  %a = strait.weight dense<3.0> : tensor<1xf32>
  %n = strait.weight dense<1000> : tensor<2xi64>
  %0 = strait.expand %a, %n : (tensor<1xf32>, tensor<2xi64>) -> tensor<1000x1000xf32>
  %y = strait.mul %x, %0 : (tensor<1000x1000xf32>, tensor<1000x1000xf32>) -> tensor<1000x1000xf32>
  return %y : tensor<1000x1000xf32>
}

// A product reads the transpose of a weight as it lies.
// CHECK-LABEL: @negative_free_transpose
// CHECK: strait.transpose
func.func @negative_free_transpose(%x: tensor<2x3xf32>) -> tensor<2x2xf32> {
  %a = strait.weight dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %t = strait.transpose %a perm [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %y = strait.matmul %x, %t : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}
