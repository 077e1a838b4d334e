// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --split-input-file --verify-diagnostics --strait-build-schedule --cse | FileCheck %s
#one = affine_map<() -> (4)>
kernel.func @k inputs 1 shapes([#one] -> [#one]) attributes {tasks = affine_map<() -> (1)>} {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}

// CHECK-LABEL: schedule.program @branches
func.func @branches(%c: tensor<i1>, %x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[X:.*]] = schedule.input 1
  // CHECK: %[[C:.*]] = schedule.read %{{.*}}[%c0] : i1
  // CHECK: %[[R:.*]] = schedule.if %[[C]] -> !schedule.buffer {
  // CHECK: schedule.launch @k {{.*}} reads(%[[X]]) writes(%[[A:.*]])
  // CHECK: schedule.yield %[[A]] : !schedule.buffer
  // CHECK: } else {
  // CHECK: schedule.yield %[[X]] : !schedule.buffer
  // CHECK: schedule.copy %[[R]] to
  %r = strait.if %c : (tensor<i1>) -> tensor<4xf32> {
    %y = kernel.launch @k ins(%x : tensor<4xf32>) shapes [#one] -> (tensor<4xf32>)
    strait.yield %y : tensor<4xf32>
  } else {
    strait.yield %x : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// -----

// Carried values that keep their size have a buffer outside of the loop; slices of a scan output
// follow each other, and its first extent is the count of iterations.
#one = affine_map<() -> (4)>
kernel.func @k inputs 1 shapes([#one] -> [#one]) attributes {tasks = affine_map<() -> (1)>} {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
// CHECK-LABEL: schedule.program @repeats
func.func @repeats(%n: tensor<i64>, %x: tensor<4xf32>) -> (tensor<4xf32>, tensor<?x4xf32>) {
  // CHECK: schedule.output_dims 1[%c-1, %c4]
  // CHECK: %[[TRIPS:.*]] = arith.maxsi
  // CHECK: %[[CARRIED:.*]] = schedule.allocate %c16
  // CHECK: schedule.copy %{{.*}} to %[[CARRIED]] bytes %c16
  // CHECK: %[[ALL:.*]] = arith.muli %[[TRIPS]], %c16
  // CHECK: %[[SCAN:.*]] = schedule.allocate %[[ALL]]
  // CHECK: %[[COUNT:.*]] = schedule.loop %[[TRIPS]] while %true carried(%c0) : index {
  // CHECK: ^bb0(%[[I:.*]]: index, %{{.*}}: index):
  // CHECK: schedule.launch @k {{.*}} reads(%[[CARRIED]]) writes(%[[NEXT:.*]])
  // CHECK: %[[GO:.*]] = schedule.read
  // CHECK: %[[AT:.*]] = arith.muli %[[I]], %c16
  // CHECK: %[[PLACE:.*]] = schedule.view %[[SCAN]][%[[AT]]]
  // CHECK: schedule.copy %[[CARRIED]] to %[[PLACE]] bytes %c16
  // CHECK: %[[DONE:.*]] = arith.addi %[[I]], %c1
  // CHECK: schedule.copy %[[NEXT]] to %[[CARRIED]] bytes %c16
  // CHECK: schedule.yield %[[GO]], %[[DONE]] : i1, index
  // CHECK: schedule.output_dims 1[%[[COUNT]], %c4]
  %last, %all = strait.loop trip_count(%n) carried(%x)
      : (tensor<i64>, tensor<4xf32>) -> (tensor<4xf32>, tensor<?x4xf32>) {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %v: tensor<4xf32>):
    %next = kernel.launch @k ins(%v : tensor<4xf32>) shapes [#one] -> (tensor<4xf32>)
    strait.yield %c, %next, %v : tensor<i1>, tensor<4xf32>, tensor<4xf32>
  }
  return %last, %all : tensor<4xf32>, tensor<?x4xf32>
}

// -----

// A size that the result's type fixes cannot change.
func.func @negative_growing_state(%x: tensor<4xf32>, %w: tensor<5xf32>, %n: tensor<i64>) -> tensor<4xf32> {
  // expected-error @below {{'strait.loop' op expected carried value 0 to keep its size 4 on axis 0, found 5}}
  %last = strait.loop trip_count(%n) carried(%x) : (tensor<i64>, tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %v: tensor<?xf32>):
    strait.yield %c, %w : tensor<i1>, tensor<5xf32>
  }
  return %last : tensor<4xf32>
}

// -----

// Without a count, slices go to memory that grows and keeps those before.
#one = affine_map<() -> (4)>
kernel.func @k inputs 1 shapes([#one] -> [#one]) attributes {tasks = affine_map<() -> (1)>} {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
// CHECK-LABEL: schedule.program @collects
func.func @collects(%g: tensor<i1>, %x: tensor<4xf32>) -> (tensor<4xf32>, tensor<?x4xf32>) {
  // CHECK: %[[R:.*]]:2 = schedule.loop %{{.*}} while %{{.*}} carried(%c0, %{{.*}}) : index, !schedule.buffer {
  // CHECK: ^bb0(%[[I:.*]]: index, %{{.*}}: index, %{{.*}}: !schedule.buffer):
  // CHECK: %[[KEPT:.*]] = arith.muli %[[I]], %c16
  // CHECK: %[[ALL:.*]] = arith.addi %[[KEPT]], %c16
  // CHECK: %[[SCAN:.*]] = schedule.grow 0 bytes %[[ALL]] kept %[[KEPT]], "node 'loop', scan output 0"
  // CHECK: %[[PLACE:.*]] = schedule.view %[[SCAN]][%[[KEPT]]]
  // CHECK: schedule.copy %{{.*}} to %[[PLACE]] bytes %c16
  // CHECK: schedule.yield %{{.*}}, %{{.*}}, %[[SCAN]] : i1, index, !schedule.buffer
  // CHECK: schedule.output_dims 1[%[[R]]#0, %c4]
  // CHECK: schedule.copy %[[R]]#1 to
  %last, %all = strait.loop cond(%g) carried(%x)
      : (tensor<i1>, tensor<4xf32>) -> (tensor<4xf32>, tensor<?x4xf32>) {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %v: tensor<4xf32>):
    %next = kernel.launch @k ins(%v : tensor<4xf32>) shapes [#one] -> (tensor<4xf32>)
    strait.yield %c, %next, %v : tensor<i1>, tensor<4xf32>, tensor<4xf32>
  } loc("loop")
  return %last, %all : tensor<4xf32>, tensor<?x4xf32>
}

// -----

// A size that changes travels with the buffer, and an iteration writes the next
// value where it will be carried. The other value keeps its size.
#rows = affine_map<()[s0] -> (s0, 4)>
#old = affine_map<()[s0, s1] -> (s0, 4)>
#more = affine_map<()[s0, s1] -> (s1, 4)>
kernel.func @append inputs 1 shapes([#old] -> [#more]) attributes {tasks = affine_map<()[s0, s1] -> (1)>} {
^bb0(%0: tensor<?x4xf32>, %s: index, %t: index):
  %y = tensor.empty(%t) : tensor<?x4xf32>
  kernel.yield %y : tensor<?x4xf32>
}
kernel.func @keep inputs 1 shapes([#rows] -> [#rows]) attributes {tasks = affine_map<()[s0] -> (1)>} {
^bb0(%0: tensor<?x4xf32>, %s: index):
  kernel.yield %0 : tensor<?x4xf32>
}
// CHECK-LABEL: schedule.program @grows
func.func @grows(%n: tensor<i64>, %x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  // CHECK: %[[N:.*]] = schedule.dim 1[0]
  // CHECK: %[[X:.*]] = schedule.input 1
  // CHECK: schedule.copy %[[X]] to %[[SAME:.*]] bytes
  // CHECK: %[[R:.*]]:3 = schedule.loop %{{.*}} while %true carried(%c0, %[[X]], %[[N]]) : index, !schedule.buffer, index {
  // CHECK: ^bb0(%{{.*}}: index, %{{.*}}: index, %[[V:.*]]: !schedule.buffer, %[[M:.*]]: index):
  // CHECK: %[[M1:.*]] = arith.addi %[[M]], %c1
  // CHECK: %[[BYTES:.*]] = arith.muli %[[M1]], %c16
  // CHECK: %[[NEXT:.*]] = schedule.grow 0 bytes %[[BYTES]] kept %c0, "node 'loop', carried value 0"
  // CHECK: schedule.launch @append {{.*}} sizes(%[[M]], %[[M1]]) reads(%[[V]]) writes(%[[NEXT]])
  // CHECK: schedule.launch @keep {{.*}} sizes(%[[N]]) reads(%[[SAME]]) writes(%[[KEPT:.*]])
  // CHECK-NOT: schedule.copy {{.*}}%[[NEXT]]
  // CHECK: schedule.copy %[[KEPT]] to %[[SAME]]
  // CHECK: schedule.yield %{{.*}}, %{{.*}}, %[[NEXT]], %[[M1]] : i1, index, !schedule.buffer, index
  // CHECK: schedule.output_dims 0[%[[R]]#2, %c4]
  // CHECK: schedule.copy %[[R]]#1 to
  %c0 = arith.constant 0 : index
  %s = tensor.dim %x, %c0 : tensor<?x4xf32>
  %a, %b = strait.loop trip_count(%n) carried(%x, %x)
      : (tensor<i64>, tensor<?x4xf32>, tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %v: tensor<?x4xf32>, %w: tensor<?x4xf32>):
    %d = tensor.dim %v, %c0 : tensor<?x4xf32>
    %e = affine.apply affine_map<()[s0] -> (s0 + 1)>()[%d]
    %next = kernel.launch @append ins(%v : tensor<?x4xf32>) sizes(%d, %e) shapes [#more] -> (tensor<?x4xf32>)
    %kept = kernel.launch @keep ins(%w : tensor<?x4xf32>) sizes(%s) shapes [#rows] -> (tensor<?x4xf32>)
    strait.yield %c, %next, %kept : tensor<i1>, tensor<?x4xf32>, tensor<?x4xf32>
  } loc("loop")
  return %a, %b : tensor<?x4xf32>, tensor<?x4xf32>
}

// -----

// What does not come fresh from the body's own ops is copied: another carried
// value, which is still read, and a value of the outside.
// CHECK-LABEL: schedule.program @trades
func.func @trades(%n: tensor<i64>, %x: tensor<?xf32>, %y: tensor<?xf32>, %z: tensor<?xf32>)
    -> (tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) {
  // CHECK: ^bb0({{.*}} %[[A:[^ ]*]]: !schedule.buffer, %[[N:[^ ]*]]: index, %[[B:[^ ]*]]: !schedule.buffer, %[[M:[^ ]*]]: index, %{{[^ ]*}}: !schedule.buffer, %{{[^ ]*}}: index):
  // CHECK: %[[C:.*]] = schedule.grow 0 bytes
  // CHECK: schedule.copy %[[B]] to %[[C]]
  // CHECK: %[[D:.*]] = schedule.grow 1 bytes
  // CHECK: schedule.copy %[[A]] to %[[D]]
  // CHECK: %[[E:.*]] = schedule.grow 2 bytes
  // CHECK: schedule.copy %{{.*}} to %[[E]]
  // CHECK: schedule.yield %{{.*}}, %{{.*}}, %[[C]], %[[M]], %[[D]], %[[N]], %[[E]], %{{.*}} : i1
  %a, %b, %c = strait.loop trip_count(%n) carried(%x, %y, %x)
      : (tensor<i64>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) {
  ^bb0(%i: tensor<i64>, %go: tensor<i1>, %v: tensor<?xf32>, %w: tensor<?xf32>, %u: tensor<?xf32>):
    strait.yield %go, %w, %v, %z : tensor<i1>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>
  }
  return %a, %b, %c : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>
}
