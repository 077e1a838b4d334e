// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --split-input-file --strait-verify-graph --verify-diagnostics

// What is right passes in silence.
func.func @right(%x: tensor<1x?x8x3xf32>, %c: tensor<i1>) -> tensor<1x?x8x3xf32> {
  %0 = strait.if %c : (tensor<i1>) -> tensor<1x?x8x3xf32> {
    %1 = strait.relu %x : (tensor<1x?x8x3xf32>) -> tensor<1x?x8x3xf32>
    strait.yield %1 : tensor<1x?x8x3xf32>
  } else {
    strait.yield %x : tensor<1x?x8x3xf32>
  }
  return %0 : tensor<1x?x8x3xf32>
}

// -----

func.func @negative_rank(%x: tensor<4xf32>) {
  // expected-error @below {{'strait.relu' op expected tensors of a known rank, which strait-infer-shapes finds, found 'tensor<*xf32>'}}
  %0 = strait.relu %x : (tensor<4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @negative_extent(%x: tensor<4x?xf32>) {
  // expected-error @below {{'strait.relu' op expected extent 4 for dimension 0, as strait-infer-shapes writes it, found 'tensor<?x?xf32>'}}
  %0 = strait.relu %x : (tensor<4x?xf32>) -> tensor<?x?xf32>
  return
}

// -----

func.func @negative_layout(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32> {
  // expected-error @below {{'strait.conv' op expected layout channels_last, which strait-assign-layout sets, found channels_first}}
  %0 = strait.conv %x, %w {dilations = array<i64: 1, 1>, group = 1 : i64, pads = array<i64: 0, 0, 0, 0>,
      strides = array<i64: 1, 1>} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32>
  return %0 : tensor<1x4x6x6xf32>
}

// -----

func.func @negative_dialect(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'math.exp' op expected only ops of the graph dialect, which the importer makes of every node}}
  %0 = math.exp %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
