// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s -strait-propagate-transposes | FileCheck %s

// CHECK-LABEL: @cancel
// CHECK-SAME: (%[[X:.*]]: tensor<1x8x6x3xf32>)
// CHECK-NEXT: %[[Y:.*]] = strait.relu %[[X]]
// CHECK-NEXT: return %[[Y]]
func.func @cancel(%x: tensor<1x8x6x3xf32>) -> tensor<1x8x6x3xf32> {
  %a = strait.transpose %x perm [0, 3, 1, 2] : (tensor<1x8x6x3xf32>) -> tensor<1x3x8x6xf32>
  %b = strait.relu %a : (tensor<1x3x8x6xf32>) -> tensor<1x3x8x6xf32>
  %c = strait.transpose %b perm [0, 2, 3, 1] : (tensor<1x3x8x6xf32>) -> tensor<1x8x6x3xf32>
  return %c : tensor<1x8x6x3xf32>
}

// A gate: the mean keeps its dims, so that its transpose is a reshape.
// CHECK-LABEL: @gate
// CHECK-SAME: (%[[X:.*]]: tensor<?x8x6x3xf32>)
// CHECK: %[[M:.*]] = strait.reduce mean %[[X]] axes [1, 2] keep_dims {{.*}} -> tensor<?x1x1x3xf32>
// CHECK-NEXT: %[[Y:.*]] = strait.mul %[[X]], %[[M]]
// CHECK-NEXT: return %[[Y]]
func.func @gate(%x: tensor<?x8x6x3xf32>) -> tensor<?x8x6x3xf32> {
  %a = strait.transpose %x perm [0, 3, 1, 2] : (tensor<?x8x6x3xf32>) -> tensor<?x3x8x6xf32>
  %m = strait.reduce mean %a axes [2, 3] keep_dims : (tensor<?x3x8x6xf32>) -> tensor<?x3x1x1xf32>
  %b = strait.mul %a, %m : (tensor<?x3x8x6xf32>, tensor<?x3x1x1xf32>) -> tensor<?x3x8x6xf32>
  %c = strait.transpose %b perm [0, 2, 3, 1] : (tensor<?x3x8x6xf32>) -> tensor<?x8x6x3xf32>
  return %c : tensor<?x8x6x3xf32>
}

// Patches to tokens: [N, C, H, W] to [N, HW, C] is only a reshape of [N, H, W, C].
// CHECK-LABEL: @tokens
// CHECK-SAME: (%[[X:.*]]: tensor<?x8x6x3xf32>)
// CHECK: %[[Y:.*]] = strait.reshape %[[X]], {{.*}} -> tensor<?x48x3xf32>
// CHECK-NEXT: return %[[Y]]
func.func @tokens(%x: tensor<?x8x6x3xf32>) -> tensor<?x48x3xf32> {
  %a = strait.transpose %x perm [0, 3, 1, 2] : (tensor<?x8x6x3xf32>) -> tensor<?x3x8x6xf32>
  %s = strait.weight dense<[0, 3, -1]> : tensor<3xi64>
  %b = strait.reshape %a, %s : (tensor<?x3x8x6xf32>, tensor<3xi64>) -> tensor<?x3x48xf32>
  %c = strait.transpose %b perm [0, 2, 1] : (tensor<?x3x48xf32>) -> tensor<?x48x3xf32>
  return %c : tensor<?x48x3xf32>
}

// Merging dims that the transpose has pulled apart needs the transpose.
// CHECK-LABEL: @negative_merged_heads
// CHECK: strait.transpose
// CHECK-NEXT: strait.weight
// CHECK-NEXT: strait.reshape
func.func @negative_merged_heads(%x: tensor<2x8x6x3xf32>) -> tensor<2x6x24xf32> {
  %a = strait.transpose %x perm [0, 2, 1, 3] : (tensor<2x8x6x3xf32>) -> tensor<2x6x8x3xf32>
  %s = strait.weight dense<[0, 6, 24]> : tensor<3xi64>
  %b = strait.reshape %a, %s : (tensor<2x6x8x3xf32>, tensor<3xi64>) -> tensor<2x6x24xf32>
  return %b : tensor<2x6x24xf32>
}

// The other operand is not transposed.
// CHECK-LABEL: @negative_other_operand
// CHECK: strait.transpose
// CHECK-NEXT: strait.add
func.func @negative_other_operand(%x: tensor<1x8x6x3xf32>, %y: tensor<1x3x8x6xf32>) -> tensor<1x3x8x6xf32> {
  %a = strait.transpose %x perm [0, 3, 1, 2] : (tensor<1x8x6x3xf32>) -> tensor<1x3x8x6xf32>
  %b = strait.add %a, %y : (tensor<1x3x8x6xf32>, tensor<1x3x8x6xf32>) -> tensor<1x3x8x6xf32>
  return %b : tensor<1x3x8x6xf32>
}

// An instance norm learns that its channels are last.
// CHECK-LABEL: @instance_norm
// CHECK-SAME: (%[[X:.*]]: tensor<1x8x6x3xf32>
// CHECK: %[[Y:.*]] = strait.instance_norm %[[X]], {{.*}}channels_last
// CHECK-NEXT: return %[[Y]]
func.func @instance_norm(%x: tensor<1x8x6x3xf32>, %s: tensor<3xf32>) -> tensor<1x8x6x3xf32> {
  %a = strait.transpose %x perm [0, 3, 1, 2] : (tensor<1x8x6x3xf32>) -> tensor<1x3x8x6xf32>
  %b = strait.instance_norm %a, %s, %s epsilon(1.0e-5) : (tensor<1x3x8x6xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3x8x6xf32>
  %c = strait.transpose %b perm [0, 2, 3, 1] : (tensor<1x3x8x6xf32>) -> tensor<1x8x6x3xf32>
  return %c : tensor<1x8x6x3xf32>
}

// @negative_instance_norm: the dims beside the channels would change places.
// CHECK-LABEL: @negative_instance_norm
// CHECK: strait.transpose
// CHECK: strait.instance_norm
// CHECK-NOT: channels_last
func.func @negative_instance_norm(%x: tensor<1x8x6x3xf32>, %s: tensor<3xf32>) -> tensor<1x3x6x8xf32> {
  %a = strait.transpose %x perm [0, 3, 2, 1] : (tensor<1x8x6x3xf32>) -> tensor<1x3x6x8xf32>
  %b = strait.instance_norm %a, %s, %s epsilon(1.0e-5) : (tensor<1x3x6x8xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3x6x8xf32>
  return %b : tensor<1x3x6x8xf32>
}
