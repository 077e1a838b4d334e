// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every op of the dialect parses, prints and parses again, with and without its
// optional parts.
// RUN: strait-opt %s | strait-opt | FileCheck %s
#square = affine_map<()[s0] -> (s0, s0)>
#one = affine_map<()[s0] -> (s0)>
#four = affine_map<() -> (4)>

// CHECK-LABEL: func.func @groups
func.func @groups(%x: tensor<?x?xf32>, %n: index) -> tensor<?xf32> {
  // CHECK: kernel.region ins(%{{.*}} : tensor<?x?xf32>) sizes(%{{.*}}) shapes([#[[SQUARE:.*]]] -> [#[[SQUARE]]])
  // CHECK-SAME: attributes {row_rank = 1 : i64, scratch = #[[N:.*]], tasks = #[[N]], tile = {lanes = 8 : i64}
  // CHECK-SAME: versions = [{scratch = #[[N]], tasks = #[[N]], tile = {lanes = 16 : i64}}]}
  // CHECK-SAME: -> (tensor<?x?xf32>) {
  %0 = kernel.region ins(%x : tensor<?x?xf32>) sizes(%n) shapes([#square] -> [#square])
      attributes {row_rank = 1 : i64, scratch = #one, tasks = #one, tile = {lanes = 8 : i64},
                  versions = [{scratch = #one, tasks = #one, tile = {lanes = 16 : i64}}]}
      -> (tensor<?x?xf32>) {
  ^bb0(%a: tensor<?x?xf32>, %s: index):
    // CHECK: kernel.yield %{{.*}} : tensor<?x?xf32>
    kernel.yield %a : tensor<?x?xf32>
  }
  // CHECK: kernel.region shapes([] -> [#[[FOUR:.*]]]) -> (tensor<4xf32>) {
  %four = kernel.region shapes([] -> [#four]) -> (tensor<4xf32>) {
    %c = tensor.empty() : tensor<4xf32>
    kernel.yield %c : tensor<4xf32>
  }
  // CHECK: kernel.launch @k ins(%{{.*}} : tensor<?x?xf32>) sizes(%{{.*}}) shapes [#[[SQUARE]]] -> (tensor<?x?xf32>)
  %1 = kernel.launch @k ins(%0 : tensor<?x?xf32>) sizes(%n) shapes [#square] -> (tensor<?x?xf32>)
  // CHECK: kernel.launch @constant shapes [#[[FOUR]]] -> (tensor<4xf32>)
  %also = kernel.launch @constant shapes [#four] -> (tensor<4xf32>)
  // CHECK: kernel.reshape %{{.*}} sizes(%{{.*}}) : tensor<?x?xf32> -> tensor<?xf32>
  %2 = kernel.reshape %1 sizes(%n) : tensor<?x?xf32> -> tensor<?xf32>
  return %2 : tensor<?xf32>
}
// CHECK: kernel.func @k inputs 1 shapes([#[[SQUARE]]] -> [#[[SQUARE]]]) {
kernel.func @k inputs 1 shapes([#square] -> [#square]) {
^bb0(%a: tensor<?x?xf32>, %s: index):
  kernel.yield %a : tensor<?x?xf32>
}
// CHECK: kernel.func @constant inputs 0 shapes([] -> [#[[FOUR]]]) attributes {tile = {}} {
kernel.func @constant inputs 0 shapes([] -> [#four]) attributes {tile = {}} {
  %c = tensor.empty() : tensor<4xf32>
  kernel.yield %c : tensor<4xf32>
}

// CHECK-LABEL: func.func @views
func.func @views(%x: tensor<3x16xf32>, %y: tensor<?x16xf32>, %n: index) {
  %c16 = arith.constant 16 : index
  // CHECK: kernel.slice %{{.*}} from %{{.*}} : tensor<3x16xf32> -> tensor<1x16xf32>
  %0 = kernel.slice %x from %c16 : tensor<3x16xf32> -> tensor<1x16xf32>
  // CHECK: kernel.slice %{{.*}} from %{{.*}} sizes(%{{.*}}) : tensor<?x16xf32> -> tensor<?x16xf32>
  %1 = kernel.slice %y from %c16 sizes(%n) : tensor<?x16xf32> -> tensor<?x16xf32>
  // CHECK: kernel.join %{{.*}}, %{{.*}} : tensor<1x16xf32>, tensor<3x16xf32> -> tensor<4x16xf32>
  %2 = kernel.join %0, %x : tensor<1x16xf32>, tensor<3x16xf32> -> tensor<4x16xf32>
  // CHECK: kernel.join %{{.*}}, %{{.*}} sizes(%{{.*}}) : tensor<3x16xf32>, tensor<?x16xf32> -> tensor<?x16xf32>
  %3 = kernel.join %x, %1 sizes(%n) : tensor<3x16xf32>, tensor<?x16xf32> -> tensor<?x16xf32>
  return
}

// CHECK-LABEL: func.func @roots
func.func @roots(%a: tensor<1x4x8xf32>, %b: tensor<1x2x8x16xf32>, %x: tensor<1x8x8x4xf32>,
                 %w: tensor<1x1x3x3x4x16xf32>, %d: tensor<3x3x4xf32>, %r: tensor<4x3xf32>) {
  // CHECK: kernel.matmul %{{.*}}, %{{.*}} <packed> : tensor<1x4x8xf32>, tensor<1x2x8x16xf32> -> tensor<1x4x32xf32>
  %0 = kernel.matmul %a, %b <packed> : tensor<1x4x8xf32>, tensor<1x2x8x16xf32> -> tensor<1x4x32xf32>
  // CHECK: kernel.matmul %{{.*}} <row_major> {transpose_lhs}
  %1 = kernel.matmul %a, %a <row_major> {transpose_lhs} : tensor<1x4x8xf32>, tensor<1x4x8xf32> -> tensor<1x8x8xf32>
  // CHECK: kernel.conv2d %{{.*}} strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] groups 1
  %2 = kernel.conv2d %x, %w strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] groups 1
      : tensor<1x8x8x4xf32>, tensor<1x1x3x3x4x16xf32> -> tensor<1x8x8x16xf32>
  // CHECK: kernel.depthwise_conv2d %{{.*}} strides [2, 2] pads [1, 1, 1, 1] dilations [1, 1]
  %3 = kernel.depthwise_conv2d %x, %d strides [2, 2] pads [1, 1, 1, 1] dilations [1, 1]
      : tensor<1x8x8x4xf32>, tensor<3x3x4xf32> -> tensor<1x4x4x4xf32>
  // CHECK: kernel.pool2d %{{.*}} kernel [2, 2] strides [2, 2] pads [0, 0, 0, 0] dilations [1, 1] {average, count_include_pad}
  %4 = kernel.pool2d %x kernel [2, 2] strides [2, 2] pads [0, 0, 0, 0] dilations [1, 1] {average, count_include_pad}
      : tensor<1x8x8x4xf32> -> tensor<1x4x4x4xf32>
  // CHECK: kernel.concat %{{.*}}, %{{.*}} : tensor<4x3xf32>, tensor<4x3xf32> -> tensor<4x6xf32>
  %5 = kernel.concat %r, %r : tensor<4x3xf32>, tensor<4x3xf32> -> tensor<4x6xf32>
  return
}

// CHECK-LABEL: func.func @attention
func.func @attention(%q: tensor<1x2x8x4xf32>, %m: tensor<1x1x8x8xf32>) {
  // CHECK: kernel.attention %{{[^ ]*}}, %{{[^ ]*}}, %{{[^ ]*}} {causal
  // CHECK-SAME: : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32> -> tensor<1x2x8x4xf32>
  %0 = kernel.attention %q, %q, %q {causal, k_order = array<i64: 0, 1, 2, 3>, q_order = array<i64: 0, 1, 2, 3>,
      result_order = array<i64: 0, 1, 2, 3>, scale = 0.5 : f32, v_order = array<i64: 0, 1, 2, 3>}
      : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32> -> tensor<1x2x8x4xf32>
  // CHECK: kernel.attention %{{[^ ]*}}, %{{[^ ]*}}, %{{[^ ]*}} bias %{{[^ ]*}} {
  // CHECK-SAME: tensor<1x2x8x4xf32>, tensor<1x1x8x8xf32> -> tensor<1x2x8x4xf32>
  %1 = kernel.attention %q, %q, %q bias %m {k_order = array<i64: 0, 1, 2, 3>, q_order = array<i64: 0, 1, 2, 3>,
      result_order = array<i64: 0, 1, 2, 3>, scale = 0.5 : f32, v_order = array<i64: 0, 1, 2, 3>, zero_masked_rows}
      : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x1x8x8xf32> -> tensor<1x2x8x4xf32>
  return
}

// CHECK-LABEL: func.func @recurrence
func.func @recurrence(%x: tensor<5x2x1x24xf32>, %r: tensor<1x2x8x16xf32>, %b: tensor<1x8xf32>, %h: tensor<1x2x8xf32>,
                      %xl: tensor<5x2x1x32xf32>, %n: tensor<2xi32>, %p: tensor<1x24xf32>) {
  // CHECK: kernel.recurrence <lstm> %{{[^ ]*}}, %{{[^ ]*}} reverse 0 : (tensor<5x2x1x32xf32>, tensor<1x2x8x16xf32>)
  // CHECK-SAME: -> (tensor<5x1x2x8xf32>, tensor<1x2x8xf32>, tensor<1x2x8xf32>)
  %0:3 = kernel.recurrence <lstm> %xl, %r reverse 0 : (tensor<5x2x1x32xf32>, tensor<1x2x8x16xf32>)
      -> (tensor<5x1x2x8xf32>, tensor<1x2x8xf32>, tensor<1x2x8xf32>)
  // CHECK: kernel.recurrence <lstm> %{{[^ ]*}}, %{{[^ ]*}} initial_h %{{[^ ]*}} initial_c %{{[^ ]*}} reverse 1 :
  %1:3 = kernel.recurrence <lstm> %xl, %r initial_h %h initial_c %h reverse 1
      : (tensor<5x2x1x32xf32>, tensor<1x2x8x16xf32>, tensor<1x2x8xf32>, tensor<1x2x8xf32>)
      -> (tensor<5x1x2x8xf32>, tensor<1x2x8xf32>, tensor<1x2x8xf32>)
  // CHECK: kernel.recurrence <lstm> %{{[^ ]*}}, %{{[^ ]*}} lengths %{{[^ ]*}} peepholes %{{[^ ]*}} reverse 0 :
  %3:3 = kernel.recurrence <lstm> %xl, %r lengths %n peepholes %p reverse 0
      : (tensor<5x2x1x32xf32>, tensor<1x2x8x16xf32>, tensor<2xi32>, tensor<1x24xf32>)
      -> (tensor<5x1x2x8xf32>, tensor<1x2x8xf32>, tensor<1x2x8xf32>)
  // CHECK: kernel.recurrence <gru> %{{[^ ]*}}, %{{[^ ]*}} hidden_bias %{{[^ ]*}} reverse 0 {linear_before_reset} :
  %2:2 = kernel.recurrence <gru> %x, %r hidden_bias %b reverse 0 {linear_before_reset}
      : (tensor<5x2x1x24xf32>, tensor<1x2x8x16xf32>, tensor<1x8xf32>) -> (tensor<5x1x2x8xf32>, tensor<1x2x8xf32>)
  return
}

// CHECK-LABEL: func.func @block_product
func.func @block_product(%a: memref<?xf32>, %y: memref<?x16xf32>, %n: index) {
  // CHECK: kernel.ukernel %[[A:.*]][%[[N:.*]], %[[N]]] * %[[A]][%[[N]]] over(%[[N]]) steps(%[[N]]) (%[[N]])
  // CHECK-SAME: at(%[[N]], %[[N]]) lanes 8 vectors 2 unroll 4 prefetch 16 : memref<?xf32>, memref<?xf32> {
  kernel.ukernel %a[%n, %n] * %a[%n] over(%n) steps(%n) (%n) at(%n, %n) lanes 8 vectors 2 unroll 4 prefetch 16
      : memref<?xf32>, memref<?xf32> {
  ^bb0(%row: index, %column: index, %sum: vector<8xf32>):
    vector.store %sum, %y[%row, %column] : memref<?x16xf32>, vector<8xf32>
  }
  // CHECK: kernel.ukernel {{.*}} lanes 8 vectors 2 by_rows :
  kernel.ukernel %a[%n, %n] * %a[%n] over(%n) steps(%n) (%n) at(%n, %n) lanes 8 vectors 2 by_rows
      : memref<?xf32>, memref<?xf32> {
  ^bb0(%row: index, %column: index, %sum: vector<16xf32>):
    vector.store %sum, %y[%row, %column] : memref<?x16xf32>, vector<16xf32>
  }
  // CHECK: over(%[[N]], %[[N]]) steps(%[[N]], %[[N]]) (%[[N]], %[[N]]) columns(%[[N]]) lanes 16 vectors 1 :
  kernel.ukernel %a[%n] * %a[%n] over(%n, %n) steps(%n, %n) (%n, %n) columns(%n) lanes 16 vectors 1
      : memref<?xf32>, memref<?xf32> {
  ^bb0(%column: index, %sum: vector<16xf32>, %mask: vector<16xi1>):
    vector.maskedstore %y[%n, %column], %mask, %sum : memref<?x16xf32>, vector<16xi1>, vector<16xf32>
    kernel.yield
  }
  return
}

// CHECK-LABEL: func.func @lists
func.func @lists(%x: tensor<4x8xf32>, %i: tensor<3xi64>, %u: tensor<3x8xf32>, %l: tensor<32xf32>) {
  // CHECK: kernel.scatter <add> %{{[^ ]*}} at %{{[^ ]*}} into %{{[^ ]*}} : tensor<3x8xf32>, tensor<3xi64>, tensor<4x8xf32> -> tensor<4x8xf32>
  %0 = kernel.scatter <add> %u at %i into %x : tensor<3x8xf32>, tensor<3xi64>, tensor<4x8xf32> -> tensor<4x8xf32>
  // CHECK: kernel.top_k %{{[^ ]*}} {smallest} : tensor<4x8xf32> -> tensor<4x2xf32>, tensor<4x2xi64>
  %1:2 = kernel.top_k %x {smallest} : tensor<4x8xf32> -> tensor<4x2xf32>, tensor<4x2xi64>
  // CHECK: kernel.non_zero %{{[^ ]*}} : tensor<32xf32> -> tensor<32xi64>, tensor<1xi64>
  %2:2 = kernel.non_zero %l : tensor<32xf32> -> tensor<32xi64>, tensor<1xi64>
  return
}
