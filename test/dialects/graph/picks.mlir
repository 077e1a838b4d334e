// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that pick, place and repeat elements.
// RUN: strait-opt %s --split-input-file --verify-diagnostics --strait-infer-shapes | FileCheck %s

// CHECK-LABEL: @picks
func.func @picks(%x: tensor<2x3xf32>, %ix: tensor<2x2xi64>, %nd: tensor<4x1xi64>, %u: tensor<2x2xf32>, %v: tensor<4x3xf32>) {
  // CHECK: strait.gather_elements {{.*}} -> tensor<2x2xf32>
  %0 = strait.gather_elements %x, %ix axis(1) : (tensor<2x3xf32>, tensor<2x2xi64>) -> tensor<?x?xf32>
  // CHECK: strait.gather_nd {{.*}} -> tensor<4x3xf32>
  %1 = strait.gather_nd %x, %nd batch_dims(0) : (tensor<2x3xf32>, tensor<4x1xi64>) -> tensor<?x?xf32>
  // CHECK: strait.scatter_elements {{.*}} -> tensor<2x3xf32>
  %2 = strait.scatter_elements assign %x, %ix, %u axis(1) : (tensor<2x3xf32>, tensor<2x2xi64>, tensor<2x2xf32>) -> tensor<?x?xf32>
  // CHECK: strait.scatter_nd {{.*}} -> tensor<2x3xf32>
  %3 = strait.scatter_nd assign %x, %nd, %v : (tensor<2x3xf32>, tensor<4x1xi64>, tensor<4x3xf32>) -> tensor<?x?xf32>
  return
}

// -----

// What the values of an operand say is known where the operand is constant.
// CHECK-LABEL: @made
func.func @made(%x: tensor<2x3xf32>, %ids: tensor<4xi64>, %hot: tensor<2xf32>) {
  %depth = strait.weight dense<7> : tensor<i64>
  %low = strait.weight dense<1> : tensor<i64>
  %repeats = strait.weight dense<[2, 1]> : tensor<2xi64>
  // CHECK: strait.eye_like {{.*}} -> tensor<2x3xf32>
  %0 = strait.eye_like %x k(0) : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.one_hot {{.*}} -> tensor<4x7xf32>
  %1 = strait.one_hot %ids, %depth, %hot axis(1) : (tensor<4xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x?xf32>
  // CHECK: strait.range {{.*}} -> tensor<6xi64>
  %2 = strait.range %low, %depth, %low : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  // CHECK: strait.size {{.*}} -> tensor<i64>
  %3 = strait.size %x : (tensor<2x3xf32>) -> tensor<i64>
  // CHECK: strait.tile {{.*}} -> tensor<4x3xf32>
  %4 = strait.tile %x, %repeats : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  return
}

// -----

func.func @negative_indices_rank(%x: tensor<2x3xf32>, %i: tensor<2xi64>) {
  // expected-error @below {{op expected indices of rank 2, got 1}}
  %0 = strait.gather_elements %x, %i axis(1) : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<2xf32>
  return
}

// -----

func.func @negative_axis(%x: tensor<2x3xf32>, %i: tensor<2x2xi64>) {
  // expected-error @below {{op expected an axis within the operand's rank, got 2}}
  %0 = strait.gather_elements %x, %i axis(2) : (tensor<2x3xf32>, tensor<2x2xi64>) -> tensor<2x2xf32>
  return
}

// -----

func.func @negative_tuples(%x: tensor<2x3xf32>, %i: tensor<2x4xi64>) {
  // expected-error @below {{op expected index tuples of at most 2 entries, got 4}}
  %0 = strait.gather_nd %x, %i batch_dims(0) : (tensor<2x3xf32>, tensor<2x4xi64>) -> tensor<2xf32>
  return
}

// -----

func.func @negative_updates(%x: tensor<2x3xf32>, %i: tensor<2x2xi64>, %u: tensor<2x2x2xf32>) {
  // expected-error @below {{op expected updates of the shape of indices}}
  %0 = strait.scatter_elements assign %x, %i, %u axis(1) : (tensor<2x3xf32>, tensor<2x2xi64>, tensor<2x2x2xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @negative_slices(%x: tensor<2x3xf32>, %i: tensor<4x1xi64>, %u: tensor<4x2xf32>) {
  // expected-error @below {{op expected updates of rank 2 that fit the indices}}
  %0 = strait.scatter_nd assign %x, %i, %u : (tensor<2x3xf32>, tensor<4x1xi64>, tensor<4x2xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @negative_eye(%x: tensor<2x3x4xf32>) {
  // expected-error @below {{op expected an operand of rank 2}}
  %0 = strait.eye_like %x k(0) : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  return
}

// -----

func.func @negative_repeats(%x: tensor<2x3xf32>, %r: tensor<3xi64>) {
  // expected-error @below {{op expected repeats with 2 entries}}
  %0 = strait.tile %x, %r : (tensor<2x3xf32>, tensor<3xi64>) -> tensor<?x?xf32>
  return
}

// -----

func.func @negative_mixed_range(%a: tensor<i64>, %b: tensor<f32>) {
  // expected-error @below {{op expected operands of the result's element type 'i64', got 'tensor<f32>'}}
  %0 = strait.range %a, %b, %a : (tensor<i64>, tensor<f32>, tensor<i64>) -> tensor<?xi64>
  return
}
