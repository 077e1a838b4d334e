// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --split-input-file --verify-diagnostics --strait-form-regions | FileCheck %s

// One op is one region; the dynamic extent is a size.
// CHECK-LABEL: func.func @elementwise
// CHECK: %[[N:.+]] = tensor.dim %arg0
// CHECK: kernel.region ins(%arg0 : tensor<?x8xf32>) sizes(%[[N]])
// CHECK: linalg.generic
func.func @elementwise(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %y = strait.relu %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// A constant right-hand side is packed in panels of 16 columns.
// CHECK-LABEL: func.func @matmul
// CHECK: strait.weight dense_resource<packed> : tensor<1x2x4x16xf32>
// CHECK: kernel.matmul {{.*}} <packed>
func.func @matmul(%x: tensor<3x4xf32>) -> tensor<3x20xf32> {
  %w = strait.weight dense<1.0> : tensor<4x20xf32>
  %y = strait.matmul %x, %w : (tensor<3x4xf32>, tensor<4x20xf32>) -> tensor<3x20xf32>
  return %y : tensor<3x20xf32>
}

// -----

// A softmax is a cascade of four steps over shared rows.
// CHECK-LABEL: func.func @softmax
// CHECK: kernel.region
// CHECK-SAME: row_rank = 1
// CHECK-COUNT-4: linalg.generic
func.func @softmax(%x: tensor<5x7xf32>) -> tensor<5x7xf32> {
  %y = strait.softmax %x axis(1) : (tensor<5x7xf32>) -> tensor<5x7xf32>
  return %y : tensor<5x7xf32>
}

// -----

// A pool whose only window is partial has one row: the larger of two sizes.
// CHECK-LABEL: func.func @partial_window
// CHECK: %[[H:.+]] = tensor.dim %arg0
// CHECK: %[[FIT:.+]] = affine.apply {{.*}}%[[H]]
// CHECK: %[[ROWS:.+]] = arith.maxsi %[[FIT]], %c1
// CHECK: kernel.region {{.*}} sizes(%{{.+}}, %[[ROWS]])
func.func @partial_window(%x: tensor<1x?x8x4xf32>) -> tensor<1x?x4x4xf32> {
  %y = strait.pool max %x
      {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>,
       dilations = array<i64: 1, 1>, layout = #strait<layout channels_last>}
      : (tensor<1x?x8x4xf32>) -> tensor<1x?x4x4xf32>
  return %y : tensor<1x?x4x4xf32>
}

// -----

// What the shape rules took for granted is checked before the region, once:
// the inner size of both products, and the size of a sum that may broadcast.
// CHECK-LABEL: func.func @assumptions
// CHECK: %[[K:.+]] = tensor.dim %arg0
// CHECK: schedule.check %[[K]] equals %c4, "node 'product', the inner size"
// CHECK: kernel.region
// CHECK-NOT: schedule.check
// CHECK: kernel.region
// CHECK: %[[N:.+]] = tensor.dim %arg1
// CHECK: schedule.check %[[N]] one_or %c5, "node '{{.*}}', the operands' size at position 0"
// CHECK: kernel.region
func.func @assumptions(%x: tensor<3x?xf32>, %b: tensor<?xf32>)
    -> (tensor<3x5xf32>, tensor<3x5xf32>, tensor<5xf32>) {
  %w = strait.weight dense<1.0> : tensor<4x5xf32>
  %c = strait.weight dense<1.0> : tensor<5xf32>
  %y = strait.matmul %x, %w : (tensor<3x?xf32>, tensor<4x5xf32>) -> tensor<3x5xf32> loc("product")
  %z = strait.matmul %x, %w : (tensor<3x?xf32>, tensor<4x5xf32>) -> tensor<3x5xf32> loc("again")
  %s = strait.add %b, %c : (tensor<?xf32>, tensor<5xf32>) -> tensor<5xf32>
  return %y, %z, %s : tensor<3x5xf32>, tensor<3x5xf32>, tensor<5xf32>
}

// -----

// @negative_assumptions: sizes that the rules prove need no check.
// CHECK-LABEL: func.func @negative_assumptions
// CHECK-NOT: schedule.check
func.func @negative_assumptions(%x: tensor<1x?x8x4xf32>, %w: tensor<4x4x3x3xf32>) -> tensor<1x?x4x4xf32> {
  %f = strait.weight dense<1.0> : tensor<4x4x3x3xf32>
  %y = strait.conv %x, %f
      {strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>,
       layout = #strait<layout channels_last>}
      : (tensor<1x?x8x4xf32>, tensor<4x4x3x3xf32>) -> tensor<1x?x4x4xf32>
  return %y : tensor<1x?x4x4xf32>
}

// -----

// A slice between positions that are data: they wrap and are moved inside.
// CHECK-LABEL: func.func @slice_of_data
// CHECK: tensor.extract %arg1
// CHECK: arith.maxsi
// CHECK: arith.minsi
// CHECK: kernel.region
func.func @slice_of_data(%x: tensor<8xf32>, %from: tensor<1xi64>) -> tensor<?xf32> {
  %to = strait.weight dense<8> : tensor<1xi64>
  %step = strait.weight dense<1> : tensor<1xi64>
  %y = strait.slice %x, %from, %to, %step axes [0]
      : (tensor<8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

// @negative_unknown_size: a size that no rule tells is refused.
func.func @negative_unknown_size(%from: tensor<f32>, %to: tensor<f32>, %by: tensor<f32>) -> tensor<?xf32> {
  // expected-error @below {{expected a size along axis 0 that follows from sizes or integers, found one that no rule tells}}
  %y = strait.range %from, %to, %by : (tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

// @negative_reshape: the same elements in the same order need no region.
// CHECK-LABEL: func.func @negative_reshape
// CHECK-NOT: kernel.region
// CHECK: kernel.reshape
func.func @negative_reshape(%x: tensor<2x6xf32>) -> tensor<3x4xf32> {
  %s = strait.weight dense<[3, 4]> : tensor<2xi64>
  %y = strait.reshape %x, %s : (tensor<2x6xf32>, tensor<2xi64>) -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}

// -----

// What lies together in memory is a view: slices of the outermost axis of more
// than one element, the pieces of a split, one known position of a gather.
// CHECK-LABEL: func.func @slices
func.func @slices(%x: tensor<1x3x?x16xf32>) -> (tensor<1x1x?x16xf32>, tensor<1x?x16xf32>, tensor<1x1x?x16xf32>) {
  // CHECK-NOT: kernel.region
  // CHECK: kernel.slice %arg0 from %{{.*}} sizes({{.*}}) : tensor<1x3x?x16xf32> -> tensor<1x1x?x16xf32>
  // CHECK: %[[G:.+]] = kernel.slice %arg0 {{.*}} : tensor<1x3x?x16xf32> -> tensor<1x1x?x16xf32>
  // CHECK: kernel.reshape %[[G]] {{.*}} -> tensor<1x?x16xf32>
  // CHECK-COUNT-3: kernel.slice %arg0
  // CHECK-NOT: kernel.region
  %c1 = strait.weight dense<1> : tensor<1xi64>
  %c2 = strait.weight dense<2> : tensor<1xi64>
  %c3 = strait.weight dense<3> : tensor<1xi64>
  %last = strait.weight dense<-1> : tensor<i64>
  %a = strait.slice %x, %c2, %c3, %c1 axes [1] : (tensor<1x3x?x16xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<1x1x?x16xf32>
  %g = strait.gather %x, %last axis(1) : (tensor<1x3x?x16xf32>, tensor<i64>) -> tensor<1x?x16xf32>
  %s:3 = strait.split %x axis(1) : (tensor<1x3x?x16xf32>) -> (tensor<1x1x?x16xf32>, tensor<1x1x?x16xf32>, tensor<1x1x?x16xf32>)
  return %a, %g, %s#1 : tensor<1x1x?x16xf32>, tensor<1x?x16xf32>, tensor<1x1x?x16xf32>
}

// -----

// Pieces of more than one row, and such as would not start aligned, are not.
// CHECK-LABEL: func.func @negative_slices
// CHECK-NOT: kernel.slice
// CHECK-COUNT-2: kernel.region
func.func @negative_slices(%x: tensor<2x4x16xf32>, %z: tensor<4x3xf32>) -> (tensor<2x2x16xf32>, tensor<2x3xf32>) {
  %a:2 = strait.split %x axis(1) : (tensor<2x4x16xf32>) -> (tensor<2x2x16xf32>, tensor<2x2x16xf32>)
  %b:2 = strait.split %z axis(0) : (tensor<4x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>)
  return %a#1, %b#1 : tensor<2x2x16xf32>, tensor<2x3xf32>
}

// -----

// Rows that are computed here are joined where they are written.
// CHECK-LABEL: func.func @concat
func.func @concat(%x: tensor<1x?x16xf32>) -> tensor<1x?x16xf32> {
  // CHECK: %[[A:.+]] = kernel.region
  // CHECK: %[[B:.+]] = kernel.region
  // CHECK: kernel.join %[[A]], %[[B]] sizes(
  %a = strait.relu %x : (tensor<1x?x16xf32>) -> tensor<1x?x16xf32>
  %b = strait.exp %x : (tensor<1x?x16xf32>) -> tensor<1x?x16xf32>
  %y = strait.concat %a, %b axis(1) : (tensor<1x?x16xf32>, tensor<1x?x16xf32>) -> tensor<1x?x16xf32>
  return %y : tensor<1x?x16xf32>
}

// -----

// An input (as a cache is), a value twice or in two joins, rows that alternate
// or would not start aligned: these are copied, by a kernel.
// CHECK-LABEL: func.func @negative_concat
func.func @negative_concat(%x: tensor<1x4x16xf32>, %z: tensor<2x4x3xf32>)
    -> (tensor<1x8x16xf32>, tensor<1x8x16xf32>, tensor<2x8x3xf32>, tensor<4x4x3xf32>, tensor<1x8x16xf32>) {
  // CHECK-COUNT-4: kernel.concat
  // CHECK-COUNT-1: kernel.join
  // CHECK: kernel.concat
  %a = strait.relu %x : (tensor<1x4x16xf32>) -> tensor<1x4x16xf32>
  %b = strait.relu %z : (tensor<2x4x3xf32>) -> tensor<2x4x3xf32>
  %c = strait.exp %z : (tensor<2x4x3xf32>) -> tensor<2x4x3xf32>
  %0 = strait.concat %x, %a axis(1) : (tensor<1x4x16xf32>, tensor<1x4x16xf32>) -> tensor<1x8x16xf32>
  %1 = strait.concat %a, %a axis(1) : (tensor<1x4x16xf32>, tensor<1x4x16xf32>) -> tensor<1x8x16xf32>
  %2 = strait.concat %b, %c axis(1) : (tensor<2x4x3xf32>, tensor<2x4x3xf32>) -> tensor<2x8x3xf32>
  %3 = strait.concat %b, %c axis(0) : (tensor<2x4x3xf32>, tensor<2x4x3xf32>) -> tensor<4x4x3xf32>
  %d = strait.exp %x : (tensor<1x4x16xf32>) -> tensor<1x4x16xf32>
  %4 = strait.concat %a, %d axis(1) : (tensor<1x4x16xf32>, tensor<1x4x16xf32>) -> tensor<1x8x16xf32>
  %5 = strait.concat %d, %a axis(1) : (tensor<1x4x16xf32>, tensor<1x4x16xf32>) -> tensor<1x8x16xf32>
  %6 = strait.add %4, %5 : (tensor<1x8x16xf32>, tensor<1x8x16xf32>) -> tensor<1x8x16xf32>
  return %0, %1, %2, %3, %6 : tensor<1x8x16xf32>, tensor<1x8x16xf32>, tensor<2x8x3xf32>, tensor<4x4x3xf32>, tensor<1x8x16xf32>
}

// -----

// A window without a root gathers its elements; the filters are read along
// their own loops, whatever the groups.
// CHECK-LABEL: func.func @volume
// CHECK-NOT: kernel.conv2d
// CHECK: %[[W:.+]] = kernel.reshape %{{.+}} : tensor<6x2x3x3x3xf32> -> tensor<2x3x2x3x3x3xf32>
// CHECK: kernel.region ins({{.*}}%[[W]]
// CHECK-SAME: row_rank = 4
// CHECK: iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction", "reduction"]
func.func @volume(%x: tensor<1x5x5x5x4xf32>) -> tensor<1x3x3x3x6xf32> {
  %w = strait.weight dense<1.0> : tensor<6x2x3x3x3xf32>
  %y = strait.conv %x, %w
      {strides = array<i64: 1, 1, 1>, pads = array<i64: 0, 0, 0, 0, 0, 0>, dilations = array<i64: 1, 1, 1>,
       groups = 2 : i64, layout = #strait<layout channels_last>}
      : (tensor<1x5x5x5x4xf32>, tensor<6x2x3x3x3xf32>) -> tensor<1x3x3x3x6xf32>
  return %y : tensor<1x3x3x3x6xf32>
}

// -----

// Rows are what the indices reach, columns the rest; of the tuples a map makes
// row numbers.
// CHECK-LABEL: func.func @scatter_nd
// CHECK: %[[ROWS:.+]] = kernel.region
// CHECK: %[[DATA:.+]] = kernel.reshape %arg0 : tensor<5x3x4xf32> -> tensor<15x4xf32>
// CHECK: kernel.region ins(%[[DATA]], %[[ROWS]], %{{.+}} : tensor<15x4xf32>, tensor<6xi64>, tensor<6x4xf32>)
// CHECK: kernel.scatter <add>
func.func @scatter_nd(%x: tensor<5x3x4xf32>, %i: tensor<2x3x2xi64>, %u: tensor<2x3x4xf32>)
    -> tensor<5x3x4xf32> {
  %y = strait.scatter_nd add %x, %i, %u
      : (tensor<5x3x4xf32>, tensor<2x3x2xi64>, tensor<2x3x4xf32>) -> tensor<5x3x4xf32>
  return %y : tensor<5x3x4xf32>
}

// -----

// The axis to sort along goes last and back.
// CHECK-LABEL: func.func @top_k
// CHECK: kernel.region ins(%arg0
// CHECK: linalg.generic
// CHECK: kernel.top_k {{.*}} : tensor<7x5xf32> -> tensor<7x2xf32>, tensor<7x2xi64>
// CHECK-COUNT-2: linalg.generic
func.func @top_k(%x: tensor<5x7xf32>) -> (tensor<2x7xf32>, tensor<2x7xi64>) {
  %k = strait.weight dense<2> : tensor<1xi64>
  %v, %i = strait.top_k %x, %k axis(0) : (tensor<5x7xf32>, tensor<1xi64>) -> (tensor<2x7xf32>, tensor<2x7xi64>)
  return %v, %i : tensor<2x7xf32>, tensor<2x7xi64>
}

// -----

// The count is read after the positions are listed, and is a size from there.
// CHECK-LABEL: func.func @non_zero
// CHECK: %[[LIST:.+]]:2 = kernel.region
// CHECK: kernel.non_zero
// CHECK: %[[COUNT:.+]] = tensor.extract %[[LIST]]#1
// CHECK: %[[N:.+]] = arith.index_cast %[[COUNT]]
// CHECK: kernel.region ins(%[[LIST]]#0 : tensor<12xi64>) sizes(%[[N]])
func.func @non_zero(%x: tensor<3x4xf32>) -> tensor<2x?xi64> {
  %y = strait.non_zero %x : (tensor<3x4xf32>) -> tensor<2x?xi64>
  return %y : tensor<2x?xi64>
}

// -----

// What a shape rule takes for granted of open sizes is checked.
// CHECK-LABEL: func.func @assumed
func.func @assumed(%x: tensor<?x3xf32>, %q: tensor<1x?x9x16xf32>, %k: tensor<1x?x9x16xf32>)
    -> (tensor<?x3xf32>, tensor<1x?x9x16xf32>) {
  // CHECK: %[[N:.+]] = tensor.dim %arg0, %c0
  // CHECK: schedule.check %[[N]] at_least %c2, "node 's', dim 0"
  %0 = strait.require_dim %x axis(0) at_least(2) : (tensor<?x3xf32>) -> tensor<?x3xf32> loc("s")
  // CHECK: %[[HEADS:.+]] = tensor.dim %arg1, %c1
  // CHECK: schedule.check %[[HEADS]] equals %{{.+}}, "node 'a', the heads of q, a multiple of those of k"
  %1 = strait.attention %q, %k, %k scale(0.25) grouped
      : (tensor<1x?x9x16xf32>, tensor<1x?x9x16xf32>, tensor<1x?x9x16xf32>) -> tensor<1x?x9x16xf32> loc("a")
  // CHECK: return %arg0,
  return %0, %1 : tensor<?x3xf32>, tensor<1x?x9x16xf32>
}
