// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s -strait-expand-batch-norm | FileCheck %s

// CHECK-LABEL: @expand
// CHECK-SAME: (%[[X:.*]]: tensor<1x4x8x8xf32>
// CHECK: %[[S:.*]] = strait.reshape {{.*}} -> tensor<4x1x1xf32>
// CHECK: %[[M:.*]] = strait.mul %[[X]], %[[S]]
// CHECK: strait.add %[[M]]
func.func @expand(%x: tensor<1x4x8x8xf32>, %c: tensor<4xf32>) -> tensor<1x4x8x8xf32> {
  %z = strait.batch_norm %x, %c, %c, %c, %c epsilon(0.5)
      : (tensor<1x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>)
      -> tensor<1x4x8x8xf32>
  return %z : tensor<1x4x8x8xf32>
}

// CHECK-LABEL: @negative_open_parameters
// CHECK: strait.batch_norm
func.func @negative_open_parameters(%x: tensor<1x?x8x8xf32>, %c: tensor<?xf32>) -> tensor<1x?x8x8xf32> {
  %z = strait.batch_norm %x, %c, %c, %c, %c epsilon(0.5)
      : (tensor<1x?x8x8xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>)
      -> tensor<1x?x8x8xf32>
  return %z : tensor<1x?x8x8xf32>
}
