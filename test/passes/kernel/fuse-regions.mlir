// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --split-input-file --strait-form-regions --canonicalize --cse --strait-fuse-regions --canonicalize --cse | FileCheck %s
// RUN: strait-opt %s --split-input-file --strait-form-regions --canonicalize --cse --strait-fuse-regions=most-steps=2 | FileCheck %s --check-prefix=SHORT

// Maps behind a product become its epilogue, through the view between them.
// CHECK-LABEL: func.func @epilogue
// CHECK: kernel.region
// CHECK: kernel.matmul
// CHECK-NEXT: tensor.empty
// CHECK-NEXT: linalg.generic
// CHECK: arith.addf
// CHECK-NEXT: arith.maximumf
// CHECK-NOT: kernel.region
func.func @epilogue(%x: tensor<2x3x4xf32>, %b: tensor<16xf32>) -> tensor<2x3x16xf32> {
  %w = strait.weight dense<1.0> : tensor<4x16xf32>
  %0 = strait.matmul %x, %w : (tensor<2x3x4xf32>, tensor<4x16xf32>) -> tensor<2x3x16xf32>
  %1 = strait.add %0, %b : (tensor<2x3x16xf32>, tensor<16xf32>) -> tensor<2x3x16xf32>
  %2 = strait.relu %1 : (tensor<2x3x16xf32>) -> tensor<2x3x16xf32>
  return %2 : tensor<2x3x16xf32>
}

// -----

// A map joins the reduction that reads it.
// CHECK-LABEL: func.func @into_reduction
// CHECK: kernel.region
// CHECK: math.exp
// CHECK-NOT: kernel.region
func.func @into_reduction(%x: tensor<32x64xf32>) -> tensor<32xf32> {
  %0 = strait.exp %x : (tensor<32x64xf32>) -> tensor<32x64xf32>
  %1 = strait.reduce sum %0 axes [1] : (tensor<32x64xf32>) -> tensor<32xf32>
  return %1 : tensor<32xf32>
}

// -----

// @negative_other_use: a product that others read too is stored anyway.
// CHECK-LABEL: func.func @negative_other_use
// CHECK: kernel.matmul
// CHECK: kernel.region
func.func @negative_other_use(%x: tensor<3x4xf32>) -> (tensor<3x16xf32>, tensor<3x16xf32>) {
  %w = strait.weight dense<1.0> : tensor<4x16xf32>
  %0 = strait.matmul %x, %w : (tensor<3x4xf32>, tensor<4x16xf32>) -> tensor<3x16xf32>
  %1 = strait.relu %0 : (tensor<3x16xf32>) -> tensor<3x16xf32>
  return %0, %1 : tensor<3x16xf32>, tensor<3x16xf32>
}

// -----

// @negative_across_memory: reading a transposed map would go across memory.
// CHECK-LABEL: func.func @negative_across_memory
// CHECK-COUNT-2: kernel.region
func.func @negative_across_memory(%x: tensor<32x64xf32>) -> tensor<64x32xf32> {
  %0 = strait.exp %x : (tensor<32x64xf32>) -> tensor<32x64xf32>
  %1 = strait.transpose %0 perm [1, 0] : (tensor<32x64xf32>) -> tensor<64x32xf32>
  return %1 : tensor<64x32xf32>
}

// -----

// @negative_only_extent: the scores alone say how often the softmax's loop over
// one key runs, so its dim of extent 1 stays.
// CHECK-LABEL: func.func @negative_only_extent
// CHECK: kernel.region
// CHECK: tensor<64x1xf32>
func.func @negative_only_extent(%x: tensor<64x1xf32>) -> tensor<64x1xf32> {
  %0 = strait.exp %x : (tensor<64x1xf32>) -> tensor<64x1xf32>
  %1 = strait.softmax %0 axis(1) : (tensor<64x1xf32>) -> tensor<64x1xf32>
  return %1 : tensor<64x1xf32>
}

// -----

