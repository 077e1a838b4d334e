// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --split-input-file --verify-diagnostics

#one = affine_map<() -> (4)>
// region (1)
func.func @negative_argument(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{expected block argument 0 of type 'tensor<4xf32>', found 'tensor<5xf32>'}}
  %0 = kernel.region ins(%x : tensor<4xf32>) shapes([#one] -> [#one]) -> (tensor<4xf32>) {
  ^bb0(%a: tensor<5xf32>):
    %c = arith.constant dense<0.0> : tensor<4xf32>
    kernel.yield %c : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

// -----

#five = affine_map<() -> (5)>
// region (2)
func.func @negative_extent(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{expected extent 4 for dimension 0 of input 0, found affine_map<() -> (5)>}}
  %0 = kernel.region ins(%x : tensor<4xf32>) shapes([#five] -> [#five]) -> (tensor<4xf32>) {
  ^bb0(%a: tensor<4xf32>):
    kernel.yield %a : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

// -----

#one = affine_map<() -> (4)>
// region (3)
func.func @negative_result(%x: tensor<4xf32>) -> tensor<4xf64> {
  // expected-error @below {{expected the yielded types to be the result types}}
  %0 = kernel.region ins(%x : tensor<4xf32>) shapes([#one] -> [#one]) -> (tensor<4xf64>) {
  ^bb0(%a: tensor<4xf32>):
    kernel.yield %a : tensor<4xf32>
  }
  return %0 : tensor<4xf64>
}

// -----

// ukernel (1)
func.func @negative_coordinates(%a: memref<?xf32>, %n: index) {
  // expected-error @below {{expected at least one row and as many coordinates for each, found 2 rows and 3 coordinates}}
  kernel.ukernel %a[%n, %n] * %a[%n] over(%n) steps(%n) (%n) at(%n, %n, %n) lanes 8 vectors 2
      : memref<?xf32>, memref<?xf32> {
  ^bb0(%column: index, %sum: vector<8xf32>):
  }
  return
}

// -----

// ukernel (2)
func.func @negative_panels(%a: memref<?xf32>, %n: index) {
  // expected-error @below {{expected vectors that end in the last of 2 panels of 16 columns, found 2 of 8 lanes}}
  kernel.ukernel %a[%n] * %a[%n, %n] over(%n) steps(%n) (%n) lanes 8 vectors 2
      : memref<?xf32>, memref<?xf32> {
  ^bb0(%column: index, %sum: vector<8xf32>):
  }
  return
}

// -----

// ukernel (3)
func.func @negative_steps(%a: memref<?xf32>, %n: index) {
  // expected-error @below {{expected two steps for each loop, found 2 loops, 1 and 2 steps}}
  kernel.ukernel %a[%n] * %a[%n] over(%n, %n) steps(%n) (%n, %n) lanes 8 vectors 2
      : memref<?xf32>, memref<?xf32> {
  ^bb0(%column: index, %sum: vector<8xf32>):
  }
  return
}

// -----

// ukernel (4): without columns there is no mask.
func.func @negative_mask(%a: memref<?xf32>, %n: index) {
  // expected-error @below {{expected the region's arguments to be 'index', 'vector<8xf32>', found 'index', 'vector<8xf32>', 'vector<8xi1>'}}
  kernel.ukernel %a[%n] * %a[%n] over(%n) steps(%n) (%n) lanes 8 vectors 2
      : memref<?xf32>, memref<?xf32> {
  ^bb0(%column: index, %sum: vector<8xf32>, %mask: vector<8xi1>):
  }
  return
}
