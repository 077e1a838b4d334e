// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The examples of the op documents: they parse, print and parse again, and the
// shape rules agree with their types.
// RUN: strait-opt %s | strait-opt -strait-infer-shapes | FileCheck %s

// CHECK-LABEL: @elementwise
func.func @elementwise(%x: tensor<4xf32>, %i: tensor<4xi64>, %b: tensor<4xi1>,
                       %u: tensor<4xui8>, %s: tensor<f32>, %n: tensor<i64>) {
  // CHECK: strait.relu {{.*}} : (tensor<4xf32>) -> tensor<4xf32>
  %0 = strait.relu %x : (tensor<4xf32>) -> tensor<4xf32>
  // CHECK: strait.leaky_relu {{.*}} alpha(1.000000e+00)
  %1 = strait.leaky_relu %x alpha(1.0) : (tensor<4xf32>) -> tensor<4xf32>
  // CHECK: strait.selu {{.*}} alpha(1.000000e+00) gamma(5.000000e-01)
  %2 = strait.selu %x alpha(1.0) gamma(0.5) : (tensor<4xf32>) -> tensor<4xf32>
  // CHECK: strait.gelu {{.*}} tanh
  %3 = strait.gelu %x tanh : (tensor<4xf32>) -> tensor<4xf32>
  // CHECK: strait.is_inf {{.*}} positive negative
  %4 = strait.is_inf %x positive negative : (tensor<4xf32>) -> tensor<4xi1>
  // CHECK: strait.cast {{.*}} : (tensor<4xf32>) -> tensor<4xi64>
  %5 = strait.cast %x : (tensor<4xf32>) -> tensor<4xi64>
  // CHECK: strait.add {{.*}} : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %6 = strait.add %x, %s : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  // CHECK: strait.mod {{.*}} : (tensor<4xi64>, tensor<i64>) -> tensor<4xi64>
  %7 = strait.mod %i, %n : (tensor<4xi64>, tensor<i64>) -> tensor<4xi64>
  // CHECK: strait.shift left
  %8 = strait.shift left %u, %u : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xui8>
  // CHECK: strait.compare lt
  %9 = strait.compare lt %x, %s : (tensor<4xf32>, tensor<f32>) -> tensor<4xi1>
  // CHECK: strait.select
  %10 = strait.select %b, %x, %s : (tensor<4xi1>, tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return
}

// CHECK-LABEL: @linear
func.func @linear(%a: tensor<2x3x4xf32>, %b: tensor<4x5xf32>, %x: tensor<1x3x8x8xf32>,
                  %w: tensor<4x3x3x3xf32>, %bias: tensor<4xf32>, %wt: tensor<3x2x2x2xf32>,
                  %q: tensor<2x8x16x64xf32>, %m: tensor<2x1x1x16xf32>) {
  // CHECK: strait.matmul {{.*}} -> tensor<2x3x5xf32>
  %0 = strait.matmul %a, %b : (tensor<2x3x4xf32>, tensor<4x5xf32>) -> tensor<2x3x5xf32>
  // CHECK: strait.conv {{.*}} -> tensor<1x4x8x8xf32>
  %1 = strait.conv %x, %w, %bias
      {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>}
      : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  // CHECK: strait.conv_transpose {{.*}} -> tensor<1x2x16x16xf32>
  %2 = strait.conv_transpose %x, %wt
      {strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>,
       dilations = array<i64: 1, 1>, output_padding = array<i64: 0, 0>}
      : (tensor<1x3x8x8xf32>, tensor<3x2x2x2xf32>) -> tensor<1x2x16x16xf32>
  // CHECK: strait.attention {{.*}} scale(1.250000e-01) causal
  %3 = strait.attention %q, %q, %q, %m scale(0.125) causal
      : (tensor<2x8x16x64xf32>, tensor<2x8x16x64xf32>, tensor<2x8x16x64xf32>, tensor<2x1x1x16xf32>)
      -> tensor<2x8x16x64xf32>
  return
}

// CHECK-LABEL: @reductions
func.func @reductions(%x: tensor<2x4xf32>, %s: tensor<4xf32>, %y: tensor<2x4x8x8xf32>, %k: tensor<1xi64>) {
  // CHECK: strait.reduce sum {{.*}} axes [1] keep_dims
  %0 = strait.reduce sum %x axes [1] keep_dims : (tensor<2x4xf32>) -> tensor<2x1xf32>
  // CHECK: strait.arg_reduce max {{.*}} axis(1)
  %1 = strait.arg_reduce max %x axis(1) : (tensor<2x4xf32>) -> tensor<2xi64>
  // CHECK: strait.softmax {{.*}} axis(1)
  %2 = strait.softmax %x axis(1) : (tensor<2x4xf32>) -> tensor<2x4xf32>
  // CHECK: strait.layer_norm {{.*}} axis(1) epsilon(5.000000e-01)
  %3 = strait.layer_norm %x, %s, %s axis(1) epsilon(0.5)
      : (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  // CHECK: strait.group_norm {{.*}} groups(2)
  %4 = strait.group_norm %y, %s, %s groups(2) epsilon(0.5)
      : (tensor<2x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4x8x8xf32>
  // CHECK: strait.batch_norm
  %5 = strait.batch_norm %y, %s, %s, %s, %s epsilon(0.5)
      : (tensor<2x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>)
      -> tensor<2x4x8x8xf32>
  // CHECK: strait.pool max
  %6 = strait.pool max %y
      {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>,
       dilations = array<i64: 1, 1>} : (tensor<2x4x8x8xf32>) -> tensor<2x4x4x4xf32>
  // CHECK: strait.cum_sum {{.*}} axis(1) exclusive reverse
  %7 = strait.cum_sum %x axis(1) exclusive reverse : (tensor<2x4xf32>) -> tensor<2x4xf32>
  // CHECK: strait.top_k {{.*}} -> (tensor<2x?xf32>, tensor<2x?xi64>)
  %8, %9 = strait.top_k %x, %k axis(1) : (tensor<2x4xf32>, tensor<1xi64>) -> (tensor<2x?xf32>, tensor<2x?xi64>)
  return
}

// CHECK-LABEL: @movement
func.func @movement(%x: tensor<2x6xf32>, %i: tensor<3xi64>, %p: tensor<4xi64>, %s: tensor<2xi64>,
                    %y: tensor<1x3x4x4xf32>) {
  %shape = strait.weight dense<[3, -1]> : tensor<2xi64>
  // CHECK: strait.reshape {{.*}} -> tensor<3x4xf32>
  %0 = strait.reshape %x, %shape : (tensor<2x6xf32>, tensor<2xi64>) -> tensor<3x4xf32>
  // CHECK: strait.transpose {{.*}} perm [1, 0]
  %1 = strait.transpose %x perm [1, 0] : (tensor<2x6xf32>) -> tensor<6x2xf32>
  // CHECK: strait.concat {{.*}} axis(1)
  %2 = strait.concat %x, %x axis(1) : (tensor<2x6xf32>, tensor<2x6xf32>) -> tensor<2x12xf32>
  %begin = strait.weight dense<-5> : tensor<1xi64>
  %end = strait.weight dense<100> : tensor<1xi64>
  %step = strait.weight dense<2> : tensor<1xi64>
  // CHECK: strait.slice {{.*}} axes [1] {{.*}} -> tensor<2x3xf32>
  %3 = strait.slice %x, %begin, %end, %step axes [1]
      : (tensor<2x6xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<2x3xf32>
  // CHECK: strait.split {{.*}} axis(1) sizes [2, 4]
  %4, %5 = strait.split %x axis(1) sizes [2, 4] : (tensor<2x6xf32>) -> (tensor<2x2xf32>, tensor<2x4xf32>)
  // CHECK: strait.pad reflect
  %6 = strait.pad reflect %x, %p : (tensor<2x6xf32>, tensor<4xi64>) -> tensor<?x?xf32>
  // CHECK: strait.gather {{.*}} axis(1)
  %7 = strait.gather %x, %i axis(1) : (tensor<2x6xf32>, tensor<3xi64>) -> tensor<2x3xf32>
  // CHECK: strait.expand
  %8 = strait.expand %i, %s : (tensor<3xi64>, tensor<2xi64>) -> tensor<?x3xi64>
  // CHECK: strait.resize nearest {{.*}} sizes {{.*}} axes [2, 3]
  %9 = strait.resize nearest %y sizes %s axes [2, 3]
      {coordinate_transform = #strait<coordinate_transform asymmetric>}
      : (tensor<1x3x4x4xf32>, tensor<2xi64>) -> tensor<1x3x?x?xf32>
  // CHECK: strait.require_dim %{{.*}} axis(0) at_least(2)
  %13 = strait.require_dim %x axis(0) at_least(2) : (tensor<2x6xf32>) -> tensor<2x6xf32>
  // CHECK: strait.shape {{.*}} dims(0 to 2)
  %10 = strait.shape %x dims(0 to 2) : (tensor<2x6xf32>) -> tensor<2xi64>
  // CHECK: strait.trilu {{.*}} upper
  %11 = strait.trilu %x upper : (tensor<2x6xf32>) -> tensor<2x6xf32>
  // CHECK: strait.non_zero {{.*}} -> tensor<2x?xi64>
  %12 = strait.non_zero %x : (tensor<2x6xf32>) -> tensor<2x?xi64>
  return
}

// CHECK-LABEL: @recurrent
func.func @recurrent(%x: tensor<7x2x3xf32>, %w: tensor<1x20x3xf32>, %r: tensor<1x20x5xf32>, %b: tensor<1x20xf32>,
                     %gw: tensor<1x15x3xf32>, %gr: tensor<1x15x5xf32>, %gb: tensor<1x15xf32>, %hb: tensor<1x5xf32>) {
  // CHECK: strait.lstm forward {{.*}} bias(%{{.*}})
  %y, %h, %c = strait.lstm forward %x, %w, %r bias(%b) {hidden_size = 5 : i64}
      : (tensor<7x2x3xf32>, tensor<1x20x3xf32>, tensor<1x20x5xf32>, tensor<1x20xf32>)
      -> (tensor<7x1x2x5xf32>, tensor<1x2x5xf32>, tensor<1x2x5xf32>)
  // CHECK: strait.gru reverse {{.*}} bias(%{{.*}}) hidden_bias(%{{.*}})
  %y1, %h1 = strait.gru reverse %x, %gw, %gr bias(%gb) hidden_bias(%hb) {hidden_size = 5 : i64, linear_before_reset}
      : (tensor<7x2x3xf32>, tensor<1x15x3xf32>, tensor<1x15x5xf32>, tensor<1x15xf32>, tensor<1x5xf32>)
      -> (tensor<7x1x2x5xf32>, tensor<1x2x5xf32>)
  return
}

// CHECK-LABEL: @control
func.func @control(%c: tensor<i1>, %n: tensor<i64>, %x: tensor<4xf32>) {
  // CHECK: strait.if
  %0 = strait.if %c : (tensor<i1>) -> tensor<4xf32> {
    strait.yield %x : tensor<4xf32>
  } else {
    %1 = strait.neg %x : (tensor<4xf32>) -> tensor<4xf32>
    strait.yield %1 : tensor<4xf32>
  }
  // CHECK: strait.loop trip_count(%{{.*}}) carried(%{{.*}}) {{.*}} -> (tensor<4xf32>, tensor<?x4xf32>)
  %last, %all = strait.loop trip_count(%n) carried(%x)
      : (tensor<i64>, tensor<4xf32>) -> (tensor<4xf32>, tensor<?x4xf32>) {
  ^bb0(%i: tensor<i64>, %cond: tensor<i1>, %v: tensor<4xf32>):
    %next = strait.relu %v : (tensor<4xf32>) -> tensor<4xf32>
    strait.yield %cond, %next, %v : tensor<i1>, tensor<4xf32>, tensor<4xf32>
  }
  return
}
