// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --split-input-file --strait-form-regions --canonicalize --cse --strait-fuse-regions --canonicalize --cse | FileCheck %s

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
