// RUN: strait-opt %s --strait-lower-kernels-to-cpu --split-input-file --verify-diagnostics | FileCheck %s

// Two rows of one panel: a block product, whose sums are stored as they are.
// CHECK-LABEL: func.func private @product__body
// CHECK: scf.for
// CHECK: kernel.ukernel %{{.*}}[%[[A0:[^,]*]], %[[A1:[^,]*]]] * %{{.*}}[%[[B0:[^,]*]]] over(%c64{{[^,]*}}) steps(%c1{{[^,]*}}) (%c16{{[^,]*}})
// CHECK-SAME: at(%{{.*}}, %{{.*}}) lanes 8 vectors 2 unroll 2 :
// CHECK: ^bb0(%{{.*}}: index, %{{.*}}: index, %[[SUM:.*]]: vector<8xf32>):
// CHECK: vector.store %[[SUM]]
kernel.func @product inputs 2 shapes([affine_map<()[] -> (1, 2, 64)>, affine_map<()[] -> (1, 1, 64, 16)>] -> [affine_map<()[] -> (1, 2, 16)>])
    attributes {tile = {fetch_ahead = 0, lanes = 8, panel_block = 1, panels = 1, prefetch = 0, row_block = 2, rows = 2, unroll = 2}} {
^bb0(%a: tensor<1x2x64xf32>, %b: tensor<1x1x64x16xf32>):
  %r = kernel.matmul %a, %b <packed> : tensor<1x2x64xf32>, tensor<1x1x64x16xf32> -> tensor<1x2x16xf32>
  kernel.yield %r : tensor<1x2x16xf32>
}

// -----

// expected-error @below {{expected a number 'row_block' in its tile}}
kernel.func @negative_no_tile inputs 2 shapes([affine_map<()[] -> (1, 2, 64)>, affine_map<()[] -> (1, 1, 64, 16)>] -> [affine_map<()[] -> (1, 2, 16)>]) {
^bb0(%a: tensor<1x2x64xf32>, %b: tensor<1x1x64x16xf32>):
  %r = kernel.matmul %a, %b <packed> : tensor<1x2x64xf32>, tensor<1x1x64x16xf32> -> tensor<1x2x16xf32>
  kernel.yield %r : tensor<1x2x16xf32>
}

// -----

kernel.func @negative_f64 inputs 2 shapes([affine_map<()[] -> (1, 2, 64)>, affine_map<()[] -> (1, 64, 16)>] -> [affine_map<()[] -> (1, 2, 16)>]) {
^bb0(%a: tensor<1x2x64xf64>, %b: tensor<1x64x16xf64>):
  // expected-error @below {{expected f32 tensors, found 'tensor<1x2x64xf64>'}}
  %r = kernel.matmul %a, %b <row_major> : tensor<1x2x64xf64>, tensor<1x64x16xf64> -> tensor<1x2x16xf64>
  kernel.yield %r : tensor<1x2x16xf64>
}
