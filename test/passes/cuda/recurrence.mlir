// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --strait-lower-kernels-to-cuda --split-input-file \
// RUN:   --verify-diagnostics | FileCheck %s

// A step: every weight is loaded once for the two rows of the block; the gates
// are complete before the cell reads them, the states before the next product.
// CHECK-LABEL: func.func private @lstm__body(
// CHECK-SAME: nvvm.reqntid = array<i32: 32>
// CHECK-COUNT-2: nvvm.barrier
// CHECK: scf.for
// CHECK: scf.for {{.*}} iter_args(%{{.*}} = %{{.*}}, %{{.*}} = %{{.*}}) -> (f32, f32)
// CHECK-COUNT-3: memref.load
// CHECK-NOT: memref.load
// CHECK: scf.yield
// CHECK: nvvm.barrier
// CHECK: math.exp
// CHECK: math.tanh
// CHECK: nvvm.barrier
// CHECK-NOT: nvvm.barrier
#x = affine_map<()[s0] -> (s0, 3, 1, 32)>
#w = affine_map<()[s0] -> (1, 2, 8, 16)>
#y = affine_map<()[s0] -> (s0, 1, 3, 8)>
kernel.func @lstm inputs 2 shapes([#x, #w] -> [#y])
    attributes {tile = {batch_block = 2 : i64, threads = 32 : i64}} {
^bb0(%x: tensor<?x3x1x32xf32>, %w: tensor<1x2x8x16xf32>, %n: index):
  %y, %h, %c = kernel.recurrence <lstm> %x, %w reverse 0
      : (tensor<?x3x1x32xf32>, tensor<1x2x8x16xf32>)
      -> (tensor<?x1x3x8xf32>, tensor<1x3x8xf32>, tensor<1x3x8xf32>)
  kernel.yield %y : tensor<?x1x3x8xf32>
}

// -----

#x = affine_map<()[s0] -> (s0, 3, 1, 8)>
#w = affine_map<()[s0] -> (1, 1, 8, 16)>
#y = affine_map<()[s0] -> (s0, 1, 3, 8)>
kernel.func @negative_f64 inputs 2 shapes([#x, #w] -> [#y])
    attributes {tile = {batch_block = 2 : i64, threads = 32 : i64}} {
^bb0(%x: tensor<?x3x1x8xf64>, %w: tensor<1x1x8x16xf64>, %n: index):
  // expected-error @below {{expected f32 tensors, found 'tensor<?x3x1x8xf64>'}}
  %y, %h = kernel.recurrence <rnn> %x, %w reverse 0
      : (tensor<?x3x1x8xf64>, tensor<1x1x8x16xf64>) -> (tensor<?x1x3x8xf64>, tensor<1x3x8xf64>)
  kernel.yield %y : tensor<?x1x3x8xf64>
}
