// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The PTX of roots other than products: vectors of global memory, states in
// shared memory, no address whose space is unknown.
// RUN: strait-opt %s --strait-kernels-to-nvvm | mlir-translate --mlir-to-llvmir \
// RUN:   | opt -O3 -mtriple=nvptx64-nvidia-cuda -mcpu=sm_80 \
// RUN:   | llc -O3 -mtriple=nvptx64-nvidia-cuda -mcpu=sm_80 -mattr=+ptx80 | FileCheck %s
// RUN: strait-opt %s --strait-kernels-to-nvvm | mlir-translate --mlir-to-llvmir \
// RUN:   | opt -O3 -mtriple=nvptx64-nvidia-cuda -mcpu=sm_80 \
// RUN:   | llc -O3 -mtriple=nvptx64-nvidia-cuda -mcpu=sm_80 -mattr=+ptx80 \
// RUN:   | FileCheck %s --check-prefix=SPACE
// SPACE-NOT: {{(ld|st)\.(v[24]\.)?[bu]}}

// CHECK-LABEL: .visible .entry concat(
// CHECK: ld.global.v4.b32
// CHECK: ld.global.v4.b32
// CHECK: st.global.v4.b32
#a = affine_map<()[s0] -> (s0, 8)>
#b = affine_map<()[s0] -> (s0, 4)>
#y = affine_map<()[s0] -> (s0, 12)>
kernel.func @concat inputs 2 shapes([#a, #b] -> [#y])
    attributes {tile = {lanes = 4 : i64, threads = 256 : i64}} {
^bb0(%a: tensor<?x8xf32>, %b: tensor<?x4xf32>, %n: index):
  %y = kernel.concat %a, %b : tensor<?x8xf32>, tensor<?x4xf32> -> tensor<?x12xf32>
  kernel.yield %y : tensor<?x12xf32>
}

// Rows of seven bytes have no vectors.
// CHECK-LABEL: .visible .entry negative_vectors(
// CHECK-NOT: .v4
// CHECK: st.global.b8
#s = affine_map<()[s0] -> (s0, 7)>
#t = affine_map<()[s0] -> (s0, 14)>
kernel.func @negative_vectors inputs 2 shapes([#s, #s] -> [#t])
    attributes {tile = {lanes = 1 : i64, threads = 256 : i64}} {
^bb0(%a: tensor<?x7xi8>, %b: tensor<?x7xi8>, %n: index):
  %y = kernel.concat %a, %b : tensor<?x7xi8>, tensor<?x7xi8> -> tensor<?x14xi8>
  kernel.yield %y : tensor<?x14xi8>
}

// CHECK-LABEL: .visible .entry non_zero(
// CHECK: vote.sync.ballot.b32
// CHECK: st.shared
// CHECK: bar.sync
// CHECK: ld.shared
// CHECK: popc.b
// CHECK: st.global.b
#n = affine_map<()[s0] -> (s0)>
#one = affine_map<()[s0] -> (1)>
kernel.func @non_zero inputs 1 shapes([#n] -> [#n, #one])
    attributes {tile = {threads = 64 : i64}} {
^bb0(%x: tensor<?xf32>, %n: index):
  %p, %c = kernel.non_zero %x : tensor<?xf32> -> tensor<?xi64>, tensor<1xi64>
  kernel.yield %p, %c : tensor<?xi64>, tensor<1xi64>
}

// CHECK-LABEL: .visible .entry rnn(
// CHECK: bar.sync
// CHECK: ld.global.b32
// CHECK: ld.shared
// CHECK: fma.rn.f32
// CHECK: st.shared.b32
// CHECK: bar.sync
#x = affine_map<()[s0] -> (s0, 3, 1, 64)>
#w = affine_map<()[s0] -> (1, 4, 64, 16)>
#h = affine_map<()[s0] -> (s0, 1, 3, 64)>
kernel.func @rnn inputs 2 shapes([#x, #w] -> [#h])
    attributes {tile = {batch_block = 3 : i64, threads = 64 : i64}} {
^bb0(%x: tensor<?x3x1x64xf32>, %w: tensor<1x4x64x16xf32>, %n: index):
  %y, %l = kernel.recurrence <rnn> %x, %w reverse 0
      : (tensor<?x3x1x64xf32>, tensor<1x4x64x16xf32>) -> (tensor<?x1x3x64xf32>, tensor<1x3x64xf32>)
  kernel.yield %y : tensor<?x1x3x64xf32>
}
