// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --strait-lower-kernels-to-cuda --split-input-file \
// RUN:   --verify-diagnostics | FileCheck %s
#id = affine_map<(i) -> (i)>
#n = affine_map<()[s0] -> (s0)>

// A thread does one point, if it exists.
// CHECK-LABEL: func.func private @double__body(
// CHECK-SAME: nvvm.reqntid = array<i32: 256>
// CHECK: %[[T:.*]] = nvvm.read.ptx.sreg.tid.x
// CHECK: %[[ID:.*]] = arith.index_castui %[[T]]
// CHECK: scf.for %[[TASK:.*]] =
// CHECK: %[[FIRST:.*]] = arith.muli %[[TASK]], %{{.*}} : index
// CHECK: %[[POINT:.*]] = arith.addi %[[FIRST]], %[[ID]]
// CHECK: arith.cmpi slt, %[[POINT]]
// CHECK: scf.if
// CHECK: memref.load
// CHECK: arith.addf
// CHECK: memref.store
kernel.func @double inputs 1 shapes([#n] -> [#n])
    attributes {row_rank = 1 : i64, tile = {threads = 256 : i64}} {
^bb0(%x: tensor<?xf32>, %n: index):
  %e = tensor.empty(%n) : tensor<?xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>) {
  ^bb0(%0: f32, %1: f32):
    %y = arith.addf %0, %0 : f32
    linalg.yield %y : f32
  } -> tensor<?xf32>
  kernel.yield %r : tensor<?xf32>
}

// -----

#rc = affine_map<(r, c) -> (r, c)>
#r = affine_map<(r, c) -> (r)>
#nc = affine_map<()[s0] -> (s0, 50)>
#n = affine_map<()[s0] -> (s0)>

// The threads of a block share a row: each sums every 64th element, then they
// combine, in their warps first, and one of them stores.
// CHECK-LABEL: func.func private @rows__body(
// CHECK: scf.for
// CHECK: arith.addf
// CHECK-COUNT-5: nvvm.shfl.sync bfly
// CHECK: nvvm.barrier
// CHECK: nvvm.barrier
// CHECK: scf.if
// CHECK-NEXT: memref.store
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

// -----

#rc = affine_map<(r, c) -> (r, c)>
#r = affine_map<(r, c) -> (r)>
#nc = affine_map<()[s0] -> (s0, 50)>
#n = affine_map<()[s0] -> (s0)>

// A map that is summed and given away too: each thread stores the elements that
// it computed, and one of them the sum.
// CHECK-LABEL: func.func private @map_and_sum__body(
// CHECK: scf.for
// CHECK: scf.for
// CHECK: %[[SQUARE:.*]] = arith.mulf
// CHECK-NOT: scf.if
// CHECK: memref.store %[[SQUARE]]
// CHECK-COUNT-2: nvvm.barrier
// CHECK: scf.if
// CHECK-NEXT: memref.store
kernel.func @map_and_sum inputs 1 shapes([#nc] -> [#nc, #n])
    attributes {row_rank = 1 : i64, tile = {threads = 64 : i64}} {
^bb0(%x: tensor<?x50xf32>, %n: index):
  %zero = arith.constant 0.0 : f32
  %m = tensor.empty(%n) : tensor<?x50xf32>
  %s = linalg.generic {indexing_maps = [#rc, #rc], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<?x50xf32>) outs(%m : tensor<?x50xf32>) {
  ^bb0(%0: f32, %1: f32):
    %y = arith.mulf %0, %0 : f32
    linalg.yield %y : f32
  } -> tensor<?x50xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %r = linalg.generic {indexing_maps = [#rc, #r], iterator_types = ["parallel", "reduction"]}
      ins(%s : tensor<?x50xf32>) outs(%f : tensor<?xf32>) {
  ^bb0(%0: f32, %1: f32):
    %y = arith.addf %0, %1 : f32
    linalg.yield %y : f32
  } -> tensor<?xf32>
  kernel.yield %s, %r : tensor<?x50xf32>, tensor<?xf32>
}

// -----

#id = affine_map<(i) -> (i)>
#n = affine_map<()[s0] -> (s0)>

// expected-error @below {{expected a number 'threads' in its tile}}
kernel.func @negative_no_threads inputs 1 shapes([#n] -> [#n])
    attributes {row_rank = 1 : i64, tile = {}} {
^bb0(%x: tensor<?xf32>, %n: index):
  %e = tensor.empty(%n) : tensor<?xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>) {
  ^bb0(%0: f32, %1: f32):
    %y = arith.addf %0, %0 : f32
    linalg.yield %y : f32
  } -> tensor<?xf32>
  kernel.yield %r : tensor<?xf32>
}
