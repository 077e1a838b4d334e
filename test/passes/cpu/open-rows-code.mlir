// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The hot loop of a product with any number of rows: where the rows of A lie is
// computed outside of it, so nothing but loads and fma stands between two
// broadcasts.
// RUN: strait-opt %s --strait-kernels-to-llvm | mlir-translate --mlir-to-llvmir \
// RUN:   | opt -O3 -mcpu=x86-64-v3 -mtriple=x86_64-unknown-linux-gnu \
// RUN:   | llc -O3 -mcpu=x86-64-v3 -mtriple=x86_64-unknown-linux-gnu | FileCheck %s
// CHECK-LABEL: product
// CHECK: prefetcht0
// @negative_row_in_loop: from the first step of the loop to its end no row is
// chosen.
// CHECK-NOT: cmov
// CHECK-NOT: div
// CHECK: vfmadd
// CHECK-NOT: cmov
// CHECK-NOT: div
// CHECK: {{j[a-z]+}} .LBB
#a = affine_map<()[s0] -> (1, s0, 256)>
#b = affine_map<()[s0] -> (1, 8, 256, 16)>
#r = affine_map<()[s0] -> (1, s0, 128)>
kernel.func @product inputs 2 shapes([#a, #b] -> [#r]) attributes {scratch = affine_map<()[s0] -> (0)>, tasks = affine_map<()[s0] -> (s0 ceildiv 252)>,
    tile = {fetch_ahead = 0, lanes = 8, panel_block = 8, panels = 1, prefetch = 32, row_block = 252, rows = 6, unroll = 4}} {
^bb0(%0: tensor<1x?x256xf32>, %1: tensor<1x8x256x16xf32>, %s: index):
  %2 = kernel.matmul %0, %1 <packed> : tensor<1x?x256xf32>, tensor<1x8x256x16xf32> -> tensor<1x?x128xf32>
  kernel.yield %2 : tensor<1x?x128xf32>
}
