// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --strait-lower-kernels-to-cuda --split-input-file \
// RUN:   --verify-diagnostics | FileCheck %s

// A thread moves a vector: its row and column, then the input that it is in.
// CHECK-LABEL: func.func private @concat__body(
// CHECK-SAME: nvvm.reqntid = array<i32: 256>
// CHECK: scf.if
// CHECK: %[[COLUMN:.*]] = arith.muli
// CHECK: arith.cmpi ult
// CHECK: scf.if {{.*}} -> (vector<4xf32>)
// CHECK: vector.load {{.*}} {alignment = 16 : i64} : memref<?xf32>, vector<4xf32>
// CHECK: %[[B:.*]] = arith.subi %[[COLUMN]], %c8
// CHECK: arith.cmpi ult, %[[B]]
// CHECK: vector.load
// CHECK: vector.store {{.*}} {alignment = 16 : i64} : memref<?xf32>, vector<4xf32>
#a = affine_map<()[s0] -> (s0, 8)>
#b = affine_map<()[s0] -> (s0, 4)>
#y = affine_map<()[s0] -> (s0, 12)>
kernel.func @concat inputs 2 shapes([#a, #b] -> [#y])
    attributes {tile = {lanes = 4 : i64, threads = 256 : i64}} {
^bb0(%a: tensor<?x8xf32>, %b: tensor<?x4xf32>, %n: index):
  %y = kernel.concat %a, %b : tensor<?x8xf32>, tensor<?x4xf32> -> tensor<?x12xf32>
  kernel.yield %y : tensor<?x12xf32>
}

// -----

// Rows that do not start at vectors go element by element.
// CHECK-LABEL: func.func private @negative_vectors__body(
// CHECK-NOT: vector
// CHECK: memref.load
// CHECK: memref.load
// CHECK: memref.store
#a = affine_map<()[s0] -> (s0, 7)>
#y = affine_map<()[s0] -> (s0, 14)>
kernel.func @negative_vectors inputs 2 shapes([#a, #a] -> [#y])
    attributes {tile = {lanes = 1 : i64, threads = 256 : i64}} {
^bb0(%a: tensor<?x7xi8>, %b: tensor<?x7xi8>, %n: index):
  %y = kernel.concat %a, %b : tensor<?x7xi8>, tensor<?x7xi8> -> tensor<?x14xi8>
  kernel.yield %y : tensor<?x14xi8>
}

// -----

// Four channels of a window at a time, then the epilogue.
// CHECK-LABEL: func.func private @pool__body(
// CHECK: scf.for
// CHECK: scf.for {{.*}} iter_args(
// CHECK: scf.for {{.*}} iter_args(
// CHECK: vector.load {{.*}} {alignment = 16 : i64} : memref<?xf32>, vector<4xf32>
// CHECK: arith.cmpf ogt
// CHECK: arith.select
// CHECK: arith.negf
// CHECK: vector.store {{.*}} {alignment = 16 : i64}
#x = affine_map<()[s0] -> (1, s0, 6, 8)>
#id = affine_map<(n, h, w, c) -> (n, h, w, c)>
kernel.func @pool inputs 1 shapes([#x] -> [#x])
    attributes {tile = {lanes = 4 : i64, threads = 256 : i64}} {
^bb0(%x: tensor<1x?x6x8xf32>, %h: index):
  %p = kernel.pool2d %x kernel [3, 3] strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1]
      : tensor<1x?x6x8xf32> -> tensor<1x?x6x8xf32>
  %e = tensor.empty(%h) : tensor<1x?x6x8xf32>
  %y = linalg.generic {indexing_maps = [#id, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%p : tensor<1x?x6x8xf32>) outs(%e : tensor<1x?x6x8xf32>) {
  ^bb0(%0: f32, %1: f32):
    %m = arith.negf %0 : f32
    linalg.yield %m : f32
  } -> tensor<1x?x6x8xf32>
  kernel.yield %y : tensor<1x?x6x8xf32>
}

// -----

#x = affine_map<() -> (1, 6, 6, 8)>
kernel.func @negative_pool_of_integers inputs 1 shapes([#x] -> [#x])
    attributes {tile = {lanes = 4 : i64, threads = 256 : i64}} {
^bb0(%x: tensor<1x6x6x8xi32>):
  // expected-error @below {{expected pooling of f32, f16 or bf16, found 'i32'}}
  %p = kernel.pool2d %x kernel [3, 3] strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1]
      : tensor<1x6x6x8xi32> -> tensor<1x6x6x8xi32>
  kernel.yield %p : tensor<1x6x6x8xi32>
}

// -----

// Four pixels share the columns under them: six for three taps, loaded once
// per window row, those outside of the image as zeros.
// CHECK-LABEL: func.func private @depthwise__body(
// CHECK: scf.for {{.*}} iter_args(
// CHECK: arith.cmpi ult
// CHECK: arith.minsi
// CHECK: arith.maxsi
// CHECK: vector.load {{.*}} {alignment = 16 : i64}
// CHECK: arith.select
// CHECK-COUNT-12: math.fma
// CHECK-NOT: math.fma
// CHECK: vector.store
// CHECK-COUNT-3: scf.if
#x = affine_map<()[s0] -> (1, 6, s0, 8)>
#w = affine_map<()[s0] -> (3, 3, 8)>
kernel.func @depthwise inputs 2 shapes([#x, #w] -> [#x])
    attributes {tile = {lanes = 4 : i64, pixels = 4 : i64, threads = 256 : i64}} {
^bb0(%x: tensor<1x6x?x8xf32>, %w: tensor<3x3x8xf32>, %n: index):
  %y = kernel.depthwise_conv2d %x, %w strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1]
      : tensor<1x6x?x8xf32>, tensor<3x3x8xf32> -> tensor<1x6x?x8xf32>
  kernel.yield %y : tensor<1x6x?x8xf32>
}

// -----

// The taps of a wide window go through a loop: two pixels each.
// CHECK-LABEL: func.func private @wide__body(
// CHECK: scf.for {{.*}} iter_args(
// CHECK: scf.for {{.*}} iter_args(
// CHECK-COUNT-2: math.fma
// CHECK-NOT: math.fma
#x = affine_map<() -> (1, 1, 50, 8)>
#w = affine_map<() -> (1, 31, 8)>
kernel.func @wide inputs 2 shapes([#x, #w] -> [#x])
    attributes {tile = {lanes = 4 : i64, pixels = 2 : i64, threads = 256 : i64}} {
^bb0(%x: tensor<1x1x50x8xf32>, %w: tensor<1x31x8xf32>):
  %y = kernel.depthwise_conv2d %x, %w strides [1, 1] pads [0, 15, 0, 15] dilations [1, 1]
      : tensor<1x1x50x8xf32>, tensor<1x31x8xf32> -> tensor<1x1x50x8xf32>
  kernel.yield %y : tensor<1x1x50x8xf32>
}

// -----

// Without padding, one pixel's columns exist: nothing is clamped.
// CHECK-LABEL: func.func private @negative_edges__body(
// CHECK: scf.for {{.*}} iter_args(
// CHECK-NOT: arith.cmpi ult
// CHECK-COUNT-3: math.fma
// CHECK-NOT: math.fma
#x = affine_map<() -> (1, 6, 6, 8)>
#w = affine_map<() -> (3, 3, 8)>
#y = affine_map<() -> (1, 4, 4, 8)>
kernel.func @negative_edges inputs 2 shapes([#x, #w] -> [#y])
    attributes {tile = {lanes = 4 : i64, pixels = 1 : i64, threads = 256 : i64}} {
^bb0(%x: tensor<1x6x6x8xf32>, %w: tensor<3x3x8xf32>):
  %y = kernel.depthwise_conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1]
      : tensor<1x6x6x8xf32>, tensor<3x3x8xf32> -> tensor<1x4x4x8xf32>
  kernel.yield %y : tensor<1x4x4x8xf32>
}

// -----

// An element stays in its thread from the data to the result; the block looks
// at a run of updates together, and takes its time where one of them concerns
// it. Updates are rounded as if they went through memory.
// CHECK-LABEL: func.func private @scatter__body(
// CHECK: %[[DATA:.*]] = memref.load {{.*}} : memref<?xf16>
// CHECK: scf.for {{.*}} iter_args(
// CHECK: arith.cmpi ule
// CHECK: nvvm.vote.sync ballot
// CHECK: nvvm.barrier
// CHECK: %[[SOME:.*]] = arith.cmpi sgt
// CHECK: scf.if %[[SOME]] -> (f16)
// CHECK: scf.for {{.*}} iter_args(%[[OLD:.*]] =
// CHECK: %[[MEETS:.*]] = arith.cmpi eq
// CHECK: scf.if %[[MEETS]] -> (f16)
// CHECK: memref.load {{.*}} : memref<?xf16>
// CHECK: %[[SUM:.*]] = arith.addf {{.*}} : f32
// CHECK: arith.truncf %[[SUM]] : f32 to f16
// CHECK: memref.store {{.*}} : memref<?xf16>
#x = affine_map<()[s0] -> (s0, 7)>
#r = affine_map<()[s0] -> (5)>
#u = affine_map<()[s0] -> (5, 7)>
kernel.func @scatter inputs 3 shapes([#x, #r, #u] -> [#x])
    attributes {tile = {lanes = 1 : i64, threads = 256 : i64}} {
^bb0(%x: tensor<?x7xf16>, %r: tensor<5xi64>, %u: tensor<5x7xf16>, %n: index):
  %y = kernel.scatter <add> %u at %r into %x : tensor<5x7xf16>, tensor<5xi64>, tensor<?x7xf16> -> tensor<?x7xf16>
  kernel.yield %y : tensor<?x7xf16>
}

// -----

// What is assigned does not ask for what was there.
// CHECK-LABEL: func.func private @negative_combination__body(
// CHECK: scf.for
// CHECK-NOT: arith.addf
// CHECK: return
#x = affine_map<()[s0] -> (s0, 8)>
#r = affine_map<()[s0] -> (5)>
#u = affine_map<()[s0] -> (5, 8)>
kernel.func @negative_combination inputs 3 shapes([#x, #r, #u] -> [#x])
    attributes {tile = {lanes = 4 : i64, threads = 256 : i64}} {
^bb0(%x: tensor<?x8xf32>, %r: tensor<5xi64>, %u: tensor<5x8xf32>, %n: index):
  %y = kernel.scatter <assign> %u at %r into %x : tensor<5x8xf32>, tensor<5xi64>, tensor<?x8xf32> -> tensor<?x8xf32>
  kernel.yield %y : tensor<?x8xf32>
}
