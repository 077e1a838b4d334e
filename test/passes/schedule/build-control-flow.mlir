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

// Carried values have a buffer outside of the loop; slices of a scan output
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
  // CHECK: schedule.copy %[[NEXT]] to %[[CARRIED]] bytes %c16
  // CHECK: %[[DONE:.*]] = arith.addi %[[I]], %c1
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

// A carried tensor has one buffer for all iterations.
func.func @negative_growing_state(%x: tensor<4xf32>, %w: tensor<5xf32>, %n: tensor<i64>) -> tensor<4xf32> {
  // expected-error @below {{'strait.loop' op expected carried value 0 to keep its size 4 on axis 0, found 5}}
  %last = strait.loop trip_count(%n) carried(%x) : (tensor<i64>, tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %v: tensor<?xf32>):
    strait.yield %c, %w : tensor<i1>, tensor<5xf32>
  }
  return %last : tensor<4xf32>
}

// -----

// Slices of a scan output need room before the first iteration.
#one = affine_map<() -> (4)>
kernel.func @k inputs 1 shapes([#one] -> [#one]) attributes {tasks = affine_map<() -> (1)>} {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
func.func @negative_scan_without_end(%g: tensor<i1>, %x: tensor<4xf32>) -> (tensor<4xf32>, tensor<?x4xf32>) {
  // expected-error @below {{'strait.loop' op expected a trip count beside scan outputs}}
  %last, %all = strait.loop cond(%g) carried(%x)
      : (tensor<i1>, tensor<4xf32>) -> (tensor<4xf32>, tensor<?x4xf32>) {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %v: tensor<4xf32>):
    %next = kernel.launch @k ins(%v : tensor<4xf32>) shapes [#one] -> (tensor<4xf32>)
    strait.yield %c, %next, %v : tensor<i1>, tensor<4xf32>, tensor<4xf32>
  }
  return %last, %all : tensor<4xf32>, tensor<?x4xf32>
}
