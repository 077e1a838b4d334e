// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s -split-input-file -verify-diagnostics -strait-infer-shapes | FileCheck %s

// A named dim keeps its identity: the sum of two tensors over "n" is one over
// "n", and -1 stands for what is left.
// CHECK-LABEL: @reshape_of_shape
// CHECK: strait.reshape {{.*}} -> tensor<?x6xf32>
func.func @reshape_of_shape(
    %x: tensor<?x2x3xf32> {strait.dim_names = ["n", "", ""]}) -> tensor<*xf32> {
  %shape = strait.shape %x dims(0 to 1) : (tensor<?x2x3xf32>) -> tensor<*xi64>
  %rest = strait.weight dense<-1> : tensor<1xi64>
  %to = strait.concat %shape, %rest axis(0) : (tensor<*xi64>, tensor<1xi64>) -> tensor<*xi64>
  %y = strait.reshape %x, %to : (tensor<?x2x3xf32>, tensor<*xi64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

// CHECK-LABEL: @convolution
// CHECK: strait.conv {{.*}} -> tensor<?x4x?x4xf32>
// CHECK: strait.pool {{.*}} -> tensor<?x4x?x2xf32>
func.func @convolution(%x: tensor<?x3x?x8xf32>, %w: tensor<4x3x3x3xf32>) -> tensor<*xf32> {
  %y = strait.conv %x, %w
      {strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>}
      : (tensor<?x3x?x8xf32>, tensor<4x3x3x3xf32>) -> tensor<*xf32>
  %z = strait.pool max %y
      {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>,
       dilations = array<i64: 1, 1>, ceil_mode}
      : (tensor<*xf32>) -> tensor<*xf32>
  return %z : tensor<*xf32>
}

// -----

// A pool's window larger than its input is partial, as in onnxruntime, as long
// as it lacks less than a stride; @negative_ a convolution's is refused.
// CHECK-LABEL: @partial_window
// CHECK: strait.pool {{.*}} -> tensor<1x4x1x0xf32>
func.func @partial_window(%x: tensor<1x4x1x2xf32>) -> tensor<*xf32> {
  %y = strait.pool max %x
      {kernel = array<i64: 2, 5>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>,
       dilations = array<i64: 1, 1>}
      : (tensor<1x4x1x2xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @negative_partial_window(%x: tensor<1x1x1x4xf32>, %w: tensor<1x1x1x9xf32>) -> tensor<*xf32> {
  // expected-error @+1 {{expected operands that give a non-negative result size, got -1}}
  %y = strait.conv %x, %w
      {strides = array<i64: 1, 3>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
      : (tensor<1x1x1x4xf32>, tensor<1x1x1x9xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

// A relation that cannot hold is an error at once.
func.func @negative_broken_assumption(%x: tensor<0x4xf32>, %i: tensor<2xi64>) -> tensor<*xf32> {
  // expected-error @+1 {{expected the gathered size to be at least 1, got 0}}
  %y = strait.gather %x, %i axis(0) : (tensor<0x4xf32>, tensor<2xi64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

// A carried dim that grows stays open.
// CHECK-LABEL: @loop
// CHECK: strait.loop {{.*}} -> (tensor<?x4xf32>, tensor<?x4xf32>)
func.func @loop(%n: tensor<i64>, %x: tensor<1x4xf32>, %row: tensor<4xf32>) -> tensor<*xf32> {
  %last, %all = strait.loop trip_count(%n) carried(%x)
      : (tensor<i64>, tensor<1x4xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %v: tensor<*xf32>):
    %next = strait.concat %v, %v axis(0) : (tensor<*xf32>, tensor<*xf32>) -> tensor<*xf32>
    strait.yield %c, %next, %row : tensor<i1>, tensor<*xf32>, tensor<4xf32>
  }
  return %last : tensor<*xf32>
}

// -----

func.func @negative_inner_dims(%a: tensor<2x3xf32>, %b: tensor<4x5xf32>) -> tensor<*xf32> {
  // expected-error @+1 {{'strait.matmul' op expected equal inner dims, got 3 and 4}}
  %y = strait.matmul %a, %b : (tensor<2x3xf32>, tensor<4x5xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @negative_contradicted_type(%a: tensor<2x3xf32>) -> tensor<2x4xf32> {
  // expected-error @+1 {{'strait.relu' op expected a result like 'tensor<2x3xf32>', got 'tensor<2x4xf32>'}}
  %y = strait.relu %a : (tensor<2x3xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}
