// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --strait-lower-kernels-to-cuda --split-input-file \
// RUN:   --verify-diagnostics | FileCheck %s

#q = affine_map<() -> (1, 2, 64, 32)>
#bias = affine_map<() -> (1, 1, 64, 64)>

// Two products per block of keys, between them what a row's eight threads find
// out about it; the sums are combined once, at the end.
// CHECK-LABEL: func.func private @heads__body(
// CHECK-SAME: nvvm.reqntid = array<i32: 64>
// CHECK: scf.for
// CHECK: scf.for %[[KEYS:.*]] = %{{.*}} to %{{.*}} step
// CHECK: scf.for
// CHECK-COUNT-128: vector.fma
// CHECK-NOT: vector.fma
// CHECK: math.fma
// CHECK-COUNT-3: nvvm.shfl.sync bfly
// CHECK: llvm.intr.exp2
// CHECK: vector.store {{.*}} {alignment = 16 : i64} : memref<2304xf32>, vector<4xf32>
// CHECK: nvvm.barrier
// CHECK: scf.for
// CHECK-COUNT-64: vector.fma
// CHECK-NOT: vector.fma
// CHECK-COUNT-3: nvvm.shfl.sync bfly
// CHECK: arith.divf
// CHECK: vector.store
kernel.func @heads inputs 4 shapes([#q, #q, #q, #bias] -> [#q]) attributes {tile = {
    columns = 32, depth = 16, keys = 64, rows = 32, thread_rows = 4, threads = 64}} {
^bb0(%q: tensor<1x2x64x32xf32>, %k: tensor<1x2x64x32xf32>, %v: tensor<1x2x64x32xf32>, %b: tensor<1x1x64x64xf32>):
  %y = kernel.attention %q, %k, %v bias %b {scale = 0.125 : f32,
      q_order = array<i64: 0, 1, 2, 3>, k_order = array<i64: 0, 1, 2, 3>,
      v_order = array<i64: 0, 1, 2, 3>, result_order = array<i64: 0, 1, 2, 3>}
      : tensor<1x2x64x32xf32>, tensor<1x2x64x32xf32>, tensor<1x2x64x32xf32>, tensor<1x1x64x64xf32> -> tensor<1x2x64x32xf32>
  kernel.yield %y : tensor<1x2x64x32xf32>
}

// -----

#q = affine_map<()[s0] -> (1, s0, 2, 32)>

// Keys after a query count as -inf, and blocks of them are not even loaded.
// CHECK-LABEL: func.func private @causal__body(
// CHECK: arith.maxsi
// CHECK: scf.for
// CHECK: %[[SCORE:.*]] = arith.mulf {{.*}} : f32
// CHECK: %[[NONE:.*]] = arith.constant 0xFF800000 : f32
// CHECK: arith.select %{{.*}}, %[[SCORE]], %[[NONE]] : f32
kernel.func @causal inputs 3 shapes([#q, #q, #q] -> [#q]) attributes {tile = {
    columns = 32, depth = 16, keys = 64, rows = 32, thread_rows = 4, threads = 64}} {
^bb0(%q: tensor<1x?x2x32xf32>, %k: tensor<1x?x2x32xf32>, %v: tensor<1x?x2x32xf32>, %n: index):
  %y = kernel.attention %q, %k, %v {scale = 0.125 : f32, causal,
      q_order = array<i64: 0, 2, 1, 3>, k_order = array<i64: 0, 2, 1, 3>,
      v_order = array<i64: 0, 2, 1, 3>, result_order = array<i64: 0, 2, 1, 3>}
      : tensor<1x?x2x32xf32>, tensor<1x?x2x32xf32>, tensor<1x?x2x32xf32> -> tensor<1x?x2x32xf32>
  kernel.yield %y : tensor<1x?x2x32xf32>
}

// -----

#q = affine_map<() -> (1, 2, 64, 32)>

// Whole blocks of keys that all queries see have nothing to mask.
// CHECK-LABEL: func.func private @negative_masked__body(
// CHECK-NOT: arith.select {{.*}} : f32
// CHECK: nvvm.shfl
kernel.func @negative_masked inputs 3 shapes([#q, #q, #q] -> [#q]) attributes {tile = {
    columns = 32, depth = 16, keys = 64, rows = 32, thread_rows = 4, threads = 64}} {
^bb0(%q: tensor<1x2x64x32xf32>, %k: tensor<1x2x64x32xf32>, %v: tensor<1x2x64x32xf32>):
  %y = kernel.attention %q, %k, %v {scale = 0.125 : f32,
      q_order = array<i64: 0, 1, 2, 3>, k_order = array<i64: 0, 1, 2, 3>,
      v_order = array<i64: 0, 1, 2, 3>, result_order = array<i64: 0, 1, 2, 3>}
      : tensor<1x2x64x32xf32>, tensor<1x2x64x32xf32>, tensor<1x2x64x32xf32> -> tensor<1x2x64x32xf32>
  kernel.yield %y : tensor<1x2x64x32xf32>
}

// -----

#q = affine_map<() -> (1, 2, 64, 32)>

// expected-error @below {{expected a tile in powers of two that gives each of its 64 threads sums, 4 or more side by side, and elements to copy}}
kernel.func @negative_tile inputs 3 shapes([#q, #q, #q] -> [#q]) attributes {tile = {
    columns = 16, depth = 16, keys = 64, rows = 32, thread_rows = 4, threads = 64}} {
^bb0(%q: tensor<1x2x64x32xf32>, %k: tensor<1x2x64x32xf32>, %v: tensor<1x2x64x32xf32>):
  %y = kernel.attention %q, %k, %v {scale = 0.125 : f32,
      q_order = array<i64: 0, 1, 2, 3>, k_order = array<i64: 0, 1, 2, 3>,
      v_order = array<i64: 0, 1, 2, 3>, result_order = array<i64: 0, 1, 2, 3>}
      : tensor<1x2x64x32xf32>, tensor<1x2x64x32xf32>, tensor<1x2x64x32xf32> -> tensor<1x2x64x32xf32>
  kernel.yield %y : tensor<1x2x64x32xf32>
}

// -----

#q = affine_map<() -> (1, 2, 64, 32)>
kernel.func @negative_f64 inputs 3 shapes([#q, #q, #q] -> [#q]) attributes {tile = {
    columns = 32, depth = 16, keys = 64, rows = 32, thread_rows = 4, threads = 64}} {
^bb0(%q: tensor<1x2x64x32xf64>, %k: tensor<1x2x64x32xf32>, %v: tensor<1x2x64x32xf32>):
  // expected-error @below {{expected q to be an f32 tensor of 4 dims, found 'tensor<1x2x64x32xf64>'}}
  %y = kernel.attention %q, %k, %v {scale = 0.125 : f32,
      q_order = array<i64: 0, 1, 2, 3>, k_order = array<i64: 0, 1, 2, 3>,
      v_order = array<i64: 0, 1, 2, 3>, result_order = array<i64: 0, 1, 2, 3>}
      : tensor<1x2x64x32xf64>, tensor<1x2x64x32xf32>, tensor<1x2x64x32xf32> -> tensor<1x2x64x32xf32>
  kernel.yield %y : tensor<1x2x64x32xf32>
}
