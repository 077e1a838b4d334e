// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Norms and the plain recurrent cell.
// RUN: strait-opt %s --split-input-file --verify-diagnostics --strait-infer-shapes | FileCheck %s

// CHECK-LABEL: @norms
func.func @norms(%x: tensor<2x3xf32>, %image: tensor<1x3x4x4xf32>, %scale: tensor<3xf32>) {
  // CHECK: strait.instance_norm {{.*}} -> tensor<1x3x4x4xf32>
  %0 = strait.instance_norm %image, %scale, %scale epsilon(1.0e-05) : (tensor<1x3x4x4xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<?x?x?x?xf32>
  // CHECK: strait.log_softmax {{.*}} -> tensor<2x3xf32>
  %1 = strait.log_softmax %x axis(1) : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.rms_norm {{.*}} -> tensor<2x3xf32>
  %2 = strait.rms_norm %x, %scale axis(1) epsilon(1.0e-05) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<?x?xf32>
  return
}

// -----

// CHECK-LABEL: @cell
func.func @cell(%x: tensor<5x2x3xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>) {
  // CHECK: strait.rnn forward {{.*}} -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>)
  %y, %h = strait.rnn forward %x, %w, %r {hidden_size = 4 : i64} : (tensor<5x2x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>) -> (tensor<?x1x?x4xf32>, tensor<1x?x4xf32>)
  return
}

// -----

func.func @negative_axis(%x: tensor<2x3xf32>) {
  // expected-error @below {{op expected an axis within the operand's rank, got 2}}
  %0 = strait.log_softmax %x axis(2) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @negative_scale(%x: tensor<2x3xf32>, %s: tensor<4xf32>) {
  // expected-error @below {{op expected parameters that broadcast to 'tensor<2x3xf32>'}}
  %0 = strait.rms_norm %x, %s axis(1) epsilon(1.0) : (tensor<2x3xf32>, tensor<4xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @negative_hidden_size(%x: tensor<5x2x3xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>) {
  // expected-error @below {{op expected w [1, 5, 3]}}
  %y, %h = strait.rnn forward %x, %w, %r {hidden_size = 5 : i64} : (tensor<5x2x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>) -> (tensor<?x1x?x4xf32>, tensor<1x?x4xf32>)
  return
}
