// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --strait-lower-kernels-to-cpu --split-input-file \
// RUN:   --verify-diagnostics | FileCheck %s

// A map runs in vectors of 32, then 8, then one by one.
// CHECK-LABEL: func.func private @double__body(
// CHECK-SAME: %[[X:.*]]: memref<1xf32>, %[[Y:.*]]: memref<1xf32> {llvm.noalias}, %[[N:.*]]: index
// CHECK-SAME: attributes {strait.kernel_abi = array<i64: 2, 1>}
// CHECK: scf.for
// CHECK: vector.load {{.*}} : memref<?xf32>, vector<32xf32>
// CHECK: arith.addf {{.*}} : vector<32xf32>
// CHECK: vector.store
// CHECK: vector.load {{.*}} : memref<?xf32>, vector<8xf32>
// CHECK: memref.load {{.*}} : memref<?xf32>
kernel.func @double inputs 1
    shapes([affine_map<()[s0] -> (s0)>] -> [affine_map<()[s0] -> (s0)>])
    attributes {row_rank = 1 : i64,
                tile = {block = affine_map<()[s0] -> (64)>, lanes = 8 : i64}} {
^bb0(%x: tensor<?xf32>, %n: index):
  %e = tensor.empty(%n) : tensor<?xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>,
      affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>) {
  ^bb0(%0: f32, %1: f32):
    %y = arith.addf %0, %0 : f32
    linalg.yield %y : f32
  } -> tensor<?xf32>
  kernel.yield %r : tensor<?xf32>
}

// -----

// expected-error@+1 {{expected a tile with 'block' and 'lanes'; strait-select-tiles sets it}}
kernel.func @negative_no_tile inputs 1
    shapes([affine_map<()[s0] -> (s0)>] -> [affine_map<()[s0] -> (s0)>])
    attributes {row_rank = 1 : i64} {
^bb0(%x: tensor<?xf32>, %n: index):
  %e = tensor.empty(%n) : tensor<?xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>,
      affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>) {
  ^bb0(%0: f32, %1: f32):
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  kernel.yield %r : tensor<?xf32>
}
