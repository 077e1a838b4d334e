// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s -strait-assign-layout | FileCheck %s

// CHECK-LABEL: @pool
// CHECK-SAME: (%[[X:.*]]: tensor<1x3x8x6xf32>)
// CHECK: %[[T:.*]] = strait.transpose %[[X]] perm [0, 2, 3, 1] {{.*}} -> tensor<1x8x6x3xf32>
// CHECK: %[[P:.*]] = strait.pool max %[[T]] {{.*}}channels_last{{.*}} -> tensor<1x4x3x3xf32>
// CHECK: strait.transpose %[[P]] perm [0, 3, 1, 2] {{.*}} -> tensor<1x3x4x3xf32>
func.func @pool(%x: tensor<1x3x8x6xf32>) -> tensor<1x3x4x3xf32> {
  %y = strait.pool max %x
      {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>,
       dilations = array<i64: 1, 1>} : (tensor<1x3x8x6xf32>) -> tensor<1x3x4x3xf32>
  return %y : tensor<1x3x4x3xf32>
}

// CHECK-LABEL: @negative_channels_last_already
// CHECK-NOT: strait.transpose
func.func @negative_channels_last_already(%x: tensor<1x8x6x3xf32>) -> tensor<1x4x3x3xf32> {
  %y = strait.pool max %x
      {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>,
       dilations = array<i64: 1, 1>, layout = #strait<layout channels_last>} : (tensor<1x8x6x3xf32>) -> tensor<1x4x3x3xf32>
  return %y : tensor<1x4x3x3xf32>
}
