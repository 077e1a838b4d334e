// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --strait-expand-math --split-input-file \
// RUN:   --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @exp
// CHECK-NOT: math.exp
// CHECK: math.fma {{.*}} : vector<8xf32>
// CHECK: arith.shli {{.*}} : vector<8xi32>
func.func @exp(%x: vector<8xf32>) -> vector<8xf32> {
  %y = math.exp %x : vector<8xf32>
  return %y : vector<8xf32>
}

// One scale, no second one for results below the least normal number.
// CHECK-LABEL: func.func @exp_loose
// CHECK-COUNT-1: arith.shli {{.*}} : vector<8xi32>
// CHECK-NOT: arith.shli
// CHECK: return
func.func @exp_loose(%x: vector<8xf32>) -> vector<8xf32> {
  %y = math.exp %x fastmath<afn> : vector<8xf32>
  return %y : vector<8xf32>
}

// A known number first: one instruction that keeps NaN.
// CHECK-LABEL: func.func @relu(
// CHECK-SAME: %[[X:.*]]: vector<8xf32>)
// CHECK: %[[ZERO:.*]] = arith.constant
// CHECK: %[[WINS:.*]] = arith.cmpf ogt, %[[ZERO]], %[[X]]
// CHECK: %[[Y:.*]] = arith.select %[[WINS]], %[[ZERO]], %[[X]]
// CHECK: return %[[Y]]
func.func @relu(%x: vector<8xf32>) -> vector<8xf32> {
  %zero = arith.constant dense<0.0> : vector<8xf32>
  %y = arith.maximumf %x, %zero : vector<8xf32>
  return %y : vector<8xf32>
}

// What the processor has stays.
// CHECK-LABEL: func.func @negative_instruction
// CHECK: math.sqrt
func.func @negative_instruction(%x: f32) -> f32 {
  %y = math.sqrt %x : f32
  return %y : f32
}

// -----

func.func @negative_unknown(%x: f64) -> f64 {
  // expected-error@+1 {{has no expansion for 'f64'}}
  %y = math.atan %x : f64
  return %y : f64
}
