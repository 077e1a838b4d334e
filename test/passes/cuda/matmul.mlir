// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --strait-lower-kernels-to-cuda --split-input-file \
// RUN:   --verify-diagnostics | FileCheck %s

#a = affine_map<()[s0] -> (1, s0, 24)>
#b = affine_map<()[s0] -> (1, 24, 30)>
#c = affine_map<()[s0] -> (1, s0, 30)>
#n = affine_map<()[s0] -> (30)>
#bmn = affine_map<(b, m, n) -> (b, m, n)>
#bias = affine_map<(b, m, n) -> (n)>

// Rows that do not exist are loaded as the last one, steps beyond the depth as
// zeros; what is stored exists. The epilogue works on sums one by one, as rows of
// 30 do not start at vectors.
// CHECK-LABEL: func.func private @ragged__body(
// CHECK-SAME: nvvm.reqntid = array<i32: 64>
// CHECK: arith.minsi
// CHECK: %[[EXISTS:.*]] = arith.cmpi slt
// CHECK: arith.select %[[EXISTS]]
// CHECK: %[[A:.*]] = vector.load {{.*}} {alignment = 16 : i64} : memref<?xf32>, vector<4xf32>
// CHECK: arith.select %[[EXISTS]], %[[A]], %{{.*}} : vector<4xf32>
// CHECK: nvvm.barrier
// CHECK: scf.for {{.*}} iter_args(
// CHECK-COUNT-64: vector.fma
// CHECK-NOT: vector.fma
// CHECK: nvvm.barrier
// CHECK: scf.if
// CHECK: scf.if
// CHECK: memref.load
// CHECK: arith.addf
// CHECK: memref.store
kernel.func @ragged inputs 3 shapes([#a, #b, #n] -> [#c]) attributes {tile = {
    columns = 32, depth = 16, rows = 32, thread_columns = 4, thread_rows = 4, threads = 64}} {
^bb0(%a: tensor<1x?x24xf32>, %b: tensor<1x24x30xf32>, %bias: tensor<30xf32>, %m: index):
  %r = kernel.matmul %a, %b <row_major> : tensor<1x?x24xf32>, tensor<1x24x30xf32> -> tensor<1x?x30xf32>
  %e = tensor.empty(%m) : tensor<1x?x30xf32>
  %y = linalg.generic {indexing_maps = [#bmn, #bias, #bmn], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%r, %bias : tensor<1x?x30xf32>, tensor<30xf32>) outs(%e : tensor<1x?x30xf32>) {
  ^bb0(%0: f32, %1: f32, %2: f32):
    %s = arith.addf %0, %1 : f32
    linalg.yield %s : f32
  } -> tensor<1x?x30xf32>
  kernel.yield %y : tensor<1x?x30xf32>
}

// -----

#cube = affine_map<() -> (1, 32, 32)>
#bmk = affine_map<(b, m, k) -> (b, m, k)>

// A prologue is computed where the left operand is loaded.
// CHECK-LABEL: func.func private @prologue__body(
// CHECK: math.absf
// CHECK: nvvm.barrier
// CHECK: scf.for
// CHECK: math.absf
// CHECK: vector.fma
kernel.func @prologue inputs 2 shapes([#cube, #cube] -> [#cube]) attributes {tile = {
    columns = 32, depth = 16, rows = 32, thread_columns = 4, thread_rows = 4, threads = 64}} {
^bb0(%a: tensor<1x32x32xf32>, %b: tensor<1x32x32xf32>):
  %e = tensor.empty() : tensor<1x32x32xf32>
  %x = linalg.generic {indexing_maps = [#bmk, #bmk], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%a : tensor<1x32x32xf32>) outs(%e : tensor<1x32x32xf32>) {
  ^bb0(%0: f32, %1: f32):
    %s = math.absf %0 : f32
    linalg.yield %s : f32
  } -> tensor<1x32x32xf32>
  %y = kernel.matmul %x, %b <transposed> : tensor<1x32x32xf32>, tensor<1x32x32xf32> -> tensor<1x32x32xf32>
  kernel.yield %y : tensor<1x32x32xf32>
}

// -----

#row = affine_map<() -> (1, 1, 1024)>
#panels = affine_map<() -> (1, 64, 1024, 16)>

// One row: every thread sums a part of the depth for four columns; after a
// barrier a thread per column adds the 32 parts up.
// CHECK-LABEL: func.func private @few_rows__body(
// CHECK: scf.for {{.*}} iter_args(
// CHECK: vector.load {{.*}} {alignment = 16 : i64} : memref<?xf32>, vector<4xf32>
// CHECK-COUNT-16: math.fma
// CHECK-NOT: math.fma
// CHECK: vector.store {{.*}} : memref<1024xf32>, vector<4xf32>
// CHECK: nvvm.barrier
// CHECK-COUNT-31: arith.addf
// CHECK: memref.store
// CHECK: nvvm.barrier
kernel.func @few_rows inputs 2 shapes([#row, #panels] -> [#row]) attributes {tile = {
    columns = 32, rows = 1, split = 32, threads = 256}} {
^bb0(%a: tensor<1x1x1024xf32>, %b: tensor<1x64x1024x16xf32>):
  %y = kernel.matmul %a, %b <packed> : tensor<1x1x1024xf32>, tensor<1x64x1024x16xf32> -> tensor<1x1x1024xf32>
  kernel.yield %y : tensor<1x1x1024xf32>
}

// -----

#row = affine_map<() -> (1, 1, 16)>
#square = affine_map<() -> (1, 16, 16)>

// expected-error @below {{expected a tile of whole rows whose parts make 256 threads of 4 columns}}
kernel.func @negative_few_rows inputs 2 shapes([#row, #square] -> [#row]) attributes {tile = {
    columns = 32, rows = 1, split = 16, threads = 256}} {
^bb0(%a: tensor<1x1x16xf32>, %b: tensor<1x16x16xf32>):
  %y = kernel.matmul %a, %b <row_major> : tensor<1x1x16xf32>, tensor<1x16x16xf32> -> tensor<1x1x16xf32>
  kernel.yield %y : tensor<1x1x16xf32>
}

// -----

#cube = affine_map<() -> (1, 4, 4)>

// expected-error @below {{expected a tile in powers of two that gives each of its 32 threads sums, 4 or more side by side, and elements to copy}}
kernel.func @negative_tile inputs 2 shapes([#cube, #cube] -> [#cube]) attributes {tile = {
    columns = 32, depth = 16, rows = 32, thread_columns = 4, thread_rows = 4, threads = 32}} {
^bb0(%a: tensor<1x4x4xf32>, %b: tensor<1x4x4xf32>):
  %y = kernel.matmul %a, %b <row_major> : tensor<1x4x4xf32>, tensor<1x4x4xf32> -> tensor<1x4x4xf32>
  kernel.yield %y : tensor<1x4x4xf32>
}

// -----

#cube = affine_map<() -> (1, 4, 4)>
kernel.func @negative_f64 inputs 2 shapes([#cube, #cube] -> [#cube]) attributes {tile = {
    columns = 32, depth = 16, rows = 32, thread_columns = 4, thread_rows = 4, threads = 64}} {
^bb0(%a: tensor<1x4x4xf64>, %b: tensor<1x4x4xf64>):
  // expected-error @below {{expected f32 tensors, found 'tensor<1x4x4xf64>'}}
  %y = kernel.matmul %a, %b <row_major> : tensor<1x4x4xf64>, tensor<1x4x4xf64> -> tensor<1x4x4xf64>
  kernel.yield %y : tensor<1x4x4xf64>
}