// The views that fusion leaves behind do not count as readers: all four maps
// become the product's epilogue.
// CHECK-LABEL: func.func @views_between
// CHECK: kernel.matmul
// CHECK: arith.mulf
// CHECK-NEXT: arith.addf
// CHECK-NEXT: arith.maximumf
// CHECK-NEXT: arith.addf
// CHECK-NOT: kernel.region
func.func @views_between(%x: tensor<1x9x4xf32>, %b: tensor<16xf32>, %r: tensor<1x9x16xf32>) -> tensor<1x9x16xf32> {
  %w = strait.weight dense<1.0> : tensor<4x16xf32>
  %flat = strait.weight dense<[9, 16]> : tensor<2xi64>
  %full = strait.weight dense<[1, 9, 16]> : tensor<3xi64>
  %0 = strait.matmul %x, %w : (tensor<1x9x4xf32>, tensor<4x16xf32>) -> tensor<1x9x16xf32>
  %1 = strait.reshape %0, %flat : (tensor<1x9x16xf32>, tensor<2xi64>) -> tensor<9x16xf32>
  %2 = strait.mul %1, %b : (tensor<9x16xf32>, tensor<16xf32>) -> tensor<9x16xf32>
  %3 = strait.add %2, %b : (tensor<9x16xf32>, tensor<16xf32>) -> tensor<9x16xf32>
  %4 = strait.reshape %3, %full : (tensor<9x16xf32>, tensor<3xi64>) -> tensor<1x9x16xf32>
  %5 = strait.relu %4 : (tensor<1x9x16xf32>) -> tensor<1x9x16xf32>
  %6 = strait.add %r, %5 : (tensor<1x9x16xf32>, tensor<1x9x16xf32>) -> tensor<1x9x16xf32>
  return %6 : tensor<1x9x16xf32>
}

// -----

// The same where only expressions tell that a view changes nothing.
// CHECK-LABEL: func.func @dynamic_view_between
// CHECK: kernel.matmul
// CHECK: arith.addf
// CHECK-NOT: kernel.region
func.func @dynamic_view_between(%x: tensor<?x4xf32>, %b: tensor<16xf32>) -> tensor<?x16xf32> {
  %w = strait.weight dense<1.0> : tensor<4x16xf32>
  %0 = strait.matmul %x, %w : (tensor<?x4xf32>, tensor<4x16xf32>) -> tensor<?x16xf32>
  %1 = strait.add %0, %b : (tensor<?x16xf32>, tensor<16xf32>) -> tensor<?x16xf32>
  return %1 : tensor<?x16xf32>
}

// -----

// A norm from primitives is one cascade, whatever dims of extent 1 it keeps.
// CHECK-LABEL: func.func @rms_norm
// CHECK: kernel.region
// CHECK-NOT: kernel.region
// With two steps in a group at most they are several.
// SHORT-LABEL: func.func @rms_norm
// SHORT-COUNT-3: kernel.region
// SHORT: return
func.func @rms_norm(%x: tensor<1x128x64xf32>, %g: tensor<64xf32>) -> tensor<1x128x64xf32> {
  %eps = strait.weight dense<1.0e-6> : tensor<f32>
  %0 = strait.mul %x, %x : (tensor<1x128x64xf32>, tensor<1x128x64xf32>) -> tensor<1x128x64xf32>
  %1 = strait.reduce mean %0 axes [2] keep_dims : (tensor<1x128x64xf32>) -> tensor<1x128x1xf32>
  %2 = strait.add %1, %eps : (tensor<1x128x1xf32>, tensor<f32>) -> tensor<1x128x1xf32>
  %3 = strait.rsqrt %2 : (tensor<1x128x1xf32>) -> tensor<1x128x1xf32>
  %4 = strait.mul %x, %3 : (tensor<1x128x64xf32>, tensor<1x128x1xf32>) -> tensor<1x128x64xf32>
  %5 = strait.mul %g, %4 : (tensor<64xf32>, tensor<1x128x64xf32>) -> tensor<1x128x64xf32>
  return %5 : tensor<1x128x64xf32>
}

// -----

// A map behind a cascade joins it however few rows there are.
// CHECK-LABEL: func.func @behind_few_rows
// CHECK: kernel.region
// CHECK: math.tanh
// CHECK-NOT: kernel.region
func.func @behind_few_rows(%x: tensor<1x64xf32>) -> tensor<1x64xf32> {
  %0 = strait.softmax %x axis(1) : (tensor<1x64xf32>) -> tensor<1x64xf32>
  %1 = strait.tanh %0 : (tensor<1x64xf32>) -> tensor<1x64xf32>
  return %1 : tensor<1x64xf32>
}

// -----

