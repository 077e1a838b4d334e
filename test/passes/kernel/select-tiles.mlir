// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --split-input-file --verify-diagnostics --strait-form-regions --strait-select-tiles | FileCheck %s

// CHECK-LABEL: module
// CHECK-SAME: isa = avx2
module attributes {strait.targets = [#strait.target<isa = avx2>]} {
// CHECK-LABEL: func.func @map
// CHECK: kernel.region
// CHECK-SAME: scratch =
// CHECK-SAME: tasks =
// CHECK-SAME: tile = {{.*}} lanes = 8 : i64
func.func @map(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %y = strait.relu %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
}

// -----

// Wider vectors and more of them: a block of 12 rows and one panel.
// CHECK-LABEL: module
// CHECK-SAME: isa = avx512, l2 = 1048576
module attributes {strait.targets = [#strait.target<isa = avx512, l2 = 1048576>]} {
// CHECK-LABEL: func.func @product
// CHECK: tile = {fetch_ahead = 0 : i64, lanes = 16 : i64, panel_block = 1 : i64, panels = 1 : i64,
// CHECK-SAME: rows = 12 : i64
func.func @product(%a: tensor<96x64xf32>, %b: tensor<64x16xf32>) -> tensor<96x16xf32> {
  %y = strait.matmul %a, %b : (tensor<96x64xf32>, tensor<64x16xf32>) -> tensor<96x16xf32>
  return %y : tensor<96x16xf32>
}
}

// -----

// An open number of rows against few columns: small blocks of rows, and groups
// for one to three rows that leave several blocks of columns.
// CHECK-LABEL: module
module attributes {strait.targets = [#strait.target<isa = avx512, l2 = 2097152>]} {
// CHECK-LABEL: func.func @open_rows
// CHECK: tile = {{{.*}}few_rows_panels = array<i64: 4, 4, 4>, {{.*}}panel_block = 4 : i64
// CHECK-SAME: row_block = 36 : i64
func.func @open_rows(%a: tensor<?x768xf32>) -> tensor<?x192xf32> {
  %b = strait.weight dense<1.0> : tensor<768x192xf32>
  %y = strait.matmul %a, %b : (tensor<?x768xf32>, tensor<768x192xf32>) -> tensor<?x192xf32>
  return %y : tensor<?x192xf32>
}
}

// -----

// On a GPU a task is a block of threads: one per point, or a row's.
// CHECK-LABEL: module
module attributes {strait.targets = [#strait.target<isa = sm_80>]} {
// CHECK-LABEL: func.func @gpu
// CHECK: tile = {threads = 256 : i64}
// CHECK: tile = {threads = 64 : i64}
func.func @gpu(%x: tensor<?x50xf32>) -> (tensor<?x50xf32>, tensor<?x50xf32>) {
  %y = strait.relu %x : (tensor<?x50xf32>) -> tensor<?x50xf32>
  %z = strait.softmax %x axis(1) : (tensor<?x50xf32>) -> tensor<?x50xf32>
  return %y, %z : tensor<?x50xf32>, tensor<?x50xf32>
}
}

// -----

// What moves elements: a point per thread, vectors where rows start at them;
// what looks for elements: a block per row, or one.
// CHECK-LABEL: module
module attributes {strait.targets = [#strait.target<isa = sm_80, cores = 108>]} {
// CHECK-LABEL: func.func @gpu_movement
// CHECK: tile = {lanes = 4 : i64, threads = 256 : i64}
// CHECK: tile = {lanes = 1 : i64, threads = 256 : i64}
// CHECK: tile = {threads = 32 : i64}
func.func @gpu_movement(%x: tensor<?x8xf32>, %y: tensor<?x4xf32>, %z: tensor<?x7xf32>)
    -> (tensor<?x12xf32>, tensor<?x11xf32>, tensor<?x2xf32>) {
  %0 = strait.concat %x, %y axis(1) : (tensor<?x8xf32>, tensor<?x4xf32>) -> tensor<?x12xf32>
  %1 = strait.concat %z, %y axis(1) : (tensor<?x7xf32>, tensor<?x4xf32>) -> tensor<?x11xf32>
  %k = strait.weight dense<2> : tensor<1xi64>
  %2, %3 = strait.top_k %z, %k axis(1) : (tensor<?x7xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  return %0, %1, %2 : tensor<?x12xf32>, tensor<?x11xf32>, tensor<?x2xf32>
}
}

// -----

// Blocks of a product: large ones where they keep all multiprocessors busy,
// smaller ones where they are few.
// CHECK-LABEL: module
module attributes {strait.targets = [#strait.target<isa = sm_80, cores = 108>]} {
// CHECK-LABEL: func.func @gpu_products
// CHECK: tile = {columns = 128 : i64, depth = 8 : i64, rows = 128 : i64, thread_columns = 8 : i64, thread_rows = 8 : i64, threads = 256 : i64}
// CHECK: tile = {columns = 32 : i64, depth = 16 : i64, rows = 32 : i64, thread_columns = 4 : i64, thread_rows = 4 : i64, threads = 64 : i64}
func.func @gpu_products(%a: tensor<4096x64xf32>, %b: tensor<64x4096xf32>, %c: tensor<128x64xf32>) -> (tensor<4096x4096xf32>, tensor<128x4096xf32>) {
  %y = strait.matmul %a, %b : (tensor<4096x64xf32>, tensor<64x4096xf32>) -> tensor<4096x4096xf32>
  %z = strait.matmul %c, %b : (tensor<128x64xf32>, tensor<64x4096xf32>) -> tensor<128x4096xf32>
  return %y, %z : tensor<4096x4096xf32>, tensor<128x4096xf32>
}
}

// -----

// Few rows: their sums are split over threads, in blocks as narrow as it takes
// to have one for each multiprocessor.
// CHECK-LABEL: module
module attributes {strait.targets = [#strait.target<isa = sm_80, cores = 108>]} {
// CHECK-LABEL: func.func @gpu_few_rows
// CHECK: tile = {columns = 32 : i64, rows = 1 : i64, split = 32 : i64, threads = 256 : i64}
// CHECK: tile = {columns = 8 : i64, rows = 8 : i64, split = 128 : i64, threads = 256 : i64}
func.func @gpu_few_rows(%a: tensor<1x64xf32>, %b: tensor<64x4096xf32>, %c: tensor<8x4096xf32>) -> (tensor<1x4096xf32>, tensor<8x64xf32>) {
  %w = strait.weight dense<1.0> : tensor<4096x64xf32>
  %y = strait.matmul %a, %b : (tensor<1x64xf32>, tensor<64x4096xf32>) -> tensor<1x4096xf32>
  %z = strait.matmul %c, %w : (tensor<8x4096xf32>, tensor<4096x64xf32>) -> tensor<8x64xf32>
  return %y, %z : tensor<1x4096xf32>, tensor<8x64xf32>
}
}

// -----

// A convolution is a product of pixels by channels, per group.
// CHECK-LABEL: module
module attributes {strait.targets = [#strait.target<isa = sm_80, cores = 108>]} {
// CHECK-LABEL: func.func @gpu_conv
// CHECK: tile = {columns = 64 : i64, depth = 16 : i64, rows = 64 : i64
func.func @gpu_conv(%x: tensor<1x28x28x64xf32>) -> tensor<1x28x28x64xf32> {
  %w = strait.weight dense<1.0> : tensor<64x64x3x3xf32>
  %y = strait.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>,
      dilations = array<i64: 1, 1>, layout = #strait<layout channels_last>}
      : (tensor<1x28x28x64xf32>, tensor<64x64x3x3xf32>) -> tensor<1x28x28x64xf32>
  return %y : tensor<1x28x28x64xf32>
}
}

// -----

// An attention's blocks: of queries, and of the values' columns. One query has a
// warp of its own.
// CHECK-LABEL: module
module attributes {strait.targets = [#strait.target<isa = sm_80, cores = 8>]} {
// CHECK-LABEL: func.func @gpu_attention
// CHECK: tile = {columns = 128 : i64, depth = 16 : i64, keys = 64 : i64, rows = 64 : i64, thread_rows = 4 : i64, threads = 128 : i64}
// CHECK: tile = {columns = 32 : i64, depth = 16 : i64, keys = 64 : i64, rows = 4 : i64, thread_rows = 1 : i64, threads = 32 : i64}
func.func @gpu_attention(%q: tensor<1x4x256x80xf32>, %s: tensor<1x4x1x16xf32>, %k: tensor<1x4x?x16xf32>)
    -> (tensor<1x4x256x80xf32>, tensor<1x4x1x16xf32>) {
  %0 = strait.attention %q, %q, %q scale(0.25)
      : (tensor<1x4x256x80xf32>, tensor<1x4x256x80xf32>, tensor<1x4x256x80xf32>) -> tensor<1x4x256x80xf32>
  %1 = strait.attention %s, %k, %k scale(0.25)
      : (tensor<1x4x1x16xf32>, tensor<1x4x?x16xf32>, tensor<1x4x?x16xf32>) -> tensor<1x4x1x16xf32>
  return %0, %1 : tensor<1x4x256x80xf32>, tensor<1x4x1x16xf32>
}
}

// -----

// Code for both: the higher target's cut stands beside the lower one's.
// CHECK-LABEL: module
module attributes {strait.targets = [#strait.target<isa = avx2>, #strait.target<isa = avx512>]} {
// CHECK-LABEL: func.func @versions
// CHECK: tile = {{{.*}}lanes = 8 : i64, {{.*}} rows = 6 : i64
// CHECK-SAME: versions = [{scratch = {{.*}}, tasks = {{.*}}, tile = {{{.*}}lanes = 16 : i64, {{.*}} rows = 12 : i64
func.func @versions(%a: tensor<96x64xf32>, %b: tensor<64x16xf32>) -> tensor<96x16xf32> {
  %y = strait.matmul %a, %b : (tensor<96x64xf32>, tensor<64x16xf32>) -> tensor<96x16xf32>
  return %y : tensor<96x16xf32>
}
}

// -----

// expected-error @below {{expected 'strait.targets' on the module, where the compiler puts it}}
func.func @negative_target(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = strait.relu %x : (tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}
