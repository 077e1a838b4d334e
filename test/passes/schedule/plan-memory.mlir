// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --split-input-file --pass-pipeline='builtin.module(schedule.program(strait-plan-memory))' | FileCheck %s

// A chain of static buffers: the third takes the place of the first.
// CHECK-LABEL: schedule.program @static
schedule.program @static inputs [] outputs [] {
  %c64 = arith.constant 64 : index
  %c0 = arith.constant 0 : index
  schedule.begin_run
  // CHECK: schedule.begin_run
  // CHECK: %[[ALL:.*]] = arith.constant 128 : index
  // CHECK: %[[BASE:.*]] = schedule.slab 0 bytes %[[ALL]]
  // CHECK: %[[A:.*]] = schedule.buffer %[[BASE]][%[[PLACE:.*]]] bytes %c64
  // CHECK: %[[C:.*]] = schedule.buffer %[[BASE]][%[[PLACE2:.*]]] bytes %c64
  // CHECK-NOT: schedule.allocate
  %a = schedule.allocate %c64
  schedule.launch @k tasks(%c64) scratch(%c0) writes(%a)
  %b = schedule.allocate %c64
  schedule.launch @k tasks(%c64) scratch(%c0) reads(%a) writes(%b)
  %c = schedule.allocate %c64
  schedule.launch @k tasks(%c64) scratch(%c0) reads(%b) writes(%c)
  schedule.return
}

// -----

// One dynamic size makes a plan of all; unused sizes go.
// CHECK-LABEL: schedule.program @dynamic
schedule.program @dynamic inputs [#schedule.tensor<"x" : tensor<?xf32>>] outputs [] {
  // CHECK: %[[N:.*]] = schedule.dim 0[0]
  // CHECK-NOT: arith.muli
  %n = schedule.dim 0[0]
  %unused = arith.muli %n, %n : index
  %c64 = arith.constant 64 : index
  schedule.begin_run
  // CHECK: %[[BASE:.*]], %[[O:.*]]:2 = schedule.plan 0 sizes(%[[N]], %c64) lifetimes [{{[0-9]+, [0-9]+, [0-9]+, [0-9]+}}]
  // CHECK: %[[A:.*]] = schedule.buffer %[[BASE]][%[[O]]#0] bytes %[[N]]
  %a = schedule.allocate %n
  schedule.launch @k tasks(%c64) scratch(%c64) writes(%a)
  // CHECK: %[[B:.*]] = schedule.buffer %[[BASE]][%[[O]]#1] bytes %c64
  %b = schedule.allocate %c64
  schedule.launch @k tasks(%c64) scratch(%c64) reads(%a) writes(%b)
  schedule.return
}

// -----

// A size read from data is planned right after the reading; the arithmetic
// between comes along.
// CHECK-LABEL: schedule.program @data_dependent
schedule.program @data_dependent inputs [#schedule.tensor<"x" : tensor<i64>>] outputs [] {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  schedule.begin_run
  %x = schedule.input 0
  // CHECK: %[[READ:.*]] = schedule.read
  // CHECK-NEXT: %[[N:.*]] = arith.index_cast %[[READ]]
  // CHECK-NEXT: %[[BYTES:.*]] = arith.muli %[[N]], %c4
  // CHECK-NEXT: %[[BASE:.*]], %[[O:.*]] = schedule.plan 0 sizes(%[[BYTES]])
  // CHECK: schedule.launch
  %v = schedule.read %x[%c0] : i64
  schedule.launch @k tasks(%c4) scratch(%c0) writes(%x)
  %n = arith.index_cast %v : i64 to index
  %bytes = arith.muli %n, %c4 : index
  // CHECK: schedule.buffer %[[BASE]][%[[O]]] bytes %[[BYTES]]
  %a = schedule.allocate %bytes
  schedule.launch @k tasks(%c4) scratch(%c0) writes(%a)
  schedule.return
}

// -----

// The arithmetic stands behind the reading already: it keeps its order.
// CHECK-LABEL: schedule.program @in_place
schedule.program @in_place inputs [#schedule.tensor<"x" : tensor<i64>>] outputs [] {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  schedule.begin_run
  %x = schedule.input 0
  // CHECK: %[[READ:.*]] = schedule.read
  // CHECK-NEXT: %[[N:.*]] = arith.index_cast %[[READ]]
  // CHECK-NEXT: %[[BYTES:.*]] = arith.muli %[[N]], %c4
  // CHECK-NEXT: schedule.plan 0 sizes(%[[BYTES]])
  %v = schedule.read %x[%c0] : i64
  %n = arith.index_cast %v : i64 to index
  %bytes = arith.muli %n, %c4 : index
  %a = schedule.allocate %bytes
  schedule.launch @k tasks(%c4) scratch(%c0) writes(%a)
  schedule.return
}

// -----

// What a loop reads in every iteration must not give its place to what it
// writes; buffers alive together do not share either.
// CHECK-LABEL: schedule.program @negative_shared
schedule.program @negative_shared inputs [#schedule.tensor<"x" : tensor<?xf32>>] outputs [] {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %true = arith.constant true
  %n = schedule.dim 0[0]
  schedule.begin_run
  // CHECK: %[[ALL:.*]] = arith.constant 128 : index
  // CHECK: schedule.slab 0 bytes %[[ALL]]
  %a = schedule.allocate %c64
  schedule.launch @k tasks(%n) scratch(%c0) writes(%a)
  schedule.loop %n while %true {
  ^bb0(%i: index):
    schedule.launch @k tasks(%n) scratch(%c0) reads(%a) writes()
    %b = schedule.allocate %c64
    schedule.launch @k tasks(%n) scratch(%c0) writes(%b)
    schedule.yield %true : i1
  }
  schedule.return
}
