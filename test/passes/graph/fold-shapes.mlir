// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s -strait-fold-shapes -canonicalize | FileCheck %s

// Known sizes become constants, one open size becomes -1.
// CHECK-LABEL: @reshape
// CHECK-SAME: (%[[X:.*]]: tensor<?x2x6xf32>)
// CHECK: %[[S:.*]] = strait.weight dense<[-1, 6]> : tensor<2xi64>
// CHECK: strait.reshape %[[X]], %[[S]]
func.func @reshape(%x: tensor<?x2x6xf32>) -> tensor<?x6xf32> {
  %n = strait.shape %x dims(0 to 1) : (tensor<?x2x6xf32>) -> tensor<1xi64>
  %two = strait.weight dense<2> : tensor<1xi64>
  %m = strait.mul %n, %two : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %six = strait.shape %x dims(2 to 3) : (tensor<?x2x6xf32>) -> tensor<1xi64>
  %s = strait.concat %m, %six axis(0) : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
  %y = strait.reshape %x, %s : (tensor<?x2x6xf32>, tensor<2xi64>) -> tensor<?x6xf32>
  return %y : tensor<?x6xf32>
}

// A reshape to the same symbolic shape is nothing.
// CHECK-LABEL: @identity
// CHECK-SAME: (%[[X:.*]]: tensor<?x?xf32>)
// CHECK-NEXT: return %[[X]]
func.func @identity(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %s = strait.shape %x dims(0 to 2) : (tensor<?x?xf32>) -> tensor<2xi64>
  %y = strait.reshape %x, %s : (tensor<?x?xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// Swapped open dims are another shape.
// CHECK-LABEL: @negative_swapped_dims
// CHECK: strait.reshape
func.func @negative_swapped_dims(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %a = strait.shape %x dims(0 to 1) : (tensor<?x?xf32>) -> tensor<1xi64>
  %b = strait.shape %x dims(1 to 2) : (tensor<?x?xf32>) -> tensor<1xi64>
  %s = strait.concat %b, %a axis(0) : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
  %y = strait.reshape %x, %s : (tensor<?x?xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}
