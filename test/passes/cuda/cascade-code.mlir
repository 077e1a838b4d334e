// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The PTX of a row's sum: neighbouring threads read neighbouring elements,
// addresses are in global and shared memory, and warps combine by shuffles.
// RUN: strait-opt %s --strait-kernels-to-nvvm | mlir-translate --mlir-to-llvmir \
// RUN:   | opt -O3 -mtriple=nvptx64-nvidia-cuda -mcpu=sm_80 \
// RUN:   | llc -O3 -mtriple=nvptx64-nvidia-cuda -mcpu=sm_80 -mattr=+ptx80 | FileCheck %s
// CHECK: .extern .shared .align 1024 .b8 strait_scratch[];
// CHECK-LABEL: .visible .entry rows(
// CHECK: .reqntid 64
// CHECK: ld.global.b32
// CHECK-COUNT-5: shfl.sync.bfly.b32
// CHECK: st.shared
// CHECK: bar.sync
// CHECK: ld.shared
// CHECK: st.global.b32
// CHECK-NOT: {{(ld|st)\.b}}
// CHECK: ret;
#rc = affine_map<(r, c) -> (r, c)>
#r = affine_map<(r, c) -> (r)>
#nc = affine_map<()[s0] -> (s0, 50)>
#n = affine_map<()[s0] -> (s0)>
kernel.func @rows inputs 1 shapes([#nc] -> [#n])
    attributes {row_rank = 1 : i64, tile = {threads = 64 : i64}} {
^bb0(%x: tensor<?x50xf32>, %n: index):
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty(%n) : tensor<?xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %r = linalg.generic {indexing_maps = [#rc, #r], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<?x50xf32>) outs(%f : tensor<?xf32>) {
  ^bb0(%0: f32, %1: f32):
    %y = arith.addf %0, %1 : f32
    linalg.yield %y : f32
  } -> tensor<?xf32>
  kernel.yield %r : tensor<?xf32>
}

// A row that one warp shares needs neither shared memory nor a barrier.
// CHECK-LABEL: .visible .entry negative_one_warp(
// CHECK: .reqntid 32
// CHECK-COUNT-5: shfl.sync.bfly.b32
// CHECK-NOT: bar.sync
// CHECK-NOT: {{(ld|st)\.shared}}
// CHECK: ret;
kernel.func @negative_one_warp inputs 1 shapes([#nc] -> [#n])
    attributes {row_rank = 1 : i64, tile = {threads = 32 : i64}} {
^bb0(%x: tensor<?x50xf32>, %n: index):
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty(%n) : tensor<?xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %r = linalg.generic {indexing_maps = [#rc, #r], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<?x50xf32>) outs(%f : tensor<?xf32>) {
  ^bb0(%0: f32, %1: f32):
    %y = arith.addf %0, %1 : f32
    linalg.yield %y : f32
  } -> tensor<?xf32>
  kernel.yield %r : tensor<?xf32>
}
