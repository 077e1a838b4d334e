// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --strait-lower-kernels-to-cuda --split-input-file \
// RUN:   --verify-diagnostics | FileCheck %s

// Warps count their flags by a vote, then add up those of the warps before.
// CHECK-LABEL: func.func private @non_zero__body(
// CHECK: %[[COUNT:.*]] = scf.for {{.*}} iter_args(
// CHECK: arith.cmpf une
// CHECK: %[[VOTES:.*]] = nvvm.vote.sync ballot %{{.*}}, %[[LISTED:.*]] -> i32
// CHECK: math.ctpop
// CHECK: nvvm.barrier
// CHECK-COUNT-2: math.ctpop
// CHECK-NOT: math.ctpop
// CHECK: nvvm.barrier
// CHECK: scf.if %[[LISTED]]
// CHECK: memref.store
// CHECK: scf.if
// CHECK: memref.store
#n = affine_map<()[s0] -> (s0)>
#one = affine_map<()[s0] -> (1)>
kernel.func @non_zero inputs 1 shapes([#n] -> [#n, #one])
    attributes {tile = {threads = 64 : i64}} {
^bb0(%x: tensor<?xf32>, %n: index):
  %p, %c = kernel.non_zero %x : tensor<?xf32> -> tensor<?xi64>, tensor<1xi64>
  kernel.yield %p, %c : tensor<?xi64>, tensor<1xi64>
}

// -----

// A round finds the best of what comes behind the last: its value and its
// position go through the shuffles together.
// CHECK-LABEL: func.func private @top_k__body(
// CHECK: scf.for {{.*}} iter_args(
// CHECK: scf.for {{.*}} iter_args(
// CHECK: arith.cmpf ugt
// CHECK-COUNT-15: nvvm.shfl.sync bfly
// CHECK-NOT: nvvm.shfl.sync
// CHECK: nvvm.barrier
// CHECK: nvvm.barrier
// CHECK: scf.if
// CHECK: memref.store
// CHECK: memref.store
#x = affine_map<()[s0] -> (s0, 500)>
#y = affine_map<()[s0] -> (s0, 3)>
kernel.func @top_k inputs 1 shapes([#x] -> [#y, #y])
    attributes {tile = {threads = 128 : i64}} {
^bb0(%x: tensor<?x500xf32>, %n: index):
  %v, %p = kernel.top_k %x : tensor<?x500xf32> -> tensor<?x3xf32>, tensor<?x3xi64>
  kernel.yield %v, %p : tensor<?x3xf32>, tensor<?x3xi64>
}

// -----

// One warp needs no shared memory; integers compare as what they are.
// CHECK-LABEL: func.func private @negative_one_warp__body(
// CHECK: arith.cmpi ugt
// CHECK-NOT: nvvm.barrier
// CHECK: return
#x = affine_map<()[s0] -> (s0, 9)>
#y = affine_map<()[s0] -> (s0, 3)>
kernel.func @negative_one_warp inputs 1 shapes([#x] -> [#y, #y])
    attributes {tile = {threads = 32 : i64}} {
^bb0(%x: tensor<?x9xi8>, %n: index):
  %v, %p = kernel.top_k %x {is_unsigned} : tensor<?x9xi8> -> tensor<?x3xi8>, tensor<?x3xi64>
  kernel.yield %v, %p : tensor<?x3xi8>, tensor<?x3xi64>
}