// @negative_few_rows: two reductions over one row stay apart, so that others
// can work on the second.
// CHECK-LABEL: func.func @negative_few_rows
// CHECK-COUNT-2: kernel.region
func.func @negative_few_rows(%x: tensor<1x64xf32>) -> tensor<1xf32> {
  %0 = strait.softmax %x axis(1) : (tensor<1x64xf32>) -> tensor<1x64xf32>
  %1 = strait.reduce sum %0 axes [1] : (tensor<1x64xf32>) -> tensor<1xf32>
  return %1 : tensor<1xf32>
}

// -----

// A map after a recurrence is a kernel of its own: the steps store the states.
// CHECK-LABEL: func.func @negative_behind_recurrence
// CHECK: kernel.recurrence
// CHECK: kernel.region
// CHECK: arith.maximumf
func.func @negative_behind_recurrence(%x: tensor<5x2x4xf32>, %w: tensor<1x3x4xf32>, %r: tensor<1x3x3xf32>) -> tensor<5x1x2x3xf32> {
  %y, %h = strait.rnn forward %x, %w, %r {hidden_size = 3 : i64}
      : (tensor<5x2x4xf32>, tensor<1x3x4xf32>, tensor<1x3x3xf32>) -> (tensor<5x1x2x3xf32>, tensor<1x2x3xf32>)
  %z = strait.relu %y : (tensor<5x1x2x3xf32>) -> tensor<5x1x2x3xf32>
  return %z : tensor<5x1x2x3xf32>
}

// -----

// @negative_many_reads: scaling a large table once is less work than scaling it
// for every row that it is added to.
// CHECK-LABEL: func.func @negative_many_reads
// CHECK-COUNT-2: kernel.region
func.func @negative_many_reads(%x: tensor<512x64x64xf32>, %t: tensor<64x64xf32>, %s: tensor<64x64xf32>) -> tensor<512x64x64xf32> {
  %0 = strait.mul %t, %s : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  %1 = strait.add %x, %0 : (tensor<512x64x64xf32>, tensor<64x64xf32>) -> tensor<512x64x64xf32>
  return %1 : tensor<512x64x64xf32>
}

// -----

// The same for two rows.
// CHECK-LABEL: func.func @few_reads
// CHECK-COUNT-1: kernel.region
// CHECK-NOT: kernel.region
func.func @few_reads(%x: tensor<2x64x64xf32>, %t: tensor<64x64xf32>, %s: tensor<64x64xf32>) -> tensor<2x64x64xf32> {
  %0 = strait.mul %t, %s : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  %1 = strait.add %x, %0 : (tensor<2x64x64xf32>, tensor<64x64xf32>) -> tensor<2x64x64xf32>
  return %1 : tensor<2x64x64xf32>
}

// -----

// A gate before a product: its prologue, since nothing before takes it.
// CHECK-LABEL: func.func @prologue
// CHECK: kernel.region
// CHECK: arith.mulf
// CHECK: kernel.matmul
// CHECK-NOT: kernel.region
func.func @prologue(%x: tensor<1x9x7x64xf32>, %g: tensor<1x1x1x64xf32>) -> tensor<1x63x16xf32> {
  %w = strait.weight dense<1.0> : tensor<64x16xf32>
  %s = strait.weight dense<[1, 63, 64]> : tensor<3xi64>
  %0 = strait.mul %x, %g : (tensor<1x9x7x64xf32>, tensor<1x1x1x64xf32>) -> tensor<1x9x7x64xf32>
  %1 = strait.reshape %0, %s : (tensor<1x9x7x64xf32>, tensor<3xi64>) -> tensor<1x63x64xf32>
  %2 = strait.matmul %1, %w : (tensor<1x63x64xf32>, tensor<64x16xf32>) -> tensor<1x63x16xf32>
  return %2 : tensor<1x63x16xf32>
}

// -----

// @negative_prologue_across_memory: rows are read as vectors.
// CHECK-LABEL: func.func @negative_prologue_across_memory
// CHECK-COUNT-2: kernel.region
func.func @negative_prologue_across_memory(%x: tensor<64x63xf32>) -> tensor<63x16xf32> {
  %w = strait.weight dense<1.0> : tensor<64x16xf32>
  %0 = strait.transpose %x perm [1, 0] : (tensor<64x63xf32>) -> tensor<63x64xf32>
  %1 = strait.relu %0 : (tensor<63x64xf32>) -> tensor<63x64xf32>
  %2 = strait.matmul %1, %w : (tensor<63x64xf32>, tensor<64x16xf32>) -> tensor<63x16xf32>
  return %2 : tensor<63x16xf32>
}
