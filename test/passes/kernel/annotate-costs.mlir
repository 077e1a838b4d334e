// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --strait-form-regions --strait-outline-kernels --strait-annotate-costs | FileCheck %s

// 2 * 3 * 4 * 16 operations; the left side, one panel and the result.
// CHECK: kernel.func @matmul_0
// CHECK-SAME: bytes = 496
// CHECK-SAME: flops = 384
func.func @main(%x: tensor<3x4xf32>) -> tensor<3x16xf32> {
  %w = strait.weight dense<1.0> : tensor<4x16xf32>
  %0 = strait.matmul %x, %w : (tensor<3x4xf32>, tensor<4x16xf32>) -> tensor<3x16xf32>
  return %0 : tensor<3x16xf32>
}

// @negative_dynamic: nothing is known of a dynamic shape.
// CHECK: kernel.func @map_0
// CHECK-NOT: flops
func.func @negative_dynamic(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %y = strait.relu %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
