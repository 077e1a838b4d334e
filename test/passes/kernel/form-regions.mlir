// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --split-input-file --verify-diagnostics --strait-form-regions | FileCheck %s

// One op is one region; the dynamic extent is a size.
// CHECK-LABEL: func.func @elementwise
// CHECK: %[[N:.+]] = tensor.dim %arg0
// CHECK: kernel.region ins(%arg0 : tensor<?x8xf32>) sizes(%[[N]])
// CHECK: linalg.generic
func.func @elementwise(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %y = strait.relu %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// A constant right-hand side is packed in panels of 16 columns.
// CHECK-LABEL: func.func @matmul
// CHECK: strait.weight dense_resource<packed> : tensor<1x2x4x16xf32>
// CHECK: kernel.matmul {{.*}} <packed>
func.func @matmul(%x: tensor<3x4xf32>) -> tensor<3x20xf32> {
  %w = strait.weight dense<1.0> : tensor<4x20xf32>
  %y = strait.matmul %x, %w : (tensor<3x4xf32>, tensor<4x20xf32>) -> tensor<3x20xf32>
  return %y : tensor<3x20xf32>
}

// -----

// A softmax is a cascade of four steps over shared rows.
// CHECK-LABEL: func.func @softmax
// CHECK: kernel.region
// CHECK-SAME: row_rank = 1
// CHECK-COUNT-4: linalg.generic
func.func @softmax(%x: tensor<5x7xf32>) -> tensor<5x7xf32> {
  %y = strait.softmax %x axis(1) : (tensor<5x7xf32>) -> tensor<5x7xf32>
  return %y : tensor<5x7xf32>
}

// -----

// A pool whose only window is partial has one row: the larger of two sizes.
// CHECK-LABEL: func.func @partial_window
// CHECK: %[[H:.+]] = tensor.dim %arg0
// CHECK: %[[FIT:.+]] = affine.apply {{.*}}%[[H]]
// CHECK: %[[ROWS:.+]] = arith.maxsi %[[FIT]], %c1
// CHECK: kernel.region {{.*}} sizes(%[[H]], %[[ROWS]])
func.func @partial_window(%x: tensor<1x?x8x4xf32>) -> tensor<1x?x4x4xf32> {
  %y = strait.pool max %x
      {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>,
       dilations = array<i64: 1, 1>, layout = #strait<layout channels_last>}
      : (tensor<1x?x8x4xf32>) -> tensor<1x?x4x4xf32>
  return %y : tensor<1x?x4x4xf32>
}

// -----

// @negative_reshape: the same elements in the same order need no region.
// CHECK-LABEL: func.func @negative_reshape
// CHECK-NOT: kernel.region
// CHECK: kernel.reshape
func.func @negative_reshape(%x: tensor<2x6xf32>) -> tensor<3x4xf32> {
  %s = strait.weight dense<[3, 4]> : tensor<2xi64>
  %y = strait.reshape %x, %s : (tensor<2x6xf32>, tensor<2xi64>) -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}

// -----

// @negative_no_form: an op without a form is refused, naming it.
func.func @negative_no_form(%x: tensor<4xf32>) -> tensor<1x?xi64> {
  // expected-error @below {{has no form at the kernel level}}
  %y = strait.non_zero %x : (tensor<4xf32>) -> tensor<1x?xi64>
  return %y : tensor<1x?xi64>
}
