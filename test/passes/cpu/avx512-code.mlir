// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The hot loop for AVX-512: 24 sums of 16 lanes stay in registers, each update
// is one fma of whole registers, and nothing is spilled.
// RUN: strait-opt %s --strait-kernels-to-llvm | mlir-translate --mlir-to-llvmir \
// RUN:   | opt -O3 -mcpu=x86-64-v4 -mtriple=x86_64-unknown-linux-gnu \
// RUN:   | llc -O3 -mcpu=x86-64-v4 -mtriple=x86_64-unknown-linux-gnu | FileCheck %s
// CHECK-LABEL: product:
// CHECK-NOT: Spill
// CHECK: prefetcht0
// CHECK-COUNT-24: vfmadd{{.*}} %zmm{{[0-9]+}}, %zmm
// CHECK-NOT: Spill
// CHECK: retq
// @negative_narrow: what has 16 lanes is not cut in two.
// CHECK-NOT: vfmadd{{.*}}%ymm
#a = affine_map<() -> (1, 96, 512)>
#b = affine_map<() -> (1, 4, 512, 16)>
#r = affine_map<() -> (1, 96, 64)>
kernel.func @product inputs 2 shapes([#a, #b] -> [#r]) attributes {scratch = affine_map<() -> (0)>, tasks = affine_map<() -> (1)>,
    tile = {fetch_ahead = 0, lanes = 16, panel_block = 4, panels = 4, prefetch = 16, row_block = 96, rows = 6, unroll = 4}} {
^bb0(%0: tensor<1x96x512xf32>, %1: tensor<1x4x512x16xf32>):
  %2 = kernel.matmul %0, %1 <packed> : tensor<1x96x512xf32>, tensor<1x4x512x16xf32> -> tensor<1x96x64xf32>
  kernel.yield %2 : tensor<1x96x64xf32>
}
