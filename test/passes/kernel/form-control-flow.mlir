// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --split-input-file --verify-diagnostics --strait-form-regions | FileCheck %s

// CHECK-LABEL: func.func @branches
func.func @branches(%c: tensor<i1>, %x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[R:.*]] = strait.if %arg0
  // CHECK: %[[Y:.*]] = kernel.region
  // CHECK: strait.yield %[[Y]] : tensor<4xf32>
  // CHECK: } else {
  // CHECK-NEXT: strait.yield %arg1 : tensor<4xf32>
  %r = strait.if %c : (tensor<i1>) -> tensor<4xf32> {
    %y = strait.relu %x : (tensor<4xf32>) -> tensor<4xf32>
    strait.yield %y : tensor<4xf32>
  } else {
    strait.yield %x : tensor<4xf32>
  }
  // CHECK: return %[[R]]
  return %r : tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @repeats
func.func @repeats(%n: tensor<i64>, %x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[R:.*]] = strait.loop trip_count(%arg0) carried(%arg1)
  // CHECK: ^bb0(%{{.*}}: tensor<i64>, %[[C:.*]]: tensor<i1>, %[[V:.*]]: tensor<4xf32>):
  // CHECK: %[[NEXT:.*]] = kernel.region ins(%[[V]] : tensor<4xf32>)
  // CHECK: strait.yield %[[C]], %[[NEXT]]
  %last = strait.loop trip_count(%n) carried(%x) : (tensor<i64>, tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %v: tensor<4xf32>):
    %next = strait.relu %v : (tensor<4xf32>) -> tensor<4xf32>
    strait.yield %c, %next : tensor<i1>, tensor<4xf32>
  }
  return %last : tensor<4xf32>
}

// -----

func.func @negative_no_form(%c: tensor<i1>, %x: tensor<5x2x4xf64>, %w: tensor<1x3x4xf64>, %r: tensor<1x3x3xf64>) -> tensor<5x1x2x3xf64> {
  %y = strait.if %c : (tensor<i1>) -> tensor<5x1x2x3xf64> {
    // expected-error @below {{'strait.rnn' op expected f32, found 'f64'}}
    %s, %h = strait.rnn forward %x, %w, %r {hidden_size = 3 : i64}
        : (tensor<5x2x4xf64>, tensor<1x3x4xf64>, tensor<1x3x3xf64>) -> (tensor<5x1x2x3xf64>, tensor<1x2x3xf64>)
    strait.yield %s : tensor<5x1x2x3xf64>
  } else {
    %z = strait.weight dense<1.0> : tensor<5x1x2x3xf64>
    strait.yield %z : tensor<5x1x2x3xf64>
  }
  return %y : tensor<5x1x2x3xf64>
}
