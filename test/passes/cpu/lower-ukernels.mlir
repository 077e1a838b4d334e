// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --strait-lower-ukernels --split-input-file | FileCheck %s

// Two rows of two vectors: B's row is held, A's elements are broadcast one at a
// time; B is fetched ahead; the region is written for each vector.
// CHECK-LABEL: func.func @two_rows
// CHECK-SAME: %[[R0:r0|arg[0-9]+]]: index
func.func @two_rows(%a: memref<?xf32>, %b: memref<?xf32>, %y: memref<?x16xf32>,
                    %r0: index, %r1: index, %p: index, %k: index) {
  %c1 = arith.constant 1 : index
  %c16 = arith.constant 16 : index
  // CHECK: %[[SUMS:[^:]*]]:4 = scf.for {{.*}} iter_args
  // CHECK: memref.prefetch
  // CHECK: vector.load
  // CHECK: vector.load
  // CHECK: vector.broadcast
  // CHECK-COUNT-2: vector.fma
  // CHECK: vector.broadcast
  // CHECK-COUNT-2: vector.fma
  // The steps that the unrolled loop leaves.
  // CHECK: %[[ALL:[^:]*]]:4 = scf.for {{.*}} iter_args({{.*}} = %[[SUMS]]#0
  // CHECK: vector.store %[[ALL]]#0, %{{.*}}[%{{.*}}, %{{.*}}]
  // CHECK: vector.store %[[ALL]]#2
  // CHECK: %[[C8:.*]] = arith.constant 8 : index
  // CHECK: vector.store %[[ALL]]#1, %{{.*}}[%{{.*}}, %[[C8]]]
  // CHECK: vector.store %[[ALL]]#3
  // CHECK-NOT: kernel.ukernel
  kernel.ukernel %a[%r0, %r1] * %b[%p] over(%k) steps(%c1) (%c16) at(%r0, %r1)
      lanes 8 vectors 2 unroll 2 prefetch 16 : memref<?xf32>, memref<?xf32> {
  ^bb0(%row: index, %column: index, %sum: vector<8xf32>):
    vector.store %sum, %y[%row, %column] : memref<?x16xf32>, vector<8xf32>
  }
  return
}

// -----

// Twelve columns: all lanes of the first vector exist, four of the second.
// CHECK-LABEL: func.func @ragged
func.func @ragged(%a: memref<?xf32>, %b: memref<?xf32>, %y: memref<?xf32>, %p: index) {
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c12 = arith.constant 12 : index
  %c16 = arith.constant 16 : index
  // CHECK: %[[ALL:.*]] = arith.constant dense<true> : vector<8xi1>
  // CHECK: vector.maskedstore %{{[^,]*}}, %[[ALL]]
  // CHECK: %[[SOME:.*]] = arith.constant dense<[true, true, true, true, false, false, false, false]> : vector<8xi1>
  // CHECK: vector.maskedstore %{{[^,]*}}, %[[SOME]]
  kernel.ukernel %a[%p] * %b[%p] over(%c2) steps(%c1) (%c16) columns(%c12)
      lanes 8 vectors 2 : memref<?xf32>, memref<?xf32> {
  ^bb0(%column: index, %sum: vector<8xf32>, %mask: vector<8xi1>):
    vector.maskedstore %y[%column], %mask, %sum : memref<?xf32>, vector<8xi1>, vector<8xf32>
  }
  return
}

// -----

// A long region is written once, for whole rows: they pass through the stack.
// CHECK-LABEL: func.func @long_region
func.func @long_region(%a: memref<?xf32>, %b: memref<?xf32>, %y: memref<?x16xf32>,
                       %r0: index, %r1: index, %p: index) {
  %c1 = arith.constant 1 : index
  %c16 = arith.constant 16 : index
  // CHECK-DAG: %[[SUMS:.*]] = memref.alloca() {alignment = 64 : i64} : memref<2x16xf32>
  // CHECK-DAG: %[[ROWS:.*]] = memref.alloca() {alignment = 64 : i64} : memref<2x1xindex>
  // CHECK-COUNT-2: vector.store {{.*}} vector<8xf32>
  // CHECK: memref.store
  // CHECK: scf.for %[[I:.*]] = %{{.*}} to %{{.*}} step
  // CHECK: %[[ROW:.*]] = memref.load %[[ROWS]][%[[I]]
  // CHECK: %[[SUM:.*]] = vector.load %[[SUMS]][%[[I]]
  // CHECK: math.exp %[[SUM]]
  // CHECK: vector.store %{{.*}}[%[[ROW]]
  // CHECK-NOT: math.exp
  kernel.ukernel %a[%r0, %r1] * %b[%p] over(%c1) steps(%c1) (%c16) at(%r0, %r1)
      lanes 8 vectors 2 by_rows : memref<?xf32>, memref<?xf32> {
  ^bb0(%row: index, %column: index, %sum: vector<16xf32>):
    %0 = math.exp %sum : vector<16xf32>
    vector.store %0, %y[%row, %column] : memref<?x16xf32>, vector<16xf32>
  }
  return
}

// -----

// @negative_short: without by_rows the region is copied.
// CHECK-LABEL: func.func @negative_short
// CHECK-NOT: memref.alloca
// CHECK-COUNT-2: math.exp
func.func @negative_short(%a: memref<?xf32>, %b: memref<?xf32>, %y: memref<?x8xf32>, %r0: index, %r1: index) {
  %c1 = arith.constant 1 : index
  kernel.ukernel %a[%r0, %r1] * %b[%r0] over(%c1) steps(%c1) (%c1) at(%r0, %r1)
      lanes 8 vectors 1 : memref<?xf32>, memref<?xf32> {
  ^bb0(%row: index, %column: index, %sum: vector<8xf32>):
    %0 = math.exp %sum : vector<8xf32>
    vector.store %0, %y[%row, %column] : memref<?x8xf32>, vector<8xf32>
  }
  return
}
