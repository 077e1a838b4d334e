// RUN: strait-opt %s --strait-lower-kernels-to-cpu --split-input-file --verify-diagnostics | FileCheck %s

// Scores of a block of queries, their softmax, and the product with the values.
// CHECK-LABEL: func.func private @heads__body(
// CHECK:         scf.for %{{.*}} = %{{.*}} to %{{.*}} step
// Keys go into panels 16 wide, 8 x 8 elements at a time.
// CHECK:           vector.shuffle
// CHECK:           kernel.ukernel
// Only 20 of 32 columns of scores are keys.
// CHECK:           arith.select {{.*}} : vector<8xi1>, vector<8xf32>
// CHECK:           vector.reduction <maxnumf>
// CHECK:           vector.reduction <add>
// CHECK:           arith.divf
// CHECK:           kernel.ukernel
// CHECK:           memref.load
// CHECK:           arith.mulf
kernel.func @heads inputs 3 shapes([affine_map<()[] -> (1, 2, 10, 16)>, affine_map<()[] -> (1, 2, 20, 16)>, affine_map<()[] -> (1, 2, 20, 16)>] -> [affine_map<()[] -> (1, 2, 10, 16)>])
    attributes {tile = {lanes = 8}} {
^bb0(%q: tensor<1x2x10x16xf32>, %k: tensor<1x2x20x16xf32>, %v: tensor<1x2x20x16xf32>):
  %r = kernel.attention %q, %k, %v {scale = 0.25 : f32, q_order = array<i64: 0, 1, 2, 3>, k_order = array<i64: 0, 1, 2, 3>, v_order = array<i64: 0, 1, 2, 3>, result_order = array<i64: 0, 1, 2, 3>} : tensor<1x2x10x16xf32>, tensor<1x2x20x16xf32>, tensor<1x2x20x16xf32> -> tensor<1x2x10x16xf32>
  kernel.yield %r : tensor<1x2x10x16xf32>
}

// -----

kernel.func @negative_half inputs 3 shapes([affine_map<()[] -> (1, 2, 10, 16)>, affine_map<()[] -> (1, 2, 20, 16)>, affine_map<()[] -> (1, 2, 20, 16)>] -> [affine_map<()[] -> (1, 2, 10, 16)>])
    attributes {tile = {lanes = 8}} {
^bb0(%q: tensor<1x2x10x16xf16>, %k: tensor<1x2x20x16xf32>, %v: tensor<1x2x20x16xf32>):
  // expected-error @+1 {{expected q to be an f32 tensor of 4 dims, found 'tensor<1x2x10x16xf16>'}}
  %r = kernel.attention %q, %k, %v {scale = 0.25 : f32, q_order = array<i64: 0, 1, 2, 3>, k_order = array<i64: 0, 1, 2, 3>, v_order = array<i64: 0, 1, 2, 3>, result_order = array<i64: 0, 1, 2, 3>} : tensor<1x2x10x16xf16>, tensor<1x2x20x16xf32>, tensor<1x2x20x16xf32> -> tensor<1x2x10x16xf32>
  kernel.yield %r : tensor<1x2x10x16xf32>
}

// -----

kernel.func @negative_order inputs 3 shapes([affine_map<()[] -> (1, 2, 10, 16)>, affine_map<()[] -> (1, 2, 20, 16)>, affine_map<()[] -> (1, 2, 20, 16)>] -> [affine_map<()[] -> (1, 2, 10, 16)>])
    attributes {tile = {lanes = 8}} {
^bb0(%q: tensor<1x2x10x16xf32>, %k: tensor<1x2x20x16xf32>, %v: tensor<1x2x20x16xf32>):
  // expected-error @+1 {{expected orders to be permutations of 4 dims}}
  %r = kernel.attention %q, %k, %v {scale = 0.25 : f32, q_order = array<i64: 0, 1, 1, 3>, k_order = array<i64: 0, 1, 2, 3>, v_order = array<i64: 0, 1, 2, 3>, result_order = array<i64: 0, 1, 2, 3>} : tensor<1x2x10x16xf32>, tensor<1x2x20x16xf32>, tensor<1x2x20x16xf32> -> tensor<1x2x10x16xf32>
  kernel.yield %r : tensor<1x2x10x16xf32>
}
